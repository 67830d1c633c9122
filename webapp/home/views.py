"""The overview, and the pages of no room: leaving the demo, the component sheet; the guide comes along."""

from flask import abort, current_app, render_template

from webapp import db, shell
from webapp.access.current import current_client, may
from webapp.access.models import Role
from webapp.home import guide, queries
from webapp.home.routes import blueprint
from webapp.services import services
from webapp.uploads import summary
from webapp.uploads.queries import Scope

__all__ = ["blueprint", "guide"]

blueprint.record_once(lambda state: shell.add_counts(state.app, queries.menu_counts))


@blueprint.get("/")
def overview() -> str:
    client = current_client()
    assert client.id is not None
    accounts = queries.accounts(client.id)
    scope = Scope((client.id,))
    with db.reading() as session:
        steps = queries.steps(session, client.id, accounts)
        recent = summary.recent(session, scope)
        standing = summary.standing(session, scope.condition())
        session.expunge_all()  # stays readable after the transaction
    return render_template(
        "home/overview.html",
        client=client,
        steps=steps,
        recent=recent,
        standing=standing,
        may_configure=may(Role.ADMINISTRATOR),
        may_work=may(Role.MARKETER),
        to_check=[account for account in accounts if account.problem],
    )


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
    return render_template("stile.html")
