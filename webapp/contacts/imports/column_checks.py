"""Checks of each column against the field it goes to, from the first rows: the last column of step 2."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.contacts.cells import read_text
from webapp.contacts.fields import SKIP
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.store.row_converter import RowConverter
from webapp.values.texts import number, plural

SHOWN_EXAMPLES = 2
EXAMPLE_CHARS = 40


@dataclass(frozen=True, slots=True)
class Check:
    """A badge: *tone* and *icon* as in `texts.Look`."""

    tone: str
    icon: str
    label: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A row of step 2: the column, some of its values, where it goes, what is to be said about it."""

    index: int
    name: str
    examples: str
    target: str
    check: Check


IGNORED = Check("idle", "ban", "Colonna ignorata")
NO_PROBLEM = Check("ok", "circle-check", "Nessun problema")
NO_VALUE = Check("idle", "circle-dashed", "Nessun valore")


def column_rows(
    draft: ContactImport, rows: Sequence[Sequence[str]], converter: RowConverter
) -> list[ColumnRow]:
    """One row per column of the file, from *rows*, the first of it. *converter* is spent by this."""
    valid = {"email": 0, "mobile": 0}
    for row in rows:
        values = converter.convert(row) or ()
        for medium in valid:
            if values and medium in converter.columns:
                valid[medium] += values[converter.columns.index(f"{medium}_sha256")] is not None
    return [
        ColumnRow(
            index,
            name,
            _examples(row[index] for row in rows),
            draft.mapping[str(index)],
            _check(draft.mapping[str(index)], [row[index] for row in rows], converter, index, valid),
        )
        for index, name in enumerate(draft.header)
    ]


def _examples(cells: Iterable[str]) -> str:
    found: list[str] = []
    for cell in cells:
        text = read_text(cell)
        if text and text not in found:
            found.append(text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1] + "…")
        if len(found) == SHOWN_EXAMPLES:
            break
    return " · ".join(found) or "–"


def _check(
    target: str, cells: Sequence[str], converter: RowConverter, index: int, valid: dict[str, int]
) -> Check:
    filled = sum(bool(cell.strip()) for cell in cells)
    if target == SKIP:
        return IGNORED
    if not filled:
        return NO_VALUE
    if target in valid:
        words = ("valido", "validi") if target == "mobile" else ("valida", "valide")
        return _grade(f"{plural(valid[target], *words)} su {number(filled)}", valid[target] / filled > 0.5)
    if unreadable := converter.unreadable[str(index)]:
        words = ("valore", "valori")
        return Check(
            "warn", "triangle-alert", f"{plural(unreadable, *words)} da correggere su {number(filled)}"
        )
    return NO_PROBLEM


def _grade(label: str, is_good: bool) -> Check:
    return Check("ok", "circle-check", label) if is_good else Check("warn", "triangle-alert", label)
