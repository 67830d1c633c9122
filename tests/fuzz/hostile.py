"""Files made to do harm to who opens them, from a seed: workbooks, text, archives no program would write."""

import random
import struct
import zipfile
from collections.abc import Callable

from tests.fuzz.files import MangledFile
from tests.support.hostile_files import PARTS, sheet, workbook

_REFERENCES = (
    *(b"A1", b"B1", b"AA10", b"XFD1048576", b"A1048576", b"XFD1", b"ZZZ9", b"A0", b"1", b"A", b"", b"a1"),
    *(b"A99999999999999999999", b"A-1", b"AAAAAAAAAA1", b"\xff1", b"A1:B2", b"&#65;1", b"A 1", b"A1048577"),
)
_TYPES = (b"", b' t="s"', b' t="str"', b' t="inlineStr"', b' t="b"', b' t="e"', b' t="d"', b' t="zz"')
_VALUES = (
    *(b"", b"anna@posta.example.com", b"0", b"1", b"-1", b"99999999", b"1e309", b"NaN", b"2958466", b"#REF!"),
    *(b"&lt;b&gt;", b"&nobody;", b"]]>", b"x" * 40_000, b"\x00", b"\xed\xa0\x80", b"_x0000_", b"=1+1"),
)
_BLANKS = (b" ", b"\n", b"\t ", b" " * 70, b" " * 5_000)

LARGEST = 64_000_000  # bytes of one part


def hostile_file(dice: random.Random) -> MangledFile:
    """The next file of *dice*, called what it is not once in ten."""
    kind, make = dice.choice(KINDS)
    content = make(dice)
    if dice.random() < 0.15:
        kind, content = f"{kind}, cut", content[: dice.randrange(len(content) + 1)]
    name = "clienti.csv" if (kind in ("text", "wide text")) != (dice.random() < 0.1) else "clienti.xlsx"
    return MangledFile(name, content, (kind,))


def _tag(dice: random.Random, name: bytes, prefix: bytes) -> bytes:
    attributes = []
    if dice.random() < 0.5:
        quote = dice.choice((b'"', b"'"))
        blank = b" " * (dice.random() < 0.1)
        attributes.append(b"r" + blank + b"=" + blank + quote + dice.choice(_REFERENCES) + quote)
    if dice.random() < 0.2:
        attributes.append(
            dice.choice((b's="99999"', b'hidden="1"', b'ht="0"', b"x=\" r='A1'\"", b"y", b'x:r="B9"'))
        )
    dice.shuffle(attributes)
    return (
        b"<"
        + prefix
        + name
        + b"".join(dice.choice(_BLANKS[: dice.choice((1, 1, 5))]) + a for a in attributes)
    )


def _cell(dice: random.Random, prefix: bytes) -> bytes:
    begin = _tag(dice, b"c", prefix)
    if dice.random() < 0.3:
        return begin + b"/>"
    value = dice.choice(_VALUES)
    inside = dice.choice(
        (b"<v>%s</v>", b"<is><t>%s</t></is>", b"<f>A1</f>", b"<f>%s</f><v/>", b"<!-- %s -->", b"%s")
    )
    inside = inside % value if b"%s" in inside else inside
    return begin + dice.choice(_TYPES) + b">" + inside + b"</" + prefix + b"c>"


