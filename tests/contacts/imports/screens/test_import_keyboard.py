"""The import from the file to the contacts, and back again, by somebody who has only a keyboard."""

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.contacts.conftest import contacts_of
from webapp import db
from webapp.contacts.imports import import_run, import_undo
from webapp.contacts.models_imports import ContactImport

pytestmark = pytest.mark.browser

FILE = """\
Email;Nome;Negozio preferito;Speso
anna@posta.example.com;Anna;Torino;150,00
bruno@posta.example.com;Bruno;Milano;20
;;;1
"""
# What a screen reader would call the element that has the focus, and whether its focus can be seen.
FOCUSED = """() => {
  const here = document.activeElement;
  const label = here.labels?.length ? [...here.labels].map(l => l.innerText).join(" ") : "";
  const name = here.getAttribute("aria-label") || label || here.innerText || here.value || here.id;
  return [name.trim().replace(/\\s+/g, " "), here.matches(":focus-visible")];
}"""


def tab_to(window: Page, name: str) -> None:
    """Press Tab until the focus is on what is called *name*; on the way every focus is visible."""
    met = []
    for _ in range(80):
        window.keyboard.press("Tab")
        found, is_visible = window.evaluate(FOCUSED)
        assert is_visible, f"the focus on {found!r} cannot be seen"
        if found.startswith(name):
            return
        met.append(found)
    pytest.fail(f"no Tab leads to {name!r}, only to {met}")


def made_in(database) -> ContactImport:
    with db.reading() as session:
        return session.exec(select(ContactImport).where(ContactImport.database_id == database.id)).one()


def test_a_file_goes_in_and_comes_out_again_by_keyboard_alone(window: Page, clienti, tmp_path):
    path = tmp_path / "clienti.csv"
    path.write_text(FILE, encoding="utf-8")
    # Somebody listens from the start: a busy browser could open the window that chooses files before it
    # knows that it is waited for.
    window.on("filechooser", lambda _chooser: None)
    window.goto(f"/database/{clienti.public_id}/contatti")
    tab_to(window, "Importa contatti")
    window.keyboard.press("Enter")
    window.wait_for_url("**/importazioni/nuova")

    tab_to(window, "Trascina qui il file o clicca per sceglierlo")
    with window.expect_file_chooser() as chosen:
        window.keyboard.press("Enter")
    chosen.value.set_files(path)
    tab_to(window, "continua")
    window.keyboard.press("Enter")
    window.wait_for_url("**/colonne")

    tab_to(window, "Campo per la colonna Negozio preferito")
    window.keyboard.type("Città")
    expect(window.locator(":focus")).to_have_value("city")
    tab_to(window, "Ogni riga è un contatto nuovo")
    window.keyboard.press("ArrowDown")
    expect(window.locator(":focus")).to_have_value("email")
    tab_to(window, "continua")
    window.keyboard.press("Enter")
    window.wait_for_url("**/controlla")

    expect(window.get_by_text("mancano codice, email, cellulare e nome").first).to_be_visible()
    tab_to(window, "importa")
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="Importazione in corso")).to_be_visible()
    import_run.run_until_final(made_in(clienti).id)
    expect(window.get_by_role("heading", name="2 righe importate in “Clienti Italia”")).to_be_visible()
    assert [(contact.first_name, contact.city) for contact in contacts_of(clienti)] == [
        ("Anna", "Torino"),
        ("Bruno", "Milano"),
    ]

    tab_to(window, "annulla l’importazione")
    window.keyboard.press("Enter")
    expect(window.get_by_role("dialog")).to_contain_text("2 contatti nuovi vengono eliminati.")
    expect(window.get_by_role("button", name="lasciala com’è")).to_be_focused()
    window.keyboard.press("Escape")
    expect(window.get_by_role("button", name="annulla l’importazione")).to_be_focused()
    window.keyboard.press("Enter")
    expect(window.get_by_role("button", name="lasciala com’è")).to_be_focused()
    tab_to(window, "annulla l’importazione")
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="Annullamento in corso")).to_be_visible()
    import_undo.run_until_final(made_in(clienti).id)
    expect(window.get_by_text("i contatti nuovi sono stati eliminati")).to_be_visible()
    assert contacts_of(clienti) == []


def test_who_goes_on_at_once_after_a_choice_is_not_held_back_by_it(window: Page, clienti, tmp_path):
    """A choice asks for its proof 300 ms later, which ended a request of “continua” that was slower."""
    path = tmp_path / "clienti.csv"
    path.write_text(FILE, encoding="utf-8")
    window.goto(f"/database/{clienti.public_id}/importazioni/nuova")
    window.locator("#file").set_input_files(path)
    window.get_by_role("button", name="continua").click()
    window.wait_for_url("**/colonne")
    held = []
    window.route("**/colonne", lambda route: held.append(route) if not held else route.continue_())

    window.get_by_label("Campo per la colonna Negozio preferito").select_option("city")
    window.get_by_role("button", name="continua").click()
    window.wait_for_timeout(600)  # the time of the page itself, in which the proof is asked for
    held[0].continue_()

    window.wait_for_url("**/controlla")
