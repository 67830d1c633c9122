"""How the connected ad accounts are doing: a worker looks once an hour, screens read what it found.

No page ever waits for Facebook to know it, and an account that nobody uploads to is looked at too, so that
an expired token is found before an upload needs it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session, col

from webapp import clock, db, rounds
from webapp.destinations.base import (
    SIZES_KEPT,
    Audience,
    DestinationError,
    NeedsPersonError,
    Problem,
    TemporaryError,
)
from webapp.destinations.meta.accounts import accounts, audience_lists, checks, grants, pace
from webapp.destinations.meta.accounts.connect import graph_client, http_session
from webapp.destinations.meta.graph_api.audiences import audience, is_expiring, is_flagged
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.error_table import OPERATOR
from webapp.destinations.meta.health import health_notes
from webapp.destinations.meta.models import AudienceSize, MetaAccount, MetaHealth
from webapp.services import services
from webapp.values.texts import ROME

JOB = "webapp.destinations.meta.jobs.check_account"
EVERY = timedelta(hours=1)
SOONER = timedelta(minutes=10)  # for an account that was used since: its audiences have changed


@dataclass
class Findings:
    """The answers of Facebook in one look."""

    problems: list[Problem] = field(default_factory=list)
    has_permission: bool = True
    has_terms: bool = True
    expires_at: datetime | None = None
    knows_expiry: bool = False
    app_trouble: str | None = None
    other_version: str | None = None
    usage_percent: float | None = None
    nodes: Sequence[dict[str, Any]] = ()
    listing_s: float = 0


def enqueue_due() -> None:
    """Ask the workers to look at every account that was not looked at for an hour; a resting one waits."""
    with rounds.guarded("account inserzionista") as guard:
        guard.each(_due(), ask_for_a_look)


def ask_for_a_look(account_id: int) -> bool:
    """Whether a worker will look at the account now; False when Redis does not answer."""
    taken = services().job_queue.enqueue(JOB, account_id)
    if taken:
        _write(account_id, asked_at=clock.now())
    return taken


def check(account_id: int) -> None:
    """Look at the account and keep what was found; a problem stands on the account from then on."""
    account = _load(account_id)
    if account is None or account.token is None:
        return
    try:
        findings = _ask(account)
    except DestinationError as error:
        if isinstance(error, NeedsPersonError):
            accounts.set_problem(account_id, error.problem.code, f"{error.problem.what} {error.problem.todo}")
        if isinstance(error, TemporaryError) and error.account_wide and error.retry_after_s:
            pace.rest(account_id, error.retry_after_s, error.problem)
        problem = grants.in_words(error)
        of_the_app = f"{problem.what} {problem.todo}" if problem.who == OPERATOR else None
        _write(account_id, checked_at=clock.now(), trouble=problem.what, app_trouble=of_the_app)
        return
    pace.after_success(account_id)
    _store(account, findings)


def _ask(account: MetaAccount) -> Findings:
    """Raises TemporaryError, NeedsPersonError or PermanentError."""
    app_id = services().settings.meta_app_id
    found = Findings()
    with http_session() as session:
        client = graph_client(session, accounts.token_of(account), account.act_id)
        description = _description(client, app_id, found)
        if description and (problem := checks.token_problem(description, app_id)):
            raise NeedsPersonError(problem)
        granted = grants.granted(client, description, account.token_kind)
        permission = checks.permission_problem(granted, account.token_kind)
        node = client.ad_account(account.act_id)
        on_account = checks.account_problems(node, account.act_id, account.name)
        started = time.monotonic()
        found.nodes = client.custom_audiences(account.act_id, audience_lists.JOB_DEADLINE_S)
        found.listing_s = time.monotonic() - started
        found.usage_percent = client.usage_percent
        found.other_version = client.other_version
    found.has_permission = permission is None
    found.has_terms = not any(checks.terms_url(problem.code, "") for problem in on_account)
    found.problems = ([permission] if permission else []) + on_account
    found.expires_at, found.knows_expiry = grants.expires_at(description), bool(description)
    return found


def _description(client: GraphClient, app_id: str, found: Findings) -> dict[str, Any]:
    """The token as the app sees it. Trouble of the app is noted, and is not the account's."""
    if not app_id:
        return {}
    try:
        return client.debug_token(app_id)
    except DestinationError as error:
        if error.problem.who != OPERATOR:
            raise
        found.app_trouble = f"{error.problem.what} {error.problem.todo}"
        return {}


