"""The screens of uploads in a real browser: they move by themselves, ask before stopping, fit any window."""

import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.conftest import make_app, opened, served_at
from tests.support.axe import violations_in_every_mode
from tests.support.upload_scenes import confirm_and_send
from tests.uploads.screens.building import add_contacts, add_event, add_upload, leave_out, save, sign
from webapp import clock, db
from webapp.destinations.meta.accounts import accounts
from webapp.uploads.events import Event
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import BatchStatus, UploadStatus

pytestmark = pytest.mark.browser

SENT, PENDING, FAILED = BatchStatus.SENT, BatchStatus.PENDING, BatchStatus.FAILED
NARROWEST = 320


@pytest.fixture
def sending(clienti, worker) -> Upload:
    return add_upload(clienti, [(SENT, 100, 0), (PENDING, 300, 0)], status=UploadStatus.SENDING)


@pytest.fixture
def history(clienti) -> str:
    return f"/database/{clienti.public_id}/custom-audience"


def send_the_rest(upload: Upload, status: UploadStatus = UploadStatus.COMPLETED) -> None:
    with db.writing() as session:
        for batch in session.exec(select(Batch).where(Batch.upload_id == upload.id)):
            batch.status, batch.num_received, batch.num_rejected = SENT, batch.n_rows, 0
        current = session.get_one(Upload, upload.id)
        current.status = status
        current.updated_at = current.finished_at = clock.now()


def test_the_history_follows_an_upload_to_its_end_and_then_rests(window: Page, sending, history):
    window.goto(history)
    expect(window.locator("tbody .status")).to_have_text("Invio in corso")

    send_the_rest(sending)

    expect(window.locator("tbody .status")).to_have_text("Completato", timeout=15_000)
    expect(window.locator("#annunci")).to_have_text("Clienti attivi 12 mesi: Completato")
    expect(window.locator("#history")).to_have_attribute("hx-trigger", "refresh from:body")
    expect(window.get_by_text("lo storico è fermo")).to_be_visible()


def test_what_is_being_typed_survives_an_update(window: Page, sending, history):
    window.goto(history)
    search = window.get_by_label("Cerca una custom audience")
    search.press_sequentially("attivi", delay=20)
    expect(window).to_have_url(f"{window.url.partition('?')[0]}?q=attivi")

    send_the_rest(sending)

    expect(window.locator("tbody .status")).to_have_text("Completato", timeout=15_000)
    expect(search).to_have_value("attivi")
    expect(search).to_be_focused()


def test_an_upload_is_stopped_from_its_row_after_a_question(window: Page, sending, history):
    window.goto(history)
    window.get_by_role("button", name="Azioni per Clienti attivi 12 mesi").click()
    window.get_by_role("button", name="Ferma il caricamento").click()
    dialog = window.get_by_role("dialog")
    expect(dialog).to_contain_text("I 100 utenti già inviati restano")

    dialog.get_by_role("button", name="ferma il caricamento").click()

    expect(window.locator("tbody .status")).to_have_text("Fermato", timeout=15_000)
    expect(window.locator(".toast.ok")).to_contain_text("il caricamento si ferma")


def test_the_detail_follows_its_upload(window: Page, sending):
    window.goto(f"/caricamenti/{sending.public_id}")
    expect(window.locator("[data-term=sent]")).to_have_text("100")

    send_the_rest(sending)
    add_event(sending, Event.CLOSED, detail={"status": "completed"})

    expect(window.locator("[data-term=sent]")).to_have_text("400", timeout=15_000)
    expect(window.locator("#events")).to_contain_text("Caricamento concluso: Completato")
    expect(window.locator("#progress")).not_to_have_attribute("hx-trigger", "every 2s, refresh from:body")


@pytest.fixture
def form(chromium, connected, giulia, aurora, clienti, simulator) -> Iterator[Page]:
    """The upload form of a database with two e-mails, with an account on the simulator."""
    accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
    emails = ("anna@posta.example", "luca@posta.example")
    digests = [hashlib.sha256(email.encode()).digest() for email in emails]
    add_contacts(
        clienti, *({"email": email, "email_sha256": d} for email, d in zip(emails, digests, strict=True))
    )
    app = make_app(connected)
    browser = app.test_client()
    browser.sign_in(giulia)
    with served_at(app) as address, opened(chromium, address, browser) as page:
        page.goto(f"/database/{clienti.public_id}/custom-audience/carica")
        yield page


def test_the_form_says_what_is_missing_until_nothing_is(form: Page):
    text = form.locator("#ready-text")
    expect(text).to_have_text("Per caricare manca: il consenso.")

    form.get_by_label("Ho raccolto il consenso").check()
    expect(text).to_contain_text("Verranno inviati 2 utenti.")

    form.get_by_label("Nome della nuova custom audience").fill("")
    expect(text).to_have_text("Per caricare manca: il nome della custom audience.")


