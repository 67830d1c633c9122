"""The step "Lettura" of the wizard, and the same choices on the command line."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from sqlmodel import select

from tests.cli.test_once import env, platea  # noqa: F401 (a fixture)
from tests.contacts.conftest import contacts_of, import_file
from webapp import db
from webapp.contacts.imports import importing
from webapp.contacts.models_imports import ContactImport, ImportStatus

FOUND = Path(__file__).parents[2] / "data" / "found"


@pytest.fixture
def send(signed_in, clienti):
    """`send(name)` brings a found file to the wizard; where it leads to."""

    def post(name: str, content: bytes | None = None) -> str:
        file = BytesIO((FOUND / name).read_bytes() if content is None else content)
        answer = signed_in.post_form(
            f"/database/{clienti.public_id}/importazioni/nuova",
            {"file": (file, name)},
            content_type="multipart/form-data",
        )
        assert answer.status_code == 303
        return answer.location

    return post


def the_import() -> ContactImport:
    with db.reading() as session:
        return session.exec(select(ContactImport).order_by(ContactImport.id.desc())).first()


def steps(tree) -> list[str]:
    return [
        one.text_content().replace(" (fatto)", "").strip() for one in tree.xpath("//ol[@class='stepper']/li")
    ]


def checked(tree, name: str) -> str:
    return tree.xpath(f"string(//input[@name='{name}'][@checked]/@value)")


def emails(database) -> list[str]:
    return [contact.email[:2] for contact in contacts_of(database)]


def test_a_file_with_nothing_to_choose_has_no_step_for_it(signed_in, page, send):
    at = send("06-trailing-cut.csv")
    assert at.endswith("/colonne")
    columns = page(signed_in.get(at))
    assert steps(columns) == ["File", "Abbina le colonne", "Controlla", "Importa"]
    assert "4 righe finiscono prima delle altre" in columns.xpath("string(//*[@id='file-notices'])")


def test_hidden_rows_are_announced_and_left_out_until_asked_for(signed_in, page, send, clienti):
    at = send("12-hidden-rows.xlsx")
    reading = page(signed_in.get(at))
    assert steps(reading) == ["File", "Lettura", "Abbina le colonne", "Controlla", "Importa"]
    assert "3 righe non si vedono" in reading.text_content()
    assert checked(reading, "nascoste") == "visibili"

    columns = page(signed_in.get(signed_in.post_form(at, {"passo": "1", "nascoste": "tutte"}).location))
    assert "3 righe nascoste in Excel: lette come le altre" in columns.xpath(
        "string(//*[@id='file-notices'])"
    )
    signed_in.post_form(at, {"passo": "1", "nascoste": "visibili"})
    importing.run(the_import().id)
    assert emails(clienti) == ["h0", "h3"]
    result = page(signed_in.get(at.removesuffix("/lettura")))
    assert "3 righe nascoste in Excel: lasciate fuori" in result.xpath("string(//*[@id='file-notices'])")


def test_the_row_of_the_names_is_chosen_among_the_first_rows(signed_in, page, send, clienti):
    at = send("14-title-rows.xlsx")
    reading = page(signed_in.get(at))
    assert checked(reading, "riga") == "4"
    assert reading.xpath("//input[@name='riga']/@value") == ["1", "2", "4", "5", "6", "7", "8", "0"]
    answer = signed_in.post_form(at, {"passo": "1", "riga": "5"})
    assert answer.location.endswith("/colonne")
    assert the_import().header[0] == "t0@posta.example.com"
    signed_in.post_form(at, {"passo": "1", "riga": "4"})
    assert the_import().header[:2] == ["Email", "Cellulare"]
    importing.run(the_import().id)
    assert emails(clienti) == ["t0", "t1", "t2", "t3"]


def test_another_sheet_is_read_and_shown_before_going_on(signed_in, page, send):
    at = send("13-hidden-sheet.xlsx")
    reading = page(signed_in.get(at))
    assert checked(reading, "foglio") == "Clienti"
    assert "il foglio è nascosto in Excel" in reading.text_content()
    answer = signed_in.post_form(at, {"passo": "1", "foglio": "Archivio 2019", "riga": "1"})
    assert answer.location == at
    assert checked(page(signed_in.get(at)), "foglio") == "Archivio 2019"
    signed_in.post_form(at, {"passo": "1", "foglio": "Non c’è", "riga": "1"})
    assert the_import().sheet == "Archivio 2019", "what cannot be read so stays as it was"


@pytest.mark.parametrize("riga", ["99", "-1", "abc", "1e9", "²", "9" * 30])
def test_a_row_that_is_none_changes_nothing(signed_in, send, riga):
    at = send("14-title-rows.xlsx")
    assert signed_in.post_form(at, {"passo": "1", "riga": riga}).status_code == 303
    assert the_import().header_row == 4


def test_a_file_that_was_started_meanwhile_is_not_read_again(signed_in, send):
    at = send("14-title-rows.xlsx")
    importing.run(the_import().id)
    answer = signed_in.post_form(at, {"passo": "1", "riga": "1"})
    assert answer.location == at.removesuffix("/lettura")
    assert the_import().header_row == 4
    assert signed_in.get(at).location == answer.location


def test_the_next_file_of_that_name_is_read_from_the_same_row(clienti):
    text = "Riepilogo;Mese\nCosa;Chi\nx@;gennaio\na@posta.example.com;A\n"
    first = import_file(clienti, text, "mensile.csv", mapping={"0": "email", "1": "first_name"})
    assert first.header_row == 1
    with db.writing() as session:
        job = session.get_one(ContactImport, first.id)
        job.header_row, job.header = 2, ["Cosa", "Chi"]
        session.add(job)
    again = import_file(clienti, text, "mensile.csv", mapping={"0": "email", "1": "first_name"})
    other = import_file(clienti, text, "altro.csv", mapping={"0": "email", "1": "first_name"})
    assert (again.header_row, other.header_row) == (2, 1)


def test_a_row_with_a_letter_lost_in_its_address_is_not_sent(clienti):
    done = import_file(
        clienti, b"\xef\xbb\xbfEmail;Nome\na@posta.example.com;Nicol\xff\nb\xff@posta.example.com;B\n"
    )
    first, second = contacts_of(clienti)
    assert (first.email_sha256 is not None, first.first_name) == (True, "Nicol\ufffd")
    assert second.email_sha256 is None
    assert done.status == ImportStatus.COMPLETED_WITH_WARNINGS
    assert done.file_notices[0]["count"] == 2


def test_totals_at_the_end_of_a_long_file_are_told_when_it_has_been_read(clienti):
    rows = "".join(f"u{n}@posta.example.com;U;1\n" for n in range(25_000))
    done = import_file(clienti, f"Email;Nome;Spesa\n{rows}Totale;;25000\n")
    assert (done.rows_new, [one["code"] for one in done.file_notices]) == (25_000, ["totals"])


def test_the_command_line_says_sheet_row_and_hidden_rows_too(env):  # noqa: F811
    def told(name: str, *options: str) -> dict:
        done = platea("importa", str(FOUND / name), "--database", name, "--json", *options, env=env)
        assert done.returncode == 0, done.stderr
        read = json.loads(done.stdout)
        return {"new": read["new"], "lettura": [(one["codice"], one["quanti"]) for one in read["lettura"]]}

    hidden = told("12-hidden-rows.xlsx", "--righe-nascoste", "--riga-intestazione", "1")
    assert hidden == {"new": 5, "lettura": [("hidden_rows_taken", 3)]}
    assert told("13-hidden-sheet.xlsx", "--foglio", "Archivio 2019")["new"] == 3
    wrong = platea(
        "importa", str(FOUND / "13-hidden-sheet.xlsx"), "--database", "X", "--foglio", "Soci", env=env
    )
    assert wrong.returncode == 2
    assert "nessun foglio “Soci”. Ci sono: “Archivio 2019”, “Clienti”" in wrong.stderr
