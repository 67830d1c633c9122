"""The overview, and the pages of no room: leaving the demo, the component sheet; the guide comes along."""

from typing import Any

from flask import Response, abort, current_app, render_template, url_for

from webapp import db
from webapp.access.current import current_client, current_operator, current_role, may
from webapp.access.models import Client, Role
from webapp.destinations import registry
from webapp.destinations.base import Account
from webapp.home import charts, guide, metrics, overview, queries
from webapp.home.routes import blueprint
from webapp.home.search import views as search
from webapp.services import services
from webapp.uploads.screens.rows import UploadRow
from webapp.web import htmx, shell
from webapp.web.conditional_get import conditional

__all__ = ["blueprint", "guide", "metrics", "search"]

blueprint.record_once(lambda state: shell.add_counts(state.app, queries.menu_counts))


@blueprint.get("/", endpoint="overview")
def show_overview() -> str:
    client, accounts = _whose()
    rows = overview.recent_rows(client)
    with db.reading() as session:
        steps = queries.steps(session, db.saved_id(client), accounts)
        imports = queries.last_imports(session, db.saved_id(client), overview.SHOWN)
        session.expunge_all()  # stays readable after the transaction
    return render_template(
        "home/overview.html",
        client=client,
        steps=steps,
        imports=imports,
        charts=overview.drawn(rows),
        **_now(client, accounts, rows),
    )


@blueprint.get("/benvenuto")
def welcome() -> Response | str:
    """The first three things to do, alone on a page; once they are done there is nothing to see here."""
    client, accounts = _whose()
    with db.reading() as session:
        steps = queries.steps(session, db.saved_id(client), accounts)
        session.expunge_all()  # stays readable after the transaction
    if steps.all_done:
        return htmx.go_to(url_for("home.overview"))
    return render_template(
        "home/welcome.html",
        client=client,
        steps=steps,
        may_configure=may(Role.ADMINISTRATOR),
        may_work=may(Role.MARKETER),
    )


@blueprint.get("/adesso")
def now_fragment() -> Response:
    client, accounts = _whose()
    with db.reading() as session:
        mark = overview.etag_parts(session, client, accounts)
    return conditional(
        (*mark, client.id, current_operator().id, current_role()),
        lambda: render_template("home/_now.html", **_now(client, accounts, overview.recent_rows(client))),
    )


def _whose() -> tuple[Client, list[Account]]:
    client = current_client()
    return client, registry.accounts(db.saved_id(client))


def _now(client: Client, accounts: list[Account], rows: list[UploadRow]) -> dict[str, Any]:
    return overview.now(client, accounts, rows) | {
        "may_configure": may(Role.ADMINISTRATOR),
        "may_work": may(Role.MARKETER),
    }


@blueprint.get("/demo")
def leave_demo() -> str:
    """How to connect a real account: the demo never can, by design."""
    if not services().settings.demo:
        abort(404)
    return render_template("home/leave_demo.html")


@blueprint.get("/stile")
def style() -> str:
    """The component sheet, for who builds screens."""
    if not (services().settings.demo or current_app.debug or current_app.testing):
        abort(404)
    return render_template("stile.html", charts=charts.samples())
