"""Undoing the last import: contacts go or become what they were, and when that cannot be it is said why."""

import os
import signal
import subprocess
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.contacts.conftest import add_draft, contacts_of, import_file, read_import
from tests.support.running import wait_until
from tests.uploads.screens.building import add_upload
from webapp import clock, db
from webapp.config import ROOT
from webapp.contacts import contact_ids, queries
from webapp.contacts.imports import import_run, import_undo, importing
from webapp.contacts.models import Contact, Filter
from webapp.contacts.models_imports import ContactImport, ImportBlock, ImportStatus
from webapp.contacts.store import import_blocks
from webapp.contacts.texts import undo_consequence
from webapp.host.processes import python
from webapp.uploads.status import BatchStatus, UploadStatus

FIRST = """\
Codice;Email;Nome;Nato il
1;anna@posta.example.com;Anna;14/02/1970
2;luca@posta.example.com;Luca;
"""
SECOND = """\
Codice;Email;Nome;Speso
2;LUCA@nuova.example.com;Gianluca;12,50
3;eva@posta.example.com;Eva;7
"""


def stored(database) -> list[dict]:
    return [contact.model_dump() for contact in contacts_of(database)]


def undo(job: ContactImport) -> ContactImport:
    assert importing.undo(job.id, "Giulia Ferri") is None
    import_undo.run_until_final(job.id)
    return read_import(job.id)


def change(database, code: str, **values: object) -> None:
    with db.writing() as session:
        wanted = select(Contact).where(Contact.database_id == database.id, Contact.code == code)
        contact = session.exec(wanted).one()
        for name, value in values.items():
            setattr(contact, name, value)
        contact.updated_at = clock.now()
        session.add(contact)


def blocks_left() -> int:
    with db.reading() as session:
        return len(session.exec(select(ImportBlock)).all())


def test_new_contacts_go_and_changed_ones_become_what_they_were_to_the_byte(clienti):
    import_file(clienti, FIRST)
    before = stored(clienti)
    done = import_file(clienti, SECOND)
    assert (done.rows_new, done.rows_updated) == (1, 1)
    assert stored(clienti) != before

    undone = undo(done)

    assert stored(clienti) == before
    assert (undone.status, undone.undone_by, undone.rows_undone) == (ImportStatus.UNDONE, "Giulia Ferri", 2)
    with db.reading() as session:
        assert queries.own_fields(session, clienti.id) == [], "the own field came with the file"
    assert blocks_left() == 0


def test_a_contact_written_by_several_blocks_becomes_what_it_was_before_the_first(clienti):
    import_file(clienti, FIRST)
    before = stored(clienti)
    rows = "".join(f"{n % 4};x{n}@posta.example.com;N{n}\n" for n in range(40))
    draft = add_draft(clienti, "Codice;Email;Nome\n" + rows)
    importing.start(draft.id)
    import_run.run_until_final(draft.id, block_rows=7)
    assert blocks_left() == 6

    undo(draft)

    assert stored(clienti) == before


def test_an_import_that_was_stopped_can_be_undone_too(clienti):
    draft = add_draft(clienti, FIRST)
    importing.start(draft.id)
    claimed = import_run.claim(draft.id)
    import_run.write(claimed, [next(import_run.blocks(claimed, 1))])
    importing.stop(draft.id)
    with db.writing() as session:
        session.get(ContactImport, draft.id).lease_until = 0
        session.get(ContactImport, draft.id).lease_owner = None
    import_run.run_until_final(draft.id)
    assert read_import(draft.id).status == ImportStatus.STOPPED
    assert len(contacts_of(clienti)) == 1

    undo(draft)

    assert contacts_of(clienti) == []


def test_only_the_last_import_can_be_undone(clienti):
    first = import_file(clienti, FIRST)
    second = import_file(clienti, SECOND)
    assert importing.undo(first.id, "Giulia Ferri") == import_undo.NOT_THE_LAST
    undo(second)
    assert importing.undo(second.id, "Giulia Ferri") == import_undo.NOT_ENDED


def test_nothing_is_undone_when_somebody_changed_the_contacts_since(clienti):
    done = import_file(clienti, FIRST)
    change(clienti, "2", first_name="Luca Maria")

    refused = undo(done)

    assert refused.status == ImportStatus.COMPLETED
    assert refused.undo_error == "Non si può annullare: un suo contatto è stato modificato dopo."
    assert [contact.first_name for contact in contacts_of(clienti)] == ["Anna", "Luca Maria"]
    assert blocks_left() == 1


