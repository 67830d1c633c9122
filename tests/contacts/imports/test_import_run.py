"""What happens to an import that is stopped, taken over, killed or forgotten."""

import fcntl
import os
import signal
import subprocess
import traceback
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlmodel import select

from tests.contacts.conftest import add_draft, contacts_of, read_import
from tests.support.running import wait_until
from webapp import clock, db, sealed_files
from webapp.config import ROOT
from webapp.contacts.imports import import_run, importing
from webapp.contacts.imports.import_lease import LeaseLost
from webapp.contacts.models import Contact
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.store import contact_inserts
from webapp.contacts.store.upsert_plan import Target
from webapp.host.processes import python

FILE = "Codice;Email;Nome;Speso\n1;a@posta.example.com;Anna;10\n2;b@posta.example.com;Bruno;20\n"


def test_a_stopped_import_keeps_what_is_in_and_reads_no_further(clienti):
    draft = add_draft(clienti, many_rows(50))
    importing.start(draft.id)
    claimed = import_run.claim(draft.id)
    blocks = import_run.blocks(claimed, 10)
    assert not import_run.write(claimed, [next(blocks)])
    importing.stop(draft.id)
    assert import_run.write(claimed, [next(blocks)]), "the block that was being read is the last"
    assert len(contacts_of(clienti)) == 20
    crash(draft.id)
    assert not import_run.work_at(draft.id, 10), "the next process closes it without reading"
    done = read_import(draft.id)
    assert (done.status, done.rows_read, len(contacts_of(clienti))) == (ImportStatus.STOPPED, 20, 20)
    assert not importing.stop(draft.id)


def test_what_a_fenced_process_brings_changes_nothing(clienti):
    draft = add_draft(clienti, many_rows(30))
    importing.start(draft.id)
    slow = import_run.claim(draft.id)
    blocks = import_run.blocks(slow, 10)
    late = next(blocks)
    crash(draft.id)
    import_run.run_until_final(draft.id)
    with pytest.raises(LeaseLost):
        import_run.write(slow, [late])
    done = read_import(draft.id)
    assert (done.status, done.rows_new, len(contacts_of(clienti))) == (ImportStatus.COMPLETED, 30, 30)


def test_blocks_go_in_together_until_somebody_waits_to_write(clienti):
    draft = add_draft(clienti, many_rows(60))
    importing.start(draft.id)
    claimed = import_run.claim(draft.id)
    blocks = list(import_run.blocks(claimed, 10))
    is_alone = db.engine().dialect.name == "sqlite"  # who writes is: elsewhere nobody waits
    with Path(f"{db.engine().url.database}-queue" if is_alone else os.devnull).open("w") as queue:
        fcntl.flock(queue, fcntl.LOCK_SH)  # as who waits does

        assert import_run.commit(claimed, blocks) == (1 if is_alone else 6, False)

    assert read_import(draft.id).rows_read == (10 if is_alone else 60)
    if is_alone:
        assert import_run.commit(claimed, blocks[1:]) == (5, False)
    assert (read_import(draft.id).rows_read, len(contacts_of(clienti))) == (60, 60)


def test_files_of_one_database_go_in_one_after_the_other(clienti):
    first, second = add_draft(clienti, FILE), add_draft(clienti, FILE)
    importing.start(first.id)
    importing.start(second.id)
    assert import_run.claim(first.id) is not None
    assert import_run.claim(second.id) is None
    assert not import_run.work_at(second.id)
    assert read_import(second.id).status == ImportStatus.QUEUED


def test_an_import_nobody_heard_of_is_lost_until_it_is_rung_for(clienti):
    draft = add_draft(clienti, FILE)
    with db.reading() as session:
        assert importing.lost(session) == []
    importing.start(draft.id)  # no Redis: nobody hears
    with db.reading() as session:
        assert importing.lost(session) == [draft.id]
    importing.run(draft.id)
    with db.reading() as session:
        assert importing.lost(session) == []


