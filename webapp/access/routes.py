"""The blueprint of the room, and what it changes in the application: nobody enters without signing in."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from flask_login import LoginManager

from webapp.access import guard
from webapp.access.frame import open_space, page_frame
from webapp.access.signing_in import sessions
from webapp.access.trail import refusals
from webapp.web import security

blueprint = Blueprint("access", __name__)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app = state.app
    # Its `current_user` in every template would ask the database also for the page that says it is away.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None  # an address or browser that changes is no reason to be signed out
    manager.user_loader(sessions.visitor)
    app.config["PERMANENT_SESSION_LIFETIME"] = sessions.LIFETIME
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    security.tell_forgeries_to(app, refusals.forged)
    app.before_request(guard.let_in_or_refuse)
    app.after_request(refusals.note_answer)
    app.jinja_env.globals |= {"page_frame": page_frame, "open_space": open_space}
