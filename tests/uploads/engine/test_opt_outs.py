"""Whoever says no leaves at once an audience that is kept in line, and no other one."""

import pytest
from lxml import html
from sqlmodel import select

from tests.conftest import make_app
from tests.contacts.conftest import import_file
from tests.uploads.conftest import read
from tests.uploads.engine.test_aligning import (
    ANNA,
    BRUNO,
    CARLA,
    DARIO,
    another_database,
    newest,
    start,
    there,
)
from webapp import db
from webapp.contacts import consent_words
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.contact_ids import public_id
from webapp.contacts.ledger import refusals
from webapp.contacts.ledger.models import RemovalDue
from webapp.destinations import registry
from webapp.uploads import jobs
from webapp.uploads.engine import leases, preparation, sending
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.operations import Operation
from webapp.uploads.status import UploadStatus


@pytest.fixture
def kept(world, work):
    """An audience that is kept in line, with Anna, Bruno, Carla and Dario."""
    world.ids = world.add_contacts(ANNA, BRUNO, CARLA, DARIO)
    return work(start(world, Operation.ALIGN))


def say_in_a_file(world, **answers: str):
    lines = "".join(f"{name}@posta.example;{answer}\n" for name, answer in answers.items())
    return import_file(world.database, f"Email;Consenso\n{lines}", key="email")


def say_by_hand(world, connected, giulia, contact_id: int) -> None:
    browser = make_app(connected).test_client()
    browser.sign_in(giulia)
    page = f"/database/{world.database.public_id}/contatti/{public_id(contact_id)}/modifica"
    form = html.fromstring(browser.get(page).text).xpath("//form[@id='contatto']")[0]
    typed = {name: value or "" for name, value in form.form_values()}
    assert browser.post_form(page, typed | {"campo-consent": "no"}).status_code == 303


@pytest.fixture
def looked_after(work):
    """A round of what Platea does by itself."""

    def run() -> None:
        reconcile()
        if newest().status == UploadStatus.QUEUED:
            work(newest())

    return run


def test_whoever_says_no_leaves_without_waiting(world, kept, looked_after, connected, giulia, both):
    said = say_in_a_file(world, carla="no", dario="mah")
    looked_after()
    assert there(world, kept) == {ANNA, BRUNO, DARIO}

    with db.writing() as session:
        consent_words.decide(session, world.database.id, False, "mah", False, "Giulia Ferri")
    looked_after()
    assert there(world, kept) == {ANNA, BRUNO}

    say_by_hand(world, connected, giulia, world.ids[1])
    looked_after()
    assert there(world, kept) == {ANNA}
    assert said.rows_updated == 2
    with db.reading() as session:
        assert {(one.reason, one.outcome) for one in session.exec(select(RemovalDue))} == {
            ("refused", "removed")
        }


def test_an_audience_that_was_never_filled_in_another_way_is_looked_after_too(world, work, looked_after):
    """Its account is known to the ledger although an alignment asks for the feed before it is opened."""
    world.add_contacts(ANNA, BRUNO)
    link = registry.destination("meta").connect(world.client.id, world.account.id)
    kept = work(start(world, Operation.ALIGN, audience_id=link.create_audience("Clienti, novembre", "prima")))

    say_in_a_file(world, anna="no")
    looked_after()

    assert there(world, kept) == {BRUNO}


def test_who_is_on_the_way_leaves_when_they_have_arrived(world, looked_after):
    world.add_contacts(ANNA, BRUNO)
    upload = start(world, Operation.ALIGN)
    jobs.prepare_upload(upload.id)
    claimed = leases.claim(upload.id)
    say_in_a_file(world, anna="no")
    reconcile()

    with preparation.opened(read(upload)) as link:
        sending.send(claimed, link)
    upload = read(upload)
    assert there(world, upload) == {ANNA, BRUNO}
    looked_after()

    assert there(world, upload) == {BRUNO}


def test_an_audience_that_is_only_added_to_is_left_alone(world, work, looked_after):
    world.add_contacts(ANNA, BRUNO)
    added = work(start(world))
    everybody = {"audience_id": added.audience_id, "consent": ConsentPolicy.ANYONE}

    say_in_a_file(world, anna="no")
    looked_after()
    work(start(world, Operation.ALIGN, **everybody))  # somebody said why they may be there
    say_in_a_file(world, bruno="no")
    looked_after()

    assert there(world, added) == {ANNA, BRUNO}
    assert refusals.to_look_through() == []


def test_another_database_where_they_may_be_sent_adds_them_again(world, work, kept, looked_after):
    other = another_database(world, CARLA)
    again = {"audience_id": kept.audience_id, "database_id": other.id}
    work(start(world, Operation.ALIGN, **again))

    say_in_a_file(world, carla="no")
    looked_after()
    assert there(world, kept) == {ANNA, BRUNO, DARIO}

    work(start(world, Operation.ALIGN, **again))
    assert there(world, kept) == {ANNA, BRUNO, CARLA, DARIO}
