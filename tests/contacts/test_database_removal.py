"""Renaming a user database, and deleting it: who holds it, what goes, what stays readable."""

import pytest
from sqlalchemy import func, select

from tests.contacts.conftest import add_draft, import_file
from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.contacts import database_removal, emptying
from webapp.contacts.imports import importing
from webapp.contacts.models import CONTACT, Filter, OwnField, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportBlock, RejectedRow
from webapp.uploads.status import BatchStatus, UploadStatus

FILE = "Email;Nome;Speso\na@posta.example.com;Anna;3\nb@posta.example.com;Bea;4\n;;x;y\n"


@pytest.fixture
def here(clienti):
    return f"/database/{clienti.public_id}"


def rows_in(table) -> int:
    with db.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_database_gets_another_name_or_is_told_why_not(signed_in, page, fragment, clienti, here):
    assert page(signed_in.get(f"{here}/modifica")).xpath("//input[@name='nome']/@value") == ["Clienti Italia"]
    signed_in.post_form("/database/nuovo", {"nome": "Fornitori"})
    taken = fragment(signed_in.post_form(f"{here}/modifica", {"nome": " Fornitori "}, htmx=True), 422)
    assert "C’è già un database utenti che si chiama “Fornitori”" in taken.text_content()

    saved = signed_in.post_form(f"{here}/modifica", {"nome": "Clienti 2026"}, follow_redirects=True)
    assert "Il database adesso si chiama “Clienti 2026”." in page(saved).text_content()


def test_what_goes_with_a_database_is_told_and_its_name_must_be_typed(signed_in, page, clienti, here):
    import_file(clienti, FILE)
    asked = page(signed_in.get(f"{here}/elimina")).text_content()
    assert "2 contatti vengono eliminati" in asked
    assert "Le custom audience restano su Facebook" in asked

    wrong = page(signed_in.post_form(f"{here}/elimina", {"nome": "clienti"}), 422)
    assert "Scrivi il nome del database" in wrong.xpath("string(//*[@id='nome-error'])")
    assert signed_in.get(f"{here}/contatti").status_code == 200


def test_a_deleted_database_is_gone_at_once_and_emptied_afterwards(signed_in, page, clienti, here):
    import_file(clienti, FILE)
    add_draft(clienti, FILE)
    with db.writing() as session:
        session.add(Filter(database_id=clienti.id, name="Tutti", rule={"groups": []}))

    gone = page(
        signed_in.post_form(f"{here}/elimina", {"nome": "Clienti Italia"}, follow_redirects=True)
    ).text_content()

    assert "Database “Clienti Italia” eliminato." in gone
    for path in ("contatti", "filtri", "importazioni", "custom-audience", "modifica", "elimina"):
        assert signed_in.get(f"{here}/{path}").status_code == 404, path
    assert "Clienti Italia" not in page(signed_in.get("/filtri")).text_content()
    assert (rows_in(Filter), rows_in(ImportBlock), rows_in(CONTACT)) == (0, 0, 2)
    assert not importing.stored_files.kept(), "the file of the draft is gone"

    emptying.purge_deleted_databases()

    assert (rows_in(CONTACT), rows_in(RejectedRow), rows_in(OwnField)) == (0, 0, 0)
    assert rows_in(ContactImport) == 1, "what was imported is still told, without anybody's data"


def test_only_contacts_of_the_deleted_database_go(signed_in, aurora, clienti, here):
    import_file(clienti, FILE)
    with db.writing() as session:
        other = UserDatabase(client_id=aurora.id, name="Altri")
        session.add(other)
    import_file(other, FILE)
    signed_in.post_form(f"{here}/elimina", {"nome": "Clienti Italia"})

    emptying.purge_deleted_databases()

    with db.reading() as session:
        assert set(session.execute(select(CONTACT.c.database_id)).scalars()) == {other.id}


def test_a_new_database_may_have_the_name_of_a_deleted_one_however_often(signed_in, clienti, here):
    for _ in range(3):
        with db.writing() as session:
            database = session.execute(
                select(UserDatabase).where(UserDatabase.deleted_at.is_(None))
            ).scalar_one()
            assert database_removal.remove(session, database) is None
        assert signed_in.post_form("/database/nuovo", {"nome": "Clienti Italia"}).status_code == 303
    assert rows_in(UserDatabase) == 4


def test_a_database_that_an_upload_or_an_import_needs_stays(signed_in, page, clienti, here):
    draft = add_draft(clienti, FILE)
    importing.start(draft.id)
    assert database_removal.IMPORTING in page(signed_in.get(f"{here}/elimina")).text_content()
    importing.stop(draft.id)

    upload = add_upload(clienti, [(BatchStatus.PENDING, 2, 0)], status=UploadStatus.PAUSED)
    said = page(signed_in.get(f"{here}/elimina")).text_content()
    assert f"Il caricamento su “{upload.audience_name}”" in said
    refused = signed_in.post_form(f"{here}/elimina", {"nome": "Clienti Italia"})
    assert "è in attesa o in corso" in page(refused, 422).text_content()
    assert signed_in.get(f"{here}/contatti").status_code == 200


def test_past_uploads_stay_readable_and_cannot_be_repeated(signed_in, page, clienti, here):
    upload = add_upload(clienti, [(BatchStatus.SENT, 2, 0)], status=UploadStatus.COMPLETED)
    signed_in.post_form(f"{here}/elimina", {"nome": "Clienti Italia"})

    detail = page(signed_in.get(f"/caricamenti/{upload.public_id}"))
    assert "Clienti Italia (eliminato il " in detail.text_content()
    for link in detail.xpath("//main//a/@href[starts-with(., '/')]"):
        assert signed_in.get(link).status_code == 200, link
    assert "Clienti Italia (eliminato il " in page(signed_in.get("/caricamenti?stato=tutti")).text_content()
    repeated = signed_in.post_form(f"/caricamenti/{upload.public_id}/ripeti", follow_redirects=True)
    assert "è stato eliminato" in page(repeated).text_content()
