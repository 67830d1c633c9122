"""No road ends: what was just finished offers what comes next, and the first steps have no order."""

import pytest

from tests.conftest import Browser
from tests.uploads.screens.building import add_upload, save
from webapp import db
from webapp.contacts import databases
from webapp.contacts.models import Filter, UserDatabase
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.status import BatchStatus, UploadStatus

ACCOUNTS = "/configura/integrazioni/facebook"
RULE = {"groups": [], "exclude": {"match": "any", "conditions": []}}


@pytest.fixture
def account(aurora) -> MetaAccount:
    made = MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1048223941", token=b"x")
    save(made)
    return made


@pytest.fixture
def clienti(aurora) -> UserDatabase:
    with db.writing() as session:
        return databases.create_database(session, aurora.id, "Clienti negozio")


def test_the_first_steps_can_be_taken_in_any_order(signed_in: Browser, page):
    steps = page(signed_in.get("/benvenuto")).xpath("//ol[@class='steps']/li")

    assert [step.xpath(".//a/@href") for step in steps] == [
        [f"{ACCOUNTS}/nuovo"],
        ["/database/nuovo"],
        [],
    ]
    assert "Prima servono un account e i contatti" in " ".join(steps[2].text_content().split())


def test_after_the_first_account_the_first_database_is_named_at_once(signed_in: Browser, account, page):
    """A page less on the way from nothing to the first audience: twelve clicks, from the overview on."""
    [form] = page(signed_in.get(ACCOUNTS)).xpath("//section[@id='next']//form")

    answer = signed_in.post_form(form.get("action"), {"nome": "Clienti negozio"})

    assert answer.location.endswith("/importazioni/nuova")


def test_once_there_is_a_database_the_accounts_lead_to_it_until_one_has_sent(
    signed_in: Browser, account, clienti, page
):
    links = page(signed_in.get(ACCOUNTS)).xpath("//section[@id='next']//a/@href")
    assert links == ["/database", f"{ACCOUNTS}/{account.public_id}/info"]

    add_upload(clienti, [(BatchStatus.SENT, 5, 0)], account=account)

    assert page(signed_in.get(ACCOUNTS)).xpath("//section[@id='next']") == []


def test_a_filter_that_was_never_used_leads_to_the_upload(signed_in: Browser, clienti, page):
    saved = Filter(database_id=clienti.id, name="Torino", rule=RULE)
    save(saved)
    there = f"/database/{clienti.public_id}"

    links = page(signed_in.get(f"{there}/filtri")).xpath("//tbody//a/@href")

    assert f"{there}/custom-audience/carica?filtro={saved.public_id}" in links


def test_an_upload_that_has_ended_leads_on(signed_in: Browser, account, clienti, page):
    going = add_upload(clienti, [(BatchStatus.PENDING, 5, 0)], status=UploadStatus.SENDING, account=account)
    done = add_upload(clienti, [(BatchStatus.SENT, 5, 0)], account=account)

    def links(upload) -> list[str]:
        tree = page(signed_in.get(f"/caricamenti/{upload.public_id}"))
        return tree.xpath("//section[@id='next']//a/@href")

    there = f"/database/{clienti.public_id}"
    assert links(going) == []
    assert links(done) == [
        f"{ACCOUNTS}/{account.public_id}/info",
        f"{there}/filtri/nuovo",
        f"{there}/custom-audience",
    ]
