"""Files as people really have them (public reports of other tools): where the table is, what is no contact.

Each line of the table names a file of tests/data/found: the names of its columns, the line they stand in, how
many rows come out, what is told of the rest.
"""

import gzip
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.contacts.imports.files import sheets
from webapp.contacts.imports.files.csv_import import read_rows
from webapp.contacts.imports.files.file_format import FileFormat, detect
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.files.file_notices import FileNotices

FOUND = Path(__file__).parents[2] / "data" / "found"
MAIL_MOBILE = ["Email", "Cellulare", "Nome", "Città", "Consenso marketing"]

# file → (line of the names, the names, rows that come out, {what is told: how often})
READ = {
    # exceljs/exceljs/issues/454, dilshod/xlsx2csv/issues/48: Excel leaves out trailing empty cells
    "06-trailing-cut.csv": (
        1,
        ["Email", "Cellulare", "Nome", "Cognome", "Consenso", "Note", "Secondo indirizzo"],
        8,
        {"short_rows": 4},
    ),
    # SheetJS/sheetjs/issues/630, pandas-dev/pandas/issues/42562: rows hidden by a filter
    "12-hidden-rows.xlsx": (1, ["Email", "Nome", "Vuole SMS"], 2, {"hidden_rows": 3}),
    # tidyverse/readxl/issues/513: the first sheet is hidden
    "13-hidden-sheet.xlsx": (1, ["Email", "Nome"], 2, {"other_sheets": 1}),
    # dfinke/ImportExcel/issues/1092: titles above the names
    "14-title-rows.xlsx": (4, MAIL_MOBILE, 4, {"rows_above": 2}),
    # actualbudget/actual/issues/377: the same in a CSV
    "14b-title-rows.csv": (3, MAIL_MOBILE, 4, {"rows_above": 1}),
    "15-merged-header.xlsx": (2, MAIL_MOBILE, 4, {}),
    # tidyverse/readxl/issues/54: totals below
    "16-totals.xlsx": (1, ["Nome", "Email", "Cellulare", "Spesa"], 3, {"totals": 2}),
    # infiniflow/ragflow/pull/19737: formulas nobody calculated
    "20-formula-nocache.xlsx": (1, ["Nome", "Dominio", "Email", "Cellulare"], 3, {"no_stored_value": 2}),
    # yukiyokotani/office-open-xml-viewer/issues/832: no references, inline strings, Strict
    "21-no-r.xlsx": (1, ["Email", "Nome", "Cellulare"], 2, {}),
    "21b-strict.xlsx": (1, ["Email"], 1, {}),
    "22-cp850.csv": (1, ["Email", "Nome", "Città", "Cellulare"], 4, {}),
    "22b-macroman.csv": (1, ["Email", "Nome", "Città", "Cellulare"], 4, {}),
    # genspark-ai/genoffice/pull/438: UTF-16 without its mark
    "23-utf16le-nobom.csv": (1, ["Email", "Nome"], 2, {}),
    # plaintextaccounting/hledger/issues/2189: two exports joined
    "24-concatenated.csv": (1, ["Email", "Nome", "Cellulare"], 2, {"repeated_header": 1}),
    "27-empty-header.csv": (1, ["email", "", " last Name", " comp"], 2, {}),
    # pcreux/csv-importer/issues/54: first row and column empty
    "29-empty-first.csv": (2, ["", "Email", "Nome", "Cellulare"], 2, {}),
    "39-mixed-ends.csv": (1, ["Email", "Nome"], 4, {}),
}

# file → what is said
REFUSED = {
    "17-html.xls": "si chiama come un foglio Excel ma è una pagina web: aprilo in Excel e salvalo come .xlsx",
    "18-password.xlsx": "ha una password: aprilo in Excel, togli la password",
    "19-binary.xlsb": "file Excel binario (.xlsb): aprilo in Excel e salvalo come .xlsx",
    "36-mailchimp.zip": "archivio compresso con 3 tabelle: estraile e caricale una alla volta",
    "36b-export.csv.gz": "archivio compresso (.gz): estrai il file che contiene e carica quello",
}


