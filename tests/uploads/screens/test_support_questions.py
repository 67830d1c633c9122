"""Ten questions that customers ask, answered from the screens alone by somebody signed in as assistenza.

Every question walks as a person would: from Caricamenti or Salute degli account, by what is written on links.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import add_operator, opened
from tests.uploads.screens.building import (
    add_contacts,
    add_event,
    add_upload,
    change_batch,
    leave_out,
    save,
    sign,
)
from webapp import clock
from webapp.access.models import Client, Membership, Role
from webapp.contacts.models import UserDatabase
from webapp.destinations.meta.models import MetaAccount, MetaHealth
from webapp.uploads.events import Event
from webapp.uploads.status import BatchStatus, UploadStatus

pytestmark = pytest.mark.browser

SENT, PENDING, SENDING = BatchStatus.SENT, BatchStatus.PENDING, BatchStatus.SENDING
NOBODY_TO_SEE = re.compile(r"mario\.rossi|anna\(at\)posta|3331234567", re.IGNORECASE)


@pytest.fixture
def nord(database) -> UserDatabase:
    space = Client(name="Birrificio Nord")
    save(space)
    theirs = UserDatabase(client_id=space.id, name="Birre")
    save(theirs)
    return theirs


@pytest.fixture
def paolo(aurora, nord):
    """Paolo Neri, support for two clients."""
    operator = add_operator(aurora, Role.SUPPORT, email="paolo@platea.example", name="Paolo Neri")
    save(Membership(operator_id=operator.id, client_id=nord.client_id, role=Role.SUPPORT))
    return operator


@pytest.fixture
def world(clienti, inattivi, italia, nord) -> None:
    """One upload of every kind that people call about."""
    bad = add_contacts(
        clienti,
        {"email": "anna(at)posta.example", "email_reason": "email_invalid.no_at"},
        {"email": "mario.rossi@posta.example", "mobile": "3331234567"},
    )
    waits = add_upload(
        clienti, [(SENT, 100, 0), (PENDING, 300, 0)], status=UploadStatus.PAUSED, account=italia,
        audience_name="Aurora, inattivi", reason_code="190/463", reason_trace="AbC123",
        reason="L’autorizzazione di “Aurora Italia” è scaduta, quindi nessun utente è stato inviato.",
        todo="Autorizza di nuovo l’account: il caricamento riparte da solo.", reason_who="un amministratore",
    )  # fmt: skip
    add_event(waits, Event.PAUSED, detail={"code": "190/463", "reason": "Scaduta.", "trace": "AbC123"})
    add_upload(
        clienti, [(SENT, 10, 0), (PENDING, 10, 0)], status=UploadStatus.PAUSED, account=italia,
        audience_name="Limite di oggi", reason="Facebook chiede di rallentare.",
        resume_at=(clock.now() + timedelta(minutes=20)).timestamp(),
    )  # fmt: skip
    fewer = add_upload(
        clienti, [(SENT, 9000, 12)], status=UploadStatus.COMPLETED_WITH_WARNINGS,
        saved=inattivi, account=italia, audience_name="Meno del previsto",
        discarded={"email_invalid.no_at": 600, "email_empty": 300}, excluded={"opted_out": 50}, duplicates=50,
        sent_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip
    leave_out(fewer, "email_invalid.no_at", bad)
    going = add_upload(
        clienti, [(SENT, 5000, 0), (SENDING, 5000, 0)], status=UploadStatus.SENDING, account=italia,
        audience_name="In viaggio",
    )  # fmt: skip
    change_batch(going, 2, attempt=2, worker="nodo-1:77:1")
    add_event(
        going, Event.RETRIED, seq=2, attempt=1,
        detail={"code": "80003", "reason": "Facebook chiede di rallentare.", "wait_s": 60, "trace": "Xy9"},
    )  # fmt: skip
    add_upload(
        nord, status=UploadStatus.FAILED, audience_name="Birre, soci", prepared=False,
        reason="Il filtro usa un campo che non esiste più.", todo="Apri il filtro.", reason_code="filtro",
        finished_at=clock.now(),
    )  # fmt: skip
    add_upload(clienti, status=UploadStatus.FAILED, audience_name="Nostro fallito", finished_at=clock.now())


@pytest.fixture
def window(chromium, app, served, paolo, world) -> Iterator[Page]:
    browser = app.test_client()
    browser.sign_in(paolo)
    seen: list[str] = []
    with opened(chromium, served, browser) as page:
        page.on("domcontentloaded", lambda opened: seen.append(opened.content()))
        page.goto("/")
        page.get_by_role("link", name=re.compile("^Caricamenti")).first.click()
        yield page
    assert not [text for text in seen if NOBODY_TO_SEE.search(text)]


def find(window: Page, name: str, tab: str = "Tutti") -> None:
    """Look for the upload in the list and open it, whichever client's it is."""
    window.locator("#monitor .seg").get_by_role("link", name=re.compile(f"^{tab}")).click()
    window.get_by_label("Cerca per audience, cliente o numero").fill(name)
    row = window.locator("#monitor tbody tr", has_text=name)
    expect(row).to_have_count(1)
    row.locator(".t").click()
    expect(window.get_by_role("heading", level=1, name=name)).to_be_visible()