def _store(account: MetaAccount, found: Findings) -> None:
    assert account.id is not None
    if found.problems:
        first = found.problems[0]
        accounts.set_problem(account.id, first.code, f"{first.what} {first.todo}")
    elif account.problem:
        accounts.clear_problem(account.id)
    now, ours = clock.now(), [audience(node) for node in found.nodes]
    values = {
        "checked_at": now,
        "answered_at": now,
        "trouble": None,
        "app_trouble": found.app_trouble,
        "graph_version": found.other_version,
        "has_permission": found.has_permission,
        "has_terms": found.has_terms,
        "usage_percent": found.usage_percent,
        "n_audiences": len(ours),
        "flagged": [str(node.get("name", "")) for node in found.nodes if is_flagged(node)],
        "expiring": [str(node.get("name", "")) for node in found.nodes if is_expiring(node)],
    }
    with db.writing() as session:
        current = session.get(MetaAccount, account.id)
        if current is None or current.token != account.token:
            return  # deleted, or authorised again, while we looked: this is not about it any more
        if found.knows_expiry:
            current.token_expires_at = found.expires_at
        health_notes.note(session, account.id, **values)
        audience_lists.keep(session, account.id, list(found.nodes), found.listing_s)
        _keep_sizes(session, account.id, ours, now)


def _keep_sizes(session: Session, account_id: int, audiences: Sequence[Audience], now: datetime) -> None:
    """One size per audience and day, the newest; what is too old goes."""
    today = now.astimezone(ROME).date()
    mine = col(AudienceSize.account_id) == account_id
    session.execute(delete(AudienceSize).where(mine, col(AudienceSize.day) == today))
    session.execute(delete(AudienceSize).where(mine, col(AudienceSize.day) < today - SIZES_KEPT))
    session.add_all(
        AudienceSize(
            account_id=account_id,
            audience_id=one.id,
            day=today,
            size=one.size,
            largest=one.largest,
            read_at=now,
        )
        for one in audiences
        if one.size is not None and one.unsuitable is None
    )


def _due() -> list[int]:
    now = clock.now()
    query = (
        select(col(MetaAccount.id), col(MetaAccount.client_id), col(MetaHealth.asked_at))
        .outerjoin(MetaHealth, col(MetaHealth.account_id) == col(MetaAccount.id))
        .where(col(MetaAccount.token).is_not(None), pace.has_rested(now.timestamp()))
    )
    with db.reading() as session:
        found = session.execute(query).all()
        used = accounts.last_used(session, {account_id: client_id for account_id, client_id, _ in found})
    return [account_id for account_id, _, at in found if _is_due(at, used.get(account_id), now)]


def _is_due(asked_at: datetime | None, used_at: datetime | None, now: datetime) -> bool:
    if asked_at is None or not clock.is_recent(asked_at, EVERY, now):
        return True
    return used_at is not None and asked_at < used_at and not clock.is_recent(asked_at, SOONER, now)


def _load(account_id: int) -> MetaAccount | None:
    with db.reading() as session:
        account = session.get(MetaAccount, account_id)
        session.expunge_all()  # stays readable after the transaction
    return account


def _write(account_id: int, **values: object) -> None:
    with db.writing() as session:
        if session.get(MetaAccount, account_id) is not None:
            health_notes.note(session, account_id, **values)
