"""Files as people bring them: each row with its line, bad rows with their reason, nothing lost or doubled."""

import csv
import io
import tracemalloc
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.contacts.imports.files.csv_import import read_rows
from webapp.contacts.imports.files.file_format import FileFormat, detect, find_delimiter
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.files.file_rows import FileRow


@pytest.fixture
def rows_of(tmp_path: Path):
    """`rows_of(content)` → the rows of a file, read as it is recognised."""

    def read(content: str | bytes, name: str = "clienti.csv") -> list[FileRow]:
        path = tmp_path / "stored"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_rows(path, detect(path, name)))

    return read


def cells(rows: list[FileRow]) -> list[list[str]]:
    return [row.cells for row in rows if row.problem is None]


def problems(rows: list[FileRow]) -> list[tuple[int, str]]:
    return [(row.line, row.problem) for row in rows if row.problem]


EXPECTED = [["Nome", "Città"], ["perché", "Forlì"], ["Anna", "L’Aquila"]]
TEXT = "Nome;Città\nperché;Forlì\nAnna;L’Aquila\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\r\n", 1).encode(),
        TEXT.strip().encode(),
        f"{TEXT}\n\r\n;\n ; \n".encode(),
        f"sep=;\n{TEXT}".encode(),
        f"\ufeffsep=;\r\n{TEXT}".encode(),
        ("sep=,\n" + TEXT.replace(";", ",")).encode(),
        TEXT.replace(";", ",").encode(),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace(";", "|").encode(),
        b'"Nome";"Citt\xc3\xa0"\n"perch\xc3\xa9";"Forl\xc3\xac"\nAnna;L\xe2\x80\x99Aquila',
        f"{TEXT[:-1]};;\n".encode(),
    ],
    ids=str,
)
def test_the_same_rows_however_they_are_written(rows_of, content):
    rows = rows_of(content)
    assert cells(rows) == EXPECTED
    assert problems(rows) == []


def test_lines_are_those_an_editor_shows(rows_of):
    rows = rows_of('a;b\n\n1;"x\ny"\n2;z\n')
    assert [(row.line, row.cells) for row in rows] == [(1, ["a", "b"]), (3, ["1", "x\ny"]), (5, ["2", "z"])]


def test_one_column_needs_no_delimiter(rows_of):
    assert cells(rows_of("email\na@x.it\nb@x.it\n")) == [["email"], ["a@x.it"], ["b@x.it"]]
    assert find_delimiter("email\na@x.it\n") == ";"


