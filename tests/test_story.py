"""The whole of what the product is for, once, as a marketer does it: in a real browser, on the real demo."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import opened
from tests.host.test_demo import TRUTH, address, demo, shop_file
from tests.support.upload_scenes import confirm_and_send

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
assert shop_file  # a fixture of theirs, used here too

IN_TIME_MS = 60_000


@pytest.fixture
def marketer(chromium: Browser, tmp_path) -> Iterator[Page]:
    """A window on a demo that was just started for the first time."""
    with demo(tmp_path / "dati") as (_, line), opened(chromium, address(line), None) as window:
        window.set_default_timeout(20_000)
        yield window


class Clicks:
    """Each press of the button of the mouse, counted; choosing a file is one."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, place: Locator) -> None:
        self.count += 1
        place.click()

    def choose(self, window: Page, file: Path) -> None:
        self.count += 1
        window.set_input_files("input[type=file]", file)


def test_from_a_csv_to_a_custom_audience(marketer: Page, shop_file):
    enter(marketer)
    click = Clicks()
    connect_the_account(marketer, click)
    import_the_file(marketer, shop_file, click)
    upload_a_first_audience(marketer, click)
    assert click.count <= 12, "from empty to the first audience"

    save_a_filter(marketer)
    upload_everything(marketer)
    upload_the_filter_by_sms(marketer)
    see_them_on_the_account(marketer)


def enter(window: Page) -> None:
    window.goto("/")
    expect(window).to_have_title("Accesso · Platea")
    window.get_by_role("button", name="entra nella demo").click()
    expect(window.get_by_text("Modalità demo")).to_be_visible()


def connect_the_account(window: Page, click: Clicks) -> None:
    click(window.locator("main").get_by_role("link", name="Configura un account Facebook").first)
    window.get_by_label("Nome").fill("Aurora Italia")
    window.get_by_label("Account ID").fill("1029384756102")
    click(window.get_by_role("button", name="autorizza"))
    click(window.get_by_role("button", name="Continua"))
    expect(window.get_by_label("Nome")).to_have_value("Aurora Italia")
    expect(window.get_by_label("Account ID")).to_have_value("1029384756102")
    click(window.get_by_role("button", name="salva"))
    expect(window.get_by_role("link", name="Info su Aurora Italia")).to_be_visible()


def import_the_file(window: Page, file: Path, click: Clicks) -> None:
    window.get_by_label("Nome").fill("Clienti negozio")
    click(window.get_by_role("button", name="crea e importa i contatti"))
    window.wait_for_url("**/importazioni/nuova")
    click.choose(window, file)
    click(window.get_by_role("button", name="continua"))
    window.wait_for_url("**/colonne")
    expect(row(window, "E-mail").get_by_role("combobox")).to_have_value("email")
    expect(row(window, "Cellulare").get_by_role("combobox")).to_have_value("mobile")
    click(window.get_by_role("button", name="continua"))
    window.wait_for_url("**/controlla")
    expect(window.get_by_text("12.000").first).to_be_visible()
    click(window.locator("main form button[type=submit]", has_text="importa").first)
    expect(window.locator("main .status").first).to_contain_text("Completata", timeout=IN_TIME_MS)


def upload_a_first_audience(window: Page, click: Clicks) -> None:
    """As it is proposed: all by e-mail but who said no, into a new audience named after the database."""
    click(window.locator("main").get_by_role("link", name="Carica gli utenti").first)
    click(window.get_by_label("Ho raccolto il consenso"))
    click(window.get_by_role("button", name="carica gli utenti"))
    first = window.locator("tbody tr").first
    expect(first.locator(".status")).to_have_text("Completato", timeout=IN_TIME_MS)
    expect(first).to_contain_text("7.029")  # of 9,529 valid e-mails, 2,500 of whom said no


def save_a_filter(window: Page) -> None:
    open_database(window, "Filtri")
    window.get_by_role("link", name="Crea un filtro").first.click()
    window.get_by_label("Nome del filtro").fill("Clienti di Milano")
    window.get_by_label("Valore di Città").fill("milano")
    expect(window.locator("#totale")).to_have_text("1.049")
    window.get_by_role("button", name="salva").click()
    expect(window.get_by_role("link", name="Clienti di Milano").first).to_be_visible()


def upload_everything(window: Page) -> None:
    open_database(window, "Custom Audience")
    window.get_by_role("link", name="Carica gli utenti per una custom audience").first.click()
    window.get_by_label("Nome della nuova custom audience").fill("Tutti i clienti")
    # As the shop wants: all 9,529, also those who refused to be profiled.
    expect(window.get_by_role("radio", name="Tutti tranne chi ha detto no")).to_be_checked()
    window.get_by_text("Chi ha detto no resta fuori").click()
    window.get_by_label("Includo anche").check()
    window.get_by_label("Perché puoi farlo").fill("Prova della demo con i dati del negozio")
    expect(window.locator("#ready-text")).to_contain_text("manca: il consenso")
    window.get_by_label("Ho raccolto il consenso").check()
    confirm_and_send(window)

    upload = row(window, "Tutti i clienti")
    expect(upload.locator(".status")).to_have_text("Completato", timeout=IN_TIME_MS)
    expect(upload).to_contain_text("9.529")
    expect(upload).to_contain_text("1.890")  # 919 invalid and 971 missing e-mails
    expect(window.get_by_text("lo storico è fermo")).to_be_visible()
    upload.get_by_role("link", name="Tutti i clienti").click()
    expect(window.locator("main")).to_contain_text("Dai tuoi dati")
    expect(window.locator("main")).to_contain_text("12.000")
    expect(window.locator("main")).to_contain_text("581")


def upload_the_filter_by_sms(window: Page) -> None:
    open_database(window, "Filtri")
    window.get_by_role("button", name="Azioni per Clienti di Milano").click()
    window.locator(".menu:popover-open").get_by_role("link", name="Custom Audience").click()
    expect(window.get_by_text("Qui vedi solo i caricamenti partiti da questo filtro.")).to_be_visible()
    expect(window.get_by_text("Nessun caricamento, per ora")).to_be_visible()
    window.get_by_role("link", name="Carica gli utenti per una custom audience").first.click()
    window.locator("input[name=medium][value=sms]").check()
    window.get_by_label("Nome della nuova custom audience").fill("Milano, SMS")
    window.get_by_label("Ho raccolto il consenso").check()
    window.get_by_role("button", name="carica gli utenti").click()
    expect(row(window, "Milano, SMS").locator(".status")).to_contain_text("Completato", timeout=IN_TIME_MS)

    open_database(window, "Custom Audience")
    expect(row(window, "Milano, SMS")).to_be_visible()
    expect(row(window, "Tutti i clienti")).to_be_visible()


def see_them_on_the_account(window: Page) -> None:
    window.goto("/configura/integrazioni/facebook")
    window.get_by_role("link", name="Info su Aurora Italia").click()
    expect(row(window, "Tutti i clienti")).to_be_visible()
    expect(row(window, "Milano, SMS")).to_be_visible()
    assert len(TRUTH["email_sha256"]) == 9529


def open_database(window: Page, tab: str) -> None:
    window.goto("/database")
    window.get_by_role("link", name="Clienti negozio").first.click()
    window.locator(".tabs").get_by_role("link", name=re.compile(f"^{tab}")).click()


def row(window: Page, text: str):
    return window.get_by_role("row", name=text).first
