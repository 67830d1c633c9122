"""People and the first steps with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.conftest import TEST_PASSWORD, add_operator, opened
from tests.support.axe import violations_in_every_mode
from tests.support.keyboard import press, tab_to
from webapp import db
from webapp.access.models import OpenSession, Role

pytestmark = pytest.mark.browser


def test_a_person_is_invited_and_another_changes_role(window: Page, aurora):
    add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva")
    window.goto("/configura/utenti")

    press(window, "Invita una persona")
    expect(window.get_by_label("Email")).to_be_visible()
    tab_to(window, "^Email")
    window.keyboard.type("luca@aurora.example")
    press(window, "^crea l’invito")
    expect(window.get_by_label("Link da aprire")).to_be_visible()

    window.goto("/configura/utenti")
    press(window, "Azioni per Marta Riva")
    press(window, "^Cambia ruolo")
    expect(window.get_by_role("button", name="salva")).to_be_visible()
    tab_to(window, "Marketer")
    window.keyboard.press("ArrowDown")
    press(window, "^salva")
    expect(window.get_by_role("row", name=re.compile("Marta Riva"))).to_contain_text("Assistenza")


def test_the_password_is_asked_for_again_and_what_was_typed_goes_on(chromium, served, signed_in):
    with opened(chromium, served, signed_in, bypass_csp=True) as window:
        window.goto("/configura/utenti/invita")
        tab_to(window, "^Email")
        window.keyboard.type("luca@aurora.example")
        with db.writing() as session:
            session.exec(select(OpenSession)).one().opened_at -= 3_600
        press(window, "^crea l’invito")

        expect(window.get_by_role("heading", name="Conferma con la tua password")).to_be_visible()
        expect(window.get_by_label("La tua password")).to_be_focused()
        assert violations_in_every_mode(window, "conferma") == []
        window.keyboard.type("sbagliata")
        window.keyboard.press("Enter")
        expect(window.get_by_role("alert")).to_contain_text("Non è la password che usi adesso.")
        assert violations_in_every_mode(window, "conferma, errore") == []
        tab_to(window, "^La tua password")
        window.keyboard.type(TEST_PASSWORD)
        window.keyboard.press("Enter")
        expect(window.get_by_label("Link da aprire")).to_be_visible()


def test_escape_leaves_a_person_as_they_are_and_gives_the_focus_back(window: Page, aurora):
    add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva")
    window.goto("/configura/utenti")

    press(window, "Azioni per Marta Riva")
    press(window, "^Disattiva")
    dialog = window.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="lascia attivo")).to_be_focused()
    window.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(window.get_by_role("button", name="Azioni per Marta Riva")).to_be_focused()
    expect(window.get_by_text("Disattivato")).to_have_count(0)


def test_a_new_space_is_filled_with_the_sample_and_emptied_again(window: Page):
    window.goto("/benvenuto")

    press(window, "^prova con i dati di esempio")
    expect(window.get_by_text("Questi contatti sono inventati")).to_be_visible()
    press(window, "^Elimina i dati di esempio")
    expect(window.get_by_label("Per confermare")).to_be_visible()
    tab_to(window, "^Per confermare")
    window.keyboard.type("Clienti di esempio")
    window.keyboard.press("Enter")

    expect(window.get_by_text(re.compile("“Clienti di esempio” eliminato"))).to_be_visible()
