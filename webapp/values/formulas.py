"""Cells that a spreadsheet would compute: escaped on the way out, as they were on the way in. PURE.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

import re
from collections.abc import Iterable

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets, also in full width.
_RISKY = tuple("=+-@\t\r＝＋－＠")
# International numbers and negative amounts must stay as they are, to be imported again.
_HARMLESS = re.compile(r"\+[0-9 ]{6,20}|-[0-9]+(?:[.,][0-9]+)?").fullmatch
_APOSTROPHE = "'"
# Opened with a comma, a tab or a bar, a file of semicolons is cut there, and its quotes no longer hold a line
# together; two quotes at the beginning of a cell are nothing.
_INSIDE = re.compile("([,\t|\r\n]\"*)(?='*[=+\\-@＝＋－＠])")
_INSIDE_ESCAPED = re.compile("([,\t|\r\n]\"*)'(?='*[=+\\-@＝＋－＠])")


def escape(text: str) -> str:
    """*text*, with an apostrophe before it when a spreadsheet would compute it, and before any piece of it
    that would be a cell of its own if the file were opened with another separator.
    """
    inside = _INSIDE.sub(r"\1'", text)
    if text.startswith(_RISKY):
        return inside if _HARMLESS(text) else _APOSTROPHE + inside
    return _APOSTROPHE + inside if _is_escaped(text) else inside


def escape_row(cells: Iterable[str]) -> list[str]:
    """The cells of a row, each as `escape` leaves it, and a number at its beginning with an apostrophe too.

    Opened with a comma, the row `-1;2+cmd|…` is one cell, which begins with a sign and does not end there.
    Only the first cell of a row can be joined so: before any other stands the semicolon itself.
    """
    escaped = [escape(cell) for cell in cells]
    if len(escaped) > 1 and escaped[0].startswith(_RISKY):
        escaped[0] = _APOSTROPHE + escaped[0]
    return escaped


def unescape(text: str) -> str:
    """The inverse of `escape`; a cell without such an apostrophe stays as it is."""
    if _APOSTROPHE not in text:
        return text
    return unescape_inside(text[1:] if _is_escaped(text) else text)


def unescape_inside(text: str) -> str:
    """The same for pieces within a cell only: what stands at its beginning is read in another way."""
    return _INSIDE_ESCAPED.sub(r"\1", text) if _APOSTROPHE in text else text


def _is_escaped(text: str) -> bool:
    return text.startswith(_APOSTROPHE) and text.lstrip(_APOSTROPHE).startswith(_RISKY)
