"""The health board: one row per account of every client the operator follows, from what is known. PURE."""

from dataclasses import dataclass
from datetime import datetime

from webapp.destinations.base import Notice
from webapp.destinations.meta import texts
from webapp.destinations.meta.accounts.grants import SYSTEM_USER
from webapp.destinations.meta.graph_api.usage import SLOW_PERCENT, STOP_PERCENT
from webapp.destinations.meta.health.notices import expiry_tone, notices
from webapp.destinations.meta.models import MetaAccount, MetaHealth
from webapp.values.texts import Look, day, percent, plural

GOOD = Look("ok", "circle-check", "Condizioni accettate")
UNKNOWN = Look("idle", "clock", "Condizioni da controllare")
MISSING = Look("err", "circle-x", "Condizioni da accettare")
PERMITTED = Look("ok", "circle-check", "Permessi completi")
NOT_PERMITTED = Look("err", "circle-x", "Manca ads_management")
NOT_LOOKED = Look("idle", "clock", "Permessi da controllare")
NOBODY_LOOKED = MetaHealth(account_id=0)  # of an account just connected: nothing is known yet; never saved


@dataclass(frozen=True)
class HealthRow:
    """One account on the board, with one truth: a known problem wins over what was fine before.

    *usage* between 0 and 100, None while no answer told it. *terms* and *permissions* are None where the
    problem makes what is known of them worthless. *can_look_again*: as of `texts.Authorisation`.
    """

    public_id: str
    name: str
    act_id: str
    client_name: str
    is_here: bool  # of the client whose pages are open
    token: Look
    token_detail: str
    terms: Look | None
    permissions: Look | None
    usage: float | None
    usage_tone: str
    usage_words: str
    flagged: list[str]
    expiring: list[str]
    checked_at: datetime | None
    answered_at: datetime | None
    trouble: str | None
    problem: str | None
    can_look_again: bool
    is_system_user: bool
    notices: tuple[Notice, ...]


def health_row(
    account: MetaAccount,
    state: texts.Authorisation,
    health: MetaHealth | None,
    client_name: str,
    is_here: bool,
    now: datetime,
) -> HealthRow:
    known = health or NOBODY_LOOKED
    token, detail = _token(account, state, now)
    return HealthRow(
        account.public_id,
        account.name,
        account.act_id,
        client_name,
        is_here,
        token,
        detail,
        _of_problem(_look(known.has_terms, GOOD, MISSING, UNKNOWN), state),
        _of_problem(_look(known.has_permission, PERMITTED, NOT_PERMITTED, NOT_LOOKED), state),
        known.usage_percent,
        usage_tone(known.usage_percent),
        percent(known.usage_percent / 100, 0) if known.usage_percent is not None else "non ancora noto",
        known.flagged or [],
        known.expiring or [],
        known.checked_at,
        known.answered_at,
        known.trouble,
        state.problem,
        state.can_look_again,
        account.token_kind == SYSTEM_USER,
        notices(
            account.name, account.token_expires_at, health, now, account.pause if account.failures else None
        ),
    )


def usage_tone(usage: float | None) -> str:
    """As a bar is coloured: from 75 % on we slow down, from 95 % on we wait (see `usage`)."""
    if usage is None or usage < SLOW_PERCENT:
        return ""
    return "warn" if usage < STOP_PERCENT else "err"


def _token(account: MetaAccount, state: texts.Authorisation, now: datetime) -> tuple[Look, str]:
    """How many days are left stands in the words, the day itself below; of a problem, what it is."""
    if state.problem:
        return state.look, state.problem
    end = account.token_expires_at
    if end is None:
        return state.look, "non scade"
    days = (end - now).days
    left = "Scade oggi" if days == 0 else plural(days, "giorno", "giorni")
    tone = expiry_tone(days) if days < texts.WARN_DAYS else "ok"
    icon = {"ok": "circle-check", "err": "circle-x"}.get(tone, "triangle-alert")
    return Look(tone or "warn", icon, left), f"scade il {day(end)}"


def _of_problem(look: Look, state: texts.Authorisation) -> Look | None:
    return look if look.tone == "err" or not state.problem else None


def _look(known: bool | None, good: Look, bad: Look, unknown: Look) -> Look:
    if known is None:
        return unknown
    return good if known else bad
