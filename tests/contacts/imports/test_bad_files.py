"""Every kind of bad file we know of, through the wizard: a sentence or a row with its reason, never an error.

The names of the cases are those of the matrix of bad inputs, B1 to B25.
"""

import gc
import gzip
import io
import zipfile
from dataclasses import dataclass
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path

import pytest
from sqlmodel import select

from tests.conftest import add_operator, make_app, served_at
from tests.contacts.conftest import add_draft, as_bytes, contacts_of, import_file, read_import
from tests.support.hostile_files import processor_s
from tests.support.in_time import in_time
from tests.support.multipart import CONTENT_TYPE, form_with_file
from webapp import db
from webapp.access.models import Role
from webapp.contacts.imports import importing
from webapp.contacts.models_imports import ContactImport, RejectedRow

LIBREOFFICE = Path(__file__).parents[2] / "data" / "libreoffice"
ANNA = "anna@posta.example.com"
GOOD = f"Email;Nome\n{ANNA};Anna\n"


@pytest.fixture
def base(clienti):
    return f"/database/{clienti.public_id}/importazioni"


def send(browser, base, content, name="clienti.csv"):
    """The answer to a file; it came in time."""
    body = form_with_file(browser.csrf_token(), name, as_bytes(content))
    with in_time(processor_s):
        return browser.post(f"{base}/nuova", data=body, content_type=CONTENT_TYPE)


