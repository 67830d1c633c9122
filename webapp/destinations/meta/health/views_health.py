"""The health of the connected accounts, of every client the operator follows."""

from flask import render_template

from webapp import clock, db
from webapp.access.current import current_client_id, may, spaces
from webapp.access.models import Role
from webapp.destinations.base import Notice
from webapp.destinations.meta import queries
from webapp.destinations.meta.accounts import accounts, oauth
from webapp.destinations.meta.health import health_notes
from webapp.destinations.meta.health.health_board import HealthRow, health_row
from webapp.destinations.meta.routes import FACEBOOK, blueprint


@blueprint.get(f"{FACEBOOK}/salute", endpoint="health")
def show_health() -> str:
    rows = _rows()
    return render_template(
        "destinations/meta/health.html",
        rows=rows,
        has_many_clients=len(spaces()) > 1,
        notices=_each_once(rows),
        may_configure=may(Role.ADMINISTRATOR),
        can_authorise=oauth.is_available(),
    )


def _each_once(rows: list[HealthRow]) -> list[tuple[HealthRow, Notice]]:
    """Trouble of the app is the same on every account: it is told once."""
    told: dict[str, tuple[HealthRow, Notice]] = {}
    for row in rows:
        for notice in row.notices:
            told.setdefault(notice.text, (row, notice))
    return list(told.values())


def _rows() -> list[HealthRow]:
    found: list[HealthRow] = []
    with db.reading() as session:
        for client, _ in spaces():
            theirs = queries.accounts_of(session, db.saved_id(client))
            known = health_notes.of_accounts(session, [db.saved_id(account) for account in theirs])
            found += [
                health_row(
                    account,
                    accounts.authorisation(account),
                    known.get(db.saved_id(account)),
                    client.name,
                    client.id == current_client_id(),
                    clock.now(),
                )
                for account in theirs
            ]
    return found
