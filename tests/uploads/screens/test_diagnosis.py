""" "Copia diagnosi": everything support needs of one upload, and nobody's name."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Browser, add_operator, opened
from tests.uploads.screens.building import add_contacts, add_event, add_upload, change_batch, leave_out
from webapp.access.models import Role
from webapp.uploads.events import Event
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING


@pytest.fixture
def stuck(clienti, inattivi, italia, worker) -> Upload:
    upload = add_upload(
        clienti,
        [(SENT, 5000, 2), (PENDING, 400, 0)],
        status=UploadStatus.PAUSED,
        saved=inattivi,
        account=italia,
        discarded={"email_invalid": 3},
        duplicates=1,
        audience_name="VIP di Giulia",
        reason="L’autorizzazione di “Aurora Italia” è scaduta.",
        reason_code="190/463",
        reason_trace="AbCdEf",
    )
    change_batch(upload, 2, attempt=3, error_code="80003", trace="Gh12")
    add_event(upload, Event.STARTED, detail={"by": "Giulia Ferri"})
    add_event(
        upload, Event.RETRIED, seq=2, attempt=2, detail={"code": "80003", "reason": "Rallenta.", "wait_s": 5}
    )
    add_event(upload, Event.SENT, seq=1, attempt=1, detail={"rows": 5000, "rejected": 2, "trace": "Zz9"})
    anna = add_contacts(clienti, {"email": "anna@posta.example", "first_name": "Anna"})
    leave_out(upload, "email_invalid", anna)
    return upload


def read(browser: Browser, upload: Upload) -> dict:
    answer = browser.get(f"/caricamenti/{upload.public_id}/diagnosi.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="diagnosi-1.json"'
    return json.loads(answer.data)


def test_it_tells_state_numbers_codes_batches_and_what_happened(signed_in, stuck):
    told = read(signed_in, stuck)

    assert told["caricamento"]["stato"] == "paused" and told["caricamento"]["account_id"] == "1029384756102"
    assert told["motivo"] == {
        "codice": "190/463", "traccia": "AbCdEf", "riprende": None, "serve_una_persona": True
    }  # fmt: skip
    assert told["numeri"]["selezionati"] == 5404 and told["numeri"]["inviati"] == 5000
    assert told["numeri"]["scartati"] == {"email_invalid": 3} and told["numeri"]["tornano"] is True
    first = told["blocchi"]["elenco"][0]  # what was not received comes first
    assert (first["n"], first["tentativi"], first["codice"], first["traccia"]) == (2, 3, "80003", "Gh12")
    assert [event["evento"] for event in told["eventi"]] == ["sent", "retried", "started"]
    assert told["eventi"][1]["wait_s"] == 5 and told["eventi"][0]["trace"] == "Zz9"
    assert told["installazione"]["richieste_nella_coda"] is None  # no Redis in this test
    assert len(told["installazione"]["worker"]) == 1


def test_nobody_is_named_in_it(signed_in, stuck):
    text = signed_in.get(f"/caricamenti/{stuck.public_id}/diagnosi.json").text

    for name in (
        "Giulia",
        "Ferri",
        "anna",
        "Anna",
        "VIP",
        "Clienti Italia",
        "Aurora",
        "Inattivi",
        "Rallenta",
    ):
        assert name not in text


def test_support_may_copy_it_and_strangers_may_not(app, aurora, stuck):
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT))
    assert read(support, stuck)["caricamento"]["id"] == stuck.public_id

    assert app.test_client().get(f"/caricamenti/{stuck.public_id}/diagnosi.json").status_code == 303
    assert support.get("/caricamenti/abcdefghjkmn/diagnosi").status_code == 404


def test_the_page_shows_what_would_be_copied(signed_in, stuck, page):
    shown = page(signed_in.get(f"/caricamenti/{stuck.public_id}/diagnosi")).get_element_by_id("diagnosi").text

    assert json.loads(shown)["caricamento"]["id"] == stuck.public_id


def test_the_detail_gathers_what_facebook_answered(signed_in, stuck, page):
    tree = page(signed_in.get(f"/caricamenti/{stuck.public_id}"))

    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./td")]
        for row in tree.xpath("//*[@id='answers']//tbody/tr")
    ]
    assert [(row[0], row[1], row[2], row[4]) for row in rows] == [
        ("80003", "Rallenta.", "1", "–"),
        ("200", "Blocco ricevuto", "1", "Zz9"),
    ]


@pytest.mark.browser
def test_one_click_copies_it(chromium, served, signed_in, stuck):
    with opened(chromium, served, signed_in, permissions=["clipboard-read", "clipboard-write"]) as window:
        window.goto(f"/caricamenti/{stuck.public_id}")
        window.get_by_role("link", name="Copia diagnosi").click()

        expect(window.locator(".toast.ok")).to_contain_text("Diagnosi copiata: non contiene dati personali.")
        copied = window.evaluate("navigator.clipboard.readText()")
        assert json.loads(copied)["caricamento"]["id"] == stuck.public_id


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["refused by the browser", "without script"])
def test_where_nothing_can_be_copied_the_text_is_shown(chromium, served, signed_in, stuck, script):
    with opened(chromium, served, signed_in, java_script_enabled=script) as window:
        open_detail(window, stuck)
        window.get_by_role("link", name="Copia diagnosi").click()

        expect(window.get_by_role("heading", name="Diagnosi del caricamento")).to_be_visible()
        expect(window.get_by_role("textbox")).to_have_value(re.compile(stuck.public_id))


def open_detail(window: Page, upload: Upload) -> None:
    window.add_init_script("delete Navigator.prototype.clipboard")
    window.goto(f"/caricamenti/{upload.public_id}")
