"""The configuration in a real browser, through Facebook's dialog and back, under the strict policy."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import opened, served_at
from tests.destinations.meta.accounts.journey import FACEBOOK, saved
from tests.support.axe import violations_in_every_mode
from webapp import services as platea

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app, meta_settings):
    with served_at(app) as url:
        platea.start(replace(meta_settings, public_url=url))
        yield url


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def window(request, chromium, address, signed_in):
    with opened(chromium, address, signed_in, java_script_enabled=request.param) as page:
        yield page


def test_autorizza_and_salva_work_with_and_without_javascript(window: Page, simulator):
    window.goto(FACEBOOK)
    window.get_by_role("link", name="Configura un account Facebook").click()
    window.get_by_label("Nome").fill("Aurora Outlet")
    window.get_by_label("Account ID").fill(simulator.account_id)
    window.get_by_role("button", name="autorizza").click()
    window.get_by_role("button", name="Annulla").click()
    expect(window.get_by_text("Facebook non ha concesso l’accesso.")).to_be_visible()
    window.get_by_role("button", name="autorizza").click()
    window.get_by_role("button", name="Continua").click()
    expect(window.get_by_text("Autorizzato come Giulia Ferri. Ora clicca su salva.")).to_be_visible()
    assert window.url.endswith("#access-token") and "code=" not in window.url

    window.get_by_label("Nome").press("Enter")

    expect(window.get_by_role("link", name="Info su Aurora Outlet")).to_be_visible()
    assert [account.name for account in saved()] == ["Aurora Outlet"]


def test_info_reads_the_audiences_with_and_without_javascript(window: Page, save_account):
    account = save_account()
    window.goto(f"{FACEBOOK}/{account.public_id}/info")
    if window.get_by_role("link", name="Mostra le custom audience").is_visible():
        window.get_by_role("link", name="Mostra le custom audience").click()

    expect(window.get_by_role("row", name="Clienti newsletter 23861540010200582")).to_be_visible()


def test_elimina_asks_and_does_with_and_without_javascript(window: Page, save_account):
    save_account("Aurora Outlet")
    window.goto(FACEBOOK)
    window.get_by_role("button", name="Azioni per Aurora Outlet").click()
    window.get_by_role("button", name="Elimina").click()
    window.get_by_role("button", name="elimina l’account").click()

    expect(window.get_by_role("heading", name="Collega il primo account Facebook")).to_be_visible()
    assert saved() == []


@pytest.fixture
def judged(chromium, address, signed_in):
    with opened(chromium, address, signed_in, bypass_csp=True) as page:
        yield page


def test_axe_finds_nothing_to_say(judged: Page, save_account):
    judged.goto(FACEBOOK)
    assert violations_in_every_mode(judged) == []
    account = save_account(kind="system_user")
    base = f"{FACEBOOK}/{account.public_id}"
    for path in (
        "/configura/integrazioni",
        FACEBOOK,
        f"{FACEBOOK}/nuovo",
        f"{base}/modifica",
        f"{base}/elimina",
        f"{base}/info?elenco=1",
    ):
        judged.goto(path)
        assert violations_in_every_mode(judged) == [], path


def test_axe_finds_nothing_to_say_of_errors(judged: Page):
    judged.goto(f"{FACEBOOK}/nuovo")
    judged.get_by_role("button", name="autorizza").click()
    expect(judged.locator("[data-error-summary]")).to_be_focused()

    assert violations_in_every_mode(judged) == []
