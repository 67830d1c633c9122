"""Which column of a file is which field of a contact: by its name, else by what it holds. PURE."""

import re
from collections.abc import Callable, Mapping, Sequence

from webapp.contacts.cells import UNREADABLE, fold, read_date, read_number, read_yes_no
from webapp.contacts.fields import OWN, SKIP, FieldType
from webapp.contacts.imports.column_names import CONSENT_TURNED, CONSENT_WORDS, SYNONYMS
from webapp.values.emails import INVISIBLE, read_email, trim
from webapp.values.phones import read_mobile
from webapp.values.readings import Reading

REJECTED_COLUMNS = ("Riga", "Motivo")  # what we put before the columns of a file of rejected rows

NEW = "new:"  # new:<type>, an own field to be made from the column

_FIELD_OF = {name: field for field, names in SYNONYMS.items() for name in names}
_ZERO_WIDTH = dict.fromkeys(map(ord, INVISIBLE))
_DIGITS_ONLY = re.compile(r"0[0-9]+|[0-9]{12,}").fullmatch  # a card or bar code, not a quantity
_LIST_MOST = 20  # different values that a list of choices may have
_LIST_ENOUGH = 5  # times that its values come on average
_ENOUGH = 0.9  # share of the samples that must be of a type: people mistype


def propose(
    header: Sequence[str],
    samples: Sequence[Sequence[str]],
    own_labels: Mapping[str, str],
    country: str = "IT",
) -> dict[str, str]:
    """Column index as text → standard field, `own:<key>`, `new:<type>` or `skip` for a column without data.

    *samples* are some rows of the file, *own_labels* the key → label of the database's own fields. A field is
    given to one column only, the first whose name fits best.
    """
    found = _of_rejected_rows(header)
    keys = {name_of(label): key for key, label in own_labels.items()}
    taken: set[str] = set()
    for index in _best_names_first(header):
        if str(index) in found:
            continue
        values = [row[index] for row in samples if row[index].strip()]
        name = name_of(header[index])
        field = _FIELD_OF.get(name)
        if name in keys:
            target = OWN + keys[name]
        elif field and field not in taken:
            target = field
        else:
            target = NEW + guess_type(values) if values else SKIP
        taken.add(target)
        found[str(index)] = target
    _match_consent(found, header, samples, taken)
    _match_by_content(found, samples, taken, country)
    return {str(index): found[str(index)] for index in range(len(header))}


def _of_rejected_rows(header: Sequence[str]) -> dict[str, str]:
    """The first two columns of a file of rejected rows that comes back corrected: they are our own."""
    is_ours = [name_of(name) for name in header[:2]] == [name_of(name) for name in REJECTED_COLUMNS]
    return {"0": SKIP, "1": SKIP} if is_ours else {}


def name_of(label: str) -> str:
    """A column name as names are compared: without case, accents, punctuation, invisible characters."""
    text = fold(trim(label).translate(_ZERO_WIDTH))
    return " ".join(re.findall(r"[a-z0-9]+", text))


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
    texts = [value for value in values if value.strip()]
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
        name = trim(cell.translate(_ZERO_WIDTH))[:100] or f"Colonna {index}"
        names.append(name if name not in names else f"{name} ({index})")
    return names


def _best_names_first(header: Sequence[str]) -> list[int]:
    """Column indexes so that `Cellulare` is offered the mobile before `Telefono`, wherever they stand."""

    def rank(index: int) -> tuple[int, int]:
        name = name_of(header[index])
        field = _FIELD_OF.get(name)
        return (SYNONYMS[field].index(name) if field else 1_000, index)

    return sorted(range(len(header)), key=rank)


def _match_consent(
    found: dict[str, str], header: Sequence[str], samples: Sequence[Sequence[str]], taken: set[str]
) -> None:
    """Give the consent to the column whose name speaks of it most and that holds yes and no."""
    for words in CONSENT_WORDS:
        for index, target in found.items():
            name = set(name_of(header[int(index)]).split())
            if "consent" in taken or not target.startswith(NEW) or not name & words or name & CONSENT_TURNED:
                continue
            values = [row[int(index)] for row in samples if row[int(index)].strip()]
            if values and _share(values, read_yes_no) >= _ENOUGH:
                found[index] = "consent"
                taken.add("consent")


def _match_by_content(
    found: dict[str, str], samples: Sequence[Sequence[str]], taken: set[str], country: str
) -> None:
    """Give e-mail and mobile to the column that holds them when no name said which."""
    readers: dict[str, Callable[[str], Reading]] = {
        "email": read_email,
        "mobile": lambda cell: read_mobile(cell, country),
    }
    for field, read in readers.items():
        if field in taken:
            continue
        for index, target in found.items():
            values = [row[int(index)] for row in samples if row[int(index)].strip()]
            readable = sum(read(value).value is not None for value in values)
            if target.startswith(NEW) and values and readable > len(values) / 2:
                found[index] = field
                break


def _is_list(texts: Sequence[str]) -> bool:
    """Few short values that come again and again, and are words."""
    different = {fold(trim(text)) for text in texts}
    repeats = len(texts) >= _LIST_ENOUGH * len(different)
    is_words = not any(_DIGITS_ONLY(text) for text in different)
    return 2 <= len(different) <= _LIST_MOST and repeats and is_words and max(map(len, different)) <= 40


def _share(texts: Sequence[str], read: Callable[[str], object]) -> float:
    readable = sum(read(text) is not UNREADABLE for text in texts)
    return readable / len(texts)