@pytest.fixture
def table_of(tmp_path):
    """`table_of(content, name)` → (rows, what is told), read as it is recognised or with *changes*."""

    def read(content, name="clienti.csv", header_row=None, with_hidden=False, sheet=None):
        path = tmp_path / "stored"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return table(path, name, header_row, with_hidden, sheet)

    return read


def table(path, name, header_row=None, with_hidden=False, sheet=None):
    found, notices = detect(path, name, sheet=sheet), FileNotices()
    asked = FileFormat(found.kind, found.encoding, found.delimiter, 0, header_row, found.sheet, with_hidden)
    rows = list(read_rows(path, asked, notices=notices))
    return rows, {one["code"]: one["count"] for one in notices.as_list()}


def cells(rows):
    return [row.cells for row in rows]


@pytest.mark.parametrize("name", READ)
def test_the_table_is_found_where_it_is(name):
    line, names, count, told = READ[name]
    rows, said = table(FOUND / name, name)
    assert (rows[0].line, rows[0].cells) == (line, names)
    assert [row.problem for row in rows] == [None] * (count + 1)
    assert {len(row.cells) for row in rows} == {len(names)}
    assert said == told


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_named_with_what_to_do(name):
    with pytest.raises(UnreadableFile) as refused:
        detect(FOUND / name, name)
    assert REFUSED[name] in str(refused.value)


@pytest.mark.parametrize("name", ["22-cp850.csv", "22b-macroman.csv"])
def test_the_letters_of_dos_and_mac_come_out_right(name):
    rows, _ = table(FOUND / name, name)
    assert [row.cells[1] for row in rows[1:]] == ["Nicolò", "Noè", "Mosè", "Anna"]
    assert [row.cells[2] for row in rows[1:]] == ["Forlì", "Cantù", "Città di Castello", "Roma"]


def test_the_visible_rows_of_a_filter_come_out_and_the_others_when_asked_for():
    path = FOUND / "12-hidden-rows.xlsx"
    assert [row.cells[0][:2] for row in table(path, path.name)[0][1:]] == ["h0", "h3"]
    rows, said = table(path, path.name, with_hidden=True)
    assert [row.cells[0][:2] for row in rows[1:]] == ["h0", "h1", "h2", "h3", "h4"]
    assert said == {"hidden_rows_taken": 3}


def test_a_hidden_sheet_is_read_only_by_its_name():
    path = FOUND / "13-hidden-sheet.xlsx"
    assert [row.cells[1] for row in table(path, path.name)[0][1:]] == ["Nuovo1", "Nuovo2"]
    asked = table(path, path.name, sheet="archivio 2019")[0]
    assert [row.cells[1] for row in asked[1:]] == ["Vecchio1", "Vecchio2", "Vecchio3"]
    with pytest.raises(UnreadableFile, match="nessun foglio “Soci”. Ci sono: “Archivio 2019”, “Clienti”"):
        table(path, path.name, sheet="Soci")


