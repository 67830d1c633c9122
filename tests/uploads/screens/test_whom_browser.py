"""Whom to send, in a browser: who said no is a closed fold, the foot says what follows, axe agrees."""

import hashlib

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import opened
from tests.support.axe import violations_in_every_mode
from tests.support.running import Simulator
from tests.support.upload_scenes import confirm_and_send
from tests.uploads.screens.building import add_contacts
from webapp.access.models import Client
from webapp.contacts.models import UserDatabase
from webapp.destinations.meta.accounts import accounts

pytestmark = pytest.mark.browser


@pytest.fixture
def here(connected, aurora: Client, clienti: UserDatabase, simulator: Simulator) -> str:
    """Two yes, one no, one without an answer, one “forse” and one that no word says; the account is there."""
    accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
    answers = (
        {"consent": True},
        {"consent": True, "consent_email": True},
        {"consent": False},
        {},
        {"consent_unread": '{"consent":"forse"}'},
        {"consent_unread": '{"consent_sms:not":"una risposta molto lunga che nessuno sa leggere"}'},
    )
    for number, one in enumerate(answers):
        email = f"p{number}@posta.example"
        digest = hashlib.sha256(email.encode()).digest()
        add_contacts(clienti, {"email": email, "email_sha256": digest, **one})
    return f"/database/{clienti.public_id}"


def test_who_said_no_is_opened_on_purpose_and_counted_apart(window: Page, here: str):
    window.goto(f"{here}/custom-audience/carica")
    foot = window.locator("#ready-text")
    window.get_by_label("Ho raccolto il consenso").check()
    expect(foot).to_contain_text("Verranno inviati 3 utenti.")
    expect(window.get_by_label("Includo anche")).to_be_hidden()
    expect(window.locator("#da-decidere")).to_contain_text("2 contatti da decidere: restano fuori.")

    window.get_by_label("Solo chi ha detto sì").check()
    expect(foot).to_contain_text("Verranno inviati 2 utenti.")
    window.get_by_label("Tutti tranne chi ha detto no").check()

    window.get_by_text("Chi ha detto no resta fuori").click()
    window.get_by_label("Includo anche 1 contatto che ha detto no").check()
    expect(foot).to_contain_text("Verranno inviati 4 utenti, di cui 1 ha detto no, incluso da te.")
    window.get_by_role("button", name="carica gli utenti").click()
    expect(window.get_by_role("alert")).to_contain_text("Scrivi perché puoi includere chi ha detto no")
    window.get_by_label("Perché puoi farlo").fill("Contratto di fornitura")

    confirm_and_send(window)
    expect(window.locator("tbody tr")).to_contain_text("Tutti, anche chi ha detto no")


def test_words_are_decided_with_the_keyboard(window: Page, here: str):
    window.goto(f"{here}/contatti")
    window.get_by_role("link", name="Decidi che cosa hanno risposto").click()
    window.get_by_role("radio", name="forse: da decidere").focus()
    window.keyboard.press("ArrowLeft")
    expect(window.get_by_role("radio", name="forse: no")).to_be_checked()
    window.get_by_role("button", name="salva").click()

    expect(window.locator("main")).to_contain_text("1 parola da decidere")
    expect(window.get_by_text("1 parola decisa, per 1 contatto.")).to_be_visible()


def test_axe_finds_nothing_where_whom_to_send_is_chosen(chromium, served, signed_in, here: str):
    found = []
    with opened(chromium, served, signed_in, bypass_csp=True) as page:
        page.goto(f"{here}/consenso")
        found += violations_in_every_mode(page, "parole")
        page.goto(f"{here}/custom-audience/carica")
        page.get_by_text("Chi ha detto no resta fuori").click()
        page.get_by_label("Includo anche").check()
        found += violations_in_every_mode(page, "aperto")
    assert found == []