def test_of_a_contact_deleted_since_nothing_is_kept_and_so_nothing_undone(signed_in, clienti):
    import_file(clienti, FIRST)
    done = import_file(clienti, SECOND)
    with db.reading() as session:
        luca = session.exec(select(Contact).where(Contact.code == "2")).one()
    url = f"/database/{clienti.public_id}/contatti/{contact_ids.public_id(luca.id)}/elimina"
    assert signed_in.post_form(url).status_code == 303

    assert blocks_left() == 0
    assert importing.undo(done.id, "Giulia Ferri") == import_undo.TOO_LATE
    assert [contact.code for contact in contacts_of(clienti)] == ["1", "3"]


def test_a_new_contact_deleted_since_does_not_come_between(signed_in, clienti):
    import_file(clienti, FIRST)
    done = import_file(clienti, SECOND)
    with db.reading() as session:
        eva = session.exec(select(Contact).where(Contact.code == "3")).one()
    signed_in.post_form(f"/database/{clienti.public_id}/contatti/{contact_ids.public_id(eva.id)}/elimina")

    assert undo(done).status == ImportStatus.UNDONE
    assert [contact.first_name for contact in contacts_of(clienti)] == ["Anna", "Luca"]


def test_what_changes_while_it_is_being_undone_stays_and_is_counted(clienti):
    import_file(clienti, FIRST)
    draft = add_draft(clienti, SECOND)
    importing.start(draft.id)
    import_run.run_until_final(draft.id, block_rows=1)
    importing.undo(draft.id, "Giulia Ferri")
    claimed = import_undo.claim(draft.id)
    import_undo.undo_newest(claimed)
    change(clienti, "2", first_name="Luca Maria")
    while import_undo.undo_newest(claimed):
        pass
    import_undo.end(claimed)

    done = read_import(draft.id)
    assert (done.status, done.undo_kept) == (ImportStatus.UNDONE, 1)
    assert [contact.first_name for contact in contacts_of(clienti)] == ["Anna", "Luca Maria"]
    with db.reading() as session:
        assert [field.key for field in queries.own_fields(session, clienti.id)] == ["speso"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (UploadStatus.SENDING, "è in attesa o in corso."),
        (UploadStatus.COMPLETED, "usa questi contatti."),
    ],
)
def test_contacts_that_an_upload_uses_are_not_taken_away(app, clienti, status, said):
    done = import_file(clienti, FIRST)
    add_upload(clienti, [(BatchStatus.SENT, 2, 0)], status=status, audience_name="Natale")

    why = importing.undo(done.id, "Giulia Ferri")

    assert why.startswith("Il caricamento su “Natale” del ") and why.endswith(said)
    assert read_import(done.id).status == ImportStatus.COMPLETED


def test_own_fields_that_a_filter_asks_about_stay(clienti):
    done = import_file(clienti, SECOND)
    rule = {"groups": [{"match": "all", "conditions": [
        {"field": "own:speso", "operator": "at_least", "values": [10]}]}]}  # fmt: skip
    with db.writing() as session:
        session.add(Filter(database_id=clienti.id, name="Chi spende", rule=rule))

    undo(done)

    with db.reading() as session:
        assert [field.key for field in queries.own_fields(session, clienti.id)] == ["speso"]


def test_what_can_be_undone_is_forgotten_when_the_next_import_begins_and_after_a_week(clienti):
    import_file(clienti, FIRST)
    done = import_file(clienti, SECOND)
    assert blocks_left() == 1
    importing.forget_undo()
    assert blocks_left() == 1
    with db.writing() as session:
        session.get(ContactImport, done.id).finished_at = clock.now() - timedelta(days=8)

    importing.forget_undo()

    assert blocks_left() == 0
    assert importing.undo(done.id, "Giulia Ferri") == import_undo.TOO_LATE


def test_an_import_too_heavy_to_be_kept_cannot_be_undone(clienti, monkeypatch):
    import_file(clienti, FIRST)
    monkeypatch.setattr(import_blocks, "MAX_BYTES", 10)
    done = import_file(clienti, SECOND)
    assert blocks_left() == 0
    assert importing.undo(done.id, "Giulia Ferri") == import_undo.TOO_LATE


def test_an_import_that_changed_nobody_is_undone_without_changing_anybody(clienti):
    import_file(clienti, FIRST)
    before = contacts_of(clienti)
    done = import_file(clienti, FIRST)

    assert undo_consequence(done) == "Nessun contatto cambia: erano già come li dice il file."
    assert importing.undo(done.id, "Giulia Ferri") is None
    import_undo.run_until_final(done.id)

    assert read_import(done.id).status == ImportStatus.UNDONE
    assert contacts_of(clienti) == before


