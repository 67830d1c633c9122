""" "Info": every custom audience of the account, whoever made it, with size and last change."""

import requests
import time_machine
from sqlmodel import col, select

from tests.destinations.meta.accounts.journey import FACEBOOK, saved
from webapp import clock, db
from webapp.budgets import Budget
from webapp.destinations.meta.accounts.listing import audience_row, size_words
from webapp.destinations.meta.destination import MetaDestination

CELLS = "descendant::td"


def rows(tree) -> dict[str, list[str]]:
    """Name → the texts of the other cells."""
    found = {}
    for row in tree.xpath(".//tbody/tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row.findall("td")]
        name = row.xpath(".//*[@class='t']")[0].text_content()
        found[name] = cells[1:]
    return found


def test_the_page_comes_at_once_and_asks_for_the_list(signed_in, save_account, simulator, page):
    account = save_account()
    before = len(simulator.calls())

    tree = page(signed_in.get(f"{FACEBOOK}/{account.public_id}/info"))

    place = tree.get_element_by_id("audiences")
    assert place.get("hx-get") == f"{FACEBOOK}/{account.public_id}/info/audience"
    assert place.get("hx-trigger") == "load"
    assert len(simulator.calls()) == before


def test_without_javascript_the_list_is_one_click_away(signed_in, save_account, page):
    account = save_account()
    tree = page(signed_in.get(f"{FACEBOOK}/{account.public_id}/info"))
    (link,) = tree.xpath("//noscript//a/@href")

    assert "Clienti newsletter" in rows(page(signed_in.get(link)))


def test_every_audience_is_listed_with_size_and_last_change(signed_in, save_account, fragment):
    account = save_account()
    listed = rows(fragment(signed_in.get_htmx(f"{FACEBOOK}/{account.public_id}/info/audience")))

    assert list(listed) == [
        "Pazienti in cura 2025",
        "Simile (IT, 1%) – Clienti newsletter",
        "Clienti newsletter",
    ]
    kind, size, changed, use = listed["Clienti newsletter"]
    assert (kind, size, use) == (
        "Elenco di contatti",
        "48.000–49.000",
        "carica qui allinea registro e riconosciuti",
    )
    assert len(changed) == len("23/11/2026 14:05")
    assert listed["Simile (IT, 1%) – Clienti newsletter"][0] == "Pubblico simile"
    assert "Non utilizzabile" in listed["Pazienti in cura 2025"][3]


def test_an_audience_facebook_has_not_counted_yet_says_so(signed_in, save_account, fragment):
    account = save_account()
    connection = MetaDestination().connect(account.client_id, account.id)
    connection.create_audience("Novembre", "segno-di-prova")
    connection.close()

    answer = signed_in.get_htmx(f"{FACEBOOK}/{account.public_id}/info/audience")

    kind, size, *_ = rows(fragment(answer))["Novembre"]
    assert (kind, size) == ("Elenco di contatti creata con Platea", "non ancora disponibile")


def test_the_moment_of_reading_is_shown(signed_in, save_account, fragment):
    account = save_account()
    footer = fragment(signed_in.get_htmx(f"{FACEBOOK}/{account.public_id}/info/audience")).find("footer")

    assert "letto alle" in footer.text_content() and footer.xpath(".//time/@datetime")


def test_an_account_without_audiences_says_how_to_make_the_first(
    signed_in, save_account, simulator, fragment
):
    account = save_account()
    requests.post(f"{simulator.graph_url}/_sim/reset", json={"audiences": False}, timeout=30)

    text = fragment(signed_in.get_htmx(f"{FACEBOOK}/{account.public_id}/info/audience")).text_content()

    assert (
        "Su questo account non ci sono ancora custom audience. La prima la crei caricando gli utenti da un"
        " database o da un filtro." in text
    )


def test_facebook_out_of_order_offers_to_try_again(signed_in, save_account, simulator, fragment):
    account = save_account()
    simulator.order(fault="2", on="GET /customaudiences", times=1)

    root = fragment(signed_in.get_htmx(f"{FACEBOOK}/{account.public_id}/info/audience"))

    text = root.text_content()
    assert "Facebook ha un problema temporaneo." in text and "Riprova tra un minuto." in text
    assert root.xpath(".//a[contains(., 'riprova')]/@href")


def test_a_token_that_ended_is_told_here_and_on_the_list(signed_in, save_account, simulator, fragment, page):
    account = save_account()
    simulator.order(fault="190/460", on="GET /customaudiences", times=1)

    text = fragment(signed_in.get_htmx(f"{FACEBOOK}/{account.public_id}/info/audience")).text_content()

    assert "ha cambiato la password di Facebook" in text and "Codice per l’assistenza: 190/460" in text
    listed = page(signed_in.get(FACEBOOK))
    assert (
        "ha cambiato la password di Facebook"
        in listed.get_element_by_id(f"alert-{account.public_id}").text_content()
    )
    badge = listed.xpath("//nav//a[contains(., 'Integrazioni')]/span[contains(@class, 'is-err')]")
    assert badge[0].text_content() == "1 da controllare"


def test_a_good_reading_clears_the_problem(signed_in, save_account, simulator):
    account = save_account()
    simulator.order(fault="190/460", on="GET /customaudiences", times=1)
    address = f"{FACEBOOK}/{account.public_id}/info/audience"
    signed_in.get_htmx(address)
    assert saved()[0].problem == "190/460"

    signed_in.get_htmx(address)

    assert saved()[0].problem is None


def test_who_looks_again_within_a_minute_sees_the_same_list_and_facebook_is_not_asked(
    signed_in, save_account, simulator, fragment
):
    account = save_account()
    address = f"{FACEBOOK}/{account.public_id}/info/audience"
    with time_machine.travel(clock.epoch(), tick=False) as now:
        first = fragment(signed_in.get_htmx(address))
        asked = len(simulator.calls())
        now.shift(59)
        again = fragment(signed_in.get_htmx(address))
        assert len(simulator.calls()) == asked
        assert rows(again) == rows(first)
        assert again.xpath(".//time/@datetime") == first.xpath(".//time/@datetime")
        now.shift(2)
        signed_in.get_htmx(address)

    assert len(simulator.calls()) == asked + 1


def test_an_audience_that_was_just_created_is_on_the_list_at_once(signed_in, save_account, fragment):
    account = save_account()
    address = f"{FACEBOOK}/{account.public_id}/info/audience"
    signed_in.get_htmx(address)

    connection = MetaDestination().connect(account.client_id, db.saved_id(account))
    connection.create_audience("Appena nata", "segno")
    connection.close()

    assert "Appena nata" in fragment(signed_in.get_htmx(address)).text_content()


def test_a_list_counts_by_the_requests_it_took_and_one_that_was_kept_not_at_all(
    signed_in, save_account, simulator
):
    account = save_account()
    simulator.order(
        fault="1", on="GET /customaudiences", times=2
    )  # too heavy, twice: asked for in smaller pages
    address = f"{FACEBOOK}/{account.public_id}/info/audience"

    before = len(simulator.calls())
    signed_in.get_htmx(address)
    assert (len(simulator.calls()) - before, used()) == (3, {3})
    signed_in.get_htmx(address)
    assert used() == {3}


def used() -> set[int]:
    """What of the budget of requests to Facebook is used up, of the person and of the client."""
    with db.reading() as session:
        return {one.used for one in session.exec(select(Budget).where(col(Budget.key).startswith("calls:")))}


def test_a_size_is_what_facebook_promises_or_between_its_bounds():
    assert size_words(None, -1) == "non ancora disponibile"
    assert size_words(1000, 1000) == "1.000"
    assert size_words(48_000, 49_000) == "48.000–49.000"
    assert size_words(48_000, None) == "48.000"
    assert size_words(0, 0) == "0"


def test_a_kind_nobody_documented_is_shown_all_the_same():
    row = audience_row({"id": "1", "name": "Strana", "subtype": "FOX"})

    assert (row.kind, row.size, row.updated_at) == ("Altro pubblico", "non ancora disponibile", None)
    assert row.unsuitable == "non nasce da un elenco di contatti"
