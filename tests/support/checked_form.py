"""The form "Carica gli utenti" in the browser, whose amber lines are confirmed before it is sent."""

from playwright.sync_api import Page, expect


def confirm_and_send(page: Page) -> None:
    """Press; the answer brings back what is to be confirmed; tick all of it and press again."""
    page.get_by_role("button", name="carica gli utenti").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("Prima conferma")
    for box in page.locator("#verifica .checks input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="carica gli utenti").click()
    expect(page.locator("#upload-form")).to_have_count(0)
