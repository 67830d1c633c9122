"""How large the rectangle is that holds every cell of a sheet: readers make room for all of it. PURE.

A stray cell in the last corner of a sheet weighs nothing in the file and 500 GB in memory, and the process
that asks for those is killed. So the references of the cells are looked at before the sheet is opened. Cells
and rows need none: then they follow the one before them, and are counted.
"""

import re
from collections.abc import Callable, Iterable, Iterator

# Most sheets have nothing further away than this, and are looked at once and quickly.
_NEAR_ROWS, _NEAR_COLUMNS = 99_999, 26
# Whatever may be taken for a reference, in whatever tag: too many are better than one too few.
_FAR = re.compile(rb"\br\s*=\s*[\"'](?:[A-Za-z]{2,}[0-9]|[A-Za-z]?[0-9]{6})")  # AB1, A123456, a row's 123456
_ANY = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)([0-9]+)[\"']")
_PREFIX = rb"<(?:[^\s<>/:]+:)?"
_ROW = re.compile(_PREFIX + rb"row[\s/>]")
# And only what is written as XML must be is believed to have one.
_REFERRED = (
    rb"(?:\s+[^\s=<>\"'/]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*?\s+r\s*=\s*[\"'][A-Za-z]{0,3}[0-9]{1,7}[\"']"
)
_BARE = re.compile(_PREFIX + rb"(?:row|c)(?=[\s/>])(?!" + _REFERRED + rb")")
_BARE_UNPREFIXED = re.compile(rb"<(?:row|c)(?=[\s/>])(?!" + _REFERRED + rb")")  # three times as fast
_R, _C = rb"row(?=[\s/>])", rb"c(?=[\s/>])(?!" + _REFERRED + rb")"
# A letter for each: r for a row without reference, o for another one, c for a cell without reference.
_ROW_OR_BARE = re.compile(
    _PREFIX + rb"(?:(?=(r))" + _R + rb"(?!" + _REFERRED + rb")|(?=r(o))" + _R + rb"|(?=(c))" + _C + rb")"
)
_LONGEST_TAG = 1_000_000
_MAY_BE_CELL = re.compile(_PREFIX + rb"(?:row|c)?(?:[\s/>]|$)|<[^\s<>/]*$")


def cells_to_hold(chunks: Callable[[], Iterable[bytes]], enough: int) -> int:
    """Rows × columns of the sheet whose XML *chunks()* gives; a bound when it is certainly under *enough*.

    Also a bound, from above, where rows or cells have no reference. Over *enough* for a tag without end.
    """
    if enough >= _NEAR_ROWS * _NEAR_COLUMNS and not any(
        piece is None or _FAR.search(piece) or _is_any_bare(piece) for piece in _whole_tags(chunks())
    ):
        return _NEAR_ROWS * _NEAR_COLUMNS
    columns: set[bytes] = set()
    last_row = bare_rows = in_row = most_in_row = 0
    for piece in _whole_tags(chunks()):
        if piece is None:
            return enough + 1
        found = _ANY.findall(piece)
        columns.update({column for column, _ in found})
        last_row = max(last_row, max((int(row[:12]) for _, row in found), default=0))
        letters = b"".join(map(b"".join, _ROW_OR_BARE.findall(piece)))
        bare_rows += letters.count(b"r")
        first, *rest = letters.replace(b"o", b"r").split(b"r")  # the cells between two rows
        most_in_row = max(most_in_row, in_row + len(first), *map(len, rest), 0)
        in_row = len(rest[-1]) if rest else in_row + len(first)
    return (last_row + bare_rows) * (max(map(_column, columns), default=0) + most_in_row)


def _is_any_bare(piece: bytes) -> bool:
    may_have_prefix = b":row" in piece or b":c" in piece
    return (_BARE if may_have_prefix else _BARE_UNPREFIXED).search(piece) is not None


def rows_of(chunks: Iterable[bytes]) -> int:
    """How many rows the XML of a sheet has, the empty ones that it writes down included."""
    return sum(len(_ROW.findall(piece)) for piece in _whole_tags(chunks) if piece is not None)


def _whole_tags(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The same bytes in pieces that cut no tag; None for a tag of a cell or row that never ends."""
    tail: list[bytes] = []
    held = 0
    for chunk in chunks:
        head, cut, rest = chunk.rpartition(b"<")
        if cut:
            yield b"".join([*tail, head])
            tail, held = [cut + rest], len(cut + rest)
            continue
        tail.append(chunk)
        held += len(chunk)
        if held > _LONGEST_TAG:
            yield None if _MAY_BE_CELL.match(b"".join(tail)[:_LONGEST_TAG]) else b""
            tail, held = [], 0
    yield b"".join(tail)


def _column(letters: bytes) -> int:
    """A → 1, AA → 27; of a row, which has none, 1."""
    number = 0
    for letter in letters[:6].upper():
        number = number * 26 + letter - 64
    return number or 1
