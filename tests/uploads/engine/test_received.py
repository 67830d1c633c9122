"""“Inviati” means received: what Meta does not confirm is neither counted as sent nor remembered as there."""

import pytest

from tests.conftest import make_app
from tests.support.ledger import received
from tests.uploads.conftest import read
from tests.uploads.engine.test_sending import batches, kinds, many
from webapp import db
from webapp.destinations.base import BatchResult, Rejected
from webapp.uploads import jobs
from webapp.uploads.engine import leases, outcomes
from webapp.uploads.screens import queries
from webapp.uploads.status import UploadStatus


def remembered() -> set[int]:
    with db.reading() as session:
        return received(session)


def numbers_of(world, upload):
    with db.reading() as session:
        return queries.read_one(session, world.client.id, upload.public_id).numbers


@pytest.fixture
def answered(world):
    """`answered(result)` → an upload of 300 contacts to which Meta gave that answer, and their ids."""

    def send(result: BatchResult):
        ids = world.add_contacts(*many(300))
        upload = world.start()
        jobs.prepare_upload(upload.id)
        outcomes.record_sent(leases.claim(upload.id), result)
        return read(upload), ids

    return send


def test_fewer_than_were_sent_is_no_success(world, answered):
    upload, _ = answered(BatchResult(received=120))

    assert upload.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert upload.reason == "Facebook ne conferma 120 di 300."
    assert upload.todo.startswith("Carica di nuovo: chi c’è già non viene aggiunto due volte.")
    numbers = numbers_of(world, upload)
    assert (numbers.to_send, numbers.sent, numbers.unconfirmed) == (300, 120, 180)
    assert numbers.adds_up()
    assert remembered() == set()  # which 120, nobody knows
    assert "in_doubt" in kinds(upload)


def test_none_confirmed_is_told_as_such(world, answered):
    upload, _ = answered(BatchResult(received=0))

    assert (upload.status, upload.reason) == (
        UploadStatus.COMPLETED_WITH_WARNINGS,
        "Facebook ne conferma 0 di 300.",
    )
    assert numbers_of(world, upload).adds_up()


def test_all_confirmed_is_a_success_and_is_remembered(world, answered):
    upload, ids = answered(BatchResult(received=300))

    assert (upload.status, upload.reason) == (UploadStatus.COMPLETED, None)
    assert numbers_of(world, upload).sent == 300
    assert remembered() == set(ids)


def test_who_meta_refused_is_not_remembered(world, answered):
    refused = [Rejected(0, "motivo"), Rejected(7, "motivo")]
    upload, ids = answered(BatchResult(received=300, rejected_count=2, rejected=refused))

    assert remembered() == set(ids) - {ids[0], ids[7]}
    assert (numbers_of(world, upload).accepted, upload.status) == (298, UploadStatus.COMPLETED)


def test_counts_that_contradict_themselves_end_with_warnings(world, answered):
    doubt = "Facebook ha risposto con conteggi che si contraddicono: 300 ricevuti e 400 non validi su 300."
    upload, _ = answered(BatchResult(received=300, rejected_count=300, doubt=doubt))

    assert upload.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert upload.reason == "Facebook ha risposto con conteggi che si contraddicono."
    assert batches(upload)[0].error == doubt
    assert remembered() == set() and numbers_of(world, upload).accepted == 0


def test_the_page_and_the_history_never_say_that_all_arrived(answered, world, connected, giulia, page):
    upload, _ = answered(BatchResult(received=120))
    browser = make_app(connected).test_client()
    browser.sign_in(giulia)

    detail = page(browser.get(f"/caricamenti/{upload.public_id}"))
    terms = {term.get("data-term"): term.text for term in detail.xpath("//*[@data-term]")}
    assert (terms["to-send"], terms["unconfirmed"], terms["sent"]) == ("300", "180", "120")
    history = page(browser.get(f"/database/{world.database.public_id}/custom-audience"))
    row = " ".join(history.get_element_by_id(f"upload-{upload.public_id}").text_content().split())
    assert "120 di 300" in row and "Completato con avvisi" in row
