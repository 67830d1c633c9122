"""Screen "Impostazioni": what an administrator decides for the open client."""

import pytest

from tests.access.test_second_factor import switch_on
from tests.conftest import add_operator, make_app
from webapp import db
from webapp.access.models import Client, Role

URL = "/configura/impostazioni"


def kept(aurora) -> Client:
    with db.reading() as session:
        return session.get_one(Client, aurora.id)


def test_the_name_is_saved_and_seen_at_once(signed_in, aurora, page):
    assert signed_in.post_form(URL, {"nome": "Studio Alba", "giorni": "90"}).location == URL

    tree = page(signed_in.get(URL))
    assert "Impostazioni salvate." in tree.text_content()
    assert "Studio Alba" in tree.xpath("//header")[0].text_content()
    assert kept(aurora).name == "Studio Alba"


def test_the_time_zone_is_said(signed_in, page):
    assert "Europe/Rome" in page(signed_in.get(URL)).text_content()


@pytest.mark.parametrize(
    ("name", "sentence"), [("", "Manca il nome."), ("x" * 121, "Il nome è troppo lungo: al massimo 120")]
)
def test_a_name_that_cannot_be_is_refused_beside_its_field(signed_in, aurora, fragment, name, sentence):
    form = fragment(signed_in.post_form(URL, {"nome": name, "giorni": "90"}, htmx=True), 422)

    assert sentence in form.get_element_by_id("nome-error").text_content()
    assert kept(aurora).name == "Studio Aurora"


def test_the_name_of_another_client_is_taken(signed_in, aurora, page):
    with db.writing() as session:
        session.add(Client(name="Bottega Verdi"))

    tree = page(signed_in.post_form(URL, {"nome": "Bottega Verdi", "giorni": "90"}), 422)

    assert "C’è già uno spazio cliente che si chiama “Bottega Verdi”." in tree.text_content()


def test_who_asks_others_for_a_second_factor_has_one(signed_in, aurora, page):
    """Otherwise the first thing it would do is to lock out who switched it on."""
    form = {"nome": "Studio Aurora", "giorni": "90", "secondo_fattore": "1"}
    assert (
        "Prima attiva il secondo fattore per te" in page(signed_in.post_form(URL, form), 422).text_content()
    )
    assert not kept(aurora).second_factor_required

    switch_on(signed_in, page)
    signed_in.post_form(URL, form)

    assert kept(aurora).second_factor_required


def test_the_other_administrators_must_then_switch_it_on(app, signed_in, aurora, page):
    paolo = app.test_client()
    paolo.sign_in(add_operator(aurora, Role.ADMINISTRATOR, "paolo@aurora.example", "Paolo Neri"))
    switch_on(signed_in, page)
    signed_in.post_form(URL, {"nome": "Studio Aurora", "giorni": "90", "secondo_fattore": "1"})

    assert paolo.get("/").location == "/profilo/secondo-fattore"

    signed_in.post_form(URL, {"nome": "Studio Aurora", "giorni": "90"})
    assert paolo.get("/").status_code == 200


@pytest.mark.parametrize("role", [Role.MARKETER, Role.SUPPORT])
def test_only_administrators_may_look(app, aurora, role):
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, role))

    assert browser.get(URL).status_code == 403
    assert browser.post_form(URL, {"nome": "Mio", "giorni": "90"}).status_code == 403
    assert kept(aurora).name == "Studio Aurora"


def test_no_other_field_is_written(signed_in, aurora):
    before = kept(aurora)
    form = {"nome": "Studio Alba", "id": "7", "public_id": "abcdefghjkmn", "client_id": "7", "giorni": "90"}

    signed_in.post_form(URL, form)

    after = kept(aurora)
    assert (after.id, after.public_id) == (before.id, before.public_id)


def test_the_days_are_saved(signed_in, aurora, page):
    signed_in.post_form(URL, {"nome": "Studio Aurora", "giorni": " 30 "})

    assert kept(aurora).retention_days == 30
    assert page(signed_in.get(URL)).get_element_by_id("giorni").get("value") == "30"


@pytest.mark.parametrize("days", ["", "0", "-1", "3651", "90,5", "1e3", "novanta", "９０", "99999999999"])
def test_days_that_are_none_are_refused_beside_their_field(signed_in, aurora, fragment, days):
    form = fragment(signed_in.post_form(URL, {"nome": "Studio Aurora", "giorni": days}, htmx=True), 422)

    assert "Scrivi un numero di giorni da 1 a 3650." in form.get_element_by_id("giorni-error").text_content()
    assert kept(aurora).retention_days == 90


def test_everybody_who_works_there_may_be_asked_for_one(app, signed_in, aurora, page):
    marta = app.test_client()
    marta.sign_in(add_operator(aurora, Role.SUPPORT, "marta@aurora.example", "Marta Riva"))
    switch_on(signed_in, page)
    form = {"nome": "Studio Aurora", "giorni": "90", "secondo_fattore_tutti": "1"}
    assert signed_in.post_form(URL, form).status_code == 303

    assert marta.get("/").location == "/profilo/secondo-fattore"
    shown = page(signed_in.get(URL))
    assert shown.xpath("//input[@name='secondo_fattore_tutti']/@checked")

    signed_in.post_form(URL, {"nome": "Studio Aurora", "giorni": "90", "secondo_fattore": "1"})
    assert marta.get("/").status_code == 200


def test_the_whole_installation_may_ask_everybody_for_one(database, aurora, page):
    client = make_app(database, second_factor_for_all=True).test_client()
    client.sign_in(add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva"))

    assert client.get("/").location == "/profilo/secondo-fattore"
    switch_on(client, page)
    assert client.get("/").status_code == 200
