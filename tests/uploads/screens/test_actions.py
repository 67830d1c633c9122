"""Ferma, riprendi, carica di nuovo: what a click asks of an upload."""

import pytest
from sqlmodel import select

from tests.conftest import Browser
from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING


def url_of(upload: Upload) -> str:
    return f"/caricamenti/{upload.public_id}"


def words(element) -> str:
    return " ".join(element.text_content().split())


def read(upload: Upload) -> Upload:
    with db.reading() as session:
        found = session.get_one(Upload, upload.id)
        session.expunge_all()
    return found


def repeats_of(upload: Upload) -> list[Upload]:
    with db.reading() as session:
        found = list(session.exec(select(Upload).where(Upload.repeats_id == upload.id)))
        session.expunge_all()
    return found


@pytest.fixture
def sending(clienti) -> Upload:
    return add_upload(clienti, [(SENT, 12_400, 0), (PENDING, 7_600, 0)], status=UploadStatus.SENDING)


def test_stopping_keeps_what_was_sent_and_sends_nothing_more(signed_in: Browser, sending: Upload, page):
    response = signed_in.post_form(f"{url_of(sending)}/ferma")

    assert (response.status_code, response.location) == (303, url_of(sending))
    assert read(sending).status == UploadStatus.STOPPED
    tree = page(signed_in.get(url_of(sending)))
    assert words(tree.xpath("//td[@data-term='sent']")[0]) == "12.400"
    assert words(tree.xpath("//td[@data-term='set-aside']")[0]) == "7.600"


def test_stopping_through_htmx_tells_the_page_to_ask_again(signed_in: Browser, sending: Upload):
    response = signed_in.post_form(f"{url_of(sending)}/ferma", htmx=True)

    assert response.status_code == 204
    assert '"refresh"' in response.headers["HX-Trigger"]
    assert '"avviso"' in response.headers["HX-Trigger"]


def test_the_question_says_how_many_stay(signed_in: Browser, sending: Upload, page):
    tree = page(signed_in.get(url_of(sending)))
    title, text, yes, no = tree.xpath("//@hx-confirm")[0].split("|")

    assert title == "Fermare il caricamento n. 1?"
    assert text == (
        "I 12.400 utenti già inviati restano nella custom audience “Clienti attivi 12 mesi”. "
        "Gli altri non verranno inviati."
    )
    assert (yes, no) == ("ferma il caricamento", "lascialo proseguire")


ARRIVE, END = "possono arrivare comunque.", "Non resta nessun altro da inviare."
ONE = "Un utente è già partito e può arrivare comunque. Gli altri non verranno inviati."
NONE = "Nessun utente è ancora partito e nessuno verrà inviato."
OUT = (
    "Finora: tolti 0 di 34, aggiunti 0 di 80. Le richieste per 34 utenti sono già partite e possono riuscire "
    "comunque. Gli altri restano come sono."
)


@pytest.mark.parametrize(
    ("batches", "removals", "said"),
    [
        ([("sending", 7531, 0)], [], f"7.531 utenti sono già partiti e {ARRIVE} {END}"),
        ([("sending", 1, 0), ("pending", 20, 0)], [], ONE),
        ([("pending", 20, 0)], [], NONE),
        ([("pending", 80, 0)], [("sending", 34)], OUT),
    ],
)
def test_the_question_counts_what_is_on_its_way(signed_in, clienti, page, batches, removals, said):
    made = [(BatchStatus(state), rows, refused) for state, rows, refused in batches]
    out = [(BatchStatus(state), rows) for state, rows in removals]
    way = "align" if out else "add"
    upload = add_upload(clienti, made, removals=out, operation=way, status=UploadStatus.SENDING)

    question = page(signed_in.get(url_of(upload))).xpath("//@hx-confirm")[0]

    assert question.split("|")[1] == said


def test_without_javascript_a_page_asks_before_stopping(signed_in: Browser, sending: Upload, page):
    form = page(signed_in.get(url_of(sending))).xpath("//form[contains(@action, '/ferma')]")[0]
    assert form.get("method") == "get"

    asked = page(signed_in.get(form.get("action")))

    assert asked.xpath("//form[@method='post' and contains(@action, '/ferma')]")
    assert "I 12.400 utenti già inviati restano" in words(asked)
    assert read(sending).status == UploadStatus.SENDING


def test_a_name_with_a_bar_does_not_break_the_question(signed_in: Browser, clienti, page):
    upload = add_upload(clienti, [(SENT, 1, 0)], status=UploadStatus.SENDING, audience_name="A|B")

    question = page(signed_in.get(url_of(upload))).xpath("//@hx-confirm")[0]

    assert len(question.split("|")) == 4
    assert "L’utente già inviato resta nella custom audience “A/B”." in question


