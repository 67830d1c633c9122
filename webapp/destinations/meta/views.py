"""The integrations, the connected Facebook accounts, and what is on each; the other pages come with it."""

from flask import render_template, request
from sqlmodel import Session

from webapp import clock, db
from webapp.access.current import current_client_id, may
from webapp.access.models import Role
from webapp.destinations.base import DestinationError
from webapp.destinations.meta import queries, texts
from webapp.destinations.meta.accounts import (
    accounts,
    audience_lists,
    callbacks,
    oauth,
    views_account,
    views_reach,
)
from webapp.destinations.meta.accounts.audience_lists import READING
from webapp.destinations.meta.accounts.connect import PAGE_DEADLINE_S
from webapp.destinations.meta.accounts.grants import in_words
from webapp.destinations.meta.accounts.listing import AudienceRow, audience_row
from webapp.destinations.meta.accounts.showing import AccountRow, account_row
from webapp.destinations.meta.destination import MetaDestination
from webapp.destinations.meta.health import health_notes, views_health
from webapp.destinations.meta.models import MAX_ACCOUNTS, MetaAccount
from webapp.destinations.meta.routes import (
    ACCOUNT,
    FACEBOOK,
    INTEGRATIONS,
    blueprint,
    find_account,
)
from webapp.web import shell

__all__ = ["blueprint", "callbacks", "views_account", "views_health", "views_reach"]


@blueprint.get(INTEGRATIONS)
def integrations() -> str:
    rows = _rows()
    to_check = sum(1 for row in rows if row.authorisation.problem)
    return render_template(
        "destinations/meta/integrations.html", count=len(rows), max_accounts=MAX_ACCOUNTS, to_check=to_check
    )


@blueprint.get(FACEBOOK, endpoint="accounts")
def show_accounts() -> str:
    rows = _rows()
    return render_template(
        "destinations/meta/accounts.html",
        rows=rows,
        max_accounts=MAX_ACCOUNTS,
        is_full=len(rows) >= MAX_ACCOUNTS,
        limit=texts.LIMIT,
        may_configure=may(Role.ADMINISTRATOR),
        can_authorise=oauth.is_available(),
        no_app=texts.NO_APP,
    )


@blueprint.get(f"{ACCOUNT}/info")
def account_info(account_id: str) -> str:
    """The page is there at once and the list follows; `?elenco=1` reads it first, without JavaScript."""
    account = find_account(account_id)
    listing = _listing(account) if request.args.get("elenco") else {"read_at": None}
    return render_template("destinations/meta/info.html", **_info(account), **listing)


@blueprint.get(f"{ACCOUNT}/info/audience")
def account_audiences(account_id: str) -> str:
    account = find_account(account_id)
    return render_template("destinations/meta/_audiences.html", **_info(account), **_listing(account))


def _info(account: MetaAccount) -> dict[str, object]:
    return {
        "account": account,
        "row": account_row(account),
        "may_configure": may(Role.ADMINISTRATOR),
        "may_upload": may(Role.MARKETER),
        "can_authorise": oauth.is_available(),
        "empty_text": texts.INFO_EMPTY,
    }


def _rows() -> list[AccountRow]:
    with db.reading() as session:
        found = queries.accounts_of(session, current_client_id())
        ids = [db.saved_id(account) for account in found]
        known, used = (
            health_notes.of_accounts(session, ids),
            accounts.last_used(session, {db.saved_id(one): one.client_id for one in found}),
        )
        return [account_row(one, known.get(db.saved_id(one)), used.get(db.saved_id(one))) for one in found]


def _listing(account: MetaAccount) -> dict[str, object]:
    """The account's audiences as Meta lists them now, or why they cannot be read."""
    try:
        connection = MetaDestination().connect(account.client_id, db.saved_id(account), PAGE_DEADLINE_S)
        try:
            # An account with a problem is asked again: perhaps that is over.
            anew = account.problem is not None
            listed = audience_lists.shown(db.saved_id(account), connection.listed, anew)
        finally:
            connection.close()
    except DestinationError as error:
        is_being_read = error.problem.code == READING.code
        problem = error.problem if is_being_read else in_words(error)
        return {"audiences": None, "problem": problem, "is_being_read": is_being_read, "read_at": clock.now()}
    audiences: list[AudienceRow] = [audience_row(node) for node in listed.nodes]
    return {"audiences": audiences, "problem": None, "read_at": listed.read_at}


def menu_counts(session: Session, client_id: int) -> dict[str, shell.Badge]:
    """How many accounts somebody has to look at, beside "Integrazioni"."""
    found = queries.accounts_of(session, client_id)
    count = sum(1 for account in found if accounts.authorisation(account).problem)
    return {"integrations": shell.Badge(str(count), "is-err", "da controllare")} if count else {}


blueprint.record_once(lambda state: shell.add_counts(state.app, menu_counts))
