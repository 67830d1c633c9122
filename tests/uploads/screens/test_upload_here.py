""" "carica qui" on an audience of an account: choose whose users, then the form knows the rest."""

import pytest

from tests.conftest import add_operator, make_app
from webapp.access.models import Role
from webapp.destinations.meta.accounts import accounts


def words(element) -> str:
    return " ".join(element.text_content().split())


@pytest.fixture
def account(connected, aurora, simulator):
    return accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)


@pytest.fixture
def browser(connected, giulia):
    made = make_app(connected).test_client()
    made.sign_in(giulia)
    return made


def test_from_an_audience_to_the_form_that_has_it_chosen(browser, account, clienti, inattivi, page):
    info = page(browser.get(f"/configura/integrazioni/facebook/{account.public_id}/info?elenco=1"))
    here = info.xpath("//a[contains(@aria-label, 'carica qui: Clienti newsletter')]/@href")[0]

    choice = page(browser.get(here))

    offered = choice.xpath("//main//ul//a")
    assert [words(link) for link in offered] == ["Clienti Italia", "Inattivi da 90 giorni"]
    assert "Custom audience “Clienti newsletter”, account Aurora Italia" in words(choice.find(".//main"))


def test_from_an_audience_to_the_form_that_aligns_it(browser, account, clienti, page):
    info = page(browser.get(f"/configura/integrazioni/facebook/{account.public_id}/info?elenco=1"))
    here = info.xpath("//a[@aria-label='allinea: Clienti newsletter']/@href")[0]

    choice = page(browser.get(here))

    assert "come=align" in choice.xpath("//main//ul//a/@href")[0]


def test_a_blocked_audience_cannot_be_chosen(browser, account, page):
    info = page(browser.get(f"/configura/integrazioni/facebook/{account.public_id}/info?elenco=1"))

    assert not info.xpath("//a[contains(@href, '/carica-qui') and contains(@aria-label, 'Pazienti in cura')]")


def test_who_may_not_upload_is_not_offered_it(connected, account, aurora, page):
    browser = make_app(connected).test_client()
    browser.sign_in(add_operator(aurora, Role.SUPPORT))

    info = page(browser.get(f"/configura/integrazioni/facebook/{account.public_id}/info?elenco=1"))

    assert not info.xpath("//a[contains(@aria-label, 'carica qui')]")
    assert "Adatta ai caricamenti" in words(info.get_element_by_id("audiences"))


def test_an_account_of_somebody_else_leads_nowhere(browser):
    assert browser.get("/carica-qui?account=abcdefghjkmn").status_code == 404
