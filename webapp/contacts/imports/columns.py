"""Which column of a file is which field of a contact: by its name and by what it holds. PURE."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from webapp.contacts.cells import UNREADABLE, fold, is_missing, read_date, read_number, read_yes_no
from webapp.contacts.fields import OWN, SKIP, FieldType
from webapp.contacts.imports.matching.matcher import Matcher
from webapp.contacts.imports.matching.names import ZERO_WIDTH, name_of
from webapp.values.emails import read_email, trim
from webapp.values.phones import read_mobile

__all__ = ["NEW", "OWN", "Proposal", "guess_type", "header_of", "key_of", "name_of", "propose", "propose_all"]

REJECTED_COLUMNS = ("Riga", "Motivo")  # what we put before the columns of a file of rejected rows

NEW = "new:"  # new:<type>, an own field to be made from the column

_DIGITS_ONLY = re.compile(r"0[0-9]+|[0-9]{12,}").fullmatch  # a card or bar code, not a quantity
_LIST_MOST = 20  # different values that a list of choices may have
_LIST_ENOUGH = 5  # times that its values come on average
_ENOUGH = 0.9  # share of the samples that must be of a type: people mistype


@dataclass(frozen=True, slots=True)
class Proposal:
    """How to read a file, as of `ContactImport`.

    *mapping* covers all columns; *feeding* says in which order several feed one field. *reserves*: field →
    columns that hold the same and could be taken where the first is empty; a person decides.
    """

    mapping: dict[str, str]
    feeding: dict[str, list[int]] = field(default_factory=dict)
    reserves: dict[str, list[int]] = field(default_factory=dict)
    all_refused: str | None = None


def propose(
    header: Sequence[str],
    samples: Sequence[Sequence[str]],
    own_labels: Mapping[str, str],
    country: str = "IT",
) -> dict[str, str]:
    """The mapping of `propose_all`."""
    return propose_all(header, samples, own_labels, country).mapping


def propose_all(
    header: Sequence[str],
    samples: Sequence[Sequence[str]],
    own_labels: Mapping[str, str],
    country: str = "IT",
    file_name: str = "",
) -> Proposal:
    """Column index as text → standard field, `own:<key>`, `new:<type>` or `skip` for a column without data.

    *samples* are some rows of the file, *own_labels* the key → label of the database's own fields. A field is
    given to one column only, but several may feed e-mail, mobile and consent, and several say who is out.
    """
    matcher = Matcher(header, samples, country, file_name)
    for index in _of_rejected_rows(header):
        matcher.give(index, SKIP)
    keys = {name_of(label): key for key, label in own_labels.items()}
    matcher.match(keys)
    mapping = {}
    for index in range(len(header)):
        values = matcher.contents[index].values
        mapping[str(index)] = matcher.found.get(index) or (NEW + guess_type(values) if values else SKIP)
    return Proposal(mapping, matcher.feeding, matcher.reserves, matcher.all_refused)


def _of_rejected_rows(header: Sequence[str]) -> tuple[int, ...]:
    """The first two columns of a file of rejected rows that comes back corrected: they are our own."""
    is_ours = [name_of(name) for name in header[:2]] == [name_of(name) for name in REJECTED_COLUMNS]
    return (0, 1) if is_ours else ()


def key_of(label: str, taken: set[str]) -> str:
    """A stable ASCII key for a new own field: `Totale speso` → `totale_speso`, numbered when *taken*."""
    base = name_of(label).replace(" ", "_")[:40] or "campo"
    key, n = base, 1
    while key in taken:
        n += 1
        key = f"{base}_{n}"
    return key


def guess_type(values: Sequence[str]) -> FieldType:
    """The type of an own field, from some of its non-empty cells."""
    texts = [value for value in values if not is_missing(value)]
    if not texts:
        return FieldType.TEXT
    if _share(texts, read_date) >= _ENOUGH:
        return FieldType.DATE
    if _share(texts, read_number) >= _ENOUGH and not any(_DIGITS_ONLY(text.strip()) for text in texts):
        return FieldType.NUMBER
    if _share(texts, read_yes_no) == 1:
        return FieldType.YES_NO
    return FieldType.LIST if _is_list(texts) else FieldType.TEXT


def looks_like_contacts(row: Sequence[str], country: str = "IT") -> bool:
    """Whether the first row of a file already holds a person, so that the file has no header."""
    return any(read_email(cell).value or (len(cell) > 7 and read_mobile(cell, country).value) for cell in row)


def header_of(row: Sequence[str]) -> list[str]:
    """Column names to show: trimmed, `Colonna 3` where there is none, numbered where one comes twice."""
    names: list[str] = []
    for index, cell in enumerate(row, 1):
        name = trim(cell.translate(ZERO_WIDTH))[:100] or f"Colonna {index}"
        names.append(name if name not in names else f"{name} ({index})")
    return names


def _is_list(texts: Sequence[str]) -> bool:
    """Few short values that come again and again, and are words."""
    different = {fold(trim(text)) for text in texts}
    repeats = len(texts) >= _LIST_ENOUGH * len(different)
    is_words = not any(_DIGITS_ONLY(text) for text in different)
    return 2 <= len(different) <= _LIST_MOST and repeats and is_words and max(map(len, different)) <= 40


def _share(texts: Sequence[str], read: Callable[[str], object]) -> float:
    readable = sum(read(text) is not UNREADABLE for text in texts)
    return readable / len(texts)
