"""Cells that a spreadsheet would compute: escaped on the way out, as they were on the way in. PURE.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets, also in full width.
_RISKY = tuple("=+-@\t\r＝＋－＠")
# International numbers and negative amounts must stay as they are, to be imported again.
_HARMLESS = re.compile(r"\+[0-9 ]{6,20}|-[0-9]+(?:[.,][0-9]+)?").fullmatch
_APOSTROPHE = "'"


def escape(text: str) -> str:
    """*text*, with an apostrophe before it when a spreadsheet would compute it."""
    if text.startswith(_RISKY):
        return text if _HARMLESS(text) else _APOSTROPHE + text
    return _APOSTROPHE + text if _is_escaped(text) else text


def unescape(text: str) -> str:
    """The inverse of `escape`; a cell without such an apostrophe stays as it is."""
    return text[1:] if _is_escaped(text) else text


def _is_escaped(text: str) -> bool:
    return text.startswith(_APOSTROPHE) and text.lstrip(_APOSTROPHE).startswith(_RISKY)