@pytest.mark.parametrize(
    "text, delimiter",
    [
        ("a;b\n1,5;2,5\n", ";"),
        ("Cognome, Nome;Email\nRossi, Anna;x\nVerdi;y\n", ";"),
        ("a,b\n1;2,3\n", ","),
        ('a,b\n"x,y",z\n', ","),
        ("a\tb;c\nd\te\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_the_rows_alike(text, delimiter):
    assert find_delimiter(text) == delimiter


@pytest.mark.parametrize(
    "row, problem",
    [
        ("1;2;3;4", "too_many_cells"),
        (f"1;{'x' * 4_097};3", "cell_too_long"),
        (f"1;{'x' * 131_073};3", "cell_too_long"),
        (f"1;{'x' * 300_000};3", "line_too_long"),
        (f"1;{'x' * 10_000_000};3", "line_too_long"),
        ('1;"aperta;3', "open_quote"),
    ],
)
def test_a_bad_row_is_given_up_alone_and_with_its_line(rows_of, row, problem):
    rows = rows_of(f"a;b;c\n1;2;3\n{row}\n4;5;6\n7;8;9\n")
    assert cells(rows) == [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    assert problems(rows) == [(3, problem)]


def test_cells_missing_at_the_end_of_a_row_are_empty(rows_of):
    rows = rows_of("a;b;c\n1;2\n3\n4;5;6\n")
    assert cells(rows) == [["a", "b", "c"], ["1", "2", ""], ["3", "", ""], ["4", "5", "6"]]


@pytest.mark.parametrize(
    "text, taken, refused",
    [
        ('a;b;c\n1;2;3\n4;"aperta', [["1", "2", "3"]], [3]),
        ('a;b;c\n1;"aperta;x\n4;5;6\n7;"8";9\n', [["4", "5", "6"], ["7", "8", "9"]], [2]),
        ('a;b;c\n1;"aperta\n4;5;6\n7;"8"\n', [["4", "5", "6"], ["7", "8", ""]], [2]),
        ('a;b;c\n1;"due\nrighe"\n4;5;6\n', [["1", "due\nrighe", ""], ["4", "5", "6"]], []),
    ],
)
def test_a_short_row_with_an_open_quote_is_refused_alone(rows_of, text, taken, refused):
    rows = rows_of(text)
    assert cells(rows)[1:] == taken
    assert problems(rows) == [(line, "open_quote") for line in refused]


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbfa;b\n1;x\xffy\n2;\xc3\xa8\n", b"a;b\n1;x\0y\n2;\xc3\xa8\n", "a;b\n1;x\ufffdy\n2;è\n"],
    ids=["no UTF-8", "NUL", "lost before us"],
)
def test_a_letter_that_cannot_be_read_costs_itself_and_no_row(rows_of, content):
    rows = rows_of(content)
    assert cells(rows) == [["a", "b"], ["1", "x\ufffdy"], ["2", "è"]]
    rows[1].cells[1].encode()  # what is kept of it can be stored


def test_an_open_quote_in_a_long_file_costs_one_row_and_no_memory(tmp_path):
    path = tmp_path / "lungo"
    with path.open("w", encoding="utf-8") as file:
        file.write('a;b\n1;"aperta\n')
        file.writelines(f"{n};xyz\n" for n in range(200_000))
    tracemalloc.start()
    rows = read_rows(path, FileFormat())
    found = sum(row.problem is None for row in rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 200_001
    assert peak < 8_000_000


@pytest.mark.parametrize(
    "content, name, said",
    [
        (b"", "c.csv", "Il file è vuoto."),
        (b"\xef\xbb\xbf", "c.csv", "Il file è vuoto."),
        (b"\n\n;;\n", "c.csv", "Il file è vuoto."),
        (b"%PDF-1.7\n", "c.csv", "documento PDF"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), "c.csv", "un’immagine"),
        (b"\x89PNG\r\n\x1a\n", "c.csv", "un’immagine"),
        (b"\x1f\x8b\x08" + bytes(50), "c.csv", "archivio compresso"),
        (b"\xd0\xcf\x11\xe0" + bytes(50), "c.csv", "Office di vecchio tipo"),
        (b"<!DOCTYPE html><table><tr><td>a</td></tr></table>", "c.csv", "pagina web"),
        (b"\n <html>", "c.csv", "pagina web"),
        (bytes(range(32)) * 40, "c.csv", "non è un file di testo"),
        (b"PK\x03\x04rotto", "c.xlsx", "rovinato"),
        (";".join(f"c{n}" for n in range(201)).encode() + b"\nx", "c.csv", "201 colonne"),
        (b";" * 1_000_000 + b"\nx\n", "c.csv", "La riga 1"),
        (b"x;" * 1_000_000 + b"\n", "c.csv", "La riga 1"),
        (b'"mai chiusa;b\n1;2\n', "c.csv", "La riga 1"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_contacts_is_refused_with_what_to_do(rows_of, content, name, said):
    with pytest.raises(UnreadableFile, match=said):
        rows_of(content, name)


def workbook(rows: list[list[object]]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def test_the_first_sheet_of_a_workbook_is_read_as_an_italian_would_type_it(rows_of):
    content = workbook(
        [["Nome", "Tel", "Speso", "Nato il", "VIP"],
         ["Anna", 3331234567, 12.5, date(1970, 2, 14), True],
         [None, "", None, None, None],
         ["Luca", "+39 333", 3, datetime(2020, 1, 2, 3, 4), False]]
    )  # fmt: skip
    rows = rows_of(content, "clienti.xlsx")
    assert [(row.line, row.cells) for row in rows[1:]] == [
        (2, ["Anna", "3331234567", "12,5", "14/02/1970", "sì"]),
        (4, ["Luca", "+39 333", "3", "02/01/2020", "no"]),
    ]


def test_a_workbook_called_csv_and_an_archive_called_xlsx_are_refused(rows_of):
    with pytest.raises(UnreadableFile, match="finisce con .xlsx"):
        rows_of(workbook([["a"]]), "clienti.csv")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("clienti.csv", "a;b")
    with pytest.raises(UnreadableFile, match="archivio compresso"):
        rows_of(archive.getvalue(), "clienti.xlsx")


def test_a_zip_bomb_is_refused_before_it_is_inflated(rows_of):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
        file.writestr("xl/worksheets/sheet1.xml", b"\0" * 200_000_000)
    tracemalloc.start()
    with pytest.raises(UnreadableFile, match="troppo grande"):
        rows_of(content.getvalue(), "bomba.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12))
def test_what_was_written_as_csv_is_read_back(tmp_path_factory, written):
    # an @ makes a row a contact: without it three words may be totals or, once more, names of columns
    written = [(f"0@{row[0]}", *row[1:]) if "".join(row).strip() else row for row in written]
    path = tmp_path_factory.mktemp("giro") / "stored"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *written])
    found = list(read_rows(path, FileFormat()))
    assert [row.problem for row in found] == [None] * len(found)
    filled = [list(row) for row in written if "".join(row).strip()]
    assert [row.cells for row in found[1:]] == filled


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["1;2;3", "x", '"', '"a', 'a"', ";;", '"a\nb";2;3', "1;2;3;4", "", "\0;1;2"]),
        max_size=30,
    )
)
def test_no_line_of_a_broken_file_is_lost_or_read_twice(tmp_path_factory, lines):
    text = "a;b;c\n" + "\n".join(lines) + "\n"
    path = tmp_path_factory.mktemp("rotto") / "stored"
    path.write_text(text, encoding="utf-8")
    found = list(read_rows(path, FileFormat()))
    starts = [row.line for row in found]
    assert starts == sorted(set(starts))
    assert [row.problem for row in found if row.cells == ["1", "2", "3"]] == [None] * sum(
        row.cells == ["1", "2", "3"] for row in found
    )
    if '"' not in text:
        good = [line for line in lines if line in ("1;2;3", "x", "\0;1;2")]
        assert sum(row.problem is None for row in found) - 1 == len(good)
