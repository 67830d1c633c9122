"""Where a table begins: the row with the names of its columns, found by what the first rows hold. PURE.

Exports carry titles, dates and blank rows above the table, and names in two rows under merged cells. What
is above the names is no contact; a row that holds a person is never taken for names by itself.
"""

from collections.abc import Sequence
from statistics import median_high
from typing import NamedTuple

from webapp.contacts.imports.column_names import SYNONYMS
from webapp.contacts.imports.columns import looks_like_contacts, name_of
from webapp.contacts.imports.files.file_limits import MAX_COLUMNS, UnreadableFile
from webapp.contacts.imports.files.file_rows import FileRow

LOOKED_AT = 40  # rows that are not blank: no title page is longer
AROUND = "\ufeff\u00a0 \t\r\n"
_MOST_CELLS = 2 * MAX_COLUMNS  # a row may have a hundred thousand, and is refused for it
_KNOWN = frozenset(name for names in SYNONYMS.values() for name in names)


class Layout(NamedTuple):
    """*header*: the row of the names, None without; *start*: line of the first row that may be a contact.

    *width*: columns of the table; *names*: the rows that make the header, as they come again in the middle of
    exports that were joined; *titles*: the rows above.
    """

    header: FileRow | None
    start: int
    width: int
    names: tuple[tuple[str, ...], ...]
    titles: tuple[tuple[str, ...], ...]


def found_in(rows: Sequence[FileRow], country: str = "IT") -> Layout:
    """The layout of the table that begins in *rows*, the first that are not blank. Raises UnreadableFile."""
    good = [row for row in rows if row.problem is None]
    best = _best_by_names(good, country)
    if rows[0].problem and best is None:
        raise UnreadableFile(_unreadable(rows[0].line))
    best = best or _best_by_shape(good, country)
    return _with_header(good, best) if best else without_header(rows)


def at_line(rows: Sequence[FileRow], line: int) -> Layout:
    """The layout with the names in *line*, as a person said; 1 is the first row that is not blank.

    Raises UnreadableFile.
    """
    row = rows[0] if line == 1 else next((row for row in rows if row.line == line), None)
    if row is None:
        raise UnreadableFile(
            f"La riga {line} del file è vuota o non c’è: scegli una riga che contiene i nomi delle colonne."
        )
    if row.problem:
        raise UnreadableFile(_unreadable(row.line))
    return _with_header([one for one in rows if one.problem is None], row)


def without_header(rows: Sequence[FileRow]) -> Layout:
    """The layout of a table without names: titles above it are left out, every other row is a contact."""
    good = [row for row in rows if row.problem is None]
    if not good:
        raise UnreadableFile(_unreadable(rows[0].line))
    usual = _usually_filled(good)
    first = next((row for row in good if not _is_title(row.cells, usual)), good[0])
    if rows[0].problem and first is good[0]:
        first = rows[0]  # what cannot be read is told as a rejected row, never left out as a title
    ends = [_end(row.cells) for row in good if row.line >= first.line]
    width = max([len(first.cells), *(end for end in ends if ends.count(end) > 1)])
    titles = tuple(key(row.cells) for row in good if row.line < first.line)
    return Layout(None, first.line, width, (), titles)


def known_names(cells: Sequence[str]) -> int:
    """How many of the cells are a name that columns are known to have."""
    return sum(name_of(cell) in _KNOWN for cell in cells[:_MOST_CELLS])


def is_names(cells: Sequence[str]) -> bool:
    """Whether most of a row are names of columns, two at least: what else it holds is no contact's.

    Beside an address it takes three: a contact may have two answers that are called like columns.
    """
    known = known_names(cells)
    enough = 3 if any("@" in cell for cell in cells) else 2
    return known >= enough and known * 2 >= _filled(cells)


def key(cells: Sequence[str]) -> tuple[str, ...]:
    """A row as rows are compared: without case, spaces, the mark at the beginning of a file, empty ends."""
    texts = [cell.strip(AROUND).casefold() for cell in cells]
    return tuple(texts[: _end(texts)])


