"""The whole way: a form is sent, workers work, the pages say what the simulated Meta really received."""

import hashlib

from sqlmodel import select

from tests.conftest import make_app
from tests.uploads.screens.building import add_contacts
from webapp import db
from webapp.destinations.meta.accounts import accounts
from webapp.uploads import jobs
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Upload
from webapp.uploads.screens import queries
from webapp.values.identifiers import new_public_id

VALID = ("anna@posta.example", "luca@posta.example", "sara@posta.example")


def words(element) -> str:
    return " ".join(element.text_content().split())


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def test_what_the_pages_say_is_what_meta_received(connected, giulia, aurora, clienti, simulator, page):
    account = accounts.save_with_token(
        aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token
    )
    people = [{"email": email, "email_sha256": digest(email)} for email in (*VALID, VALID[0])]
    bad = {"email": "mario(at)posta.example", "email_reason": "email_invalid.no_at"}
    add_contacts(clienti, *people, bad, {"code": "7", "email_reason": "email_empty"})
    browser = make_app(connected).test_client()
    browser.sign_in(giulia)
    history = f"/database/{clienti.public_id}/custom-audience"
    form = {
        "token": new_public_id(),
        "medium": "email",
        "account": account.public_id,
        "modo": "nuova",
        "nome": "Clienti, novembre",
        "consenso": "1",
        "ok_numero": "1",
    }
    assert browser.post_form(f"{history}/carica", form).location == history

    with db.reading() as session:
        upload_id = session.execute(select(Upload.id)).scalar_one()
    jobs.prepare_upload(upload_id)
    jobs.send_upload(upload_id)
    reconcile()

    row = page(browser.get(history)).xpath("//tbody/tr")[0]
    assert words(row.xpath("td[@data-label='Utenti inviati']")[0]) == "3"
    assert words(row.xpath("td[@data-label='Dati non validi']")[0]).startswith("2 ")
    with db.reading() as session:
        [found] = queries.read_all(session, queries.Scope((aurora.id,)).condition())
    assert found.numbers.adds_up()
    assert simulator.received(found.audience_id) == {digest(email).hex() for email in VALID}
    detail = page(browser.get(f"/caricamenti/{found.public_id}"))
    assert "manca la chiocciola" in words(detail.get_element_by_id("left-out"))
    assert "m••••(••)•••••.•••••••" in words(detail.get_element_by_id("left-out"))
    told = browser.get(f"/caricamenti/{found.public_id}/dati-non-validi.csv").data.decode("utf-8-sig")
    assert "mario(at)posta.example" in told
