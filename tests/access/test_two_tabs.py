"""Two tabs on two clients share one cookie: a form acts on the client it was opened for, or on none."""

import json

import pytest
from lxml import html
from sqlalchemy import func, select
from sqlmodel import col

from tests.conftest import Browser
from webapp import db
from webapp.access.models import Client, Invitation, Membership, Role
from webapp.contacts.models import UserDatabase

REFUSED = (
    "Questa pagina era aperta per lo spazio “Studio Aurora”, ma ora è aperto “Bottega Verdi”: "
    "non abbiamo cambiato nulla."
)


@pytest.fixture
def bottega(aurora: Client, giulia) -> Client:
    with db.writing() as session:
        client = Client(name="Bottega Verdi")
        session.add(client)
        session.flush()
        session.add(Membership(operator_id=giulia.id, client_id=client.id, role=Role.ADMINISTRATOR))
    return client


@pytest.fixture
def browser(app, giulia, aurora, bottega) -> Browser:
    """Signed in, with Studio Aurora open."""
    browser = app.test_client()
    browser.sign_in(giulia)
    browser.post_form(f"/spazio/{aurora.public_id}")
    return browser


def fields_of(page: html.HtmlElement, action: str) -> dict[str, str]:
    form = page.xpath(f"//form[@action='{action}']")[0]
    return {field.get("name"): field.get("value") for field in form.xpath(".//input[@type='hidden']")}


def count(table: type, client: Client) -> int:
    with db.reading() as session:
        counted = select(func.count()).select_from(table).where(col(table.client_id) == client.id)
        return session.execute(counted).scalar_one()


def name_of(client: Client) -> str:
    with db.reading() as session:
        return session.get_one(Client, client.id).name


@pytest.mark.parametrize("htmx", [False, True], ids=["without JavaScript", "htmx"])
@pytest.mark.parametrize(
    ("shown_at", "action", "typed"),
    [
        ("/database/nuovo", "/database/nuovo", {"nome": "Clienti Italia", "paese": "IT"}),
        (
            "/configura/utenti/invita",
            "/configura/utenti/invita",
            {"email": "nuova@esempio.it", "ruolo": "administrator"},
        ),
        ("/configura/impostazioni", "/configura/impostazioni", {"nome": "Altro nome", "giorni": "1"}),
    ],
)
def test_a_form_of_one_tab_does_nothing_to_the_client_of_the_other(
    browser, page, aurora, bottega, shown_at, action, typed, htmx
):
    fields = fields_of(page(browser.get(shown_at)), action)
    browser.post_form(f"/spazio/{bottega.public_id}")  # in another tab

    answer = browser.post_form(action, {**fields, **typed}, htmx=htmx)

    assert answer.status_code == 409
    assert REFUSED in (json.loads(answer.headers["HX-Trigger"])["avviso"]["testo"] if htmx else answer.text)
    for client, name in ((aurora, "Studio Aurora"), (bottega, "Bottega Verdi")):
        assert count(UserDatabase, client) == count(Invitation, client) == 0
        assert name_of(client) == name


def test_htmx_alone_says_it_too(browser, page, bottega):
    body = page(browser.get("/database/nuovo")).find("body")
    assert "X-Platea-Spazio" in body.get("hx-headers:inherited")
    browser.post_form(f"/spazio/{bottega.public_id}")

    told = {"X-Platea-Spazio": fields_of(page(browser.get("/database")), "/uscita").get("spazio")}
    assert told == {"X-Platea-Spazio": bottega.public_id}


def test_the_same_form_works_while_its_client_is_open(browser, page, aurora):
    fields = fields_of(page(browser.get("/database/nuovo")), "/database/nuovo")

    assert (
        browser.post_form("/database/nuovo", {**fields, "nome": "Clienti", "paese": "IT"}).status_code == 303
    )
    assert count(UserDatabase, aurora) == 1


def test_what_belongs_to_no_client_is_not_held_against_it(browser, page, aurora, bottega):
    """Oneself, and the way to another client, work from the page of any client."""
    there = page(browser.get("/database"))
    fields = fields_of(there, f"/spazio/{bottega.public_id}")
    assert fields["spazio"] == aurora.public_id
    browser.post_form(f"/spazio/{bottega.public_id}")

    assert browser.post_form(f"/spazio/{aurora.public_id}", fields).status_code == 303
    browser.post_form(f"/spazio/{bottega.public_id}")
    assert browser.post_form("/uscita", fields).status_code == 303


def test_a_client_that_one_may_not_enter_is_not_named(browser, bottega):
    with db.writing() as session:
        other = Client(name="Segreta")
        session.add(other)

    answer = browser.post_form("/database/nuovo", {"spazio": other.public_id, "nome": "Clienti"})

    assert answer.status_code == 409
    assert "un altro spazio cliente" in answer.text and "Segreta" not in answer.text
