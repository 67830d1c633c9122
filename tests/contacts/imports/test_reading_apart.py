"""A file that kills, or keeps, whoever reads it costs a process made for it, and is told in Italian."""

import os
import signal
import zipfile
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from tests.contacts.imports.test_bad_files import base, send  # noqa: F401
from tests.support.hostile_files import PARTS, processor_s, reader_pid, readers, workbook
from tests.support.in_time import in_time
from tests.support.running import wait_until
from webapp.contacts.imports import importing
from webapp.contacts.imports.files import csv_import, file_format, reading_apart, sheets
from webapp.contacts.imports.files.file_format import XLSX, FileFormat
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.files.file_notices import FileNotices
from webapp.contacts.imports.files.file_rows import FileRow

DATA = Path(__file__).parents[2] / "data"
GOOD = b"Email;Nome\nanna@posta.example.com;Anna\n"
MEMORY = (
    "Per leggere questo file serve troppa memoria: "
    "salvalo come CSV e caricalo di nuovo, oppure dividilo in più file."
)
TIME = MEMORY.replace("troppa memoria", "troppo tempo")
CRASHED = (
    "La lettura di questo file si è interrotta, forse perché è rovinato: "
    "salvalo come CSV e caricalo di nuovo, oppure dividilo in più file."
)
# Read without a look at it before: the library asks for 16,384 × 1,048,576 × 32 bytes and aborts.
FAR = workbook(b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')


@pytest.fixture
def path(tmp_path):
    return tmp_path / "arrivato"


def rows_of(path: Path, form: FileFormat, **more) -> list[FileRow]:
    return list(reading_apart.read_rows(path, form, **more))


@pytest.mark.parametrize("file", ["Anagrafica_Clienti.xlsx", "clienti.csv"])
def test_a_file_says_there_what_it_says_here(path, file):
    header, anna = b"Email;Nome;Note\r\n", b"anna@posta.example.com;Anna;\x93caff\xe8\x94\r\n"
    content = header + anna * 1_200 + b"luca@posta.example.com;Luca\r\nTotale righe: 1201;;\r\n"
    if file.endswith("xlsx"):
        row = b'<row><c t="str"><v>%s</v></c><c t="str"><v>Anna</v></c></row>'
        content = workbook(row % b"Email" + row % b"anna@posta.example.com" * 1_200)
    path.write_bytes(content)
    here, there = FileNotices(), FileNotices()

    form = reading_apart.detect(path, file)
    rows = rows_of(path, form, notices=there)

    assert form == file_format.detect(path, file)
    assert len(rows) > 1_200 and rows == list(csv_import.read_rows(path, form, notices=here))
    assert vars(there) == vars(here)
    assert reading_apart.first_rows(path, form, 5) == csv_import.first_rows(path, form, 5)
    if form.kind == XLSX:
        assert reading_apart.sheets_of(path) == sheets.all_of(path)


def test_a_file_that_asks_for_all_memory_ends_its_reader_and_nothing_else(path, tmp_path):
    path.write_bytes(FAR)
    (tmp_path / "buono").write_bytes(GOOD)
    pid = reader_pid()

    with pytest.raises(UnreadableFile) as refused:
        rows_of(path, FileFormat(XLSX, sheet="F"))

    assert str(refused.value) == MEMORY
    assert rows_of(tmp_path / "buono", FileFormat())[1].cells == ["anna@posta.example.com", "Anna"]
    assert reader_pid() == pid


def test_a_file_that_takes_too_long_is_given_up(path):
    path.write_bytes(b"a;b\n" * 3_000_000)  # some seconds

    with pytest.raises(UnreadableFile) as refused:
        rows_of(path, FileFormat(), cpu_s=1)

    assert str(refused.value) == TIME


@pytest.mark.parametrize("ends", [signal.SIGKILL, signal.SIGSEGV])
def test_a_reader_that_is_killed_in_the_middle_is_told_of(path, ends):
    path.write_bytes(b"Email\n" + b"anna@posta.example.com\n" * 100_000)
    rows = reading_apart.read_rows(path, FileFormat())
    next(rows)
    (reader,) = readers()

    os.kill(reader, ends)

    with pytest.raises(UnreadableFile) as refused:
        list(rows)
    assert str(refused.value) == CRASHED


def test_nobody_goes_on_reading_for_who_has_gone(path):
    path.write_bytes(b"Email\n" + b"anna@posta.example.com\n" * 100_000)
    rows = reading_apart.read_rows(path, FileFormat())
    assert len(list(islice(rows, 10))) == 10 and readers()

    rows.close()

    wait_until(lambda: not readers())


def test_who_forks_the_readers_may_be_killed_as_well(path):
    path.write_bytes(GOOD)
    killed = reader_pid()

    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: Path(f"/proc/{killed}/stat").read_text().split()[2] == "Z")
    assert rows_of(path, FileFormat())[1].cells == ["anna@posta.example.com", "Anna"]
    assert reader_pid() != killed


