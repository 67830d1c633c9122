"""The steps of an import in a real browser: axe, the keyboard, long names, and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import opened
from tests.contacts.conftest import add_draft, contacts_of, import_file, read_import
from tests.support.axe import violations_in_every_mode
from tests.support.import_scenes import LONG, LOSES, SHOP, WRONG
from tests.support.keyboard import tab_to
from webapp.contacts.imports import importing

pytestmark = pytest.mark.browser


@pytest.fixture
def steps(clienti) -> dict[str, str]:
    """The path of each step, in a state where it has the most to show."""
    here = f"/database/{clienti.public_id}/importazioni"
    only_wrong = {"0": "code", "1": "email", "2": "skip", "3": "skip"}
    named = add_draft(clienti, WRONG.replace("Contatto", LONG), mapping=only_wrong)
    asked = add_draft(clienti, SHOP.replace(";Consenso;", f";Consenso {LONG[:81]};"), key="code")
    wrong = add_draft(clienti, WRONG, mapping=only_wrong)
    draft = add_draft(clienti, SHOP, key="code")
    done = import_file(clienti, SHOP, key="code")
    loses = add_draft(clienti, LOSES, key="code", blank_cells="clear")
    return {
        "colonne": f"{here}/{draft.public_id}/colonne",
        "problema": f"{here}/{wrong.public_id}/colonne",
        "colonna dal nome lungo": f"{here}/{named.public_id}/colonne",
        "parole dal nome lungo": f"{here}/{asked.public_id}/controlla",
        "parole": f"{here}/{draft.public_id}/consenso/5",
        "al contrario": f"{here}/{draft.public_id}/consenso/7",
        "controlla": f"{here}/{draft.public_id}/controlla",
        "si perde": f"{here}/{loses.public_id}/controlla",
        "esito": f"{here}/{done.public_id}",
    }


def test_axe_finds_nothing_on_any_step_with_every_fold_open(chromium, served, signed_in, steps):
    with opened(chromium, served, signed_in, bypass_csp=True) as window:
        for path in steps.values():
            window.goto(path)
            window.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert violations_in_every_mode(window) == []


def test_the_whole_area_takes_the_file_names_it_and_then_blames_nobody(window: Page, clienti):
    window.goto(f"/database/{clienti.public_id}/importazioni/nuova")
    area, file = window.locator(".drop"), window.locator("input[type=file]")
    assert area.bounding_box()["width"] - file.bounding_box()["width"] <= 4  # but for its border
    window.get_by_role("button", name="continua").click()
    error = window.locator("#file-error")
    expect(error).to_have_css("color", "rgb(179, 35, 28)")  # --err of the light sheet

    with window.expect_file_chooser() as chooser:
        area.click(position={"x": 5, "y": 5})
    content = b"Email\n" + b"anna@posta.example\n" * 100
    chooser.value.set_files({"name": "clienti.csv", "mimeType": "text/csv", "buffer": content})

    expect(window.locator(".chosen")).to_have_text("clienti.csv, 1,9 kB")
    expect(error).to_have_count(0)
    expect(window.locator("[data-error-summary]")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_a_name_of_ninety_characters_pushes_no_page_apart(window: Page, steps, width):
    assert len(LONG) == 90
    window.set_viewport_size({"width": width, "height": 900})
    for path in steps.values():
        window.goto(path)
        wide = window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{path} is {wide} px too wide at {width}"


def test_words_are_chosen_with_tab_and_arrows_alone(window: Page, clienti):
    draft = add_draft(clienti, SHOP, key="code")
    window.goto(f"/database/{clienti.public_id}/importazioni/{draft.public_id}/consenso/5")

    tab_to(window, "^forse: da decidere")
    window.keyboard.press("ArrowLeft")
    expect(window.get_by_label("forse: no", exact=True)).to_be_checked()
    expect(window.get_by_label("forse: no", exact=True)).to_be_focused()
    window.keyboard.press("Tab")
    expect(window.get_by_label("da richiamare: da decidere")).to_be_focused()
    tab_to(window, "^continua")
    window.keyboard.press("Enter")
    window.wait_for_url("**/colonne")
    expect(window.get_by_text("1 parola decisa")).to_be_visible()

    importing.run(draft.id)
    assert [one.consent for one in contacts_of(clienti)][3] is False


def test_another_field_brings_its_proofs_and_the_focus_stays(window: Page, clienti):
    draft = add_draft(clienti, WRONG, mapping={"0": "code", "1": "email", "2": "skip", "3": "skip"})
    window.goto(f"/database/{clienti.public_id}/importazioni/{draft.public_id}/colonne")
    expect(window.get_by_text("1 colonna sbagliata")).to_be_visible()

    field = window.get_by_label("Campo per la colonna Contatto")
    field.focus()
    field.select_option("email")
    expect(window.get_by_text("50% valide · 2 su 4")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("email")

    window.get_by_label("Campo per la colonna E-mail").select_option("first_name")
    expect(window.get_by_text("1 colonna sbagliata")).to_have_count(0)
    expect(window.get_by_label("Campo per la colonna E-mail")).to_have_value("first_name")


def test_enter_in_a_blocked_form_says_why_and_the_way_out_is_one_button(window: Page, clienti):
    draft = add_draft(clienti, WRONG, mapping={"0": "code", "1": "email", "2": "skip", "3": "skip"})
    window.goto(f"/database/{clienti.public_id}/importazioni/{draft.public_id}/colonne")
    window.get_by_label("Tieni il valore che c’è già").focus()
    window.keyboard.press("Enter")
    expect(window.get_by_role("alert").filter(has_text="Nessuna email valida")).to_be_focused()

    window.get_by_role("button", name="usa “Contatto”").first.click()
    expect(window.get_by_text("Nessuna email valida")).to_have_count(0)
    window.get_by_role("button", name="continua").click()
    window.wait_for_url("**/controlla")


def test_every_step_works_without_javascript(chromium, served, signed_in, clienti):
    draft = add_draft(clienti, SHOP, key="code")
    with opened(chromium, served, signed_in, java_script_enabled=False) as window:
        window.goto(f"/database/{clienti.public_id}/importazioni/{draft.public_id}/colonne")
        window.get_by_role("button", name="usa come riserva").click()
        window.get_by_role("link", name="Decidi parola per parola nella colonna Consenso").click()
        window.get_by_role("group", name="Chi ha “forse” ha detto").get_by_text("no", exact=True).click()
        window.get_by_role("button", name="continua").click()
        expect(window.get_by_text("1 parola decisa")).to_be_visible()
        window.get_by_role("button", name="continua").click()
        window.wait_for_url("**/controlla")
        window.get_by_text("righe senza cellulare valido").click()
        window.get_by_role("button", name="importa 8 contatti").click()
        expect(window.get_by_role("heading", name="Importazione in corso")).to_be_visible()
    assert read_import(draft.id).status == "queued"
