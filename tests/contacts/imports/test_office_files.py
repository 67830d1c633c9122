"""Files as Excel and LibreOffice write them: workbooks of a real library, CSV with the bytes those save."""

import gzip
import io
import re
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.contacts.conftest import add_draft, contacts_of, import_file
from tests.support.hostile_files import processor_s
from tests.support.in_time import in_time
from tests.support.multipart import CONTENT_TYPE, form_with_file
from webapp import db
from webapp.contacts import databases
from webapp.contacts.imports.files.sheet_size import cells_to_hold, rows_of
from webapp.contacts.models import Contact
from webapp.contacts.models_imports import ImportStatus

DATA = Path(__file__).parents[2] / "data"
MOBILE = {"mobile", "mobile_sha256", "mobile_reason"}
# What Excel had made of a mobile, and what Calc makes of that: it shows a number that nobody wrote.
CUT_SHORT = {"3,20904E+09": "3209040000", "3,49376E+09": "3493760000"}
HEADER = ["Codice", "Email", "Cellulare", "Nome", "Data di nascita", "Totale speso", "Sconto", "VIP"]
ANNA = ["A1", "anna@posta.example.com", 3331234567, "Anna", datetime(1970, 2, 14), 1459.26, 0.15, True]


def workbook(rows, **settings) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for name, value in settings.items():
        setattr(book, name, value)
    for row in rows:
        book.active.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def anna_of(database) -> dict:
    (contact,) = contacts_of(database)
    return {
        "code": contact.code,
        "mobile": contact.mobile,
        "is_mobile": contact.mobile_sha256 is not None,
        "name": contact.first_name,
        "born": contact.birth_date,
        **contact.own_fields,
    }


EXPECTED = {
    "code": "A1",
    "mobile": "3331234567",
    "is_mobile": True,
    "name": "Anna",
    "born": date(1970, 2, 14),
    "totale_speso": 1459.26,
    "sconto": 0.15,
    "vip": True,
}


def test_a_workbook_keeps_dates_numbers_percentages_and_yes_no(clienti):
    book = workbook([HEADER, ANNA])
    sheet = book.active
    sheet["E2"].number_format = "dd/mm/yyyy"
    sheet["F2"].number_format = '#,##0.00 "€"'
    sheet["G2"].number_format = "0%"

    done = import_file(clienti, saved(book), "clienti.xlsx")

    assert (done.status, done.rows_read, done.unreadable_cells) == (ImportStatus.COMPLETED, 1, {})
    assert anna_of(clienti) == EXPECTED


def test_the_dates_of_a_mac_count_from_1904(clienti):
    import_file(clienti, saved(workbook([HEADER, ANNA], epoch=CALENDAR_MAC_1904)), "clienti.xlsx")
    assert anna_of(clienti) == EXPECTED


def test_empty_rows_and_columns_with_a_format_are_not_there(clienti):
    book = workbook([HEADER, ANNA])
    for row in range(1, 60):
        book.active.cell(row, 12).font = Font(bold=True)
        book.active.cell(row + 40, 3).font = Font(bold=True)

    done = import_file(clienti, saved(book), "clienti.xlsx")

    assert (done.rows_read, done.rows_new, done.header) == (1, 1, HEADER)


def test_a_table_that_does_not_begin_in_the_corner_is_found(clienti):
    book = openpyxl.Workbook()
    for column, (name, value) in enumerate(zip(HEADER, ANNA, strict=True), 3):
        book.active.cell(4, column, name)
        book.active.cell(5, column, value)

    done = import_file(clienti, saved(book), "clienti.xlsx")

    assert (done.rows_read, anna_of(clienti)) == (1, EXPECTED)


