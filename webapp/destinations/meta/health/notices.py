"""Notices about an account before it stops its uploads: expiry, blocked audiences, limits. PURE."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from webapp.destinations.base import Notice
from webapp.destinations.meta import texts
from webapp.destinations.meta.graph_api.error_table import OPERATOR
from webapp.destinations.meta.graph_api.graph import GRAPH_VERSION
from webapp.destinations.meta.graph_api.usage import SLOW_PERCENT
from webapp.destinations.meta.models import MetaHealth
from webapp.values.texts import percent, plural

SILENT_FOR = timedelta(hours=24)  # an hour without an answer happens, a day does not
MOST_NAMES = 3
URGENCY = ("err", "warn", "")


def notices(
    name: str,
    expires_at: datetime | None,
    health: MetaHealth | None,
    now: datetime,
    pause: Mapping[str, Any] | None = None,
) -> tuple[Notice, ...]:
    """Most urgent first. *expires_at* as on the account; *health* None: nobody has looked yet; *pause*: why
    its uploads do not go on, while they do not."""
    found = [*_expiry(name, expires_at, now), *_pause(pause)]
    if health is not None:
        found += _app(health)
        found += _audiences(name, health)
        found += _limit(name, health.usage_percent)
        found += _silence(name, health, now)
    return tuple(sorted(found, key=lambda notice: URGENCY.index(notice.tone)))


def expiry_tone(days: int) -> str:
    """How loud a token that ends in *days* is: from 14 days on it is said, from 7 warned, from 1 alarmed."""
    return "err" if days <= 1 else "warn" if days <= 7 else ""


def _expiry(name: str, expires_at: datetime | None, now: datetime) -> list[Notice]:
    if expires_at is None or not now < expires_at < now + timedelta(days=texts.WARN_DAYS):
        return []
    return [Notice(expiry_tone((expires_at - now).days), texts.expiring(name, expires_at, now))]


def _pause(pause: Mapping[str, Any] | None) -> list[Notice]:
    if pause is None or pause["who"] != OPERATOR:
        return []
    return [Notice("err", f"{pause['what']} {pause['todo']} Lo fa chi gestisce Platea.")]


def _app(health: MetaHealth) -> list[Notice]:
    """Notices about the app: only the person who runs Platea can see to them."""
    found = []
    if health.app_trouble:
        found.append(Notice("err", f"{health.app_trouble} Lo fa chi gestisce Platea."))
    if health.graph_version:
        found.append(
            Notice(
                "warn",
                f"Facebook risponde con la versione {health.graph_version} della Graph API, Platea chiede la"
                f" {GRAPH_VERSION}. Chi gestisce Platea controlli se c’è un aggiornamento.",
            )
        )
    return found


def _audiences(name: str, health: MetaHealth) -> list[Notice]:
    found = []
    if health.flagged:
        which = _names(health.flagged)
        blocked = plural(len(health.flagged), "custom audience", "custom audience")
        found.append(
            Notice(
                "warn",
                f"Facebook ha bloccato {blocked} di “{name}”: {which}. Apri Gestione pubblici per sapere"
                " perché, oppure creane una nuova.",
            )
        )
    if health.expiring:
        which = _names(health.expiring)
        found.append(Notice("", f"Facebook eliminerà perché non usate, su “{name}”: {which}."))
    return found


def _limit(name: str, usage_percent: float | None) -> list[Notice]:
    if usage_percent is None or usage_percent < SLOW_PERCENT:
        return []
    used = percent(usage_percent / 100, 0)
    return [Notice("warn", f"“{name}” ha usato il {used} del limite di chiamate: rallentiamo da soli.")]


def _silence(name: str, health: MetaHealth, now: datetime) -> list[Notice]:
    answered_at = health.answered_at
    if health.trouble is None or answered_at is None or now - answered_at < SILENT_FOR:
        return []
    return [Notice("warn", f"Da più di un giorno Facebook non risponde per “{name}”. {health.trouble}")]


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return f"{shown} e {plural(more, 'altra', 'altre')}" if more > 0 else shown
