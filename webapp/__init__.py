"""Platea's web application: `create_app()` puts the rooms on the floor. No room imports this module."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.config import Settings


def create_app(settings: "Settings") -> "Flask":
    """The application of one web process. Raises WrongSetting; touches neither Redis nor Meta.

    What it is made of is imported inside: workers and commands import this package too, and would each
    hold 55 MB more.
    """
    from flask import Flask
    from flask_babel import Babel
    from htmx_flask import Htmx

    from webapp import patience, postgresql, services, wiring
    from webapp.access import budget_guard, fresh_guard, guard
    from webapp.access import views as access
    from webapp.contacts import views as contacts
    from webapp.destinations import registry
    from webapp.destinations.meta import views as meta
    from webapp.home import views as home
    from webapp.places import HOME
    from webapp.privacy import views as privacy
    from webapp.uploads.screens.lists import views as uploads
    from webapp.values import texts
    from webapp.web import compressed, error_pages, health, request_log, security, shell

    services.start(settings, limit_s=postgresql.PAGE_S)
    app = Flask(__name__, template_folder=HOME / "templates", static_folder=HOME / "static")
    app.secret_key = settings.secret_key
    app.config["SECRET_KEY_FALLBACKS"] = list(settings.former_secret_keys)
    app.config["WTF_CSRF_SECRET_KEY"] = list(reversed(settings.secret_keys))  # the last one signs
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Htmx(app)
    # Gives the built-in messages of forms in Italian.
    Babel(app, default_locale=texts.LOCALE, default_timezone=str(texts.ROME))
    compressed.init_app(app)
    request_log.init_app(app)
    app.before_request(patience.share)
    app.teardown_request(lambda _error: patience.end())
    shell.init_app(app, settings)
    app.jinja_env.globals.update(destination_of=registry.destination, proposed_destination=registry.proposed)
    error_pages.init_app(app)
    for room in (health, access, home, contacts, meta, uploads, privacy):
        app.register_blueprint(room.blueprint)
    wiring.register_hooks()
    if settings.metrics_token:
        from webapp.web import request_metrics

        request_metrics.init_app(app)
    app.before_request(budget_guard.refuse_a_file_early)
    security.init_app(app, settings)
    app.before_request(fresh_guard.restore_what_was_typed)  # once forms may be read
    app.before_request(guard.refuse_another_space)
    app.before_request(fresh_guard.ask)
    app.before_request(budget_guard.hold)
    app.after_request(budget_guard.count_calls)
    return app
