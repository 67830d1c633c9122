"""The simulator as a Flask app: the dialog, the control routes, and everything else is Graph."""

from flask import Flask, Response, request

from . import graph
from .control import look, orders, routes
from .control.faults import Orders
from .server import Cut
from .sign_in import dialog
from .state import Simulation

GRAPH_METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


def create_simulator(sim: Simulation) -> Flask:
    """The app of one simulation. It is served by `server.LoopbackServer` and mounted nowhere else."""
    app = Flask(__name__, static_folder="static", static_url_path="/_sim/static")
    # Ten thousand rows as a form are far above the limits meant for people's forms.
    app.config.update(MAX_CONTENT_LENGTH=None, MAX_FORM_MEMORY_SIZE=None, MAX_FORM_PARTS=None)
    app.extensions[routes.EXTENSION] = (sim, Orders())
    app.register_blueprint(look.blueprint)
    app.register_blueprint(orders.blueprint)
    for rule in ("/dialog/oauth", "/<version>/dialog/oauth"):
        app.add_url_rule(rule, view_func=login_dialog, methods=["GET", "POST"])
    for rule in ("/", "/<path:path>"):
        app.add_url_rule(rule, view_func=graph_call, methods=GRAPH_METHODS)
    return app


def login_dialog(version: str = "") -> Response:
    return dialog.dialog(routes.simulation(), request)


def graph_call(path: str = "") -> Response:
    try:
        return graph.answer(routes.simulation(), routes.orders(), request)
    except Cut:
        request.environ["simulator.cut"] = True
        return Response(status=500)