@pytest.mark.parametrize(
    "text, line, names, first",
    [
        # a contact in the first row: no names
        ("anna@x.it;Anna\nluca@x.it;Luca\n", 1, None, ["anna@x.it", "Anna"]),
        # names in words nobody knows: the first row that is about as full as the others
        ("Lista\nCourriel;Prénom;Ville\nx@;A;B\ny@;C;D\n", 2,
         ["Courriel", "Prénom", "Ville"], ["x@", "A", "B"]),
        # an address in a title is no contact
        ("Esportato da info@x.it;;;\nEmail;Nome;Cognome;CAP\na@x.it;A;B;1\n", 2,
         ["Email", "Nome", "Cognome", "CAP"], ["a@x.it", "A", "B", "1"]),
        # names that hold an address are names as long as most of them are known
        ("Email;Nome;Cognome;info@x.it\na@x.it;A;B;\n", 1,
         ["Email", "Nome", "Cognome", "info@x.it"], ["a@x.it", "A", "B", ""]),
        # values that are names of columns, in a row below, are values
        ("Contatto;Canale;Altro\nx@;Email;SMS\na@x.it;Telefono;Email\n", 1,
         ["Contatto", "Canale", "Altro"], ["x@", "Email", "SMS"]),
        # two rows of names: the lower ones, the upper where there is none, with the group when they repeat
        ("Codice;Cliente;;Referente;\n;Nome;Email;Nome;Email\n7;A;a@x.it;B;b@x.it\n", 2,
         ["Codice", "Nome", "Email", "Referente / Nome", "Referente / Email"],
         ["7", "A", "a@x.it", "B", "b@x.it"]),
        # titles above contacts without names
        ("Elenco soci;;\nanna@x.it;Anna;Roma\nluca@x.it;Luca;Bari\n", 2, None, ["anna@x.it", "Anna", "Roma"]),
        # one column
        ("Elenco soci\nEmail\na@x.it\n", 2, ["Email"], ["a@x.it"]),
    ],
)  # fmt: skip
def test_names_titles_and_contacts_are_told_apart(table_of, text, line, names, first):
    rows, _ = table_of(text)
    assert rows[0].line == line
    assert cells(rows)[:2] == [names, first] if names else cells(rows)[0] == first


def test_the_row_of_the_names_can_be_said(table_of):
    text = "a;b\nEmail;Nome\nx@y.it;X\nz@y.it;Z\n"
    assert cells(table_of(text, header_row=3)[0]) == [["x@y.it", "X"], ["z@y.it", "Z"]]
    assert cells(table_of(text, header_row=0)[0])[0] == ["a", "b"]
    with pytest.raises(UnreadableFile, match="La riga 9 del file è vuota o non c’è"):
        table_of(text, header_row=9)


def test_exports_that_were_joined_leave_no_titles_names_or_totals_among_the_contacts(table_of):
    one = "Elenco clienti\n\nEmail;Nome;Spesa\n{0}1@x.it;A;10\n{0}2@x.it;B;20\nTotale;;30\n"
    rows, said = table_of(one.format("a") + "\ufeff" + one.format("b") + "Clienti: 2\n")
    assert [row.cells[0] for row in rows] == ["Email", "a1@x.it", "a2@x.it", "b1@x.it", "b2@x.it"]
    assert (said["repeated_header"], said["rows_above"], said["totals"]) == (1, 2, 3)


@pytest.mark.parametrize("last", ["Totale;totale@x.it;1", "Rossi;;1", "Mediaset;;1", "Totaleanna;;1", "7;;1"])
def test_a_contact_at_the_end_is_no_total(table_of, last):
    rows, said = table_of(f"Nome;Email;Spesa\nA;a@x.it;1\n{last}\n")
    assert (len(rows), said) == (3, {})


def test_a_title_line_of_a_megabyte_is_passed_over(table_of):
    rows, said = table_of("x" * 1_000_000 + "\nEmail,Nome,Città\na@x.it,A,Roma\nb@x.it,B,Bari\n")
    assert cells(rows) == [["Email", "Nome", "Città"], ["a@x.it", "A", "Roma"], ["b@x.it", "B", "Bari"]]
    assert said == {"rows_above": 1}


def test_the_width_of_the_table_is_not_that_of_its_title(table_of):
    rows, _ = table_of("Elenco;al;31/12;pagina;1;di;1\nEmail;Nome;CAP\na@x.it;A;1\nb@x.it;B;2;x\n")
    assert cells(rows)[0] == ["Email", "Nome", "CAP"]
    assert [row.problem for row in rows] == [None, None, "too_many_cells"]


