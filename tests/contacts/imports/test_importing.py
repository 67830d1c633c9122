"""From a file to contacts: numbers that add up, keys, modes, and what a killed process leaves behind."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from tests.contacts.conftest import add_draft, contacts_of, import_file, read_import
from webapp import db
from webapp.config import ROOT
from webapp.contacts import queries
from webapp.contacts.imports import importing
from webapp.contacts.models import OwnField
from webapp.contacts.models_imports import ContactImport, ImportStatus, RejectedRow

DATA = ROOT / "tests" / "data"


def adds_up(done: ContactImport) -> bool:
    parts = done.rows_new + done.rows_updated + done.rows_skipped + done.rows_rejected
    return done.rows_read == parts


def test_the_shops_file_comes_in_whole_with_the_digests_written_down_by_others(clienti):
    content = gzip.decompress((DATA / "clienti-negozio.csv.gz").read_bytes())
    truth = json.loads(gzip.decompress((DATA / "clienti-negozio.truth.json.gz").read_bytes()))

    done = import_file(clienti, content)
    assert (done.status, done.encoding, done.key) == (ImportStatus.COMPLETED, "cp1252", "code")
    assert (done.rows_read, done.rows_new, done.rows_rejected) == (12_000, 12_000, 0)

    contacts = contacts_of(clienti)
    emails = [contact.email_sha256.hex() for contact in contacts if contact.email_sha256]
    mobiles = {contact.mobile_sha256.hex() for contact in contacts if contact.mobile_sha256}
    assert sorted(set(emails)) == truth["email_sha256"]
    assert len(emails) - len(set(emails)) == truth["email_duplicate"]
    assert sorted(mobiles) == truth["phone_sha256"]
    with db.reading() as session:
        own = {field.label: field.type for field in queries.own_fields(session, clienti.id)}
    assert own == {"Totale speso": "number", "Ultimo acquisto": "date", "Tessera fedeltà": "list"}
    assert contacts[1].postcode == "00184"  # the file says 184: Excel took the zeros
    assert contacts[1].email == "Marco.Barone993473@YAHOO.IT"

    again = import_file(clienti, content)
    assert (again.rows_new, again.rows_updated) == (0, 12_000)
    assert len(contacts_of(clienti)) == 12_000
    assert not importing.stored_files.kept(), "files are forgotten after the import"


def test_a_row_with_a_bad_address_is_a_contact_with_a_reason(clienti):
    import_file(clienti, "Email;Cellulare;Nome\nanna@@x.it;02 1234567;Anna\n")
    (anna,) = contacts_of(clienti)
    assert (anna.email, anna.email_sha256, anna.email_reason) == ("anna@@x.it", None, "email_invalid.many_at")
    assert (anna.mobile, anna.mobile_reason) == ("02 1234567", "phone_landline")


def test_only_what_cannot_be_a_contact_is_rejected_and_kept_whole(clienti):
    done = import_file(clienti, "Email;Nome;Note\na@posta.example.com;A;x\n;;solo note\nb@x;B\n;Carla;\n")
    assert (done.rows_read, done.rows_new, done.rows_rejected) == (4, 3, 1)
    assert done.status == ImportStatus.COMPLETED_WITH_WARNINGS
    with db.reading() as session:
        kept = [(row.line, row.reason, row.cells) for row in session.exec(select(RejectedRow))]
    assert kept == [(3, "not_a_contact", ["", "", "solo note"])]


def test_cells_that_hold_something_else_stay_empty_and_are_counted(clienti):
    draft = add_draft(clienti, "Email;Nato il;Speso\na@posta.example.com;31/02/1984;molto\n")
    with db.writing() as session:
        session.get(ContactImport, draft.id).mapping = {"0": "email", "1": "birth_date", "2": "new:number"}
    importing.run(draft.id)
    assert read_import(draft.id).unreadable_cells == {"1": 1, "2": 1}
    assert read_import(draft.id).status == ImportStatus.COMPLETED_WITH_WARNINGS
    (contact,) = contacts_of(clienti)
    assert (contact.birth_date, contact.own_fields) == (None, {})


def names_and_spent(database) -> list[tuple]:
    return [(contact.first_name, contact.own_fields.get("speso")) for contact in contacts_of(database)]


FIRST = "Codice;Email;Nome;Speso\n1;a@posta.example.com;Anna;10\n2;b@posta.example.com;Bruno;20\n"


def test_the_same_code_updates_and_the_last_row_wins(clienti):
    import_file(clienti, FIRST)
    done = import_file(
        clienti, "Codice;Email;Nome\n2;b@x.example.com;B\n3;c@x.example.com;C\n3;d@x.example.com;D\n"
    )
    assert (done.rows_new, done.rows_updated) == (1, 2)
    assert names_and_spent(clienti) == [("Anna", 10), ("B", 20), ("D", None)]


def test_an_empty_cell_and_an_absent_column_leave_alone_unless_asked_to_empty(clienti):
    import_file(clienti, FIRST)
    again = "Codice;Email;Speso\n1;;\n2;b@posta.example.com;\n"
    import_file(clienti, again)
    anna = contacts_of(clienti)[0]
    assert (anna.first_name, anna.email, anna.own_fields) == ("Anna", "a@posta.example.com", {"speso": 10})

    import_file(clienti, again, mapping={"0": "code", "1": "email", "2": "own:speso"}, blank_cells="clear")
    anna = contacts_of(clienti)[0]
    assert (anna.first_name, anna.email, anna.email_reason, anna.own_fields) == (
        "Anna",
        None,
        "email_empty",
        {},
    )


@pytest.mark.parametrize(
    "mode, counts, names",
    [
        ("create_and_update", (1, 2, 0), ["Anna", "B", "D"]),
        ("create_only", (1, 0, 2), ["Anna", "Bruno", "C"]),
        ("update_only", (0, 1, 2), ["Anna", "B"]),
    ],
)
def test_a_file_may_create_update_or_both(clienti, mode, counts, names):
    import_file(clienti, FIRST)
    content = "Codice;Email;Nome\n2;b@x.example.com;B\n3;c@x.example.com;C\n3;d@x.example.com;D\n"
    done = import_file(clienti, content, mode=mode)
    assert (done.rows_new, done.rows_updated, done.rows_skipped) == counts
    assert [contact.first_name for contact in contacts_of(clienti)] == names


@pytest.mark.parametrize("key", ["email", "mobile"])
def test_the_same_email_or_mobile_however_written_updates(clienti, key):
    import_file(clienti, "Email;Cellulare;Nome\na@posta.example.com;333 1234567;Anna\n;;Senza\n")
    done = import_file(
        clienti, "Email;Cellulare;Nome\nA@POSTA.example.com;+39 3331234567;A2\n;;Altro\n", key=key
    )
    assert (done.rows_new, done.rows_updated) == (1, 1)
    assert [contact.first_name for contact in contacts_of(clienti)] == ["A2", "Senza", "Altro"]


def test_an_empty_database_without_codes_keeps_every_row(clienti):
    draft = add_draft(clienti, "Email\na@posta.example.com\nA@posta.example.com\n")
    assert draft.key == "none"
    importing.run(draft.id)
    assert len(contacts_of(clienti)) == 2
    assert add_draft(clienti, "Email\nx@posta.example.com\n").key == "email"


def test_own_fields_are_made_when_the_import_starts_and_not_before(clienti):
    draft = add_draft(clienti, FIRST)
    with db.reading() as session:
        assert session.exec(select(OwnField)).all() == []
    importing.start(draft.id)
    importing.start(draft.id)
    with db.reading() as session:
        assert [field.key for field in session.exec(select(OwnField))] == ["speso"]


CELLS = st.sampled_from(
    [
        "",
        "a@posta.example.com",
        "b@posta.example.com",
        "x@",
        "3331234567",
        "1",
        "2",
        "Anna",
        '"',
        "\0",
        "31/02/2000",
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=5), max_size=25),
    key=st.sampled_from(["none", "email"]),
    mode=st.sampled_from(["create_and_update", "create_only", "update_only"]),
)
def test_rows_read_are_always_new_updated_skipped_or_rejected(clienti, rows, key, mode):
    before = len(contacts_of(clienti))
    body = "".join(";".join(row) + "\n" for row in rows)
    done = import_file(
        clienti, f"Email;Nome;Note;Data nascita\nz@posta.example.com;Z;;\n{body}", key=key, mode=mode
    )
    assert adds_up(done)
    assert len(contacts_of(clienti)) == before + done.rows_new
    with db.reading() as session:
        kept = session.exec(select(RejectedRow).where(RejectedRow.import_id == done.id)).all()
    assert len(kept) == done.rows_rejected


def test_what_a_person_called_the_file_leads_nowhere(clienti, tmp_path: Path):
    draft = add_draft(clienti, FIRST, "../../etc/passwd.csv")
    assert draft.file_name == "passwd.csv"
    assert importing.stored_files.kept() == {draft.stored_name}
    assert not (tmp_path / "importazioni").exists()
