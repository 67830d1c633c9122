"""Import and filters in a real browser: what htmx and the keyboard do, and what axe says of every page."""

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.conftest import opened
from tests.contacts.conftest import add_draft, import_file
from tests.support.axe import DARK, LIGHT, NARROW, WIDE, violations_in_every_mode
from webapp import db
from webapp.contacts import contact_ids
from webapp.contacts.imports import importing
from webapp.contacts.models_imports import ContactImport

pytestmark = pytest.mark.browser

FILE = """\
Email;Cellulare;Nome;Città;Totale speso;Nato il
anna@posta.example.com;3331234567;Anna;Torino;150;14/02/1970
bruno@posta.example.com;;Bruno;Torino;20;31/12/1990
carla@posta.example.com;;Carla;Forlì;300;01/01/2000
"""


@pytest.fixture
def here(clienti):
    import_file(clienti, FILE)
    return f"/database/{clienti.public_id}"


def test_the_count_follows_what_is_typed_and_the_focus_stays(window: Page, here: str):
    window.goto(f"{here}/filtri/nuovo")
    expect(window.locator("#totale")).to_have_text("3")

    value = window.get_by_label("Valore di Città")
    expect(window.locator("#g1c1-count")).to_have_text("non conta")
    value.fill("torino")
    expect(window.locator("#totale")).to_have_text("2")
    expect(window.locator("#g1c1-count")).to_have_text("2 contatti")
    expect(window.locator("#g1-count")).to_have_text("2 contatti")
    expect(value).to_be_focused()
    value.fill("torin")
    expect(window.locator("#totale")).to_have_text("0")
    expect(window.locator("#conteggio")).to_contain_text("Nessun contatto corrisponde")


def test_a_filter_with_a_list_a_number_and_an_exclusion_is_built_and_saved(window: Page, here: str):
    window.goto(f"{here}/filtri/nuovo")
    window.get_by_label("Nome del filtro").fill("Chi spende")
    window.get_by_label("Operatore per Città").select_option(label="è una tra")
    for city in ("Torino", "Forlì"):
        window.get_by_label("Aggiungi un valore per Città").fill(city)
        window.get_by_label("Aggiungi un valore per Città").blur()
        expect(window.locator(".chip", has_text=city)).to_be_visible()
    expect(window.locator("#totale")).to_have_text("3")

    window.locator("#add-g1").click()
    window.locator("#g1c2-field").select_option(label="Totale speso")
    window.locator("#g1c2-operator-number").select_option(label="è almeno")
    window.get_by_label("Valore di Totale speso").fill("100")
    expect(window.locator("#totale")).to_have_text("2")

    window.locator("#add-x").click()
    window.locator("#xc1-field").select_option(label="Nome")
    window.get_by_label("Valore di Nome").fill("anna")
    expect(window.locator("#totale")).to_have_text("1")
    expect(window.get_by_label("Nome del filtro")).to_have_value("Chi spende")

    window.get_by_role("button", name="salva").click()
    expect(window.locator("h1")).to_have_text("Clienti Italia")
    expect(window.get_by_text("Contatti di Torino o Forlì con totale speso da 100 in su")).to_be_visible()


def test_a_filter_is_built_and_saved_with_the_keyboard_alone(window: Page, here: str):
    """Tab, letters, Enter and arrows; no pointer, no label looked for: where the focus goes is the test."""
    keys = window.keyboard
    window.goto(f"{here}/filtri/nuovo")

    def go_to(control: str, key: str = "Tab") -> None:
        for _ in range(60):
            if window.evaluate("document.activeElement.id") == control:
                return
            keys.press(key)
        raise AssertionError(f"{key} never came to #{control}")

    go_to("nome")
    keys.type("Chi spende a Torino")
    go_to("g1c1-value")
    keys.type("torino")
    expect(window.locator("#totale")).to_have_text("2")
    go_to("add-g1")
    keys.press("Enter")
    expect(window.locator("#g1c2")).to_be_visible()
    expect(window.locator("#add-g1")).to_be_focused()

    go_to("g1c2-field", "Shift+Tab")
    keys.type("Totale")  # a select goes to the option that begins so
    expect(window.locator("#g1c2-operator-number")).to_be_visible()
    expect(window.locator("#g1c2-field")).to_be_focused()
    go_to("g1c2-operator-number")
    for _ in range(2):  # è, è diverso da, è almeno
        keys.press("ArrowDown")
    go_to("g1c2-value")
    keys.type("100")
    expect(window.locator("#totale")).to_have_text("1")
    expect(window.locator("#g1c2-count")).to_contain_text("2")

    go_to("add-x")
    keys.press("Enter")
    expect(window.locator("#xc1")).to_be_visible()
    go_to("xc1-value", "Shift+Tab")
    keys.type("Forlì")
    expect(window.locator("#x-count")).to_have_text("0 contatti")
    keys.press("Enter")  # from any field: the first button of a form is the one that saves
    expect(window.locator("h1")).to_have_text("Clienti Italia")
    expect(window.get_by_text("Chi spende a Torino").first).to_be_visible()