def test_the_name_is_checked_while_it_is_typed(form: Page):
    name = form.get_by_label("Nome della nuova custom audience")
    name.fill("Clienti newsletter")
    expect(form.locator("#name-check")).to_contain_text("esiste già una custom audience con questo nome")

    name.fill("Pazienti di novembre")
    expect(form.locator("#name-check")).to_contain_text("“Pazienti” può far pensare alla salute")
    expect(name).to_be_focused()
    form.get_by_label("Usa comunque questo nome").check()
    form.get_by_label("Ho raccolto il consenso").check()
    confirm_and_send(form)

    expect(form.locator("tbody .status")).to_have_text("In coda")


def test_the_number_that_goes_follows_the_choice_by_consent(form: Page, clienti):
    add_contacts(
        clienti, *({"email": e, "email_sha256": hashlib.sha256(e.encode()).digest(), "consent": e[0] == "s"}
                   for e in ("si@posta.example", "no@posta.example"))
    )  # fmt: skip
    form.reload()
    form.get_by_label("Ho raccolto il consenso").check()
    text = form.locator("#ready-text")
    expect(text).to_contain_text("Verranno inviati 3 utenti.")

    form.get_by_text("Solo chi ha detto sì").first.click()
    expect(text).to_contain_text("Verrà inviato 1 utente.")
    confirm_and_send(form)

    expect(form.locator("tbody")).to_contain_text("Solo chi ha detto sì")


def test_an_existing_audience_is_found_and_chosen_without_leaving_the_form(form: Page):
    form.get_by_text("Usa esistente").click()
    first = form.locator("input[name=audience]:enabled").first
    expect(first).to_be_visible()
    expect(form.locator("#ready-text")).to_contain_text("la custom audience")

    first.check()
    form.get_by_label("Ho raccolto il consenso").check()

    expect(form.locator("#ready-text")).to_contain_text("Verranno inviati 2 utenti.")
    form.get_by_role("button", name="carica gli utenti").click()
    expect(form.get_by_role("heading", name="Clienti Italia", exact=True)).to_be_visible()
    expect(form.get_by_text("Caricamento avviato. Lo trovi in cima allo storico.")).to_be_visible()
    expect(form.locator("tbody .status")).to_have_text("In coda")


def test_a_wrong_form_moves_to_what_is_wrong(form: Page):
    form.get_by_role("button", name="carica gli utenti").click()

    summary = form.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("C’è un campo da correggere")
    form.get_by_label("Ho raccolto il consenso").check()
    confirm_and_send(form)
    expect(form.get_by_role("heading", name="Clienti Italia", exact=True)).to_be_visible()


@pytest.fixture
def everything(clienti, inattivi, italia) -> dict[str, str]:
    """Pages with something of every kind in them: name → path."""
    save(sign("worker-1"))
    bad = add_contacts(clienti, {"email": "anna(at)posta.example", "email_reason": "email_invalid.no_at"})
    for status in UploadStatus:
        add_upload(
            clienti,
            [(SENT, 5000, 3), (FAILED, 400, 0), (PENDING, 5000, 0)],
            status=status,
            discarded={"email_invalid": 1, "email_empty": 800},
            duplicates=4,
            saved=inattivi,
            account=italia,
            is_new_audience=True,
            reason="L’autorizzazione di “Aurora Italia” è scaduta.",
            todo="Autorizza di nuovo l’account: il caricamento riparte da solo.",
            reason_code="190/463",
            reason_trace="AbCdEf",
        )
    last = add_upload(clienti, [(SENT, 10, 1), (PENDING, 10, 0)], status=UploadStatus.SENDING)
    leave_out(last, "email_invalid.no_at", bad)
    add_event(last, Event.RETRIED, seq=2, detail={"reason": "Facebook ha un problema.", "code": "2"})
    history = f"/database/{clienti.public_id}/custom-audience"
    return {
        "history": history,
        "empty": f"{history}?q=nessuno",
        "detail": f"/caricamenti/{last.public_id}",
        "monitor": "/caricamenti?stato=tutti",
        "stop": f"/caricamenti/{last.public_id}/ferma",
        "form": f"{history}/carica",
    }


@pytest.mark.timeout(600)  # some twenty examinations
def test_axe_finds_nothing_to_say(chromium, served, signed_in, everything):
    with opened(chromium, served, signed_in, bypass_csp=True) as page:
        for path in everything.values():
            page.goto(path)
            assert violations_in_every_mode(page) == [], path


def test_nothing_is_wider_than_the_narrowest_window(chromium, served, signed_in, everything):
    with opened(chromium, served, signed_in, viewport={"width": NARROWEST, "height": 800}) as page:
        for path in everything.values():
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, path
