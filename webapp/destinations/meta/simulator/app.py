"""The simulator as a Flask app: the dialog, the control routes, and everything else is Graph."""

from flask import Flask, Response, request

from . import control, dialog, graph
from .faults import Orders
from .server import Cut
from .state import Simulation

GRAPH_METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


def create_simulator(sim: Simulation) -> Flask:
    """The app of one simulation. It is served by `server.LoopbackServer` and mounted nowhere else."""
    app = Flask(__name__, static_folder="static", static_url_path="/_sim/static")
    # Ten thousand rows as a form are far above the limits meant for people's forms.
    app.config.update(MAX_CONTENT_LENGTH=None, MAX_FORM_MEMORY_SIZE=None, MAX_FORM_PARTS=None)
    orders = Orders()
    app.register_blueprint(control.blueprint(sim, orders))

    @app.route("/dialog/oauth", methods=["GET", "POST"])
    @app.route("/<version>/dialog/oauth", methods=["GET", "POST"])
    def login_dialog(version: str = "") -> Response:
        return dialog.dialog(sim, request)

    @app.route("/", methods=GRAPH_METHODS)
    @app.route("/<path:path>", methods=GRAPH_METHODS)
    def graph_call(path: str = "") -> Response:
        try:
            return graph.answer(sim, orders, request)
        except Cut:
            request.environ["simulator.cut"] = True
            return Response(status=500)

    return app