def with_cached(content: bytes, values: dict[str, str]) -> bytes:
    """The workbook as Excel saves it: beside every formula what it came to. *values*: cell → XML of <v>."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                text = data.decode()
                for cell, value in values.items():
                    formula = rf'(<c r="{cell}"[^>]*>.*?)(?:<v ?/>|<v></v>)'
                    text = re.sub(formula, rf"\1<v>{value}</v>", text, count=1)
                    assert f"<v>{value}</v>" in text
                data = text.encode()
            new.writestr(part, data)
    return made.getvalue()


def test_a_formula_is_worth_what_it_came_to(clienti):
    book = workbook([HEADER, [*ANNA[:5], "=1400+59.26", "=3/20", True]])
    content = with_cached(saved(book), {"F2": "1459.26", "G2": "0.15"})

    import_file(clienti, content, "clienti.xlsx")

    assert anna_of(clienti) == EXPECTED


def test_a_formula_that_went_wrong_leaves_its_cell_empty(clienti):
    book = workbook([HEADER, ["A2", "b@posta.example.com", None, "B", None, 12, 0.5, False], ANNA])
    book.active["F2"] = "#N/A"
    done = import_file(clienti, saved(book), "clienti.xlsx")
    assert done.rows_read == 2
    first, _ = contacts_of(clienti)
    assert first.own_fields == {"sconto": 0.5, "vip": False}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("00184", "00184"),
        (184, "184"),
        (393331234567.0, "393331234567"),
        (Decimal("0.1"), "0,1"),
        (1e-7, "0,0000001"),
        (time(14, 5), "14:05:00"),
        (date(2026, 11, 23), "23/11/2026"),
        (" testo con\na capo ", "testo con\na capo"),
    ],
)
def test_a_cell_becomes_what_an_italian_would_have_typed(clienti, value, text):
    book = workbook([["Email", "Nota"], ["a@posta.example.com", value]])
    import_file(clienti, saved(book), "x.xlsx", mapping={"0": "email", "1": "new:text"})
    (contact,) = contacts_of(clienti)
    assert contact.own_fields == {"nota": text}


def test_only_the_first_sheet_counts(clienti):
    book = workbook([HEADER, ANNA])
    book.create_sheet("Altro").append(["Email", "z@posta.example.com"])
    import_file(clienti, saved(book), "clienti.xlsx")
    assert anna_of(clienti) == EXPECTED


ROWS = [
    ["Codice", "E-mail", "Cellulare", "Nome", "Città", "Totale speso", "Data di nascita"],
    ["A1", "anna@posta.example.com", "333 1234567", "Nicolò", "Forlì", "1.459,26", "14/02/1970"],
    ["A2", "b@posta.example.com", "", 'Anna "Nina"', "L’Aquila; AQ", "7", ""],
]


def lines(delimiter: str, always: bool = False) -> str:
    """What spreadsheets write: quotes only where they must be, or around every text (*always*)."""

    def cell(text: str) -> str:
        must = always or any(character in text for character in f'{delimiter}"\n')
        return '"' + text.replace('"', '""') + '"' if must else text

    return "".join(delimiter.join(cell(text) for text in row) + "\r\n" for row in ROWS)


# What each saves, byte for byte: encoding, mark, separator, line ends.
SAVED_AS = {
    "Excel, CSV (delimitato dal separatore di elenco)": lines(";").encode("cp1252"),
    "Excel, CSV UTF-8": b"\xef\xbb\xbf" + lines(";").encode(),
    "Excel, Testo Unicode": b"\xff\xfe" + lines("\t").encode("utf-16-le"),
    "Excel, Testo (con valori delimitati da tabulazioni)": lines("\t").encode("cp1252"),
    "Excel per Mac, CSV (Macintosh) con CR": lines(";").replace("\r\n", "\r").encode("cp1252"),
    "LibreOffice, UTF-8 con virgola": lines(",").replace("\r\n", "\n").encode(),
    "LibreOffice, tutto fra virgolette": lines(",", always=True).replace("\r\n", "\n").encode(),
    "LibreOffice, UTF-16 con punto e virgola": lines(";").encode("utf-16"),
    "Excel, con la riga sep=": b"\xef\xbb\xbf" + b"sep=;\r\n" + lines(";").encode(),
}  # fmt: skip


@pytest.mark.parametrize("program", SAVED_AS)
def test_a_csv_is_read_the_same_whichever_program_saved_it(clienti, program):
    draft = add_draft(clienti, SAVED_AS[program])
    assert list(draft.mapping.values()) == [
        *("code", "email", "mobile", "first_name", "city", "new:number", "birth_date"),
    ]
    done = import_file(clienti, SAVED_AS[program])
    assert (done.rows_read, done.rows_new, done.rows_rejected) == (2, 2, 0)
    first, second = contacts_of(clienti)
    assert (first.first_name, first.city, first.birth_date) == ("Nicolò", "Forlì", date(1970, 2, 14))
    assert first.own_fields == {"totale_speso": 1459.26}
    assert (second.first_name, second.city) == ('Anna "Nina"', "L’Aquila; AQ")


@pytest.mark.parametrize(
    "name", ["clienti-utf8.csv", "clienti-1252.csv", "clienti-utf16.tsv", "clienti.xlsx"]
)
def test_the_shop_file_opened_and_saved_by_libreoffice_holds_the_same_people(aurora, clienti, name):
    """Saved by LibreOffice Calc 7.4.7, Italian, from the first 120 customers of the shop's file."""
    lines = gzip.decompress((DATA / "clienti-negozio.csv.gz").read_bytes()).splitlines(keepends=True)
    import_file(clienti, b"".join(lines[:121]))
    with db.writing() as session:
        again = databases.create_database(session, aurora.id, "Da LibreOffice")

    done = import_file(again, DATA / "libreoffice" / name, name)

    assert (done.rows_read, done.rows_new, done.rows_rejected, done.unreadable_cells) == (120, 120, 0, {})
    for before, after in zip(contacts_of(clienti), contacts_of(again), strict=True):
        if before.mobile in CUT_SHORT:
            assert after.mobile == CUT_SHORT[before.mobile]
        else:
            assert after.mobile_sha256 == before.mobile_sha256
        assert told(after) == told(before)


