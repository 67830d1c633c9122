"""Facebook as a destination: what uploads see of it (`destinations.base`)."""

from collections.abc import Collection
from contextlib import closing
from datetime import date

from sqlmodel import Session

from webapp import clock, db
from webapp.destinations.base import (
    Account,
    DestinationError,
    Medium,
    NeedsPersonError,
    Pages,
    Problem,
    Rest,
    Size,
)
from webapp.destinations.meta import name_words, queries
from webapp.destinations.meta.accounts import accounts, oauth, pace
from webapp.destinations.meta.accounts.connect import PAGE_DEADLINE_S
from webapp.destinations.meta.accounts.grants import SYSTEM_USER
from webapp.destinations.meta.connection import MetaConnection, set_problem
from webapp.destinations.meta.encoding import KEYS, MetaEncoder
from webapp.destinations.meta.graph_api.graph import DEADLINE_S
from webapp.destinations.meta.health import health_notes, reach
from webapp.destinations.meta.health.notices import notices
from webapp.destinations.meta.models import KIND, MetaAccount, MetaHealth
from webapp.services import services


class MetaDestination:
    kind = KIND
    label = "Facebook"
    vendor = "Meta"
    pages = Pages(
        "meta.accounts",
        "meta.new_account",
        "meta.account_info",
        "meta.edit_account",
        "meta.health",
        "meta.reauthorise",
    )
    identifiers = tuple(KEYS)
    identity_keys = ("EMAIL", "PHONE")

    def accounts(self, client_id: int) -> list[Account]:
        with db.reading() as session:
            found = queries.accounts_of(session, client_id)
            known = health_notes.of_accounts(session, [db.saved_id(account) for account in found])
            return [_shown(account, known.get(db.saved_id(account))) for account in found]

    def account(self, client_id: int, account_id: int) -> Account:
        return _shown(_load(client_id, account_id))

    def audience_sizes(
        self, client_id: int, account_id: int, audience_id: str, since: date
    ) -> dict[date, Size]:
        _load(client_id, account_id)
        with db.reading() as session:
            return health_notes.sizes(session, account_id, audience_id, since)

    def recognition(self, client_id: int, account_id: int, audience_id: str) -> str | None:
        if not services().settings.meta_match_rate_edge:
            return None
        try:
            with closing(self.connect(client_id, account_id, PAGE_DEADLINE_S)) as connection:
                return connection.recognition(audience_id)
        except DestinationError:
            return None

    def connect(self, client_id: int, account_id: int, deadline_s: float = DEADLINE_S) -> MetaConnection:
        account = _load(client_id, account_id)
        try:
            return MetaConnection(account, accounts.token_of(account), deadline_s)
        except NeedsPersonError as error:
            set_problem(account_id, error)
            raise

    def out_of_reach(self) -> str | None:
        return reach.trouble()

    def name_warning(self, name: str) -> str | None:
        return name_words.warning(name)

    def resting(self, account_id: int) -> Rest:
        return pace.resting(account_id)

    def rest(self, account_id: int, seconds: float, problem: Problem | None = None) -> None:
        pace.rest(account_id, seconds, problem)

    def senders(self, session: Session, account_id: int, most: int) -> int:
        return pace.senders(session, account_id, most)

    def encoder(
        self,
        medium: Medium,
        identifiers: Collection[str] = (),
        home: str | None = None,
        by_value: bool = False,
    ) -> MetaEncoder:
        return MetaEncoder(medium, identifiers, home, by_value)


def _load(client_id: int, account_id: int) -> MetaAccount:
    """Raises LookupError when it was deleted, or belongs to another client."""
    with db.reading() as session:
        account = session.get(MetaAccount, account_id)
        session.expunge_all()  # stays readable after the transaction
    if account is None or account.client_id != client_id:
        raise LookupError(f"meta account {account_id}")
    return account


def _shown(account: MetaAccount, health: MetaHealth | None = None) -> Account:
    assert account.id is not None
    state = accounts.authorisation(account)
    problem = state.problem
    can_authorise = bool(problem) and not state.can_look_again and account.token_kind != SYSTEM_USER
    end = account.token_expires_at
    found = (
        notices(account.name, end, health, clock.now(), account.pause if account.failures else None)
        if problem is None
        else ()
    )
    return Account(
        KIND,
        account.id,
        account.public_id,
        account.name,
        account.act_id,
        problem,
        found,
        can_authorise and oauth.is_available(),
        end,
    )
