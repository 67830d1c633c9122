"""What kind of file somebody brought: refused by content, not by name; encoding and delimiter found."""

import codecs
import csv
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from webapp.contacts.imports.files import spreadsheet
from webapp.contacts.imports.files.file_limits import MAX_ROWS, UnreadableFile
from webapp.values.texts import number

SAMPLE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
DELIMITERS = ";,\t|"

CSV = "csv"
XLSX = "xlsx"

# What a file begins with when it is certainly no text.
_SIGNATURES = (
    (b"%PDF", "un documento PDF"),
    (b"\xff\xd8\xff", "un’immagine"),
    (b"\x89PNG", "un’immagine"),
    (b"GIF8", "un’immagine"),
    (b"\x1f\x8b", "un archivio compresso"),
    (b"7z\xbc\xaf", "un archivio compresso"),
    (b"Rar!", "un archivio compresso"),
    (b"\xd0\xcf\x11\xe0", "un file Excel di vecchio tipo (.xls)"),
)
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|\?xml|svg|table|script)\b", re.IGNORECASE)
_CONTROL = bytes(b for b in range(32) if b not in b"\t\n\r\f\x1b")
_SEP_LINE = re.compile(r'"?sep=(.)"?[ \t]*$', re.IGNORECASE)
_WRONG = re.compile("[\udc80-\udcff]")  # bytes that are no UTF-8, as `surrogateescape` gives them
_SURE = 1_000
_GUESS_BYTES = 100_000_000  # about a second: somebody waits
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How to read a stored file. *lines* estimates its rows; *encoding* is utf-8, utf-16 or cp1252."""

    kind: str = CSV
    encoding: str = "utf-8"
    delimiter: str = ";"
    lines: int = 0


def detect(path: Path, file_name: str, max_rows: int = MAX_ROWS) -> FileFormat:
    """The format of the file at *path*, which its owner calls *file_name*. Raises UnreadableFile.

    Encodings in this order: BOM, UTF-8 over the first 100 MB, cp1252. No detector library: they
    take Italian cp1252 for something else.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
        if sample.startswith(b"PK"):
            spreadsheet.check(file, file_name)
            return FileFormat(XLSX, lines=spreadsheet.about_rows(file))
        _refuse_what_is_no_text(sample)
        file.seek(0)
        encoding, lines = _encoding(file, sample)
    if lines > max_rows:
        raise UnreadableFile(f"Il file ha più di {number(max_rows)} righe: dividilo in più file.")
    text = sample.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")
    if not text.strip("\ufeff\0 \t\r\n;,|"):
        raise UnreadableFile("Il file è vuoto.")
    return FileFormat(CSV, encoding, find_delimiter(text), lines)


def find_delimiter(text: str) -> str:
    """The delimiter of *text*, the beginning of a file; `;` when it has one column only.

    Said by Excel's own first line `sep=;`, else the one that cuts most rows in as many cells as the first.
    """
    lines = text.splitlines(keepends=True)
    if lines and (named := separator_line(lines[0])):
        return named
    best, best_score = DELIMITERS[0], (0.0, 0)
    for delimiter in DELIMITERS:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), 100) if row]
        rows = rows[:-1] if len(rows) > 2 else rows  # the sample may end in the middle of a row
        width = len(rows[0]) if rows else 0
        score = (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0.0, 0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def separator_line(line: str) -> str | None:
    """The delimiter that Excel's line `sep=;` names, None when *line* is not such a line."""
    found = _SEP_LINE.match(line.lstrip("\ufeff").rstrip("\r\n"))
    return found[1] if found and found[1] in DELIMITERS else None


def _refuse_what_is_no_text(sample: bytes) -> None:
    for signature, what in _SIGNATURES:
        if sample.startswith(signature):
            raise UnreadableFile(
                f"Questo file è {what}: salva i contatti come CSV o .xlsx e caricali di nuovo."
            )
    if _MARKUP.match(sample.removeprefix(codecs.BOM_UTF8)):
        raise UnreadableFile("Questo file è una pagina web: salva i contatti come CSV e caricali di nuovo.")
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    if controls > 16 and controls > len(sample) / 20:
        raise UnreadableFile("Questo file non è un file di testo: salva i contatti come CSV o .xlsx.")


def _encoding(file: BinaryIO, sample: bytes) -> tuple[str, int]:
    """(encoding, number of lines); one pass over the file."""
    known = next((name for bom, name in _BOMS if sample.startswith(bom)), None)
    guess, left, lines, returns, last = _Guess(), _GUESS_BYTES, 0, 0, b"\n"
    while chunk := file.read(CHUNK_BYTES):
        lines += chunk.count(b"\n")
        returns += chunk.count(b"\r")
        last = chunk[-1:]
        if known is None and left > 0:
            guess.look_at(chunk)
            left -= len(chunk)
    lines = (lines or returns) + (last not in b"\r\n")
    return known or guess.encoding, lines


class _Guess:
    """UTF-8 or cp1252, from the bytes of a file.

    A single damaged character must not turn every accent of a UTF-8 file into two strange letters: the
    file is cp1252 only when more bytes are wrong as UTF-8 than characters are right.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._wrong = self._right = 0

    def look_at(self, chunk: bytes) -> None:
        if self._wrong > _SURE and self._wrong > self._right:
            return
        text = self._decoder.decode(chunk)
        self._right += max(
            len(chunk) - len(text), 0
        )  # every character of several bytes is at least one shorter
        if not chunk.isascii():
            self._wrong += len(_WRONG.findall(text))

    @property
    def encoding(self) -> str:
        self._wrong += len(_WRONG.findall(self._decoder.decode(b"", final=True)))
        return "cp1252" if self._wrong and self._wrong >= self._right else "utf-8"
