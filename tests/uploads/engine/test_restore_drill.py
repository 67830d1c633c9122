"""The restore drill: copy, lose the database, restore, go on. What a host does on its worst day."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

from sqlmodel import select

from tests.support.running import PLATEA, environment
from tests.uploads.conftest import read
from webapp import db
from webapp.access.models import AuditEntry
from webapp.contacts.erasure import erased
from webapp.contacts.ledger import unknown
from webapp.contacts.models import Contact, ErasedPerson, UserDatabase
from webapp.host import backup
from webapp.uploads import jobs
from webapp.uploads.commands import resume_upload
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Upload
from webapp.uploads.status import UploadStatus


def contacts_left(world) -> list[str]:
    with db.reading() as session:
        wanted = select(Contact.email).where(Contact.database_id == world.database.id).order_by(Contact.id)
        return list(session.exec(wanted))


def platea(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*PLATEA, *arguments], env=env, capture_output=True, text=True, timeout=90)


def test_the_database_comes_back_and_uploads_wait_for_a_person(world, connected, tmp_path):
    world.add_contacts(*(f"persona{n}@posta.example" for n in range(10)))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    env = environment(replace(connected, backup_dir=tmp_path / "copie"))
    made = json.loads(platea(env, "copia", "--json").stdout)
    jobs.send_upload(upload.id)  # after the copy: the database that comes back does not know of it
    audience = read(upload).audience_id
    db.engine().dispose()
    backup.sqlite_file(db.engine()).write_bytes(b"guasto" * 1000)

    tried = platea(env, "ripristina", made["file"], "--prova")
    done = platea(env, "ripristina", made["file"])

    assert tried.returncode == 0 and "si può ripristinare" in tried.stdout
    assert done.returncode == 0, done.stderr
    assert "1 caricamento è in pausa" in done.stdout
    db.connect(connected.database_url)
    held = read(upload)
    assert held.status == UploadStatus.PAUSED
    assert held.reason.startswith("Il database è stato ripristinato da una copia del")
    with db.reading() as session:
        assert "backup_restored" in session.exec(select(AuditEntry.action)).all()

    reconcile()
    assert read(upload).status == UploadStatus.PAUSED  # not before a person says so
    resume_upload(upload.id)
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)
    assert read(upload).status == UploadStatus.COMPLETED
    assert len(world.simulator.received(audience)) == 10


def test_a_copy_does_not_bring_back_who_was_erased_after_it(world, connected, tmp_path):
    ids = world.add_contacts(*(f"persona{n}@posta.example" for n in range(4)), "persona1@posta.example")
    upload = world.start()
    jobs.prepare_upload(upload.id)
    env = environment(replace(connected, backup_dir=tmp_path / "copie"))
    made = json.loads(platea(env, "copia", "--json").stdout)
    with db.writing() as session:
        database = session.get_one(UserDatabase, world.database.id)
        assert erased.erase(session, database, session.get_one(Contact, ids[1])) == 2
    db.engine().dispose()

    done = platea(env, "ripristina", made["file"])

    assert done.returncode == 0, done.stderr
    assert "2 contatti eliminati di nuovo: la cancellazione era stata chiesta dopo la copia." in done.stdout
    assert "non si legge" not in done.stdout
    db.connect(connected.database_url)
    assert contacts_left(world) == [f"persona{n}@posta.example" for n in (0, 2, 3)]
    with db.reading() as session:
        assert len(session.exec(select(ErasedPerson)).all()) == 1
        assert "contact_deleted" in session.exec(select(AuditEntry.action)).all()
    resume_upload(upload.id)
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)
    sent = read(upload)
    assert len(world.simulator.received(sent.audience_id)) == 3
    assert sent.excluded == {"erased": 1}


def test_when_the_former_database_is_damaged_erasures_are_said_to_be_unknown(world, connected, tmp_path):
    world.add_contacts("anna@posta.example")
    upload = world.start()
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)
    env = environment(replace(connected, backup_dir=tmp_path / "copie"))
    made = json.loads(platea(env, "copia", "--json").stdout)
    db.engine().dispose()
    backup.sqlite_file(db.engine()).write_bytes(b"guasto" * 1000)

    done = platea(env, "ripristina", made["file"])

    assert "Il database di prima non c’è o non si legge" in done.stdout
    assert "Sostituisci sì" in done.stdout
    db.connect(connected.database_url)
    with db.reading() as session:
        sent = session.get_one(Upload, upload.id)
        found = unknown.of_audience(session, sent.client_id, "meta", sent.audience_id)
    assert found.since == backup.taken_at(Path(made["file"]))
