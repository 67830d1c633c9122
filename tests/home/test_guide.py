"""The guide: how-tos that any role reads, one click from every page."""

from tests.conftest import add_operator
from webapp.access.models import Role


def words(element) -> str:
    return " ".join(element.text_content().split())


def test_the_guide_stands_in_the_menu_of_every_page(signed_in, page):
    for path in ("/", "/database", "/caricamenti", "/guida"):
        link = page(signed_in.get(path)).xpath("//aside//a[@href='/guida']")
        assert [words(one) for one in link] == ["Guida"], path


def test_the_guide_has_four_how_tos_and_says_where_the_account_id_is(signed_in, page):
    tree = page(signed_in.get("/guida"))

    titles = [words(title) for title in tree.xpath("//main//section/header/h2")]
    assert [title[:2] for title in titles[:4]] == ["1.", "2.", "3.", "4."]
    assert titles[4:] == [
        "Importare i contatti",
        "Il consenso",
        "I filtri",
        "Gli stati di un caricamento",
        "Quando qualcosa non va",
        "Spazi cliente, ruoli e registro",
        "Cerca ovunque",
        "Domande frequenti",
    ]
    assert "Gestione inserzioni" in words(tree.get_element_by_id("account-id"))
    assert tree.xpath("//main//a[@href='#account-id']")


def test_support_reads_the_guide_too(app, aurora, page):
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, Role.SUPPORT))

    page(browser.get("/guida"))
