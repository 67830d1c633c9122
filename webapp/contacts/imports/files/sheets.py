"""Which sheet of a workbook is read: one that is seen, with contacts; a hidden one only when asked for."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from webapp.contacts.imports.files import spreadsheet
from webapp.contacts.imports.files.file_limits import MAX_SHEET_CELLS, UnreadableFile
from webapp.values.emails import read_email

LOOKED_INTO = 30  # sheets: of a workbook with hundreds the others are known by their name only
LOOKED_AT_CELLS = MAX_SHEET_CELLS  # of all sheets together, before the last one that is looked into
_ROWS = 50  # of each, to see whether it holds e-mails


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet to choose. *rows*, *columns* and *has_email* are None for those nobody looked into."""

    name: str
    is_visible: bool
    rows: int | None = None
    columns: int | None = None
    has_email: bool | None = None


def choose(path: Path, asked: str | None = None, remembered: str | None = None) -> str:
    """The name of the sheet to read: *asked*, else *remembered* if it is seen, else the first with e-mails.

    Without e-mails the first one that is not empty; of those that are seen. Raises UnreadableFile.
    """
    book = spreadsheet.opened(path)
    visible = dict(_worksheets(book))
    if asked is not None:
        return _asked(asked, list(visible))
    if remembered is not None and visible.get(remembered):
        return remembered
    looker, filled = _Looker(book), []
    for name in islice((name for name, seen in visible.items() if seen), LOOKED_INTO):
        looked = looker.look_into(name, True)
        if looked.has_email:
            return name
        if looked.rows:
            filled.append(name)
    if filled:
        return filled[0]
    hidden = [name for name, seen in visible.items() if not seen]
    full = next((name for name in hidden[:LOOKED_INTO] if looker.look_into(name, False).rows), None)
    if full is not None:
        raise UnreadableFile(
            f"I fogli che si vedono sono vuoti. Ci sono dati nel foglio nascosto “{full}”: "
            "se sono quelli giusti, mostralo in Excel, salva e carica di nuovo il file."
        )
    raise UnreadableFile(spreadsheet.TOO_LARGE if looker.is_tired else "Il file è vuoto.")


def all_of(path: Path) -> list[Sheet]:
    """The sheets of the workbook in their order, the first ones looked into. Raises UnreadableFile."""
    book = spreadsheet.opened(path)
    looker = _Looker(book)
    return [
        looker.look_into(name, seen) if at < LOOKED_INTO else Sheet(name, seen)
        for at, (name, seen) in enumerate(_worksheets(book))
    ]


def _worksheets(book: CalamineWorkbook) -> list[tuple[str, bool]]:
    """(name, whether it is seen) of every sheet with cells."""
    return [
        (one.name, one.visible == SheetVisibleEnum.Visible)
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet
    ]


def _asked(asked: str, names: list[str]) -> str:
    alike = [name for name in names if name.strip().casefold() == asked.strip().casefold()]
    found = asked if asked in names else next(iter(alike), None)
    if found is None:
        shown = ", ".join(f"“{name}”" for name in names[:10]) + (" e altri" if len(names) > 10 else "")
        raise UnreadableFile(f"Nel file non c’è nessun foglio “{asked}”. Ci sono: {shown}.")
    return found


class _Looker:
    """Looks into sheets until they were so many cells, empty ones too, that nobody waits for more."""

    def __init__(self, book: CalamineWorkbook) -> None:
        self._book = book
        self._cells = 0

    @property
    def is_tired(self) -> bool:
        return self._cells > LOOKED_AT_CELLS

    def look_into(self, name: str, seen: bool) -> Sheet:
        if self.is_tired:
            return Sheet(name, seen)
        try:
            sheet = self._book.get_sheet_by_name(name)
        except (CalamineError, ValueError, OSError):
            return Sheet(name, seen)
        self._cells += sheet.height * sheet.width
        rows = sum(any(value != "" for value in row) for row in sheet.iter_rows())
        return Sheet(name, seen, rows, sheet.width if rows else 0, _has_email(sheet))


def _has_email(sheet: CalamineSheet) -> bool:
    filled = (row for row in sheet.iter_rows() if any(value != "" for value in row))
    return any(
        isinstance(value, str) and "@" in value and read_email(value).value is not None
        for row in islice(filled, _ROWS)
        for value in row
    )
