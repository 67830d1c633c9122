"""When an ad account may be called: its rests, why it rests, and the calls in a row that failed.

Everything is one conditional statement, since several workers call for the same account at once.
"""

import random
from dataclasses import asdict

import structlog
from sqlalchemy import ColumnElement, case, func, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations.base import DestinationError, Problem, Rest, TemporaryError
from webapp.destinations.meta.graph_api import outage
from webapp.destinations.meta.graph_api.error_table import OPERATOR
from webapp.destinations.meta.models import MetaAccount

# Meta's slowest limits are counted over a day. A rest that would last longer was written by a wrong clock.
LONGEST_REST_S = 24 * 3600.0

log = structlog.get_logger(__name__)


def rest(account_id: int, seconds: float, problem: Problem | None = None) -> None:
    """No call to this account for *seconds*, because of *problem*; a pause that is longer stays as it is."""
    now = clock.epoch()
    until, ends = now + min(seconds, LONGEST_REST_S), col(MetaAccount.paused_until)
    with db.writing() as session:
        session.execute(
            update(MetaAccount)
            .where(col(MetaAccount.id) == account_id, (ends < until) | has_rested(now))
            .values(paused_until=until, pause=asdict(problem) if problem else None)
        )


def resting(account_id: int) -> Rest:
    """For an account that does not rest, or is not there any more, `Rest()`."""
    with db.reading() as session:
        wanted = select(col(MetaAccount.paused_until), col(MetaAccount.pause))
        found = session.execute(wanted.where(col(MetaAccount.id) == account_id)).one_or_none()
    if found is None or not is_resting(found.paused_until, clock.epoch()):
        return Rest()
    return Rest(found.paused_until, Problem(**found.pause) if found.pause else None)


def is_resting(until: float, now: float) -> bool:
    """*until* as on the account; both in seconds since 1970."""
    return until > now and not clock.is_over(until, LONGEST_REST_S, now)


def has_rested(now: float) -> ColumnElement[bool]:
    """Accounts that do not rest at *now*, the same as a condition."""
    ends = col(MetaAccount.paused_until)
    return (ends <= now) | (ends > now + LONGEST_REST_S + clock.SLACK_S)


def senders(session: Session, account_id: int, most: int) -> int:
    """*most*, or 1 while the account is out of order; then whoever asks next waits for this transaction."""
    failing = select(col(MetaAccount.failures)).where(col(MetaAccount.id) == account_id)
    if not outage.is_outage(session.execute(failing).scalar_one_or_none() or 0):
        return most
    session.execute(failing.with_for_update())
    return 1


def after_failure(account_id: int, error: DestinationError) -> DestinationError:
    """Note that a call failed; what is to be raised: *error*, or that the whole account is out of order.

    An error that names a wait of its own is a limit, trouble of the app, or about one request.
    """
    if not isinstance(error, TemporaryError):
        return error
    if error.retry_after_s is not None:
        if error.account_wide:
            rest(account_id, error.retry_after_s, error.problem)
        if error.problem.who == OPERATOR:  # whatever waits is to be woken when the app is in order again
            _count(account_id, at_least=outage.FAILURES)
        return error
    failures, since = _count(account_id)
    if not outage.is_outage(failures):
        return TemporaryError(error.problem, too_large=error.too_large, in_a_row=failures)
    lasted = max(0.0, clock.epoch() - since)
    wait = outage.rest_s(failures, lasted, random.random())
    problem = outage.problem(error.problem, clock.epoch() + wait, lasted)
    rest(account_id, wait, problem)
    log.warning("Facebook non risponde come deve", account=account_id, code=problem.code, di_fila=failures)
    return TemporaryError(problem, wait, account_wide=True, too_large=error.too_large, in_a_row=failures)


def after_success(account_id: int) -> bool:
    """Note that a call got through; whether the account was out of order until now.

    Its rest is over then, unless it is one that Facebook asked for.
    """
    mine, failures = col(MetaAccount.id) == account_id, col(MetaAccount.failures)
    with db.reading() as session:
        if not session.execute(select(failures).where(mine)).scalar_one_or_none():
            return False  # as after nearly every call: nothing to write
    well = {"failures": 0, "failing_since": 0}
    with db.writing() as session:
        was_out = session.execute(
            update(MetaAccount)
            .where(mine, failures >= outage.FAILURES)
            .values(paused_until=case((_rests_of_itself(), 0), else_=col(MetaAccount.paused_until)), **well)
        )
        session.execute(update(MetaAccount).where(mine, failures > 0).values(**well))
    return bool(was_out.rowcount)  # type: ignore[attr-defined]


def is_out_of_order(account_id: int) -> bool:
    with db.reading() as session:
        asked = select(col(MetaAccount.failures)).where(col(MetaAccount.id) == account_id)
        return outage.is_outage(session.execute(asked).scalar_one_or_none() or 0)


def _count(account_id: int, at_least: int = 1) -> tuple[int, float]:
    """The failures in a row with this one, and since when."""
    now, failures = clock.epoch(), col(MetaAccount.failures)
    more = case((failures + 1 < at_least, at_least), else_=failures + 1)
    began = case((col(MetaAccount.failures) == 0, now), else_=col(MetaAccount.failing_since))
    with db.writing() as session:
        row = session.execute(
            update(MetaAccount)
            .where(col(MetaAccount.id) == account_id)
            .values(failures=more, failing_since=began)
            .returning(col(MetaAccount.failures), col(MetaAccount.failing_since))
            .execution_options(synchronize_session=False)
        ).one_or_none()
    return (row.failures, row.failing_since) if row else (0, now)


def _rests_of_itself() -> ColumnElement[bool]:
    """Whether the pause is for an outage, by the code its problem bears."""
    return func.coalesce(col(MetaAccount.pause)["code"].as_string(), "").startswith(f"{outage.CODE}/")
