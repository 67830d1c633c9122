"""The numbers beside the conditions of a filter on a database that cannot be counted while one waits.

The server is told to wait for nothing: what happens to millions then happens to thirty thousand.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.conftest import make_app, opened, served_at
from tests.contacts.conftest import import_file
from tests.contacts.filters.test_filter_screens import beside, total, typed
from tests.support.axe import violations

PEOPLE = 30_000
FORM = typed(("city", "is", "torino"), ("own:totale_speso", "at_least", "100"), name="Grandi")
LOADER = "//*[contains(@hx-trigger, 'load')]"


@pytest.fixture
def here(clienti) -> str:
    cities, spent = ("Torino", "Forlì", "Forlì"), (100, 5, 5, 5)
    lines = (f"p{one}@posta.example.com;{cities[one % 3]};{spent[one % 4]}" for one in range(PEOPLE))
    import_file(clienti, "Email;Città;Totale speso\n" + "\n".join(lines))
    return f"/database/{clienti.public_id}/filtri"


@pytest.fixture
def app(settings, database):
    return make_app(settings, filter_patience_s=0.0)


def ask(browser, here: str, form: dict, ticket: str | None = None):
    more = {"contati": ticket} if ticket else {}
    return browser.post_form(f"{here}/conteggio", form | more, htmx=True)


def ticket_of(tree) -> str | None:
    found = tree.xpath(f"{LOADER}/@hx-vals")
    return re.fullmatch(r'\{"contati": "(.+)"\}', found[0])[1] if found else None


def follow(browser, fragment, here: str, form: dict, tree) -> tuple[object, list[str]]:
    """As the page does: ask until there is nothing to ask for; the last answer, and what stood meanwhile."""
    said = []
    for _ in range(50):
        ticket = ticket_of(tree)
        if ticket is None:
            return tree, said
        said.append(tree.xpath(f"string({LOADER}/p)"))
        answer = ask(browser, here, form, ticket)
        tree = fragment(answer)
        assert (answer.headers.get("HX-Retarget") == "#conteggio") == (ticket_of(tree) is None)
    pytest.fail("the count never came to its end")


def test_the_numbers_come_one_request_after_the_other(signed_in, fragment, here):
    first = fragment(ask(signed_in, here, FORM))
    assert (total(first), set(beside(first).values())) == ("…", {""})

    last, said = follow(signed_in, fragment, here, FORM, first)

    assert said[0] == "Conto i contatti, puoi salvare anche adesso: 5.000 letti su 30.000."
    assert len(said) > 1 and len(set(said)) == len(said)
    assert total(last) == "2.500"
    assert beside(last) == {"g1": "2.500 contatti", "g1c1": "10.000", "g1c2": "7.500", "x": ""}


def test_the_builder_begins_to_count_when_it_is_opened(signed_in, page, fragment, here):
    signed_in.post_form(f"{here}/nuovo", FORM)
    url = page(signed_in.get(here)).xpath("//a[normalize-space()='Grandi']/@href")[0]
    opened_page = page(signed_in.get(url))
    assert ticket_of(opened_page)

    last, _ = follow(signed_in, fragment, here, FORM, opened_page)

    assert beside(last)["g1c2"] == "7.500"


def test_the_ticket_of_another_rule_or_a_forged_one_begins_anew(signed_in, fragment, here):
    ticket = ticket_of(fragment(ask(signed_in, here, FORM)))
    other = typed(("city", "is", "forlì"), ("own:totale_speso", "at_least", "100"))
    for form, given in ((other, ticket), (FORM, "x" + ticket[1:]), (FORM, "?"), (FORM, "a" * 100_000)):
        answer = ask(signed_in, here, form, given)
        tree = fragment(answer)
        assert "5.000 letti su 30.000" in tree.text_content()


def test_a_database_that_goes_meanwhile_ends_the_count(signed_in, fragment, here, clienti):
    first = fragment(ask(signed_in, here, FORM))
    url = f"/database/{clienti.public_id}/elimina"
    signed_in.post_form(url, {"nome": clienti.name})

    answer = ask(signed_in, here, FORM, ticket_of(first))

    assert answer.status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize("look", [(1280, "light"), (390, "dark")], ids=str)
def test_axe_finds_nothing_to_say_while_it_counts(app, signed_in, chromium, here, look):
    signed_in.post_form(f"{here}/nuovo", FORM)
    width, scheme = look
    size = {"width": width, "height": 900}
    with (
        served_at(app) as address,
        opened(chromium, address, signed_in, viewport=size, color_scheme=scheme, bypass_csp=True) as window,
    ):
        window.route("**/conteggio", lambda _: None)
        window.goto(here)
        window.get_by_role("link", name="Grandi").first.click()
        expect(window.get_by_text("5.000 letti su 30.000")).to_be_visible()

        assert violations(window) == []


@pytest.mark.browser
def test_they_arrive_by_themselves_and_typing_begins_anew(app, signed_in, chromium, here):
    with served_at(app) as address, opened(chromium, address, signed_in) as window:
        window.goto(f"{here}/nuovo")
        expect(window.locator("#totale")).to_have_text("30.000")
        value = window.get_by_label("Valore di Città")
        value.fill("torino")
        expect(window.locator("#g1c1-count")).to_have_text("10.000 contatti")
        expect(window.locator("#totale")).to_have_text("10.000")
        value.fill("forlì")
        expect(window.locator("#g1c1-count")).to_have_text("20.000 contatti")
        expect(window.locator("#g1-count")).to_have_text("20.000 contatti")
        expect(value).to_be_focused()
        expect(window.locator("#conteggio progress[aria-label^='Contatti letti']")).to_have_count(0)