def test_a_finished_upload_cannot_be_stopped(signed_in: Browser, clienti):
    upload = add_upload(clienti, [(SENT, 10, 0)])

    signed_in.post_form(f"{url_of(upload)}/ferma")

    assert read(upload).status == UploadStatus.COMPLETED


def test_a_paused_upload_goes_on_at_once(signed_in: Browser, clienti, page):
    upload = add_upload(
        clienti,
        [(SENT, 10, 0), (PENDING, 10, 0)],
        status=UploadStatus.PAUSED,
        audience_busy=True,
        reason="Facebook chiede di rallentare.",
    )
    assert page(signed_in.get(url_of(upload))).xpath("//form[contains(@action, '/riprendi')]")

    signed_in.post_form(f"{url_of(upload)}/riprendi")

    assert read(upload).status == UploadStatus.SENDING


def test_repeating_starts_the_same_again(signed_in: Browser, clienti, italia):
    upload = add_upload(clienti, [(SENT, 10, 0)], account=italia)

    response = signed_in.post_form(f"{url_of(upload)}/ripeti")

    [again] = repeats_of(upload)
    assert (response.status_code, response.location) == (303, url_of(again))
    assert (again.status, again.audience_id) == (UploadStatus.QUEUED, upload.audience_id)
    assert again.started_by == "Giulia Ferri"


def test_repeating_twice_starts_one(signed_in: Browser, clienti, italia):
    upload = add_upload(clienti, [(SENT, 10, 0)], account=italia)

    first = signed_in.post_form(f"{url_of(upload)}/ripeti")
    second = signed_in.post_form(f"{url_of(upload)}/ripeti")

    assert len(repeats_of(upload)) == 1
    assert second.location == first.location


def test_repeating_without_the_account_says_so(signed_in: Browser, clienti, page):
    upload = add_upload(clienti, [(SENT, 10, 0)])

    response = signed_in.post_form(f"{url_of(upload)}/ripeti")

    assert repeats_of(upload) == []
    tree = page(signed_in.get(response.location))
    assert "è stato eliminato: configuralo di nuovo" in words(tree.get_element_by_id("avvisi"))


def test_an_upload_at_work_is_not_repeated(signed_in: Browser, sending: Upload):
    signed_in.post_form(f"{url_of(sending)}/ripeti")

    assert repeats_of(sending) == []


def test_actions_need_the_forms_token(signed_in: Browser, sending: Upload):
    assert signed_in.post(f"{url_of(sending)}/ferma").status_code == 400
    assert read(sending).status == UploadStatus.SENDING


def test_what_was_not_sent_is_sent_alone(signed_in: Browser, clienti, page):
    upload = add_upload(
        clienti,
        [(SENT, 5_000, 0), (BatchStatus.FAILED, 1_200, 0)],
        status=UploadStatus.COMPLETED_WITH_WARNINGS,
    )
    tree = page(signed_in.get(url_of(upload)))
    [form] = tree.xpath(f"//form[@action='{url_of(upload)}/riprova']")
    assert "i 1.200 utenti che mancano" in form.xpath(".//button/@title")[0]

    signed_in.post_form(f"{url_of(upload)}/riprova")

    assert read(upload).status == UploadStatus.QUEUED
    tree = page(signed_in.get(url_of(upload)))
    assert words(tree.xpath("//td[@data-term='sent']")[0]) == "5.000"
    assert words(tree.xpath("//td[@data-term='waiting']")[0]) == "1.200"
    assert not tree.xpath("//form[contains(@action, '/riprova')]")


def test_a_second_click_on_riprova_changes_nothing(signed_in: Browser, clienti):
    upload = add_upload(clienti, [(SENT, 5, 0), (BatchStatus.STOPPED, 3, 0)], status=UploadStatus.STOPPED)

    answers = [signed_in.post_form(f"{url_of(upload)}/riprova", htmx=True) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert read(upload).status == UploadStatus.QUEUED


def test_an_upload_that_lacks_nobody_offers_no_riprova(signed_in: Browser, clienti, page):
    upload = add_upload(clienti, [(SENT, 5, 0)], status=UploadStatus.COMPLETED)

    tree = page(signed_in.get(url_of(upload)))
    answer = signed_in.post_form(f"{url_of(upload)}/riprova", htmx=True)

    assert not tree.xpath("//form[contains(@action, '/riprova')]")
    assert "non manca nulla" in answer.headers["HX-Trigger"]
    assert read(upload).status == UploadStatus.COMPLETED
