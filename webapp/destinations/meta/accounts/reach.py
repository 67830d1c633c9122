"""The ad accounts that a fresh authorisation reaches, to choose from instead of typing a number."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp import db
from webapp.crypto import CannotOpen
from webapp.destinations.base import DestinationError
from webapp.destinations.meta import queries, texts
from webapp.destinations.meta.accounts import authorisation
from webapp.destinations.meta.accounts.connect import PAGE_DEADLINE_S, graph_client, http_session
from webapp.destinations.meta.accounts.forms import ACT_ID
from webapp.destinations.meta.models import AuthorisationDraft


@dataclass(frozen=True, slots=True)
class Reachable:
    """An ad account of the person who authorised. *taken_by*: the client's account that it is already."""

    act_id: str
    name: str
    taken_by: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """What there is to choose from, by name; *problem* is the Italian reason there is nothing."""

    accounts: Sequence[Reachable] = ()
    problem: str | None = None

    def holds(self, act_id: str) -> bool:
        return any(one.act_id == act_id for one in self.accounts)


def of_draft(draft: AuthorisationDraft) -> Reach:
    """Ask Facebook, by the token that came back to *draft*; a page waits for the answer."""
    try:
        grant = authorisation.grant_of(draft)
    except CannotOpen:
        grant = None
    if grant is None:
        return Reach(problem=texts.NOT_AUTHORISED_YET)
    try:
        with http_session() as http:
            found = graph_client(http, grant.token, deadline_s=PAGE_DEADLINE_S).ad_accounts()
    except DestinationError as error:
        return Reach(problem=f"{error.problem.what} {texts.TYPE_THE_ID}")
    with db.reading() as session:
        names = {one.act_id: one.name for one in queries.accounts_of(session, draft.client_id)}
    known = [(str(node.get("account_id", "")), str(node.get("name") or "")) for node in found]
    accounts = [
        Reachable(act_id, name, names.get(act_id)) for act_id, name in known if ACT_ID.fullmatch(act_id)
    ]
    if not accounts:
        return Reach(problem=texts.REACHES_NOTHING)
    return Reach(sorted(accounts, key=lambda one: (one.name.casefold(), one.act_id)))