def test_a_mistake_in_the_builder_gets_the_focus(window: Page, here: str):
    window.goto(f"{here}/filtri/nuovo")
    window.get_by_role("button", name="salva").click()
    expect(window.locator("[data-error-summary]")).to_be_focused()
    expect(window.locator("#g1c1-value-error")).to_contain_text("Scrivi un valore")


def test_a_file_is_chosen_sent_and_imported(window: Page, clienti, tmp_path):
    path = tmp_path / "clienti.csv"
    path.write_text(FILE, encoding="utf-8")
    window.goto(f"/database/{clienti.public_id}/importazioni/nuova")
    window.locator("#file").set_input_files(path)
    window.get_by_role("button", name="continua").click()
    window.wait_for_url("**/colonne")
    window.get_by_role("button", name="continua").click()
    window.wait_for_url("**/controlla")
    window.get_by_role("button", name="importa").click()
    expect(window.get_by_text("Nessun worker attivo")).to_be_visible()

    import_id = window.url.rpartition("/")[2]
    finish(import_id)
    expect(window.get_by_role("link", name="vai ai contatti")).to_be_visible()
    expect(window.locator("[hx-trigger*=every]")).to_have_count(0)


def finish(public_id: str) -> None:
    with db.reading() as session:
        made = session.exec(select(ContactImport.id).where(ContactImport.public_id == public_id)).one()
    importing.run(made)


def test_without_javascript_a_filter_is_built_and_saved(chromium, served, signed_in, here):
    with opened(chromium, served, signed_in, java_script_enabled=False) as window:
        window.goto(f"{here}/filtri/nuovo")
        window.get_by_label("Nome del filtro").fill("Senza script")
        window.locator("#g1c1-field").select_option(label="Totale speso")
        window.get_by_role("button", name="aggiorna campi e conteggio").click()
        window.get_by_label("Valore di Totale speso").fill("150")
        window.get_by_role("button", name="salva").click()
        expect(window.get_by_text("con totale speso pari a 150")).to_be_visible()


def test_axe_finds_nothing_to_say_of_any_page(chromium, served, signed_in, clienti, here):
    draft = add_draft(clienti, FILE)
    running = add_draft(clienti, FILE)
    importing.start(running.id)
    bad = import_file(clienti, "Email;Nato il\na@posta.example.com;31/02/2000\n;x\n")
    contact = f"{here}/contatti/{contact_ids.public_id(1)}"
    paths = [
        "/database", "/database/nuovo", f"{here}/contatti", f"{here}/contatti/nuovo", contact,
        f"{contact}/modifica", f"{contact}/elimina", f"{contact}/cancella", f"{here}/importazioni",
        f"{here}/importazioni/nuova", f"{here}/importazioni/{draft.public_id}/colonne",
        f"{here}/importazioni/{draft.public_id}/controlla", f"{here}/importazioni/{running.public_id}",
        f"{here}/importazioni/{bad.public_id}", f"{here}/filtri", f"{here}/filtri/nuovo", "/filtri",
        f"{here}/importazioni/{bad.public_id}/annulla", f"{here}/modifica", f"{here}/elimina",
    ]  # fmt: skip
    with opened(chromium, served, signed_in, bypass_csp=True) as window:
        for path in paths:
            window.goto(path)
            found = violations_in_every_mode(window, modes=[(WIDE, LIGHT), (NARROW, DARK)])
            assert (path, found) == (path, [])


def test_the_focus_stays_in_the_row_when_its_controls_change(window: Page, here: str):
    window.goto(f"{here}/filtri/nuovo")
    window.locator("#g1c1-field").focus()
    window.locator("#g1c1-field").select_option(label="Data di nascita")
    expect(window.locator("#g1c1-value")).to_have_attribute("type", "date")
    expect(window.locator("#g1c1-field")).to_be_focused()

    window.locator("#add-g1").focus()
    window.keyboard.press("Enter")
    expect(window.locator("#g1c2")).to_be_visible()
    expect(window.locator("#add-g1")).to_be_focused()


def test_the_words_between_conditions_follow_their_combination(window: Page, here: str):
    window.goto(f"{here}/filtri/nuovo")
    window.locator("#add-g1").click()
    expect(window.locator("#g1c2 .join")).to_have_text("e")
    window.get_by_label("Come combinare le condizioni del gruppo 1").select_option(
        label="almeno una condizione"
    )
    expect(window.locator("#g1c2 .join")).to_have_text("o")