def test_many_threads_read_at_once_and_each_its_own_file(tmp_path):
    def read(number: int) -> str:
        own = tmp_path / str(number)
        own.write_bytes(b"Email;Nome\n" + b"u%d@posta.example.com;U\n" % number * 1_000)
        (last,) = {row.cells[0] for row in rows_of(own, FileFormat())[1:]}
        return last

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(read, range(16))) == [f"u{n}@posta.example.com" for n in range(16)]


def test_a_file_that_is_gone_is_said_to_be_gone(path):
    with pytest.raises(FileNotFoundError):
        rows_of(path, FileFormat())


def test_a_reader_knows_no_secret_and_may_write_no_file(path, monkeypatch):
    monkeypatch.setenv("PLATEA_SECRET_KEY", "non si legge qui")
    os.kill(reader_pid(), signal.SIGKILL)
    path.write_bytes(b"Email\n" + b"anna@posta.example.com\n" * 100_000)
    rows = reading_apart.read_rows(path, FileFormat())
    next(rows)
    (reader,) = readers()

    assert b"PLATEA" not in Path(f"/proc/{reader}/environ").read_bytes()
    limits = Path(f"/proc/{reader}/limits").read_text()
    for what in ("Max file size", "Max core file size"):
        assert f"{what:<26}0" in limits
    rows.close()


HOSTILE = {
    "blanks in a reference, longer than any window": (
        workbook(b'<row r="1"><c r="A1"/><c r' + b" " * 600_000 + b'="XFD1048576"/></row>'),
        "celle piene molto lontane",
    ),
    "100,000 cells in a row and 100,000 rows, none with a reference": (
        workbook(b"<row>" + b"<c/>" * 100_000 + b"</row>" + b"<row><c/></row>" * 100_000),
        "celle piene molto lontane",
    ),
    "cells whose reference is only in another attribute": (
        workbook(b'<row r="1">' + b"<c t=\" r='A1'\"/>" * 3_000 + b"</row>" + b"<row/>" * 3_000),
        "celle piene molto lontane",
    ),
    "a cell without end": (workbook(b"<row><c " + b" " * 2_000_000), "celle piene molto lontane"),
    "more parts than any workbook": (workbook(b"", 2_100, zipfile.ZIP_STORED), "più di 2.000 parti"),
    "packed as no workbook is": (workbook(b"", packed=zipfile.ZIP_BZIP2), "è rovinato"),
    "entities that grow": (
        workbook(
            b"",
            **{
                "xl/workbook.xml": b'<!DOCTYPE w [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
                + PARTS["xl/workbook.xml"].replace('name="F"', 'name="&b;"').encode()
            },
        ),
        "si legge",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_workbook_made_to_do_harm_is_refused_in_time_and_leaves_nothing(signed_in, page, base, kind):  # noqa: F811
    content, said = HOSTILE[kind]

    with in_time(processor_s):
        tree = page(send(signed_in, base, content, "clienti.xlsx"), 422)

    assert said in tree.xpath("string(//*[@id='file-error'])")
    assert not importing.stored_files.kept()
