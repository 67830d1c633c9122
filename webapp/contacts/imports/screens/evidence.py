"""The proof beside a column of a file: its share of good cells, with good and bad examples. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.contacts import cells as read
from webapp.contacts.answers import FIELDS, field_of
from webapp.contacts.fields import SKIP, FieldType
from webapp.contacts.imports.screens.cell_readings import GOOD, example
from webapp.values.texts import number, plural

SHOWN_EXAMPLES = 3
_SHOWN_COUNTRIES = 6

OFFERED = {"email": "email", "mobile": "cellulari"}
_READ = {
    FieldType.DATE: "date",
    FieldType.NUMBER: "numeri",
    FieldType.YES_NO: "sì o no",
    "gender": "riconosciuti",
    "province": "riconosciute",
    "postcode": "riconosciuti",
    "dial_code": "riconosciuti",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of *rows*, *filled* hold something, and *valid* of these what the field wants.

    *good*: examples, masked; *bad*: others, each with its reason. *different*: values among the valid ones.
    *share*: valid in whole hundredths, of all rows for e-mails and mobiles, of the filled cells for others.
    """

    rows: int
    filled: int
    valid: int
    different: int
    good: tuple[str, ...]
    bad: tuple[tuple[str, str], ...]
    share: int
    words: str

    @property
    def is_empty(self) -> bool:
        return not self.filled

    @property
    def is_wrong(self) -> bool:
        return self.filled > 0 and not self.valid


def gather(
    target: str,
    cells: Sequence[str],
    read_as: Sequence[str | None],
    keys: Sequence[object],
    kind: str,
    is_offered: bool = False,
) -> Evidence:
    """*read_as*: of each cell, as of `cell_readings.readings`; *keys*: what tells one value from another.

    *is_offered*: the column is not matched with *target*, but could be.
    """
    filled = sum(one is not None for one in read_as)
    valid = sum(one == GOOD for one in read_as)
    different = len({key for key, one in zip(keys, read_as, strict=True) if one == GOOD})
    good: dict[str, None] = {}
    bad: dict[str, str] = {}
    for cell, one in zip(cells, read_as, strict=True):
        if one == GOOD and len(good) < SHOWN_EXAMPLES:
            good[example(target, cell, kind)] = None
        elif one and len(bad) < SHOWN_EXAMPLES:
            bad.setdefault(example(target, cell, kind), one)
        if len(good) == len(bad) == SHOWN_EXAMPLES:
            break
    of = len(cells) if target in ("email", "mobile", "code") else filled
    share = percent_down(valid, of)
    words = _words(target, kind, cells, valid, filled, different, share)
    if is_offered:
        words = words.replace("%", f"% {OFFERED[target]}", 1)
    return Evidence(len(cells), filled, valid, different, tuple(good), tuple(bad.items()), share, words)


def percent_down(part: int, whole: int) -> int:
    """Whole hundredths, rounded down: 100 is all of it, and 0 is none at all."""
    return max(part * 100 // whole, 1) if part and whole else 0


def _words(
    target: str, kind: str, cells: Sequence[str], valid: int, filled: int, different: int, share: int
) -> str:
    rows = len(cells)
    if target == "email":
        return f"{share}% valide · {number(valid)} su {number(rows)}"
    if target == "mobile":
        return f"{share}% validi · {number(valid)} su {number(rows)}"
    if target == "code":
        repeated = valid - different
        return f"{share}% presenti, " + (
            plural(repeated, "ripetuto", "ripetuti") if repeated else "tutti diversi"
        )
    blank = f" · {plural(rows - filled, 'cella vuota', 'celle vuote')}" if rows > filled else ""
    if target == SKIP:
        return f"{plural(filled, 'valore', 'valori')}{blank}"
    if target == "country":
        return f"{share}% riconosciuti{_countries(cells)}{blank}"
    if field_of(target) in FIELDS:
        undecided = f" · {number(filled - valid)} da decidere" if filled > valid else ""
        return f"{share}% riconosciuti{undecided}{blank}"
    said = _READ.get(target) or _READ.get(kind)
    return f"{share}% {said or 'presenti'}{blank}" if said else f"{plural(filled, 'valore', 'valori')}{blank}"


def _countries(cells: Sequence[str]) -> str:
    found = list(
        dict.fromkeys(code for cell in cells if (code := read.read_country(cell)) and len(code) == 2)
    )
    if not found:
        return ""
    return ": " + ", ".join(found[:_SHOWN_COUNTRIES]) + (" …" if len(found) > _SHOWN_COUNTRIES else "")
