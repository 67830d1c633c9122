"""Screen "Spazi cliente": for the owner of the installation, and what it changes for everybody else."""

import pytest
from sqlmodel import select

from tests.conftest import add_operator
from webapp import db
from webapp.access.models import Client, Role


@pytest.fixture
def owner(app, aurora):
    browser = app.test_client()
    browser.sign_in(add_operator(None, Role.SUPPORT, "chiara@agenzia.example", "Chiara Rossi", is_owner=True))
    return browser


def names() -> list[str]:
    with db.reading() as session:
        return sorted(session.exec(select(Client.name)))


def test_the_owner_makes_a_client_opens_it_and_invites_its_first_person(owner, page):
    made = owner.post_form("/configura/clienti/nuovo", {"nome": "  Bottega   Verdi "})
    assert made.location == "/configura/clienti"
    row = page(owner.get("/configura/clienti")).xpath("//tr[contains(., 'Bottega Verdi')]")[0]
    owner.post_form(row.xpath(".//form/@action")[0])

    assert "Bottega Verdi" in page(owner.get("/")).xpath("//header")[0].text_content()
    people = page(owner.get("/configura/utenti")).text_content()
    assert "Nessuno lavora ancora in questo spazio." in people
    assert "Amministra tutta l’installazione: Chiara Rossi" in people
    form = {"email": "vera@verdi.example", "ruolo": "administrator"}
    assert "/invito/" in owner.post_form("/configura/utenti/invita", form).text


def test_a_client_gets_another_name(owner, aurora):
    answer = owner.post_form(f"/configura/clienti/{aurora.public_id}", {"nome": "Studio Alba"})

    assert answer.location == "/configura/clienti"
    assert names() == ["Studio Alba"]


def test_keeping_its_name_is_no_mistake(owner, aurora):
    answer = owner.post_form(f"/configura/clienti/{aurora.public_id}", {"nome": "STUDIO Aurora"})

    assert (answer.status_code, names()) == (303, ["STUDIO Aurora"])


def test_a_name_that_cannot_be_leaves_the_client_as_it_was(owner, aurora, page):
    answer = owner.post_form(f"/configura/clienti/{aurora.public_id}", {"nome": " "})

    assert "Manca il nome." in page(answer, 422).text_content()
    assert names() == ["Studio Aurora"]


def test_of_two_owners_the_second_is_told_that_the_name_has_changed(owner, aurora, page):
    there = f"/configura/clienti/{aurora.public_id}"
    seen = page(owner.get(there)).xpath("//form//input[@name='visto']/@value")[0]
    owner.post_form(there, {"nome": "Studio Alba"})

    refused = page(owner.post_form(there, {"nome": "Studio Bora", "visto": seen}), 409)
    assert "Qualcun altro ha salvato mentre scrivevi" in refused.text_content()
    assert names() == ["Studio Alba"]

    again = refused.xpath("//form//input[@name='visto']/@value")[0]
    owner.post_form(there, {"nome": "Studio Bora", "visto": again})
    assert names() == ["Studio Bora"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (" ", "Manca il nome."),
        ("x" * 121, "Il nome è troppo lungo: al massimo 120 caratteri."),
        ("studio aurora", "C’è già uno spazio cliente che si chiama “studio aurora”."),
        ("a\x00b", "Il nome contiene un carattere che non si può scrivere."),
    ],
)
def test_a_name_that_cannot_be_is_refused(owner, fragment, name, sentence):
    answer = owner.post_form("/configura/clienti/nuovo", {"nome": name}, htmx=True)

    assert sentence in fragment(answer, 422).text_content()
    assert names() == ["Studio Aurora"]


def test_an_administrator_of_a_client_does_not_see_that_there_are_others(signed_in, aurora):
    assert "/configura/clienti" not in signed_in.get("/stile").text
    assert signed_in.get("/configura/clienti").status_code == 403


@pytest.mark.parametrize("client_id", ["abcdefghjkmn", "1", "x" * 200])
def test_a_client_that_is_not_there_is_a_404(owner, client_id):
    assert owner.get(f"/configura/clienti/{client_id}").status_code == 404
