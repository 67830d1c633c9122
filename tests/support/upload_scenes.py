"""What a person does in the form "Carica gli utenti" before it is photographed or sent."""

from playwright.sync_api import Page, expect


def write_a_risky_name(page: Page) -> None:
    page.get_by_label("Nome della nuova custom audience").fill("Pazienti in cura, novembre")
    expect(page.locator("#name-check")).to_contain_text("salute")


def open_the_check(page: Page) -> None:
    expect(page.locator("#verifica .checks")).to_be_visible()
    for fold in page.locator("#verifica details > summary").all():
        fold.click()


def open_recognise(page: Page) -> None:
    page.get_by_text("Riconosci più persone").click()
    expect(page.locator("#riconosci-dati legend")).to_contain_text("ce l’hanno")


def confirm_and_send(page: Page) -> None:
    """Press; the answer brings back what is to be confirmed; tick all of it and press again."""
    page.get_by_role("button", name="carica gli utenti").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("Prima conferma")
    for box in page.locator("#verifica .checks input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="carica gli utenti").click()
    expect(page.locator("#upload-form")).to_have_count(0)