def told(contact: Contact) -> dict:
    """All but the numbers of telephones, of which Calc drops the leading zeros."""
    return contact.model_dump(exclude={"id", "database_id", "created_at", "updated_at", *MOBILE})


def with_stray_cell(reference: str) -> bytes:
    """A sheet of two rows, and one cell far from them."""
    book = workbook([["Email", "Nome"], ["anna@posta.example.com", "Anna"]])
    book.active[reference] = "x"
    return saved(book)


@pytest.mark.parametrize("reference", ["XFD1048576", "CZ99999"])
def test_a_stray_cell_does_not_make_room_for_millions_of_others(signed_in, page, clienti, reference):
    body = form_with_file(signed_in.csrf_token(), "clienti.xlsx", with_stray_cell(reference))
    url = f"/database/{clienti.public_id}/importazioni/nuova"
    tree = page(signed_in.post(url, data=body, content_type=CONTENT_TYPE), 422)
    assert "celle piene molto lontane dalle altre" in tree.xpath("string(//*[@id='file-error'])")


def test_a_stray_cell_below_costs_a_row_and_no_time(clienti):
    with in_time(processor_s):
        done = import_file(clienti, with_stray_cell("B1048576"), "clienti.xlsx")
    assert (done.rows_read, done.rows_new) == (2, 2)


def test_the_rectangle_of_a_sheet_is_measured_in_whatever_pieces_it_comes():
    sheet = b"".join(b'<row r="%d"><c r="A%d"/><c  r = \'AB%d\'/></row>' % (n, n, n) for n in range(1, 2_001))
    for size in (7, 64, 1_000, len(sheet)):
        pieces = [sheet[start : start + size] for start in range(0, len(sheet), size)]
        assert cells_to_hold(lambda pieces=pieces: pieces, 3_000_000) == 2_000 * 28
    assert (
        cells_to_hold(lambda: [b'<row r="1"><c r="XFD1"/></row>', b'<row r="1048576"/>'], 5) == 16_384 * 2**20
    )


def test_a_workbook_says_about_how_many_rows_are_left(clienti):
    """Of the sheet that is first in the workbook, wherever its part stands in the archive."""
    book = workbook([HEADER, *([ANNA] * 1200)])
    book.active.title = "Clienti"
    book.create_sheet("Davanti", 0)
    for _ in range(30):
        book["Davanti"].append(["anna@posta.example.com"])
    assert add_draft(clienti, saved(workbook([HEADER, *([ANNA] * 1200)])), "clienti.xlsx").rows_total == 1200
    draft = add_draft(clienti, saved(book), "clienti.xlsx")
    assert draft.rows_total in (29, 30)  # whether the first row is a header is another question


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64])
def test_rows_are_counted_however_the_sheet_is_cut(piece):
    sheet = b'<x:row r="1"><c r="A1"/></x:row><row/><row r="3"><c/></row><rowBreaks/><row\n r="4">'
    assert rows_of(sheet[at : at + piece] for at in range(0, len(sheet), piece)) == 4
