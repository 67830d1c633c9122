"""The worst of the files through the wizard and the upload form in a real browser: whom Meta receives.

Whoever presses "continua", "importa" and "carica gli utenti" with what is proposed sends nobody who said no.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from tests.support.found_files import FOUND, ONE_AFTER_ANOTHER, TABLE, hashed
from tests.support.upload_scenes import confirm_and_send
from webapp import db
from webapp.contacts.imports import import_run
from webapp.contacts.models_imports import ContactImport
from webapp.destinations.meta.accounts import accounts
from webapp.uploads import jobs
from webapp.uploads.models import Upload

pytestmark = pytest.mark.browser

STEPS = re.compile("^(continua|importa .*)$", re.IGNORECASE)
MOST_STEPS = 8


@pytest.fixture
def here(connected, aurora, clienti, simulator) -> str:
    accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
    return f"/database/{clienti.public_id}"


@pytest.mark.parametrize(
    "file", ["12-hidden-rows.xlsx", "consent/10-klaviyo.csv", "shapes/28-duplicate-header.csv"]
)
def test_of_a_file_only_who_may_be_sent_is_received(window: Page, here, simulator, file):
    bring_in(window, here, FOUND / file)
    assert sent_by_email(window, here, simulator) == hexes(TABLE[file][0])


def test_a_second_file_with_empty_cells_takes_no_refusal_away(window: Page, here, simulator):
    pair = ("41a-optout-first.csv", "41e-blank-again.csv")
    for file in pair:
        bring_in(window, here, FOUND / "consent" / file)
    assert sent_by_email(window, here, simulator) == hexes(ONE_AFTER_ANOTHER[pair][0])


def bring_in(window: Page, here: str, file: Path) -> None:
    """Import *file* with what every step of the wizard proposes."""
    window.goto(f"{here}/importazioni/nuova")
    window.locator("input[type=file]").set_input_files(file)
    for _ in range(MOST_STEPS):
        button = window.get_by_role("button", name=STEPS).last
        is_last = (button.text_content() or "").strip().casefold().startswith("importa ")
        before = window.url
        for tick in window.locator("input[name=conferma]").all():
            tick.check()
        button.click()
        expect(window).not_to_have_url(before)
        if is_last:
            break
    expect(window.get_by_role("heading", name="Importazione in corso")).to_be_visible()
    with db.reading() as session:
        newest = session.exec(select(ContactImport.id).order_by(col(ContactImport.id).desc())).first()
    import_run.run_until_final(newest)
    expect(window.get_by_role("heading", name="E adesso")).to_be_visible()


def sent_by_email(window: Page, here: str, simulator) -> set[str]:
    """The SHA-256 that Meta holds after the upload form was sent as it comes, for e-mail."""
    window.goto(f"{here}/custom-audience/carica")
    email = window.locator("input[type=radio][name=medium][value=email]")
    if email.count():  # it is asked where the database has mobiles too
        email.check()
    window.get_by_label("Ho raccolto il consenso").check()
    confirm_and_send(window)
    expect(window.locator("tbody tr")).to_contain_text("Intero database")
    with db.reading() as session:
        upload_id = session.exec(select(Upload.id)).one()
    jobs.prepare_upload(upload_id)
    jobs.send_upload(upload_id)
    with db.reading() as session:
        audience_id = session.get_one(Upload, upload_id).audience_id
    return simulator.received(audience_id)


def hexes(values: set[str]) -> set[str]:
    return {one.hex() for one in hashed(values)}