def archive(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    job = io.BytesIO()
    with zipfile.ZipFile(job, "w", method) as packed:
        packed.writestr(name, content)
        if name.startswith("xl/"):
            packed.writestr("xl/workbook.xml", "<workbook/>")
    return job.getvalue()


def lying_archive(content: bytes) -> bytes:
    """A workbook whose directory says that its large part is small."""
    job = archive("xl/worksheets/sheet1.xml", content)
    place = job.find(b"PK\x01\x02")
    return job[: place + 24] + (100).to_bytes(4, "little") + job[place + 28 :]


REFUSED = {
    "B1 an empty file": (b"", "clienti.csv", "Il file è vuoto"),
    "B1 only a byte order mark": (b"\xef\xbb\xbf", "clienti.csv", "Il file è vuoto"),
    "B1 only a UTF-16 mark": (b"\xff\xfe", "clienti.csv", "Il file è vuoto"),
    "B1 only blank lines": (b"\r\n;;\r\n \n", "clienti.csv", "Il file è vuoto"),
    "B1 only a header": (b"Email;Nome\r\n", "clienti.csv", "solo i nomi delle colonne"),
    "B10 a header of 10 MB": (b"x" * 10_000_000, "clienti.csv", "La riga 1"),
    "B11 a million columns": (b"a;" * 120_000, "clienti.csv", "il massimo è 200"),
    "B11 more columns than a line may be long": (b"a;" * 1_000_000, "clienti.csv", "La riga 1"),
    "B17 a workbook called csv": (archive("xl/x.xml", b"x"), "clienti.csv", "è un foglio Excel"),
    "B17 a PDF": (b"%PDF-1.7\n%\xe2\xe3", "clienti.csv", "un documento PDF"),
    "B17 a picture": (b"\xff\xd8\xff\xe0" + b"\0" * 50, "clienti.csv", "un’immagine"),
    "B17 an old Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "clienti.xls", "vecchio tipo (.xls)"),
    "B17 a web page": (b"\n<!DOCTYPE html><table>", "clienti.csv", "una pagina web"),
    "B17 a program": (b"\x7fELF\x02" + bytes(range(32)) * 20, "clienti.csv", "non è un file di testo"),
    "B17 a broken workbook": (archive("xl/x.xml", b"x")[:80], "clienti.xlsx", "è rovinato"),
    "B18 a zip of a CSV": (archive("clienti.csv", GOOD.encode()), "clienti.csv", "un archivio compresso"),
    "a sheet of LibreOffice": (
        (LIBREOFFICE / "clienti.ods").read_bytes(),
        "clienti.ods",
        "Questo è un foglio di LibreOffice (.ods): salvalo come .xlsx o CSV",
    ),
    "a sheet of Numbers": (
        archive("Index/Document.iwa", b""),
        "clienti.numbers",
        "un foglio di Numbers: esportalo",
    ),
    "B18 a gzip": (gzip.compress(GOOD.encode()), "clienti.csv", "un archivio compresso"),
    "B18 a gzip bomb": (gzip.compress(bytes(50_000_000)), "clienti.csv", "un archivio compresso"),
    "B18 a zip bomb called a workbook": (
        archive("xl/worksheets/sheet1.xml", bytes(200_000_000)), "clienti.xlsx", "è troppo grande",
    ),
    "B18 a bomb that lies about its size": (lying_archive(bytes(60_000_000)), "a.xlsx", "è troppo grande"),
    "B18 a bomb in a part nobody reads": (
        archive("xl/media/x.bin", bytes(60_000_000)), "a.xlsx", "è troppo grande",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_file_of_contacts_is_refused_in_words(signed_in, page, base, kind):
    content, name, said = REFUSED[kind]

    tree = page(send(signed_in, base, content, name), 422)

    assert said in tree.xpath("string(//*[@id='file-error'])")


@dataclass(frozen=True)
class Read:
    """What a file comes to: contacts, and the rejected rows as (line, reason)."""

    content: str | bytes
    contacts: int = 1
    rejected: tuple[tuple[int, str], ...] = ()
    first_name: str | None = "Anna"
    warned: bool = False


READ = {
    "B2 UTF-8 with a mark": Read(GOOD.encode("utf-8-sig")),
    "B2 UTF-16 little end first": Read(GOOD.encode("utf-16")),
    "B2 UTF-16 big end first": Read(b"\xfe\xff" + GOOD.encode("utf-16-be")),
    "B3 cp1252": Read(f"Email;Nome\n{ANNA};Perché\n".encode("cp1252"), first_name="Perché", warned=True),
    "B5 a NUL in a cell": Read(f"{GOOD}b@x.it;B\0b\n", contacts=2),
    "B6 a damaged letter in UTF-8": Read(
        f"Email;Nome\n{ANNA};Nicolò\n".encode() + b"b@x.it;Nicol\xf2\n" + "c@x.it;Niccolò\n".encode(),
        contacts=3, first_name="Nicolò",
    ),
    "B6 a lone surrogate": Read(
        "Email;Nome\nd@x.it;Perché\n".encode() + b"b@x.it;\xed\xa0\x80\n" + "e@x.it;àèìòù\n".encode(),
        contacts=3, first_name="Perché",
    ),
    "B8 mixed line ends, blank lines, no last one": Read(
        f"Email;Nome\r\n{ANNA};Anna\n\r\n;\nb@x.it;B\r\nc@x.it;C", contacts=3
    ),
    "B8 lines ended as old Macs did": Read(GOOD.replace("\n", "\r")),
    "B9 a quote that is never closed": Read(
        f'Email;Nome\n{ANNA};"Anna\n' + "".join(f"u{n}@x.it;U\n" for n in range(2_000)),
        contacts=2_000, rejected=((2, "open_quote"),), first_name="U",
    ),
    "B10 a cell of 131,073 characters": Read(
        f"{GOOD}b@x.it;{'x' * 131_073}\nc@x.it;C\n", contacts=2, rejected=((3, "cell_too_long"),)
    ),
    "B10 a line of 10 MB": Read(
        f"{GOOD}b@x.it;{'x' * 10_000_000}\nc@x.it;C\n", contacts=2, rejected=((3, "line_too_long"),)
    ),
    "B13 too few and too many cells": Read(
        f"{GOOD}b@x.it\nc@x.it;C;!\nd@x.it;D;\n", contacts=3, rejected=((4, "too_many_cells"),)
    ),
    "B14 a header with spaces, capitals, accents, nothing visible": Read(
        f"\u200b E-MAIL \u00a0;\ufeff NÓME\n{ANNA};Anna\n"
    ),
    "B15 commas": Read(GOOD.replace(";", ",")),
    "B15 tabs": Read(GOOD.replace(";", "\t")),
    "B15 bars": Read(GOOD.replace(";", "|")),
    "B15 the line sep= of Excel": Read(f"sep=,\r\n{GOOD.replace(';', ',')}"),
    "B16 one column": Read(f"Email\n{ANNA}\n", first_name=None),
    "B21 cells that are formulas": Read(
        f"Email;Nome\n{ANNA};\"=HYPERLINK(\"\"x\"\")\"\n", first_name='=HYPERLINK("x")'
    ),
    "B25 the same row again and again": Read(f"Email;Nome\n{ANNA};Anna\n" + f"{ANNA.upper()};Anna\n" * 5_000),
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_what_can_be_read_is_read_and_every_other_row_says_why(signed_in, page, clienti, base, kind):
    case = READ[kind]
    sent = send(signed_in, base, case.content)
    assert sent.status_code == 303
    columns = page(signed_in.get(sent.location))
    assert ("Controlla le lettere accentate" in columns.text_content()) == case.warned
    assert signed_in.post_form(sent.location, {"chiave": "email"}).status_code == 303
    assert signed_in.get(sent.location.replace("colonne", "controlla")).status_code == 200
    with db.reading() as session:
        (job,) = session.exec(select(ContactImport)).all()

    importing.run(job.id)

    done = read_import(job.id)
    contacts = contacts_of(clienti)
    with db.reading() as session:
        rejected = session.exec(select(RejectedRow).order_by(RejectedRow.line)).all()
    assert [(row.line, row.reason) for row in rejected] == list(case.rejected)
    assert (len(contacts), contacts[0].first_name) == (case.contacts, case.first_name)
    assert done.rows_read == done.rows_new + done.rows_updated + done.rows_rejected
    assert done.rows_new == case.contacts


NAMES = {
    "a path": ("../../etc/passwd", "passwd"),
    "a NUL": ("a\0.csv", "a.csv"),
    "300 characters": ("x" * 300 + ".csv", "x" * 108 + "….csv"),
    "markup": ("<script>.csv", "<script>.csv"),
    "a formula": ("=cmd().csv", "=cmd().csv"),
    "a line break": ("a\r\nX-Evil: 1.csv", "aX-Evil: 1.csv"),
    "nothing": ("...", "file senza nome"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_b19_a_file_name_is_shown_and_never_used(clienti, kind, signed_in, page, base):
    name, shown = NAMES[kind]
    job = import_file(clienti, f"{GOOD}x;y;z\n", name)

    assert job.file_name == shown
    assert shown in page(signed_in.get(base)).text_content()
    rejected = signed_in.get(f"{base}/{job.public_id}/scarti.csv")
    assert rejected.headers["Content-Disposition"] == (
        f'attachment; filename="righe-scartate-{job.public_id}.csv"'
    )
    assert not importing.stored_files.kept()


@pytest.fixture
def small(database, aurora):
    """An application that takes files of up to 1 MB, and somebody signed in to it."""
    app = make_app(database, max_upload_mb=1)
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, Role.ADMINISTRATOR))
    return app, browser


def test_b20_a_file_over_the_limit_is_refused_and_leaves_nothing(small, clienti, base):
    _, browser = small
    assert send(browser, base, b"Email\n" + b"x" * 1_100_000).status_code == 413
    assert not importing.stored_files.kept()


# Werkzeug leaves the part it was writing to the garbage collector when it refuses the rest of a body.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("lie", ["a length that is never reached", "chunks without end"])
def test_b20_a_body_that_lies_about_its_length_ends(small, clienti, base, lie):
    app, browser = small
    with served_at(app) as address:
        line = HTTPConnection(address.removeprefix("http://"), timeout=20)
        line.putrequest("POST", f"{base}/nuova")
        line.putheader("Cookie", f"platea={browser.get_cookie('platea').value}")
        line.putheader("Content-Type", "multipart/form-data; boundary=confine")
        if lie.startswith("chunks"):
            line.putheader("Transfer-Encoding", "chunked")
            line.endheaders()
            head = b'--confine\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
            assert _answer_to_chunks(line, head) in (400, 413)
        else:
            line.putheader("Content-Length", "900000000000")
            line.endheaders(b"--confine")
            assert line.getresponse().status in (400, 413)
        line.close()
    gc.collect()
    assert not importing.stored_files.kept()


def _answer_to_chunks(line: HTTPConnection, head: bytes) -> int:
    """The status that chunks of 64 kB are answered with; 413 when the server hangs up on them."""
    piece = b"x" * 65_536
    try:
        line.send(b"%x\r\n%s\r\n" % (len(head), head))
        for _ in range(100):
            line.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        line.send(b"0\r\n\r\n")
        return line.getresponse().status
    except (BrokenPipeError, ConnectionResetError, RemoteDisconnected):
        return 413


SAME_PERSON = [
    *("anna@posta.it", "  ANNA@Posta.IT\t", "\u00a0anna@posta.it\u00a0", "\u200banna@posta.it\ufeff"),
]
NO_ADDRESS = [
    "anna@@x.it",
    "anna",
    "@x.it",
    "anna@x",
    "a" * 320 + "@x.it",
    "anna b@x.it",
]


def test_b22_one_person_written_in_every_way_has_one_digest(clienti):
    import_file(clienti, "Email;Nome\n" + "".join(f'"{email}";x\n' for email in SAME_PERSON))
    digests = {contact.email_sha256 for contact in contacts_of(clienti)}
    assert len(digests) == 1 and None not in digests


def test_b22_what_is_no_address_is_a_contact_with_a_reason(clienti):
    rows = "".join(f'"{email}";x\n' for email in NO_ADDRESS)
    import_file(clienti, f"Email;Nome\n{ANNA};a\n{rows}")
    assert [
        (contact.email, bool(contact.email_reason))
        for contact in contacts_of(clienti)
        if not contact.email_sha256
    ] == [(email, True) for email in NO_ADDRESS]


PHONES = {
    "393331234567": [
        "0039 333 1234567",
        "+39 333 1234567",
        "333 1234567",
        "333/1234567",
        "333-12.34.567",
        "333 1234567 int. 5",
    ],
    None: ["06/1234567", "3,33E+09", "٣٣٣", "3" * 40, "chiamare la sera"],
}


def test_b24_a_number_is_normalised_or_says_why_not(clienti):
    good, bad = PHONES["393331234567"], PHONES[None]
    import_file(clienti, "Cellulare;Nome\n" + "".join(f"{phone};x\n" for phone in (*good, *bad)))
    contacts = contacts_of(clienti)
    assert len({contact.mobile_sha256 for contact in contacts[: len(good)]}) == 1
    assert [contact.mobile for contact in contacts[len(good) :] if contact.mobile_reason] == bad


@pytest.mark.parametrize("wrong", [
    *("9223372036854775808", "-1", "0", "1 OR 1=1", "%00", "..%2f", "x" * 4_000, "222222222222"),
])  # fmt: skip
def test_b30_an_address_that_names_nothing_is_not_found(signed_in, clienti, base, wrong):
    draft = add_draft(clienti, GOOD)
    for path in (
        f"/database/{wrong}/importazioni/nuova",
        f"{base}/{wrong}",
        f"{base}/{wrong}/colonne",
        f"{base}/{wrong}/scarti.csv",
        f"/database/{wrong}/importazioni/{draft.public_id}/controlla",
    ):
        assert signed_in.get(path, follow_redirects=True).status_code == 404, path
