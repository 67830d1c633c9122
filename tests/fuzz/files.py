"""Files of contacts gone wrong in every way we know of, made from a seed: the same seed, the same files."""

import io
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import openpyxl

HEADERS = (
    ["Codice cliente", "Email", "Cellulare", "Nome", "Città", "Totale speso", "Ultimo acquisto", "Consenso"],
    ["E-mail", "Telefono", "Nome", "Cognome"],
    ["Email"],
    ["Nome", "Email", "Note", "Note", ""],
    ["id;id", 'il "nome"', "e\nmail", "Email"],
)
VALUES = (
    *("", " ", "anna@posta.example.com", "ANNA@POSTA.EXAMPLE.COM ", "luca@@x", "josé@perù.it"),
    *("x" * 300 + "@y.it", "39" * 20, "9" * 60, "333 1234567", "+39 333 1234567", "0039333 123"),
    *("02 1234567", "3,33E+09", "٣٣٣", "Anna", "D’Angelo", "Forlì", "Città di Castello", "<b>x</b>"),
    *("{{7*7}}", "=1+1", "@SUM(1)", "1.459,26", "1e309", "NaN", "-5", "１２３", "0x10", "31/02/1984"),
    *("14/02/1970", "0000-00-00", "sì", "no", "forse", "\u200bx\ufeff", "a\tb", 'di "fiducia"'),
    *("riga\nnuova", "riga\r\nnuova", "\u202ex"),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "latin-1")
DELIMITERS = ";;;,\t|"
LINE_ENDS = ("\n", "\r\n", "\r")
NAMES = (
    *("clienti.csv", "clienti.txt", "CLIENTI.CSV", "a;b.csv", "../../x.csv", "<x>.csv"),
    *("x" * 300 + ".csv", "clienti"),
)


@dataclass(frozen=True, slots=True)
class MangledFile:
    """*kinds*: what was done to it, for who reads a failure."""

    name: str
    content: bytes
    kinds: tuple[str, ...]


def mangled_file(dice: random.Random) -> MangledFile:
    """The next file of *dice*; one in ten is a workbook, one in twenty no file of contacts at all."""
    chance = dice.random()
    if chance < 0.05:
        return MangledFile(dice.choice((*NAMES, "x.xlsx")), _noise(dice), ("noise",))
    if chance < 0.15:
        return _mangled_workbook(dice)
    content, kinds = _csv(dice), []
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        kind, mangle = dice.choice(MANGLES)
        content = mangle(dice, content)
        kinds.append(kind)
    return MangledFile(dice.choice(NAMES), content, tuple(kinds))


def _csv(dice: random.Random) -> bytes:
    header, delimiter = dice.choice(HEADERS), dice.choice(DELIMITERS)
    rows = [[dice.choice(VALUES) for _ in header] for _ in range(dice.choice((0, 1, 3, 20, 60)))]
    end = dice.choice(LINE_ENDS)
    lines = [delimiter.join(_quoted(cell, delimiter, dice) for cell in row) for row in [header, *rows]]
    text = end.join(lines) + dice.choice(("", end, end * 3))
    if dice.random() < 0.1:
        text = f"sep={delimiter}{end}{text}"
    return text.encode(dice.choice(ENCODINGS), "replace")


def _quoted(cell: str, delimiter: str, dice: random.Random) -> str:
    must = any(character in cell for character in f'{delimiter}"\r\n')
    if (must and dice.random() < 0.95) or dice.random() < 0.1:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _cut(dice: random.Random, content: bytes) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def _flip(dice: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.randrange(1, 12)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _insert(*pieces: bytes) -> Callable[[random.Random, bytes], bytes]:
    def mangle(dice: random.Random, content: bytes) -> bytes:
        for _ in range(dice.randrange(1, 4)):
            place = dice.randrange(len(content) + 1)
            content = content[:place] + dice.choice(pieces) + content[place:]
        return content

    return mangle


def _swap_lines(dice: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    dice.shuffle(lines)
    return b"\n".join(lines)


def _repeat(dice: random.Random, content: bytes) -> bytes:
    place = dice.randrange(len(content) + 1)
    return content[:place] + content[place : place + 50] * dice.randrange(2, 40) + content[place:]


def _one_end(dice: random.Random, content: bytes) -> bytes:
    return content.replace(dice.choice((b"\r\n", b"\n", b"\r")), dice.choice((b"\r", b"\n", b"", b"\r\r\n")))


MANGLES: tuple[tuple[str, Callable[[random.Random, bytes], bytes]], ...] = (
    ("cut", _cut),
    ("flipped bytes", _flip),
    ("quotes", _insert(b'"', b'""', b'"\n', b';"', b'"x')),
    ("forbidden bytes", _insert(b"\0", b"\x81", b"\xff\xfe", b"\xed\xa0\x80", b"\x1a", b"\xef\xbb\xbf")),
    ("delimiters", _insert(b";", b",", b"\t", b"|", b";" * 50)),
    ("line ends", _insert(b"\r", b"\n", b"\r\n", b"\n\n\n", b"\x0b", b"\xe2\x80\xa8")),
    ("long cell", _insert(b"x" * 5_000, b"y" * 140_000, b'"' + b"z" * 300_000)),
    ("wide", _insert(b";a" * 190, b";" * 400)),
    ("other line ends", _one_end),
    ("shuffled lines", _swap_lines),
    ("repeated piece", _repeat),
)


def _mangled_workbook(dice: random.Random) -> MangledFile:
    header = dice.choice(HEADERS)
    book = openpyxl.Workbook()
    book.active.append(header)
    for _ in range(dice.choice((0, 1, 5, 30))):
        cells = [dice.choice((*VALUES, 12, 1.5, True, None)) for _ in header]
        book.active.append([_for_excel(cell) for cell in cells])
    written = io.BytesIO()
    book.save(written)
    content, kinds = written.getvalue(), ["workbook"]
    if dice.random() < 0.6:
        kind, mangle = dice.choice((("cut", _cut), ("flipped bytes", _flip), ("lying sizes", _lie)))
        content = mangle(dice, content)
        kinds.append(kind)
    return MangledFile(dice.choice(("clienti.xlsx", "clienti.csv", "clienti.xlsm")), content, tuple(kinds))


def _for_excel(cell: object) -> object:
    """openpyxl computes nothing: what begins as a formula does is written as text."""
    return cell.lstrip("=") if isinstance(cell, str) else cell


def _lie(dice: random.Random, content: bytes) -> bytes:
    """Sizes in the zip's directory that are not those of its parts."""
    place = content.rfind(b"PK\x01\x02")
    if place < 0:
        return content
    lie = struct.pack("<L", dice.choice((0, 1, 2**31, 2**32 - 1)))
    return content[: place + 24] + lie + content[place + 28 :]


def _noise(dice: random.Random) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("clienti.csv", "Email\na@posta.example.com\n" * 100)
    return dice.choice(
        (
            b"",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"%PDF-1.7 " + dice.randbytes(200),
            b"\x89PNG\r\n\x1a\n" + dice.randbytes(200),
            b"<!doctype html><table><tr><td>a@b.it</td></tr></table>",
            archive.getvalue(),
            dice.randbytes(dice.randrange(1, 5_000)),
            b"PK\x03\x04" + dice.randbytes(300),
            b'"' * dice.randrange(1, 500),
            b";" * dice.randrange(1, 2_000),
            b"\n" * 500,
            ("Email;" * 1_000).encode(),
        )
    )
