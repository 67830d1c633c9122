"""The faults in the data of an import, in folds: how many rows, why, some examples. PURE.

None of it stops an import. Of a check the examples are there, masked; of a result only what was counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.contacts.answers import Answer
from webapp.contacts.fields import STANDARD_BY_NAME
from webapp.contacts.imports.alerts import Alert, to_confirm
from webapp.contacts.imports.file_quality import Quality
from webapp.contacts.imports.screens.cell_readings import example, short
from webapp.contacts.imports.tallies import MEDIA
from webapp.values.texts import number, plural

_WITHOUT = {
    "email": ("riga senza email valida", "righe senza email valida"),
    "mobile": ("riga senza cellulare valido", "righe senza cellulare valido"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    rows: int
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """`sum(reason.rows) == rows`. *key*: what it is about, email or mobile."""

    key: str
    title: str
    rows: int
    reasons: Sequence[Reason]


def folds(quality: Quality, shows_examples: bool) -> list[Fold]:
    """Of a check. *shows_examples*: to who may see people."""
    shown = quality.examples if shows_examples else {}
    return _folds(
        {
            medium: [
                (code, rows, [example(medium, cell) for cell in shown.get((medium, code), ())])
                for code, rows in quality.reasons.get(medium, {}).items()
            ]
            for medium in MEDIA
        }
    )


def folds_of_tally(tally: Mapping[str, int]) -> list[Fold]:
    """Of an import that has run. *tally*: as of `tallies`."""
    return _folds(
        {
            medium: [
                (key.removeprefix(f"why.{medium}."), count, [])
                for key, count in tally.items()
                if key.startswith(f"why.{medium}.")
            ]
            for medium in MEDIA
        }
    )


def consent_words(answers: Mapping[str, Mapping[str, int]]) -> list[str]:
    """“Consenso: 12 sì, 3 no, 1 da decidere, 4 senza risposta”, for each field of a consent."""
    said = []
    for field, counted in answers.items():
        parts = [
            f"{number(counted.get(answer, 0))} {words}"
            for answer, words in (
                (Answer.YES, "sì"), (Answer.NO, "no"),
                (Answer.UNDECIDED, "da decidere"), (Answer.NONE, "senza risposta"),
            )
            if counted.get(answer)
        ]  # fmt: skip
        said.append(f"{STANDARD_BY_NAME[field].label}: {', '.join(parts)}")
    return said


def losses(tally: Mapping[str, int]) -> str:
    """“Dopo questa importazione, 12 contatti perderebbero il cellulare”; "" when none loses an address."""
    parts = []
    for medium, what in (("email", "l’email"), ("mobile", "il cellulare")):
        if lost := tally.get(f"lost.{medium}"):
            parts.append(f"{plural(lost, 'contatto perderebbe', 'contatti perderebbero')} {what}")
    return f"Dopo questa importazione, {' e '.join(parts)}" if parts else ""


def unreadable(header: Sequence[str], found: Mapping[str, int]) -> list[Reason]:
    """Cells that stay empty, by the column they are in. *found*: column index as text → cells."""
    return [Reason(header[int(index)], cells) for index, cells in found.items()]


def remarks(found: Iterable[Alert]) -> list[Alert]:
    """The alerts that need no confirmation."""
    listed = list(found)
    confirms = to_confirm(listed)
    return [one for one in listed if one not in confirms]


def _folds(by_medium: Mapping[str, Sequence[tuple[str, int, Sequence[str]]]]) -> list[Fold]:
    found = []
    for medium, counted in by_medium.items():
        rows = sum(count for _, count, _ in counted)
        if not rows:
            continue
        ordered = sorted(counted, key=lambda one: -one[1])
        reasons = [Reason(short(code), count, examples) for code, count, examples in ordered]
        found.append(Fold(medium, plural(rows, *_WITHOUT[medium]), rows, reasons))
    return found