def _best_by_names(rows: Sequence[FileRow], country: str) -> FileRow | None:
    """The row with most known names above every contact, the first of several; None under two names."""
    best, most = None, 1
    usual = _usually_filled(rows)
    for row in rows:
        known = known_names(row.cells)
        if not is_names(row.cells) and looks_like_contacts(row.cells[:_MOST_CELLS], country):
            if _is_title(row.cells, usual):
                continue  # "Esportato da info@…"
            break
        if known > most and not ("@" in "".join(row.cells) and not is_names(row.cells)):
            best, most = row, known
    return best


def _best_by_shape(rows: Sequence[FileRow], country: str) -> FileRow | None:
    """The first row above every contact that is about as full as the others; None when there is none."""
    usual = _usually_filled(rows)
    above = []
    for row in rows:
        if looks_like_contacts(row.cells[:_MOST_CELLS], country):
            break
        above.append(row)
    if all(_filled(row.cells) == 1 for row in rows):  # one column: only its name tells it from a title
        return max(above, key=lambda row: known_names(row.cells), default=None)
    names = [row for row in above if not _is_title(row.cells, usual)]
    full = (row for row in names if _filled(row.cells) * 3 >= usual * 2)
    return next(full, names[0] if names else None)


def _with_header(rows: Sequence[FileRow], best: FileRow) -> Layout:
    at = rows.index(best)
    parts = [best]
    if at and _is_group_of(rows[at - 1], best):
        parts = [rows[at - 1], best]
    elif at + 1 < len(rows) and _is_lower_half(best, rows[at + 1]):
        parts = [best, rows[at + 1]]
    header = FileRow(parts[-1].line, _joined([part.cells for part in parts]))
    titles = tuple(key(row.cells) for row in rows if row.line < parts[0].line)
    names = tuple(key(part.cells) for part in parts)
    return Layout(header, header.line + 1, len(header.cells), names, titles)


def _is_group_of(upper: FileRow, lower: FileRow) -> bool:
    """Whether *upper* names groups of the columns that *lower* names: merged cells leave gaps."""
    named, filled = _filled(lower.cells), _filled(upper.cells)
    gaps = sum(not cell.strip() for cell in upper.cells[: len(lower.cells)])
    return upper.line == lower.line - 1 and 2 <= filled < named and gaps > 0


def _is_lower_half(upper: FileRow, lower: FileRow) -> bool:
    """Whether *lower* goes on with the names that *upper* leaves open, under its merged cells."""
    cells = [*upper.cells, *[""] * (len(lower.cells) - len(upper.cells)), ""]
    below = [at for at, cell in enumerate(lower.cells) if cell.strip()]
    is_open = [not cells[at].strip() for at in below]
    return (
        upper.line == lower.line - 1
        and any(is_open)
        and all(free or not cells[at + 1].strip() for at, free in zip(below, is_open, strict=True))
        and len(below) < len(lower.cells)
        and known_names(lower.cells) > 0
        and not any(character.isdigit() for cell in lower.cells for character in cell)
    )


def _joined(parts: Sequence[list[str]]) -> list[str]:
    """One name for each column: the lower one, else the upper one; with its group when it comes twice."""
    if len(parts) == 1:
        return parts[0]
    width = max(map(len, parts))
    upper, lower = ([*part, *[""] * (width - len(part))] for part in parts)
    names: list[str] = []
    group = ""
    for above, below in zip(upper, lower, strict=True):
        group = above.strip() or group
        name = below.strip() or above.strip()
        names.append(f"{group} / {name}" if name in names and group and group != name else name)
    return names


def _is_title(cells: Sequence[str], usual: int) -> bool:
    return usual >= 3 and _filled(cells) * 3 <= usual


def _usually_filled(rows: Sequence[FileRow]) -> int:
    """How many cells a row of the table fills: one broken row is not to say."""
    return median_high([_filled(row.cells) for row in rows] or [0])


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _end(cells: Sequence[str]) -> int:
    """How many cells there are up to the last that is not empty."""
    return max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _unreadable(line: int) -> str:
    return (
        f"La riga {line}, che deve contenere i nomi delle colonne, non si legge: "
        "controlla virgolette, caratteri e lunghezza, poi carica di nuovo il file."
    )
