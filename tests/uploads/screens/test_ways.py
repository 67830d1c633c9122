"""What the pages say of an upload that takes people out: its sums, its question, what is left to do."""

import pytest
from sqlmodel import select

from tests.conftest import Browser
from tests.uploads.screens.building import add_upload
from tests.uploads.screens.test_history import history_of
from webapp import db
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING, POSTPONED = BatchStatus.SENT, BatchStatus.PENDING, BatchStatus.POSTPONED
ASKS = {
    "status": UploadStatus.PAUSED,
    "reason": "Conferma: toglierà 1.340 di 2.975.",
    "todo": "Se è quello che vuoi, conferma; altrimenti ferma il caricamento e controlla il filtro.",
    "reason_code": "conferma_rimozione",
}


@pytest.fixture
def shown(signed_in: Browser, clienti, page):
    """`shown(batches, removals, …)` → the page of that upload: its text, blanks as one, and its sums."""

    def show(batches=(), removals=(), **more) -> tuple[str, dict[str, str]]:
        more = {"operation": Operation.ALIGN, **more}
        upload = add_upload(clienti, batches, removals=removals, **more)
        tree = page(signed_in.get(f"/caricamenti/{upload.public_id}"))
        rows = [
            [cell.text_content().strip() for cell in row] for row in tree.xpath("//*[@id='sums']//tbody/tr")
        ]
        return " ".join(tree.text_content().split()), dict(rows)

    return show


def test_an_alignment_shows_both_sums(shown):
    text, sums = shown(
        [(SENT, 120, 0)], [(SENT, 34)], already_there=1635, discarded={"email_empty": 352}, duplicates=77
    )

    assert "34 di 34 tolti, 120 di 120 aggiunti" in text
    assert (sums["Contatti selezionati"], sums["meno: già presenti"]) == ("2.184", "1.635")
    assert (sums["Da aggiungere"], sums["Utenti inviati"]) == ("120", "120")
    assert (sums["Da togliere"], sums["Utenti tolti"]) == ("34", "34")


def test_the_history_says_how_many_came_and_how_many_left(signed_in, clienti, page):
    add_upload(clienti, [(SENT, 120, 0)], removals=[(SENT, 34)], operation=Operation.ALIGN)
    add_upload(clienti, [], removals=[(SENT, 1)], operation=Operation.REMOVE)
    add_upload(clienti, [(SENT, 50, 0)])

    tree = page(signed_in.get(history_of(clienti)))

    told = [cell.text_content().strip() for cell in tree.xpath("//td[@data-label='Utenti inviati']")]
    assert told == ["50", "−1", "+120 −34"]


def test_when_many_would_leave_the_page_asks_and_does_not_offer_to_go_on(shown):
    text, _ = shown([(PENDING, 120, 0)], [(PENDING, 1340)], already_there=1635, **ASKS)

    assert "Conferma: toglierà 1.340 di 2.975." in text
    assert "conferma e togli" in text
    assert "riprendi subito" not in text


def test_one_press_confirms_and_a_second_changes_nothing(signed_in, clienti, page):
    upload = add_upload(
        clienti, [(PENDING, 120, 0)], removals=[(PENDING, 9)], operation=Operation.ALIGN, **ASKS
    )
    url = f"/caricamenti/{upload.public_id}"

    first = signed_in.post_form(f"{url}/conferma")
    assert "confermato, il caricamento prosegue" in page(signed_in.get(first.location)).text_content()
    with db.reading() as session:
        now = session.get_one(Upload, upload.id)
        assert (now.status, now.removal_confirmed) == (UploadStatus.QUEUED, True)

    second = signed_in.post_form(f"{url}/conferma")
    assert "non aspettava una conferma" in page(signed_in.get(second.location)).text_content()


def test_to_remove_shows_who_was_never_there(shown):
    _, sums = shown([], [(SENT, 6)], operation=Operation.REMOVE, never_there=4, selected=10)

    assert (sums["Contatti selezionati"], sums["meno: mai inviati qui"]) == ("10", "4")
    assert (sums["Da togliere"], sums["Utenti tolti"]) == ("6", "6")
    assert not sums.keys() & {"Da inviare", "Da aggiungere", "Utenti inviati"}


def test_a_replacement_says_that_everybody_else_leaves(signed_in, shown, clienti, page):
    text, sums = shown([(SENT, 50, 0)], operation=Operation.REPLACE)
    going = add_upload(
        clienti, [(SENT, 50, 0), (PENDING, 50, 0)], operation=Operation.REPLACE, status=UploadStatus.SENDING
    )
    told = page(signed_in.get(history_of(clienti))).xpath("//td[@data-label='Utenti inviati']")
    asked = page(signed_in.get(f"/caricamenti/{going.public_id}/ferma")).text_content()

    assert "Sostituisci" in text
    assert (sums["Da inviare"], sums["Utenti inviati"]) == ("50", "50")
    assert sums["Da togliere"] == "tutti gli altri"
    assert [cell.text_content().strip() for cell in told] == ["50 di 100", "50 in tutto"]
    assert "resta com’era: cambia solo con l’ultimo blocco" in asked


def test_what_is_refused_for_now_is_left_to_do(shown):
    text, sums = shown([(SENT, 5, 0)], [(POSTPONED, 34)], status=UploadStatus.COMPLETED_WITH_WARNINGS)

    assert sums["meno: da completare, Meta per ora non li toglie"] == "34"
    assert sums["Utenti tolti"] == "0" and "Da completare" in text


def test_nothing_to_do_is_told_as_such(shown):
    assert "Già allineato: non c’era nulla da aggiungere né da togliere." in shown(already_there=9)[0]
    nobody, _ = shown(operation=Operation.REMOVE, never_there=9, selected=9)
    assert "Nessuno di loro è in questa custom audience: non c’era nulla da togliere." in nobody


def test_whoever_stops_it_reads_how_far_it_is(signed_in, clienti, page):
    upload = add_upload(
        clienti,
        [(PENDING, 80, 0)],
        removals=[(SENT, 30), (PENDING, 4)],
        operation=Operation.ALIGN,
        status=UploadStatus.SENDING,
    )

    text = page(signed_in.get(f"/caricamenti/{upload.public_id}/ferma")).text_content()

    assert "Finora: tolti 30 di 34, aggiunti 0 di 80." in text


def test_whoever_is_owed_is_not_taken_out_again_by_a_repeat(signed_in, clienti, page):
    """As an ordinary upload it would take out the whole database."""
    upload = add_upload(clienti, [], removals=[(SENT, 1)], operation=Operation.REMOVE, only_due=True)
    url = f"/caricamenti/{upload.public_id}"

    assert "carica di nuovo" not in page(signed_in.get(url)).text_content()
    answer = signed_in.post_form(f"{url}/ripeti")

    assert "non ha una scelta da ripetere" in page(signed_in.get(answer.location)).text_content()
    with db.reading() as session:
        assert len(session.exec(select(Upload)).all()) == 1
