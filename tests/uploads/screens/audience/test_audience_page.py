"""The page of a custom audience: the ledger by source, and how many the vendor recognised."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from tests.conftest import add_operator, make_app
from tests.uploads.conftest import world
from tests.uploads.screens.building import save
from tests.uploads.screens.test_upload_form import words
from webapp import clock, db, services
from webapp.access.models import Client, Role
from webapp.contacts.ledger import due
from webapp.contacts.ledger.models import MAYBE, AudienceMember, Feed
from webapp.contacts.models import Filter
from webapp.destinations.base import Size
from webapp.destinations.meta.health import checking
from webapp.uploads.screens.audience import estimate

__all__ = ["world"]
ANNA, BRUNO, CARLA = (f"{name}@posta.example" for name in ("anna", "bruno", "carla"))


@pytest.fixture
def work():
    """Run the jobs of an upload here, as one worker would."""
    from tests.uploads.conftest import work

    return work.__wrapped__()


@pytest.fixture
def browser(world, giulia):
    made = make_app(services.services().settings).test_client()
    made.sign_in(giulia)
    return made


def address(world, upload) -> str:
    return f"/custom-audience?account={world.account.public_id}&audience={upload.audience_id}"


def lines(tree) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in tree.xpath("//*[@id='registro']//tbody/tr")]


def test_the_ledger_is_told_by_source_and_adds_up(browser, world, work, page):
    """A database and a filter of it, by the same medium: both hold Anna, who counts once among the people."""
    world.add_contacts(ANNA, BRUNO, CARLA)
    save(Filter(database_id=world.database.id, name="Solo Anna", rule=named(ANNA)))
    with db.reading() as session:
        saved = session.exec(select(Filter)).one()
    first = work(world.start())
    work(world.start(filter_id=saved.id, audience_id=first.audience_id))
    with db.writing() as session:
        whole, _ = session.exec(select(Feed).order_by(Feed.id))
        member = session.exec(select(AudienceMember).where(AudienceMember.feed_id == whole.id)).first()
        member.print = MAYBE
        common = (session, world.client.id, whole.audience_ref)
        due.owe(*common, [(7, b"o" * 64)], due.Reason.CHANGED, None, whole.id)
        due.owe(*common, [(8, b"p" * 64), (9, b"q" * 64)], due.Reason.LEFT, 0.0)
        refused = session.exec(select(due.RemovalDue).where(due.RemovalDue.contact_id == 9)).one()
        refused.tries = 1

    tree = page(browser.get(address(world, first)))

    assert lines(tree) == [
        ["Clienti Italia intero database, Email", "3", "1", "0", "allinea"],
        ["Clienti Italia filtro “Solo Anna”, Email", "1", "0", "0", "allinea"],
        ["Fonti che non ci sono più", "0", "1", "1", ""],
        ["In tutto", "4", "2", "1", ""],
    ]
    told = words(tree.get_element_by_id("registro"))
    assert "le persone diverse sono 3." in told
    assert "Di 1 persona la risposta di Facebook è andata persa" in told
    align = page(browser.get(tree.xpath("//a[contains(@aria-label, 'intero database')]/@href")[0]))
    assert align.xpath("//input[@name='come' and @checked]/@value") == ["align"]
    assert align.xpath("//input[@name='audience' and @checked]/@value") == [first.audience_id]


def named(email: str) -> dict:
    condition = {"field": "email", "operator": "is", "values": [email]}
    return {
        "groups": [{"match": "all", "conditions": [condition]}],
        "exclude": {"match": "all", "conditions": []},
    }


def test_what_the_vendor_recognised_is_a_range_and_a_share_once_it_says_so(browser, world, work, page):
    """The simulator recognises seven in ten (`match_rate`), a day of its clock after the upload."""
    world.add_contacts(*(f"p{number}@posta.example" for number in range(2_000)))
    first = work(world.start())
    at_once = words(page(browser.get(address(world, first))).get_element_by_id("riconosciuti"))
    assert (
        "Non abbiamo ancora letto una stima. La chiediamo ogni ora, e Facebook di solito la calcola"
        in at_once
    )
    assert "−1" not in at_once and "-1" not in at_once

    requests.post(f"{world.simulator.graph_url}/_sim/clock", json={"advance_s": 86_400}, timeout=10)
    checking.check(world.account.id)

    told = words(page(browser.get(address(world, first))).get_element_by_id("riconosciuti"))
    assert "stima" in told
    assert "1.400–1.500 persone, lette il " in told
    assert "Stima: 70–75% delle 2.000 persone inviate da Platea." in told
    assert "la aggiorna entro 24 ore da un caricamento" in told
    assert "Teniamo una stima al giorno per 400 giorni" in told


def test_the_score_is_shown_only_where_the_vendor_gives_one(browser, world, work, page):
    world.add_contacts(ANNA)
    first = work(world.start())
    asked_for = f"/{first.audience_id}/match_rate_insights"

    def seen() -> bool:
        return "Punteggio di riconoscimento" in words(
            page(browser.get(address(world, first))).find(".//main")
        )

    assert not seen() and not world.simulator.calls(asked_for)
    edge = {"meta_match_rate_edge": "match_rate_insights"}
    services.start(replace(services.services().settings, **edge))
    assert not seen() and world.simulator.calls(asked_for)
    settings = {"has_match_rate": True}
    requests.post(f"{world.simulator.graph_url}/_sim/settings", json=settings, timeout=10)
    assert seen()


def test_an_audience_nobody_of_ours_filled_says_so(browser, world, page):
    [listed] = [one for one in audiences(world) if one["name"] == "Clienti newsletter"]

    tree = page(browser.get(f"/custom-audience?account={world.account.public_id}&audience={listed['id']}"))

    assert "Platea non ha ancora messo nessuno" in words(tree.get_element_by_id("registro"))


def audiences(world) -> list[dict]:
    return requests.get(f"{world.simulator.graph_url}/_sim/audiences", timeout=10).json()["audiences"]


def test_it_is_opened_for_its_own_client_and_support_may_only_look(browser, world, work, page):
    world.add_contacts(ANNA)
    first = work(world.start())
    bottega = Client(name="Bottega Verdi")
    save(bottega)
    app = make_app(services.services().settings)
    stranger, support = app.test_client(), app.test_client()
    stranger.sign_in(add_operator(bottega, Role.ADMINISTRATOR, "paolo@verdi.example", "Paolo Verdi"))
    support.sign_in(add_operator(world.client, Role.SUPPORT, "sara@aurora.example"))

    assert stranger.get(address(world, first)).status_code == 404
    assert browser.get(f"/custom-audience?account={world.account.public_id}&audience=1").status_code == 404
    assert not page(support.get(address(world, first))).xpath("//main//a[contains(., 'allinea')]")


NOW = clock.now()


@pytest.mark.parametrize(
    ("least", "most", "sent", "words_of"),
    [
        (48_000, 57_000, 60_000, "Stima: 80–95% delle 60.000 persone inviate da Platea."),
        (2_000, 2_100, 2_050, "Stima: 98–100% delle 2.050 persone inviate da Platea."),
        (2_000, 2_000, 4_000, "Stima: circa 50% delle 4.000 persone inviate da Platea."),
        (48_000, 57_000, 10, estimate.OTHERS_TOO),
        (48_000, 57_000, 0, ""),
        (1_000, 1_000, 700, estimate.AT_THE_FLOOR.format(label="Facebook")),
    ],
)
def test_a_share_is_said_only_where_it_can_be_known(least, most, sent, words_of):
    """Source: Meta sheet §3.1: a range, −1 for "not yet", 1000 for whatever is no larger."""
    assert estimate.recognised(Size(least, most, NOW), sent, "Facebook") == words_of


@given(st.lists(st.sampled_from([(1000, 1000), (2000, 2100), (3000, 3200)]), max_size=30))
def test_a_trend_has_a_line_where_something_changed(days):
    first = date(2026, 11, 1)
    sizes = {first + timedelta(days=n): Size(*bounds, NOW) for n, bounds in enumerate(days)}

    found = estimate.changes(sizes, most=100)

    shown = [one[:2] for _, one in reversed(found)]
    assert all(former != later for former, later in zip(shown, shown[1:], strict=False))
    for day, size in sizes.items():
        assert next(one for on, one in found if on <= day)[:2] == size[:2]
