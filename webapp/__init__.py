"""Platea's web application: `create_app()` puts the rooms on the floor. No room imports this module."""

from importlib import import_module

from flask import Flask
from flask_babel import Babel
from htmx_flask import Htmx

from webapp import error_pages, health, request_log, security, services, shell, texts
from webapp.config import ROOT, Settings

ROOMS = (
    "webapp.access.views",
    "webapp.home.views",
    "webapp.contacts.views",
    "webapp.destinations.meta.views",
    "webapp.uploads.views",
)


def create_app(settings: Settings) -> Flask:
    """The application of one web process. Raises WrongSetting; touches neither Redis nor Meta."""
    services.start(settings)
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.secret_key = settings.secret_key
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Htmx(app)
    # Gives the built-in messages of forms in Italian.
    Babel(app, default_locale=texts.LOCALE, default_timezone=str(texts.ROME))
    request_log.follow(app)
    shell.furnish(app, settings)
    error_pages.handle(app)
    app.register_blueprint(health.blueprint)
    for room in ROOMS:
        try:
            app.register_blueprint(import_module(room).blueprint)
        except (ImportError, SyntaxError) as error:
            app.logger.warning("%s: %s", room, error)
            app.url_build_error_handlers.append(lambda _error, endpoint, _values: f"#{endpoint}")
    security.protect(app, settings)
    return app
