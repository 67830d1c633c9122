"""What the ledger cannot know of an audience is said, is asked about, and ends when everybody is replaced."""

from datetime import UTC, datetime

import pytest
from sqlmodel import update

from tests.uploads.engine.replacing.test_session import control, finish, replacing
from tests.uploads.engine.test_aligning import ANNA, BRUNO, CARLA, remove, start, there
from webapp import db
from webapp.contacts.ledger import unknown
from webapp.contacts.ledger.models import MEMBER, Feed
from webapp.contacts.ledger.unknown import Unknown
from webapp.uploads import commands
from webapp.uploads.operations import Operation
from webapp.uploads.screens.form import ways
from webapp.uploads.status import UploadStatus

__all__ = ["control"]
TAKEN_AT = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)


@pytest.fixture
def filled(world, work, control):
    """An audience with Anna, Bruno and Carla."""
    world.ids = world.add_contacts(ANNA, BRUNO, CARLA)
    return work(start(world))


def what_is_unknown(upload) -> Unknown:
    with db.reading() as session:
        return unknown.of_audience(session, upload.client_id, "meta", upload.audience_id)


def test_who_was_sent_before_and_has_no_contact_any_more_is_counted(world, filled):
    with db.writing() as session:  # as a ledger that was kept before idents were
        session.execute(update(MEMBER).values(batch_id=0, ident=b""))
        session.execute(update(Feed).values(sent_before=3))
    remove(world.ids[0])

    found = what_is_unknown(filled)

    assert found == Unknown(sent_before=1)
    assert ways.unknown(*found) == [
        "1 utente inviato prima di questa versione: Platea non sa più con quale dato, e non può toglierlo. "
        "Sostituisci lascia solo chi scegli."
    ]
    finish(replacing(world, filled.audience_id))
    assert what_is_unknown(filled) == Unknown()
    assert there(world, filled) == {BRUNO, CARLA}


def test_a_copy_put_back_over_a_ledger_that_was_lost_is_asked_about_before_an_alignment(world, work, filled):
    with db.writing() as session:
        unknown.lose(session, TAKEN_AT)

    upload = work(start(world, Operation.ALIGN, audience_id=filled.audience_id))

    assert upload.status == UploadStatus.PAUSED
    assert upload.reason == (
        "Il database è stato ripristinato da una copia del 23/11/2026 alle 14:05: chi è stato inviato dopo "
        "resta nella custom audience, perché Platea non sa più chi è."
    )
    assert "usa Sostituisci" in upload.todo
    assert ways.unknown(*what_is_unknown(filled))[0].startswith("Chi è stato inviato dopo la copia del 23/11")
    assert commands.confirm_removal(upload.id)
    assert work(upload).status == UploadStatus.COMPLETED
    finish(replacing(world, filled.audience_id))
    assert what_is_unknown(filled) == Unknown()
    again = work(start(world, Operation.ALIGN, audience_id=filled.audience_id))
    assert again.status == UploadStatus.COMPLETED
