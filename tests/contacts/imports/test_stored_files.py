"""The file of an import goes with its row, and not before: while a row may come back, so may its file."""

import io
import os
import time

import pytest
from sqlalchemy import select

from webapp import clock, db, sealed_files
from webapp.contacts.imports import import_draft, importing
from webapp.contacts.imports.files import stored_files
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.sealed_files import StoredFile
from webapp.services import services

FILE = b"Email\nanna@posta.example\n"


class DiskFull(Exception):
    """What ends a transaction before it is committed."""


@pytest.fixture
def people(database, aurora):
    with db.writing() as session:
        made = UserDatabase(client_id=aurora.id, name="Clienti")
        session.add(made)
    return made


def new_draft(people, then: Exception | None = None) -> ContactImport:
    with db.writing() as session:
        draft = import_draft.create(session, people, "clienti.csv", io.BytesIO(FILE), "Giulia Ferri")
        if then:
            raise then
    return draft


def files() -> list[str]:
    return sorted(stored_files.kept())


def of_the_former_version(name: str, content: bytes = FILE, age_s: float = 0) -> None:
    """A file as the version without sealed pieces kept it."""
    folder = stored_files.former_folder()
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    os.utime(folder / name, (time.time() - age_s,) * 2)


def test_a_draft_that_is_forgotten_takes_its_file_with_it(people):
    draft = new_draft(people)
    with db.writing() as session:
        importing.discard(session, session.get_one(ContactImport, draft.id))
        assert files() == [draft.stored_name]  # until it is committed
    assert files() == []


def test_a_draft_that_stays_because_its_deletion_failed_keeps_its_file(people):
    draft = new_draft(people)
    with pytest.raises(DiskFull), db.writing() as session:
        importing.discard(session, session.get_one(ContactImport, draft.id))
        session.flush()
        raise DiskFull

    with db.reading() as session:
        assert session.get(ContactImport, draft.id) is not None
    assert files() == [draft.stored_name]


def test_a_file_whose_draft_was_never_saved_goes_as_well(people):
    with pytest.raises(DiskFull):
        new_draft(people, DiskFull())
    assert files() == []


def test_who_reads_a_file_whose_key_is_gone_is_told_to_bring_it_again(people):
    draft = new_draft(people)
    with db.writing() as session:
        row = session.execute(select(StoredFile)).scalar_one()
        row.sealed_key = services().seal.close("00" * 32, "something else")

    importing.run(draft.id)

    with db.reading() as session:
        told = session.get_one(ContactImport, draft.id).error
    assert told == "Il file caricato è rovinato o la sua chiave non c’è più: caricalo di nuovo."


def test_files_that_no_import_knows_of_go_within_the_hour(people):
    """A process that died between the row and its file left one behind: people in clear, for ever."""
    draft = new_draft(people)
    for name, age_s in (("di-ieri", 90_000), ("di-prima", 1_900), ("di-ora", 60)):
        sealed_files.keep(sealed_files.IMPORT, name, io.BytesIO(FILE))
        of_the_former_version(f"{name}-su-disco", age_s=age_s)
        with db.writing() as session:
            row = session.execute(select(StoredFile).where(StoredFile.name == name)).scalar_one()
            row.created_at -= age_s

    importing.forget_drafts()

    assert files() == sorted([draft.stored_name, "di-ora", "di-ora-su-disco"])


def test_a_draft_of_the_former_version_is_read_imported_and_forgotten_where_its_file_is(people):
    draft = new_draft(people)
    sealed_files.forget(draft.stored_name)
    of_the_former_version(draft.stored_name, age_s=90_000)
    importing.forget_drafts()
    assert files() == [draft.stored_name], "an import still names it"

    importing.run(draft.id)

    with db.reading() as session:
        assert session.get_one(ContactImport, draft.id).rows_new == 1
    assert files() == []


def test_a_draft_that_was_started_meanwhile_is_not_forgotten(people):
    draft = new_draft(people)
    with db.writing() as session:
        row = session.get_one(ContactImport, draft.id)
        row.created_at, row.status = clock.now() - 2 * importing.DRAFT_LIVES, importing.ImportStatus.QUEUED

    importing.forget_drafts()

    with db.reading() as session:
        assert session.get(ContactImport, draft.id) is not None
    assert files() == [draft.stored_name]
