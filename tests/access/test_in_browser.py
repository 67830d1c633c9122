"""From the invitation to the second factor and another client, in a real browser, as two people do it."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from lxml import html
from playwright.sync_api import Browser, Page, expect

from tests.access.phone import Phone
from tests.conftest import TEST_PASSWORD, add_operator, opened
from tests.support.axe import DARK, LIGHT, WIDE, violations_in_every_mode
from webapp import db
from webapp.access.models import Client, Membership, Role

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

GOOD = "sette nani e una mela"


@pytest.fixture
def bottega(aurora):
    with db.writing() as session:
        client = Client(name="Bottega Verdi")
        session.add(client)
    return client


@contextmanager
def window(chromium: Browser, url: str) -> Iterator[Page]:
    with opened(chromium, url, None) as page:
        page.set_default_timeout(20_000)
        yield page


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accesso")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="entra", exact=True).click()


def invite(page: Page, email: str, role: str) -> str:
    """The path of the link that is shown to be copied."""
    page.get_by_role("link", name="Utenti e ruoli").click()
    page.get_by_role("link", name="Invita una persona").click()
    page.get_by_role("button", name="crea l’invito").click()
    expect(page.get_by_role("alert")).to_be_focused()  # the mistake is said, and nothing typed is lost
    page.get_by_label("Email").fill(email)
    page.get_by_role("radio", name=re.compile(f"^{role}")).check()
    page.get_by_role("button", name="crea l’invito").click()
    link = page.get_by_label("Link da aprire")
    expect(link).to_be_visible()
    return "/invito/" + link.input_value().rpartition("/")[2]


def accept(page: Page, link: str, name: str) -> None:
    page.goto(link)
    assert page.url.endswith("/invito")
    page.get_by_label("Nome e cognome").fill(name)
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="accetta ed entra").click()
    expect(page.get_by_text("Ora fai parte di “Studio Aurora”.")).to_be_visible()


def switch_on_second_factor(page: Page) -> tuple[Phone, list[str]]:
    page.goto("/profilo")
    page.get_by_role("link", name="attiva il secondo fattore").click()
    page.get_by_label("Password attuale").fill(GOOD)
    page.get_by_role("button", name="continua").click()
    picture = page.get_by_role("img", name="Codice QR con la chiave scritta qui sotto")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    phone = Phone.reading(html.document_fromstring(page.content()))
    page.get_by_label("2. Scrivi il codice che mostra l’app").fill(phone.code())
    page.get_by_role("button", name="attiva").click()
    expect(page.get_by_text("Il secondo fattore è attivo")).to_be_visible()
    codes = page.locator(".codes code").all_text_contents()
    page.get_by_role("link", name="li ho conservati").click()
    return phone, codes


def test_a_colleague_is_invited_protects_herself_and_changes_client(chromium, served, giulia, bottega):
    with db.writing() as session:
        session.add(Membership(operator_id=giulia.id, client_id=bottega.id, role=Role.ADMINISTRATOR))
    with ExitStack() as windows:
        giulias = windows.enter_context(window(chromium, served))
        martas = windows.enter_context(window(chromium, served))

        sign_in(giulias, giulia.email, TEST_PASSWORD)
        giulias.get_by_role("button", name="Bottega Verdi: cambia spazio cliente").click()
        giulias.get_by_role("button", name="Studio Aurora", exact=True).click()
        expect(giulias.get_by_role("button", name="Studio Aurora: cambia spazio cliente")).to_be_visible()
        accept(martas, invite(giulias, "marta@aurora.example", "Marketer"), "Marta Riva")
        expect(martas.get_by_role("link", name="Utenti e ruoli")).to_have_count(0)

        _phone, codes = switch_on_second_factor(martas)
        martas.get_by_role("button", name="Marta Riva").click()
        martas.get_by_role("button", name="Esci").click()
        sign_in(martas, "marta@aurora.example", GOOD)
        expect(martas.get_by_role("heading", name="Scrivi il codice")).to_be_visible()
        martas.get_by_label("Codice di sei cifre").fill("000000")
        martas.get_by_role("button", name="entra").click()
        expect(martas.get_by_role("alert")).to_be_focused()
        # The code that switched it on is used up and the next one is half a minute away.
        martas.get_by_label("Codice di sei cifre").fill(codes[0])
        martas.get_by_role("button", name="entra").click()
        expect(martas.get_by_text("Hai usato un codice di recupero: te ne restano 9.")).to_be_visible()

        giulias.get_by_role("link", name="torna a Utenti e ruoli").click()
        giulias.get_by_role("button", name="Azioni per Marta Riva").click()
        giulias.get_by_role("button", name="Disattiva").click()
        giulias.get_by_role("dialog").get_by_role("button", name="disattiva").click()
        expect(giulias.get_by_role("row", name="Marta Riva").get_by_text("Disattivato")).to_be_visible()
        martas.goto("/database")
        expect(martas).to_have_title("Accesso · Platea")


@pytest.fixture
def everybody(aurora, giulia):
    """Enough people that the tables have rows: an administrator, a marketer, one who is deactivated."""
    add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva")
    paolo = add_operator(aurora, Role.SUPPORT, "paolo@aurora.example", "Paolo Neri")
    with db.writing() as session:
        session.execute(
            Membership.__table__.update().where(Membership.operator_id == paolo.id).values(is_active=False)
        )


def test_axe_finds_nothing_to_say_of_the_pages_that_no_link_leads_to(chromium, served, signed_in, everybody):
    """Steps in between: doors, the link of an invitation, the key of a phone, recovery codes."""
    problems = []
    with opened(chromium, served, signed_in, bypass_csp=True) as page:

        def look() -> None:
            problems.extend(violations_in_every_mode(page, modes=[(WIDE, LIGHT), (WIDE, DARK)]))

        page.goto("/configura/utenti/invita")
        page.get_by_role("button", name="crea l’invito").click()
        expect(page.get_by_role("alert")).to_be_visible()
        look()
        page.get_by_label("Email").fill("luca@aurora.example")
        page.get_by_role("button", name="crea l’invito").click()
        link = page.get_by_label("Link da aprire")
        expect(link).to_be_visible()
        look()
        invitation = "/invito/" + link.input_value().rpartition("/")[2]
        page.goto("/configura/utenti")
        look()
        page.goto("/profilo/secondo-fattore")
        page.get_by_label("Password attuale").fill(TEST_PASSWORD)
        page.get_by_role("button", name="continua").click()
        expect(page.get_by_role("img")).to_be_visible()
        look()
        phone = Phone.reading(html.document_fromstring(page.content()))
        page.get_by_label("2. Scrivi il codice che mostra l’app").fill(phone.code())
        page.get_by_role("button", name="attiva").click()
        expect(page.get_by_text("Il secondo fattore è attivo")).to_be_visible()
        look()
        page.goto("/profilo/secondo-fattore")
        look()
        page.goto(invitation)
        look()
        page.context.clear_cookies()
        page.goto("/accesso/password-dimenticata")
        look()
        page.goto("/accesso")
        page.get_by_label("Email").fill("giulia@aurora.example")
        page.get_by_label("Password").fill(TEST_PASSWORD)
        page.get_by_role("button", name="entra").click()
        expect(page.get_by_role("heading", name="Scrivi il codice")).to_be_visible()
        look()

    assert problems == []