def test_an_import_that_kills_its_process_again_and_again_fails(clienti):
    draft = add_draft(clienti, FILE)
    importing.start(draft.id)
    for _ in range(import_run.MAX_CRASHES):
        assert import_run.claim(draft.id) is not None
        crash(draft.id)
    assert import_run.claim(draft.id) is None
    assert read_import(draft.id).status == ImportStatus.FAILED
    assert "si è interrotta più volte" in read_import(draft.id).error


def test_a_file_that_is_gone_says_so(clienti):
    draft = add_draft(clienti, FILE)
    sealed_files.forget(draft.stored_name)
    importing.run(draft.id)
    assert (read_import(draft.id).status, read_import(draft.id).error) == (
        ImportStatus.FAILED,
        import_run.FILE_GONE,
    )


def crash(import_id: int) -> None:
    """What is left of an import whose process died on another host a lease ago."""
    with db.writing() as session:
        job = session.get(ContactImport, import_id)
        job.lease_owner, job.lease_until = "altrove:1:2", 0


def many_rows(count: int) -> str:
    return "Email;Nome\n" + "".join(f"u{n}@posta.example.com;N{n}\n" for n in range(count))


CODE = """
import sys
from pathlib import Path
from webapp import services
from webapp.config import Settings
from webapp.contacts.imports import import_run
folder, url, key, import_id = sys.argv[1:]
services.start(Settings(Path(folder), url, "redis://127.0.0.1:1/0", "x" * 40, (key,)))
import_run.run_until_final(int(import_id), block_rows=100)
"""


def test_a_killed_import_goes_on_after_its_last_block_without_doubling_a_row(database, clienti):
    draft = add_draft(clienti, many_rows(40_000))
    importing.start(draft.id)
    command = python("-c", CODE, str(database.data_dir), database.database_url, database.token_keys[0])
    kills = 0
    for rows in (1_000, 8_000, 15_000):
        process = subprocess.Popen([*command, str(draft.id)], cwd=ROOT)
        wait_until(
            lambda rows=rows, p=process: read_import(draft.id).rows_read >= rows or p.poll() is not None
        )
        os.kill(process.pid, signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        assert read_import(draft.id).rows_read == len(first_names(clienti))
        with db.reading() as session:
            assert importing.lost(session) == [draft.id], "the owner is gone: no need to wait for the lease"
    assert kills == 3
    assert subprocess.run([*command, str(draft.id)], cwd=ROOT, check=False).returncode == 0

    done = read_import(draft.id)
    assert (done.status, done.rows_read, done.rows_new) == (ImportStatus.COMPLETED, 40_000, 40_000)
    assert done.attempt == 4 and done.crashes == 0
    assert sorted(int(name[1:]) for name in first_names(clienti)) == list(range(40_000))


def first_names(clienti) -> list[str]:
    """Of every contact, without making forty thousand objects."""
    with db.reading() as session:
        return list(session.exec(select(Contact.first_name).where(Contact.database_id == clienti.id)))


def test_drafts_nobody_came_back_to_are_forgotten(clienti):
    draft = add_draft(clienti, FILE)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        importing.forget_drafts()
    with db.reading() as session:
        assert session.get(ContactImport, draft.id) is None
    assert not importing.stored_files.kept()


def test_an_import_whose_worker_died_can_be_stopped_without_another(clienti):
    draft = add_draft(clienti, FILE)
    importing.start(draft.id)
    assert import_run.claim(draft.id) is not None
    crash(draft.id)
    assert importing.stop(draft.id)
    assert read_import(draft.id).status == ImportStatus.STOPPED


def test_what_the_database_refuses_is_not_told_with_the_row(clienti):
    """Two contacts of one code cannot come from a file: here they do, as after a mistake of ours."""
    target = Target(clienti.id, ("code", "email"), (), "none")
    rows = [["1", "anna@posta.example.com"], ["1", "bruno@posta.example.com"]]

    with pytest.raises(Exception) as raised, db.writing() as session:  # noqa: PT011 (each database has its own)
        contact_inserts.write_block(session.connection(), target, rows, clock.now())

    assert "posta.example" not in "".join(traceback.format_exception(raised.value))
    assert contacts_of(clienti) == []