def test_no_file_goes_in_while_an_import_is_being_undone(clienti):
    done = import_file(clienti, FIRST)
    importing.undo(done.id, "Giulia Ferri")
    draft = add_draft(clienti, SECOND)
    importing.run(draft.id)
    assert read_import(draft.id).status == ImportStatus.QUEUED

    import_undo.run_until_final(done.id)
    import_run.run_until_final(draft.id)

    assert [contact.first_name for contact in contacts_of(clienti)] == ["Gianluca", "Eva"]


def test_an_undo_nobody_heard_of_is_rung_for_again(clienti):
    done = import_file(clienti, FIRST)
    importing.undo(done.id, "Giulia Ferri")
    with db.reading() as session:
        assert importing.lost(session) == [done.id]


CODE = """
import sys
from pathlib import Path
from webapp import services, wiring
from webapp.config import Settings
from webapp.contacts.imports import import_undo
folder, url, key, import_id = sys.argv[1:]
services.start(Settings(Path(folder), url, "redis://127.0.0.1:1/0", "x" * 40, (key,)))
wiring.register_hooks()
import_undo.run_until_final(int(import_id))
"""


def test_a_killed_undo_goes_on_with_the_newest_block_that_is_left(database, clienti):
    import_file(clienti, FIRST)
    before = stored(clienti)
    rows = "".join(f"{n};x{n}@posta.example.com;N{n}\n" for n in range(1_000))
    draft = add_draft(clienti, "Codice;Email;Nome\n" + rows)
    importing.start(draft.id)
    import_run.run_until_final(draft.id, block_rows=10)
    importing.undo(draft.id, "Giulia Ferri")
    command = python("-c", CODE, str(database.data_dir), database.database_url, database.token_keys[0])
    process = subprocess.Popen([*command, str(draft.id)], cwd=ROOT)
    wait_until(lambda: read_import(draft.id).rows_undone > 200 or process.poll() is not None)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    killed = read_import(draft.id)
    assert killed.status == ImportStatus.UNDOING
    assert blocks_left() == 100 - killed.rows_undone // 10

    assert subprocess.run([*command, str(draft.id)], cwd=ROOT, check=False).returncode == 0

    assert (read_import(draft.id).status, blocks_left()) == (ImportStatus.UNDONE, 0)
    assert stored(clienti) == before


def test_the_undo_is_asked_for_on_the_page_of_the_import_and_told_in_its_history(signed_in, page, clienti):
    done = import_file(clienti, FIRST)
    url = f"/database/{clienti.public_id}/importazioni/{done.public_id}"
    asked = page(signed_in.get(f"{url}/annulla"))
    assert "2 contatti nuovi vengono eliminati." in asked.text_content()

    assert signed_in.post_form(f"{url}/annulla").status_code == 303
    running = page(signed_in.get(url))
    assert "Annullamento in corso" in running.text_content()
    assert running.xpath("//*[@id='import-result']/@hx-trigger")[0].startswith("every 2s")
    import_undo.run_until_final(done.id)

    result = page(signed_in.get(url))
    assert "i contatti nuovi sono stati eliminati" in result.text_content()
    assert not result.xpath("//*[contains(@hx-trigger, 'every')]")
    history = page(signed_in.get(f"/database/{clienti.public_id}/importazioni"))
    assert "Giulia Ferri, annullata da Giulia Ferri" in history.text_content()


def test_why_an_import_cannot_be_undone_is_said_on_its_page(signed_in, page, clienti):
    first = import_file(clienti, FIRST)
    import_file(clienti, SECOND)
    url = f"/database/{clienti.public_id}/importazioni/{first.public_id}"
    assert import_undo.NOT_THE_LAST in page(signed_in.get(url)).text_content()
    assert import_undo.NOT_THE_LAST in page(signed_in.get(f"{url}/annulla")).text_content()
    assert (
        import_undo.NOT_THE_LAST
        in page(signed_in.post_form(f"{url}/annulla", follow_redirects=True)).text_content()
    )
    assert len(contacts_of(clienti)) == 3


def test_a_real_worker_imports_and_undoes_by_the_bell_alone(connected, clienti, workers):
    workers.start(1)
    draft = add_draft(clienti, FIRST)
    importing.start(draft.id)
    wait_until(lambda: read_import(draft.id).status == ImportStatus.COMPLETED, within_s=60)
    assert len(contacts_of(clienti)) == 2

    assert importing.undo(draft.id, "Giulia Ferri") is None

    wait_until(lambda: read_import(draft.id).status == ImportStatus.UNDONE, within_s=60)
    assert contacts_of(clienti) == []
