"""How numbers, dates, plurals and statuses are said in Italian: the same on every screen. PURE.

Rows keep UTC; people read Europe/Rome. Formats are written out, because the CLDR short date is
23/11/26, 14:05 and nobody here writes it so.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

LOCALE = "it_IT"
ROME = ZoneInfo("Europe/Rome")
NOTHING = "–"


class Look(NamedTuple):
    """How a status is shown: colour, icon and words, always the three together."""

    tone: str  # a class of static/app.css: ok, run, warn, err, hold, idle
    icon: str
    label: str


STATUSES = {
    "queued": Look("idle", "clock", "In coda"),
    "preparing": Look("run", "loader-circle", "In preparazione"),
    "sending": Look("run", "loader-circle", "Invio in corso"),
    "paused": Look("hold", "circle-pause", "In pausa"),
    "completed": Look("ok", "circle-check", "Completato"),
    "completed_with_warnings": Look("warn", "triangle-alert", "Completato con avvisi"),
    "failed": Look("err", "circle-x", "Non riuscito"),
    "stopped": Look("idle", "ban", "Fermato"),
}
IMPORT_STATUSES = {
    "draft": Look("idle", "pencil", "Da completare"),
    "queued": Look("idle", "clock", "In coda"),
    "running": Look("run", "loader-circle", "Importazione in corso"),
    "completed": Look("ok", "circle-check", "Completata"),
    "completed_with_warnings": Look("warn", "triangle-alert", "Completata con avvisi"),
    "failed": Look("err", "circle-x", "Non riuscita"),
    "stopped": Look("idle", "ban", "Fermata"),
    "undoing": Look("run", "loader-circle", "Annullamento in corso"),
    "undone": Look("idle", "history", "Annullata"),
}
ROLES = {
    "administrator": "Amministratore",
    "marketer": "Marketer",
    "support": "Assistenza, sola lettura",
}


def number(value: int | float | Decimal | None) -> str:
    """1234567 → "1.234.567"; a value there is not yet is a dash."""
    return NOTHING if value is None else format_decimal(value, locale=LOCALE)


def numbered(value: int | None) -> str:
    """4812 → "n. 4.812", as it is said on the phone; one that has none yet is a dash."""
    return NOTHING if value is None else f"n. {number(value)}"


_NUMBERED = re.compile(r"\s*#?\s*(?:[nN]\.?\s*)?([0-9]{1,3}(?:\.[0-9]{3})*|[0-9]{1,9})\s*").fullmatch


def read_numbered(text: str) -> int | None:
    """ "n. 4.812", "#4812" and "4812" → 4812; None for anything else."""
    found = _NUMBERED(text)
    return int(found[1].replace(".", "")) if found else None


def percent(ratio: float | None, decimals: int = 1) -> str:
    """0.004 → "0,4%", without the space that CLDR puts before the sign."""
    if ratio is None:
        return NOTHING
    pattern = "#,##0." + "0" * decimals + "%" if decimals else "#,##0%"
    return format_percent(ratio, format=pattern, locale=LOCALE)


def moment(at: datetime | None) -> str:
    """23/11/2026 14:05, in Europe/Rome; a time without zone is UTC, as the database keeps it."""
    return NOTHING if at is None else format_datetime(_in_rome(at), "dd/MM/yyyy HH:mm", locale=LOCALE)


def day(at: date | None) -> str:
    """23/11/2026; of a moment, its day in Europe/Rome."""
    if at is None:
        return NOTHING
    return format_date(_in_rome(at) if isinstance(at, datetime) else at, "dd/MM/yyyy", locale=LOCALE)


def clock_time(at: datetime) -> str:
    """14:05, in Europe/Rome."""
    return format_datetime(_in_rome(at), "HH:mm", locale=LOCALE)


def iso(at: datetime) -> str:
    """The value of `<time datetime>`."""
    return _in_rome(at).isoformat(timespec="seconds")


def plural(count: int, one: str, many: str) -> str:
    """plural(1, "contatto", "contatti") → "1 contatto"; plural(1200, …) → "1.200 contatti"."""
    return f"{number(count)} {one if count == 1 else many}"


def file_size(size_bytes: int) -> str:
    """12345678 → "12,3 MB", in thousands as operating systems show it."""
    size = float(size_bytes)
    for unit in ("byte", "kB", "MB"):
        if size < 1000:
            return f"{format_decimal(size, '#,##0' if unit == 'byte' else '#,##0.#', locale=LOCALE)} {unit}"
        size /= 1000
    return f"{format_decimal(size, '#,##0.#', locale=LOCALE)} GB"


def duration(lasted: timedelta | float) -> str:
    """ "meno di un secondo", "12 s", "3 min", "2 h 5 min"; a number is seconds."""
    seconds = int(lasted.total_seconds() if isinstance(lasted, timedelta) else lasted)
    if seconds < 1:
        return "meno di un secondo"
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def initials(name: str) -> str:
    """ "Giulia Ferri" → "GF": what stands in the round of the user menu."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


FILTERS = {
    "n": number,
    "pc": percent,
    "dt": moment,
    "d": day,
    "hm": clock_time,
    "iso": iso,
    "size": file_size,
    "lasted": duration,
    "initials": initials,
}
GLOBALS = {
    "plural": plural,
    "STATUSES": STATUSES,
    "IMPORT_STATUSES": IMPORT_STATUSES,
    "ROLES": ROLES,
}


def _in_rome(at: datetime) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ROME)
