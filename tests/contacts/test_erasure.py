"""A person who asks to be erased goes from everywhere, and no file brings them back."""

import pytest
from sqlmodel import SQLModel, select

from tests.conftest import add_operator
from tests.contacts.conftest import add_draft, contacts_of, import_file
from webapp import clock, db
from webapp.access.models import AuditEntry, Client, Role
from webapp.contacts import contact_ids, databases
from webapp.contacts.erasure import erased
from webapp.contacts.imports import dry_run
from webapp.contacts.models import ErasedPerson
from webapp.contacts.models_imports import ContactImport, ImportStatus, RejectedRow

FILE = """\
Codice;Email;Cellulare;Nome
C1;anna.cancellami@posta.example.com;333 1234567;Anna
C2;bruno@posta.example.com;340 7654321;Bruno
"""


@pytest.fixture
def here(clienti):
    import_file(clienti, FILE, key="code")
    return f"/database/{clienti.public_id}/contatti"


def erase(signed_in, here, clienti, position=0):
    url = f"{here}/{contact_ids.public_id(contacts_of(clienti)[position].id)}/cancella"
    return signed_in.post_form(url)


def names(database):
    return [one.first_name for one in contacts_of(database)]


def reasons(job: ContactImport) -> list[str]:
    with db.reading() as session:
        return [
            row.reason for row in session.exec(select(RejectedRow).where(RejectedRow.import_id == job.id))
        ]


def test_the_person_goes_and_the_next_file_does_not_bring_them_back(signed_in, page, clienti, here):
    tree = page(signed_in.get(f"{here}/{contact_ids.public_id(contacts_of(clienti)[0].id)}/cancella"))
    assert "Cancellare i dati di Anna?" in tree.text_content()
    answer = erase(signed_in, here, clienti)
    assert answer.status_code == 303
    assert "nessuna importazione riporterà" in page(signed_in.get(answer.location)).text_content()
    assert names(clienti) == ["Bruno"]

    draft = add_draft(clienti, FILE, key="code")
    with db.reading() as session:
        told = dry_run.forecast(session, session.get_one(ContactImport, draft.id))
    assert (told.rows, told.rejected, told.reasons) == (2, 1, {"erased": 1})

    again = import_file(clienti, FILE, key="code")
    assert (again.rows_read, again.rows_updated, again.rows_rejected) == (2, 1, 1)
    assert names(clienti) == ["Bruno"] and reasons(again) == ["erased"]
    result = page(signed_in.get(f"/database/{clienti.public_id}/importazioni/{again.public_id}"))
    assert "la persona ha chiesto la cancellazione dei suoi dati" in result.text_content()


@pytest.mark.parametrize(
    "line",
    [
        "C9;ANNA.Cancellami@posta.example.com ;;Anna",
        "C9;altra@posta.example.com;+39 333 1234567;Anna",
        "C1;;0039333 1234567;",
    ],
)
def test_neither_the_address_nor_the_number_comes_back_however_it_is_written(signed_in, clienti, here, line):
    erase(signed_in, here, clienti)
    again = import_file(clienti, f"Codice;Email;Cellulare;Nome\n{line}\nC3;carla@posta.example.com;;Carla\n")
    assert (again.rows_new, again.rows_rejected) == (1, 1)
    assert names(clienti) == ["Bruno", "Carla"]


def test_the_person_goes_from_every_database_of_the_client_and_of_no_other(signed_in, aurora, clienti, here):
    with db.writing() as session:
        other = Client(name="Altra agenzia")
        session.add(other)
        session.flush()
        ours = databases.create_database(session, aurora.id, "Newsletter")
        theirs = databases.create_database(session, other.id, "Loro")
    for database in (ours, theirs):
        import_file(database, FILE)
    erase(signed_in, here, clienti)
    assert (names(clienti), names(ours), names(theirs)) == (["Bruno"], ["Bruno"], ["Anna", "Bruno"])
    assert import_file(theirs, FILE).rows_rejected == 0
    assert import_file(ours, FILE).rows_rejected == 1


def test_by_hand_the_person_cannot_be_added_again(signed_in, page, clienti, here):
    erase(signed_in, here, clienti)
    typed = {"campo-email": "Anna.cancellami@posta.example.com", "campo-first_name": "Anna"}
    assert "non si può reinserire" in page(signed_in.post_form(f"{here}/nuovo", typed), 422).text_content()
    bruno = contact_ids.public_id(contacts_of(clienti)[0].id)
    url = f"{here}/{bruno}/modifica"
    seen = page(signed_in.get(url)).xpath("//input[@name='visto']/@value")[0]
    page(signed_in.post_form(url, typed | {"visto": seen}), 422)
    assert names(clienti) == ["Bruno"]


def test_nothing_that_is_kept_names_the_person(signed_in, clienti, here):
    """Contacts, changes, rejected rows, what an import kept to be undone, the audit trail: every table."""
    import_file(clienti, FILE.replace(";Anna", ";Annetta"), key="code")
    other = "dora@posta.example.com;Dora"  # without any good address there is no column of e-mails
    import_file(clienti, f"Email;Nome\n{other}\nanna.cancellami@posta.example.com;Anna;troppe;celle\n")
    erase(signed_in, here, clienti)
    with db.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.execute(table.select()):
                assert "cancellami" not in str(row) and "1234567" not in str(row), table.name
        assert len(session.exec(select(ErasedPerson)).all()) == 2
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "contact_deleted")).one()
        assert entry.detail == {"database": clienti.public_id, "gdpr": True, "contacts": 1}
        assert session.execute(select(SQLModel.metadata.tables["import_block"].c.id)).all() == []


def test_what_is_kept_is_of_use_only_with_the_key_of_the_installation(signed_in, clienti, here):
    digest = contacts_of(clienti)[0].email_sha256
    erase(signed_in, here, clienti)
    with db.reading() as session:
        kept = [bytes(one.key) for one in session.exec(select(ErasedPerson))]
        keys = erased.keys_of_client(session, clienti.client_id)
    assert digest not in kept and keys.any_of([None, digest])
    assert not keys.any_of([None, b"x" * 32])


def test_nobody_is_erased_while_an_import_is_at_work(signed_in, page, clienti, here):
    with db.writing() as session:
        job = session.exec(select(ContactImport)).first()
        job.status, job.lease_until = ImportStatus.RUNNING, clock.epoch() + 60
        session.add(job)
    answer = erase(signed_in, here, clienti)
    assert "Un’importazione è in corso" in page(signed_in.get(answer.location)).text_content()
    assert names(clienti) == ["Anna", "Bruno"]


def test_support_erases_nobody(app, aurora, signed_in, clienti, here):
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))
    assert erase(support, here, clienti).status_code == 403
    assert names(clienti) == ["Anna", "Bruno"]
