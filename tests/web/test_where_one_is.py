"""A page says whose it is, on every tab; a mistaken address keeps the way on; each role sees its own."""

import pytest

from tests.conftest import Browser, add_operator
from tests.uploads.screens.building import add_upload, save, sign
from webapp.access.models import Client, Role
from webapp.contacts.models import Filter, UserDatabase
from webapp.uploads.status import BatchStatus, UploadStatus

SENT = BatchStatus.SENT


def words(element) -> str:
    return " ".join(element.text_content().split())


@pytest.fixture
def clienti(aurora) -> UserDatabase:
    database = UserDatabase(client_id=aurora.id, name="Clienti Italia")
    save(database)
    return database


@pytest.fixture
def fedeli(clienti) -> Filter:
    saved = Filter(database_id=clienti.id, name="Clienti fedeli", rule={"groups": []}, counted=2_990)
    save(saved)
    return saved


@pytest.fixture
def marketer(app, aurora) -> Browser:
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, Role.MARKETER, email="marta@aurora.example", name="Marta Bo"))
    return browser


@pytest.mark.parametrize("tab", ["contatti", "filtri", "custom-audience", "importazioni"])
def test_a_database_keeps_its_name_on_every_tab(signed_in: Browser, clienti, fedeli, page, tab):
    add_upload(clienti, [(SENT, 5, 0)])
    add_upload(clienti, [(SENT, 5, 0)], saved=fedeli)

    tree = page(signed_in.get(f"/database/{clienti.public_id}/{tab}"))

    assert words(tree.find(".//h1")) == "Clienti Italia"
    tabs = [words(one) for one in tree.xpath("//*[@id='tabs']/a")]
    assert tabs == ["Contatti 0", "Filtri 1", "Custom Audience 2", "Importazioni 0"]
    assert len(tree.xpath("//*[@id='tabs']/a[@aria-current='page']")) == 1


def test_a_filters_uploads_stand_under_its_own_name_count_and_tabs(signed_in: Browser, clienti, fedeli, page):
    add_upload(clienti, [(SENT, 5, 0)], saved=fedeli)

    tree = page(signed_in.get(f"/database/{clienti.public_id}/filtri/{fedeli.public_id}/custom-audience"))

    assert words(tree.find(".//h1")) == "Clienti fedeli"
    tabs = [words(one) for one in tree.xpath("//*[@id='tabs']/a")]
    assert tabs == ["Condizioni", "Contatti 2.990", "Custom Audience 1"]
    assert "2.990 contatti" in words(tree.xpath("//*[@class='page-head']")[0])


def test_the_address_of_a_database_leads_to_its_contacts(signed_in: Browser, clienti):
    answer = signed_in.get(f"/database/{clienti.public_id}")
    assert (answer.status_code, answer.location) == (303, f"/database/{clienti.public_id}/contatti")

    other = Client(name="Birrificio Nord")
    save(other)
    theirs = UserDatabase(client_id=other.id, name="Soci")
    save(theirs)
    assert signed_in.get(f"/database/{theirs.public_id}").status_code == 404


def test_an_error_keeps_the_menu_of_who_is_signed_in_and_shows_none_to_others(app, signed_in, marketer, page):
    for browser, address, status in (
        (signed_in, "/non-c-e", 404),
        (signed_in, "/database/abcdefghjkmn/contatti", 404),
        (signed_in, "/uscita", 405),
        (marketer, "/configura/utenti", 403),
    ):
        tree = page(browser.get(address), status)
        assert tree.xpath("//nav[@aria-label='Lavoro']//a[@href='/caricamenti']"), address
        assert len(tree.findall(".//h1")) == 1
    assert not page(app.test_client().get("/non-c-e"), 404).xpath("//nav")


def test_all_uploads_open_on_all_of_them_with_the_button_that_makes_one(signed_in: Browser, clienti, page):
    add_upload(clienti, [(SENT, 5, 0)], status=UploadStatus.COMPLETED)

    tree = page(signed_in.get("/caricamenti"))
    assert len(tree.xpath("//tbody/tr[@data-state]")) == 1
    way = tree.xpath("//a[contains(., 'Carica gli utenti per una custom audience')]/@href")
    assert "Clienti Italia" in words(page(signed_in.get(way[0])))


def test_only_who_looks_after_the_machine_reads_of_hosts_and_versions(
    app, aurora, signed_in, marketer, clienti, page
):
    save(sign("worker-1"))
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, email="paolo@aurora.example", name="Paolo Neri"))

    assert "nodo-1" not in words(page(marketer.get("/caricamenti")))
    for browser in (signed_in, support):
        assert "nodo-1" in words(page(browser.get("/caricamenti")))