def term(window: Page, name: str) -> Locator:
    return window.locator(f"#sums [data-term={name}]")


def test_1_why_has_this_upload_stopped(window: Page):
    find(window, "Aurora, inattivi", "Da controllare")

    reason = window.locator("#reason")
    expect(reason).to_contain_text("L’autorizzazione di “Aurora Italia” è scaduta")
    expect(reason).to_contain_text("Autorizza di nuovo l’account")
    expect(reason).to_contain_text("Chi se ne occupa: un amministratore.")


def test_2_why_did_fewer_users_go_than_there_are_contacts(window: Page):
    find(window, "Meno del previsto")

    expect(term(window, "selected")).to_have_text("10.000")
    expect(term(window, "left-out")).to_have_text(["600", "300", "50", "50"])
    expect(term(window, "to-send")).to_have_text("9.000")
    expect(window.locator("#sums")).to_contain_text("meno: hanno detto no")
    expect(window.locator("#left-out")).to_contain_text("manca la chiocciola")


def test_3_when_does_it_go_on(window: Page):
    find(window, "Limite di oggi", "Attivi")

    expect(window.locator("#progress")).to_contain_text("Facebook chiede di rallentare")
    expect(window.locator("#progress")).to_contain_text(re.compile(r"riprende da solo (alle|il) \d"))


def test_4_how_far_is_it(window: Page):
    find(window, "In viaggio", "Attivi")

    expect(window.locator("#progress")).to_contain_text("5.000 di 10.000 utenti inviati")
    expect(window.locator("#progress")).to_contain_text("blocco 1 di 2")
    expect(window.locator("#batch-2 .status")).to_have_text("Invio in corso")


def test_5_has_facebook_taken_everybody(window: Page):
    find(window, "Meno del previsto")

    expect(term(window, "sent")).to_have_text("9.000")
    expect(term(window, "rejected")).to_have_text("12")
    expect(window.locator("#progress")).to_contain_text("entro 24 ore")


def test_6_what_did_facebook_answer_with_which_code_and_trace(window: Page):
    find(window, "In viaggio", "Attivi")

    answer = window.locator("#answers tbody tr").first
    for said in ("80003", "Facebook chiede di rallentare.", "Xy9"):
        expect(answer).to_contain_text(said)
    expect(window.locator("#batch-2")).to_contain_text("2")  # attempts


def test_7_is_anybody_at_work(window: Page):
    alarm = window.get_by_role("alert").filter(has_text="Nessun worker è attivo")
    expect(alarm).to_contain_text("platea worker")

    save(sign("nodo-1:77:1"))
    window.reload()

    expect(alarm).to_have_count(0)
    worker = window.locator("#crew tbody tr")
    for said in ("nodo-1", "0.1.0", "Attivo", "Blocco 2 di “In viaggio”"):
        expect(worker).to_contain_text(said)


def test_8_how_long_is_the_authorisation_of_this_account_good(window: Page, italia: MetaAccount):
    italia.token, italia.token_expires_at = b"x", clock.now() + timedelta(days=6, hours=1)
    health = MetaHealth(account_id=italia.id, has_terms=True, has_permission=True, flagged=["Pazienti 2025"])
    save(italia, health)
    window.get_by_role("link", name="Salute degli account").click()

    row = window.get_by_role("row", name="Aurora Italia")
    for said in (
        "6 giorni",
        "Condizioni accettate",
        "Permessi completi",
        "1 bloccata",
        "Pazienti 2025",
        "Studio Aurora",
    ):
        expect(row).to_contain_text(said)


def test_9_who_started_it_when_and_from_which_contacts(window: Page):
    find(window, "Meno del previsto")

    head = window.locator(".page-head")
    expect(head).to_contain_text("Clienti Italia, filtro “Inattivi da 90 giorni”")
    expect(head).to_contain_text("Avviato da Giulia Ferri")
    expect(head.locator("time")).to_have_text(re.compile(r"^\d\d/\d\d/\d{4} \d\d:\d\d$"))


def test_10_what_failed_for_this_client_since_yesterday(window: Page):
    window.locator("#monitor .seg").get_by_role("link", name=re.compile("^Ultime 24 ore")).click()
    window.get_by_label("Cliente", exact=True).select_option("Birrificio Nord")
    rows = window.locator("#monitor .table-wrap").first.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Birre, soci")
    expect(rows.first).to_contain_text("Non riuscito")
    assert "cliente=" in window.url and "stato=ultime-24-ore" in window.url

    rows.first.locator(".t").click()

    expect(window.locator("#reason")).to_contain_text(
        "Il filtro usa un campo che non esiste più. Apri il filtro."
    )