def workbook(*tables, hidden_rows=(), hidden_columns=(), states=()) -> bytes:
    """A workbook with a sheet of each table; what is hidden is so in the first one."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for at, rows in enumerate(tables):
        sheet = book.create_sheet(f"Foglio {at + 1}")
        for row in rows:
            sheet.append(row)
        if at < len(states):
            sheet.sheet_state = states[at]
    for row in hidden_rows:
        book.worksheets[0].row_dimensions[row].hidden = True
    for column in hidden_columns:
        book.worksheets[0].column_dimensions[column].hidden = True
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


PEOPLE = [["Email", "Nome", "Note"], ["a@x.it", "A", "1"], ["b@x.it", "B", "2"]]


def test_hidden_columns_are_left_out_unless_asked_for(table_of):
    content = workbook(PEOPLE, hidden_columns="B")
    assert table_of(content, "c.xlsx") == (
        table_of(workbook([[row[0], row[2]] for row in PEOPLE]), "c.xlsx")[0],
        {"hidden_columns": 1},
    )
    rows, said = table_of(content, "c.xlsx", with_hidden=True)
    assert (cells(rows), said) == (PEOPLE, {"hidden_columns_taken": 1})


def test_rows_without_height_are_hidden(table_of):
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(PEOPLE))) as old, zipfile.ZipFile(written, "w") as new:
        for part in old.namelist():
            flat = old.read(part).replace(b'<row r="2"', b'<row r="2" ht="0" customHeight="1"')
            new.writestr(part, flat)
    rows, said = table_of(written.getvalue(), "c.xlsx")
    assert ([row.cells[0] for row in rows], said) == (["Email", "b@x.it"], {"hidden_rows": 1})


@pytest.mark.parametrize(
    "content, said",
    [
        (workbook(PEOPLE, hidden_rows=(1, 2, 3)), "tutte le righe con dati sono nascoste"),
        (workbook(PEOPLE, hidden_columns="ABC"), "tutte le righe con dati sono nascoste"),
        (workbook([], [], states=("visible", "visible")), "Il file è vuoto."),
        (workbook([], PEOPLE, states=("visible", "hidden")), "dati nel foglio nascosto “Foglio 2”"),
        (workbook([], PEOPLE, states=("visible", "veryHidden")), "dati nel foglio nascosto “Foglio 2”"),
    ],
    ids=["hidden rows only", "hidden columns only", "empty", "visible one empty", "other one very hidden"],
)
def test_a_workbook_with_nothing_to_see_says_so(table_of, content, said):
    with pytest.raises(UnreadableFile, match=said):
        table_of(content, "c.xlsx")


def test_the_first_visible_sheet_with_addresses_is_taken(table_of):
    notes = [["Istruzioni"], ["Compila il foglio dei clienti"]]
    content = workbook(PEOPLE, notes, PEOPLE[:2], states=("veryHidden", "visible", "visible"))
    rows, said = table_of(content, "c.xlsx")
    assert (cells(rows), said) == (PEOPLE[:2], {"other_sheets": 2})


def test_three_hundred_sheets_are_offered_but_only_the_first_looked_into(tmp_path):
    path = tmp_path / "tanti.xlsx"
    path.write_bytes(workbook(*([PEOPLE] * 300)))
    offered = sheets.all_of(path)
    assert len(offered) == 300
    assert [sheet.rows for sheet in offered[:30]] == [3] * 30
    assert {sheet.rows for sheet in offered[30:]} == {None}
    assert detect(path, "tanti.xlsx").sheet == "Foglio 1"
    assert detect(path, "tanti.xlsx", sheet="Foglio 299").sheet == "Foglio 299"


def test_only_the_formulas_without_a_value_are_named(table_of):
    content = workbook([["Email", "Nome", "Totale"], ["a@x.it", "A", "=1+1"], ["b@x.it", "B", 3]])
    _, said = table_of(content, "c.xlsx")
    assert said == {"no_stored_value": 1}
    notices = FileNotices()
    notices.counts["no_stored_value"], notices.columns = 2, ["C", "AA"]
    assert (
        "2 celle hanno una formula mai calcolata e restano vuote (colonna C, AA)"
        in notices.as_list()[0]["text"]
    )


def archive(**files: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for name, text in files.items():
            file.writestr(name.replace("__", "/").replace("_", "."), text)
    return written.getvalue()


OLE = b"\xd0\xcf\x11\xe0" + bytes(600)
SPREADSHEET_ML = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'


@pytest.mark.parametrize(
    "content, name, said",
    [
        (archive(clienti_csv="a;b"), "c.zip", "estrai “clienti.csv” e carica quello"),
        (archive(leggimi_pdf="x"), "c.zip", "estrai il CSV"),
        (archive(**{"META-INF__manifest_xml": "x", "content_xml": "x"}), "c.ods", r"LibreOffice \(.ods\)"),
        (archive(Index__Document_iwa="x"), "c.numbers", "un foglio di Numbers"),
        (archive(word__document_xml="x"), "c.docx", "documento di Word"),
        (gzip.compress(b"a;b"), "c.csv.gz", r"\(.gz\): estrai"),
        (SPREADSHEET_ML.encode(), "c.xls", "in formato XML: aprilo in Excel e salvalo come .xlsx"),
        (b'<?xml version="1.0"?><righe/>', "c.xls", "è un file XML"),
        (b"<meta><table>", "c.xls", "è una pagina web: aprilo in Excel"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "c.csv", "ha una password"),
        (OLE + "Workbook".encode("utf-16-le"), "c.xlsx", r"vecchio tipo \(.xls\)"),
        (OLE, "c.doc", "documento di Office di vecchio tipo"),
    ],
)  # fmt: skip
def test_containers_are_named_for_what_they_are(table_of, content, name, said):
    with pytest.raises(UnreadableFile, match=said):
        table_of(content, name)


NAMES = ["Nicolò", "Noè", "Mosè", "Niccolò", "Josè", "Desirée", "Nunù", "Zoé", "Anna", "Luca"]
CITIES = ["Forlì", "Cantù", "Città di Castello", "San Donà di Piave", "Cefalù", "Patù", "Muggiò", "Roma",
          "Bari", "Almè", "Mondovì", "Nardò", "Aggius", "Santhià", "Viggiù",
          "Jesi", "Erbè", "Rho"]  # fmt: skip
PERSON = st.tuples(st.sampled_from(NAMES), st.sampled_from(CITIES))


@pytest.mark.parametrize("is_upper", [False, True], ids=["as written", "capitals"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "cp850", "mac_roman", "utf-16", "utf-16-le", "utf-16-be"]
)
@settings(deadline=None)
@given(people=st.lists(PERSON, min_size=1, max_size=30))
def test_italian_names_and_cities_are_read_in_any_encoding(tmp_path_factory, encoding, is_upper, people):
    _read_back(tmp_path_factory, encoding, [["NOME", "COMUNE"], *_written(people, is_upper)])


@settings(deadline=None)
@given(people=st.lists(PERSON, min_size=1, max_size=30))
def test_italian_names_and_cities_are_read_in_the_letters_of_american_dos(tmp_path_factory, people):
    _read_back(tmp_path_factory, "cp437", [["NOME", "COMUNE"], *_written(people, False)])


def _written(people, is_upper):
    return [[name.upper(), city.upper()] if is_upper else [name, city] for name, city in people]


def _read_back(tmp_path_factory, encoding, written):
    path = tmp_path_factory.mktemp("lettere") / "stored"
    lines = [f"{name};{city};a{at}@x.it\n" for at, (name, city) in enumerate(written)]
    path.write_bytes("".join(lines).encode(encoding))
    rows = list(read_rows(path, detect(path, "clienti.csv")))
    assert [row.cells[:2] for row in rows] == written


@pytest.mark.parametrize(
    "text",
    [
        "dall’Adige – “bella” vista…",
        "È già così: 10 € l’uno",
        "Müller, Núñez, François",
        "ecc… e altro…",
        "Nº 5, 12°",
    ],
)
def test_what_windows_writes_stays_windows(tmp_path, text):
    path = tmp_path / "stored"
    path.write_bytes(f"Email;Note\na@x.it;{text}\n".encode("cp1252"))
    assert list(read_rows(path, detect(path, "c.csv")))[1].cells[1] == text