def _rows(dice: random.Random, most: int = 40) -> bytes:
    prefix = dice.choice((b"", b"", b"", b"x:"))
    rows = []
    for _ in range(dice.randrange(most)):
        cells = b"".join(_cell(dice, prefix) for _ in range(dice.randrange(8)))
        if dice.random() < 0.03:
            cells *= dice.choice((10, 300, 3_000))
        rows.append(
            _tag(dice, b"row", prefix) + b">" + cells + b"</" + prefix + b"row>" * (dice.random() < 0.98)
        )
    xml = b"".join(rows)
    if dice.random() < 0.05:  # a long row repeated as often would be gigabytes, which no request brings
        xml *= max(1, min(dice.choice((10, 200, 2_000)), LARGEST // max(1, len(xml))))
    return xml[: dice.choice((50_000, 400_000, 4_500_000))]


def _odd_rows(dice: random.Random) -> bytes:
    return workbook(_rows(dice))


def _plain_rows(dice: random.Random) -> bytes:
    """Nothing wrong with any row, but how many there are, how wide, how far apart."""
    step = dice.choice((1, 1, 7, 5_000, 100_000))
    wide = dice.choice((1, 3, 200, 201, 2_000))
    cell = b'<c t="str"><v>anna@posta.example.com</v></c>'
    rows = [b'<row r="%d">%s</row>' % (1 + n * step, cell * wide) for n in range(dice.choice((1, 5, 300)))]
    return workbook(b"".join(rows)[:2_000_000])


def _odd_book(dice: random.Random) -> bytes:
    """Many sheets, and what says where they are; shared texts and styles that are not there."""
    names = ['name="F"', f'name="{"x" * 300}"', 'name=""', 'name="../../etc/passwd"', ""]
    states = ["", 'state="hidden"', 'state="veryHidden"', 'state="?"']
    several = "".join(
        f'<sheet {dice.choice(names)} sheetId="{n}" {dice.choice(states)} r:id="r{dice.randrange(4)}"/>'
        for n in range(dice.choice((0, 1, 40, 400)))
    )
    targets = [
        "worksheets/sheet1.xml",
        "/xl/worksheets/sheet1.xml",
        "../../../etc/passwd",
        "workbook.xml",
        "",
    ]
    own = '<sheet name="F" sheetId="1" r:id="r1"/>'
    changed = {
        "xl/workbook.xml": PARTS["xl/workbook.xml"].replace(own, several).encode(),
        "xl/_rels/workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"]
        .replace("worksheets/sheet1.xml", dice.choice(targets))
        .encode(),
        "xl/sharedStrings.xml": sheet(
            b'<sst count="4294967295">' + b"<si><t>x</t></si>" * dice.choice((0, 9, 20_000))
        ),
        "xl/styles.xml": sheet(
            b'<cellXfs count="-1">' + b'<xf numFmtId="14"/>' * dice.choice((0, 5, 20_000))
        ),
    }
    kept = dice.sample(sorted(changed), dice.randrange(1, len(changed) + 1))
    return workbook(_rows(dice, 10), **{name: changed[name] for name in kept})


def _odd_archive(dice: random.Random) -> bytes:
    """Parts too many, twice, packed otherwise, with names that lead elsewhere; sizes and flags that lie."""
    packed = dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    inner = workbook(_rows(dice, 5))
    more = {dice.choice(("../../x", "/etc/x", "x" * 5_000, "a\0b", "xl/WORKBOOK.xml", "con:")): inner}
    more["xl/media/image1.bmp"] = bytes(dice.choice((0, 100_000, 3_000_000)))
    content = bytearray(workbook(_rows(dice, 5), dice.choice((0, 0, 5, 1_500, 2_500)), packed, **more))
    for _ in range(dice.randrange(4)):
        where = dice.choice((b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"))
        at = content.find(where) if dice.random() < 0.5 else content.rfind(where)
        field = at + dice.choice((6, 8, 10, 12, 16, 20, 24, 42))
        if at >= 0 and field + 4 <= len(content):
            content[field : field + 4] = struct.pack("<L", dice.choice((0, 1, 8, 99, 2**31, 2**32 - 1)))
    return dice.choice((b"", b"", b"rubbish" * 50)) + bytes(content) + dice.choice((b"", b"", b"\0" * 70_000))


def _text(dice: random.Random) -> bytes:
    pieces = (
        *(
            b"Email;Nome\n",
            b"anna@posta.example.com;Anna\n",
            b'"',
            b'""',
            b";",
            b"\0",
            b"\r",
            b"\n",
            b"\xff\xfe",
        ),
        *(
            b"sep=;\n",
            b"x" * 300_000,
            b'"\n' * 200,
            b";" * 500,
            b"\xed\xa0\x80",
            b"\xf0\x9f\x98",
            b"=cmd|' /C'!A0;",
        ),
    )
    text = b"".join(dice.choice(pieces) * dice.choice((1, 1, 3, 50)) for _ in range(dice.randrange(1, 60)))
    return b"Email;Nome\n" + text[:2_000_000] if dice.random() < 0.7 else text[:2_000_000]


def _wide_text(dice: random.Random) -> bytes:
    row = dice.choice((b";", b"a;", b'"";', b",")) * dice.choice((150, 250, 5_000, 130_000, 300_000))
    return b"Email;Nome\n" + (row + b"\n") * dice.choice((1, 3, 10)) + b"anna@posta.example.com;Anna\n"


KINDS: tuple[tuple[str, Callable[[random.Random], bytes]], ...] = (
    ("odd rows", _odd_rows),
    ("odd rows", _odd_rows),
    ("many rows", _plain_rows),
    ("odd book", _odd_book),
    ("odd archive", _odd_archive),
    ("text", _text),
    ("wide text", _wide_text),
)
