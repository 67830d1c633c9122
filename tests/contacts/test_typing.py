"""What a person has typed is not lost: to slow, late or failed answers, to a link, to a lost session."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.conftest import TEST_PASSWORD, add_operator
from tests.contacts.conftest import import_file
from webapp import db
from webapp.access.models import Role
from webapp.destinations.meta.models import MetaAccount

pytestmark = pytest.mark.browser

FILE = "Email;Città\nanna@posta.example.com;Torino\nbruno@posta.example.com;Milano\n"


@pytest.fixture
def builder(window: Page, clienti) -> Page:
    import_file(clienti, FILE)
    window.goto(f"/database/{clienti.public_id}/filtri/nuovo")
    window.get_by_label("Nome del filtro").fill("Torino e Milano")
    return window


class Answers:
    """The answers to the requests of a page, held back until they are let go, in any order."""

    def __init__(self, page: Page, path: str) -> None:
        self.page, self.held = page, list[Route]()
        page.route(re.compile(path), self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method == "GET" and route.request.resource_type == "document":
            route.fallback()
        else:
            self.held.append(route)

    def wait_for(self, count: int) -> None:
        while len(self.held) < count:
            self.page.wait_for_timeout(20)

    def let_go(self, place: int) -> None:
        """Answer as the server does. One that the page gave up meanwhile gets nothing."""
        with self.page.expect_event("requestfinished"):
            self.held[place].continue_()


def choose_cities(page: Page) -> None:
    page.get_by_label("Operatore per Città").select_option(label="è una tra")
    expect(page.get_by_label("Aggiungi un valore per Città")).to_be_visible()


def test_enter_in_a_list_of_values_adds_one_and_saves_nothing(builder: Page):
    choose_cities(builder)
    field = builder.get_by_label("Aggiungi un valore per Città")
    field.press_sequentially("Milano")
    field.press("Enter")

    expect(builder.locator(".chip")).to_have_text(["Milano"])
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    field.press("Enter")  # nothing typed, nothing done
    field.press_sequentially("Torino")
    field.press("Enter")
    expect(builder.locator(".chip")).to_have_text(["Milano", "Torino"])
    expect(builder.locator("#totale")).to_have_text("2")
    builder.get_by_role("button", name="Togli Milano").click()
    expect(builder.locator(".chip")).to_have_text(["Torino"])
    expect(builder.locator("h1")).to_have_text("Nuovo filtro")


def test_what_is_typed_while_an_answer_is_late_stays_with_its_caret(builder: Page):
    choose_cities(builder)
    field = builder.get_by_label("Aggiungi un valore per Città")
    answers = Answers(builder, "/filtri/nuovo$")
    field.press_sequentially("Milano")
    field.press("Enter")
    expect(builder.locator(".chip")).to_have_text(["Milano"])  # before the server knows of it
    field.press_sequentially("Torno")
    field.press("ArrowLeft")
    field.press("ArrowLeft")
    answers.wait_for(1)
    answers.let_go(0)
    expect(builder.locator("#g1c1-count")).to_have_text("1 contatto")

    field.press_sequentially("i")
    expect(field).to_have_value("Torino")
    field.press("Enter")
    answers.wait_for(2)
    answers.held[1].fulfill(status=500)
    expect(builder.locator(".toast.err")).to_have_text(
        "Non ha funzionato. Controlla la connessione e riprova."
    )
    expect(builder.locator(".chip")).to_have_text(["Milano", "Torino"])


def test_a_button_of_the_builder_that_answers_late_takes_no_letter_away(builder: Page):
    answers = Answers(builder, "/filtri/nuovo$")
    builder.locator("#add-g1").click()
    name = builder.get_by_label("Nome del filtro")
    name.fill("Chi abita a Torino")
    builder.get_by_label("Valore di Città").fill("Torino")
    answers.wait_for(1)
    answers.let_go(0)

    expect(builder.locator("#g1c2")).to_be_visible()
    expect(name).to_have_value("Chi abita a Torino")
    expect(builder.locator("#g1c1-value")).to_have_value("Torino")
    expect(builder.locator("#g1c1-value")).to_be_focused()


def test_of_two_answers_for_one_row_the_later_question_decides(builder: Page):
    answers = Answers(builder, "/filtri/nuovo$")
    operator = builder.get_by_label("Operatore per Città")
    operator.select_option(label="è una tra")
    answers.wait_for(1)
    operator.select_option(label="contiene")
    answers.wait_for(2)
    answers.let_go(1)
    expect(builder.get_by_label("Valore di Città")).to_be_visible()
    answers.held[0].continue_()

    builder.get_by_label("Valore di Città").fill("torino")
    expect(builder.locator("#totale")).to_have_text("1")
    expect(operator).to_have_value("contains")


def test_a_form_that_is_not_saved_asks_before_it_is_left(builder: Page):
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    builder.on("dialog", stay)
    builder.get_by_role("link", name="annulla").click()
    expect(builder.get_by_label("Nome del filtro")).to_have_value("Torino e Milano")
    assert asked == ["beforeunload"]

    builder.get_by_label("Valore di Città").fill("Torino")
    builder.get_by_role("button", name="salva").click()
    expect(builder.locator("h1")).to_have_text("Clienti Italia")
    builder.get_by_role("link", name="Panoramica").click()
    expect(builder.locator("h1")).to_have_text("Panoramica")
    assert asked == ["beforeunload"]  # nothing is asked of what was saved


def sign_in_again(page: Page) -> None:
    expect(page.get_by_text("La sessione è finita.")).to_be_visible()
    expect(page.get_by_text("Quello che stavi scrivendo è ancora in questa scheda")).to_be_visible()
    page.get_by_label("Email").fill("giulia@aurora.example")
    page.get_by_label("Password").fill(TEST_PASSWORD)
    page.get_by_role("button", name="entra", exact=True).click()
    expect(page.get_by_text("Abbiamo rimesso quello che stavi scrivendo")).to_be_visible()


def test_a_builder_whose_session_ended_comes_back_whole_after_signing_in(builder: Page):
    choose_cities(builder)
    field = builder.get_by_label("Aggiungi un valore per Città")
    field.fill("Torino")
    field.press("Enter")
    expect(builder.locator("#totale")).to_have_text("1")
    builder.context.clear_cookies()
    builder.get_by_role("button", name="salva").click()

    sign_in_again(builder)

    expect(builder.get_by_label("Nome del filtro")).to_have_value("Torino e Milano")
    expect(builder.locator(".chip")).to_have_text(["Torino"])
    builder.get_by_role("button", name="salva").click()
    expect(builder.get_by_text("Filtro “Torino e Milano” salvato.")).to_be_visible()


@pytest.fixture
def form(window: Page, clienti, two_accounts) -> Iterator[Page]:
    import_file(clienti, FILE)
    window.goto(f"/database/{clienti.public_id}/custom-audience/carica")
    yield window


@pytest.fixture
def two_accounts(aurora) -> None:
    with db.writing() as session:
        for place, name in enumerate(("Aurora Italia", "Aurora Outlet")):
            session.add(MetaAccount(client_id=aurora.id, name=name, act_id=f"10482239411{place}"))


def test_an_upload_form_whose_session_ended_comes_back_after_signing_in(form: Page):
    form.get_by_label("Account Facebook").select_option(label="Aurora Outlet (da controllare)")
    form.get_by_label("Nome della nuova custom audience").fill("Clienti di Torino")
    form.get_by_label("Ho raccolto il consenso").check()
    form.context.clear_cookies()
    form.get_by_role("button", name="carica gli utenti").click()

    sign_in_again(form)

    expect(form.get_by_label("Nome della nuova custom audience")).to_have_value("Clienti di Torino")
    expect(form.get_by_label("Account Facebook").locator("option:checked")).to_have_text(
        "Aurora Outlet (da controllare)"
    )
    expect(form.get_by_label("Ho raccolto il consenso")).to_be_checked()


def test_another_person_in_the_same_tab_finds_nothing_of_it(builder: Page, signed_in, operator_elsewhere):
    builder.context.clear_cookies()
    builder.get_by_role("button", name="salva").click()
    expect(builder.get_by_text("La sessione è finita.")).to_be_visible()
    builder.get_by_label("Email").fill(operator_elsewhere)
    builder.get_by_label("Password").fill(TEST_PASSWORD)
    builder.get_by_role("button", name="entra", exact=True).click()

    expect(builder.locator("h1")).to_have_text("Nuovo filtro")
    expect(builder.get_by_label("Nome del filtro")).to_have_value("")
    assert builder.evaluate("sessionStorage.length") == 0


@pytest.fixture
def operator_elsewhere(aurora) -> str:
    add_operator(aurora, Role.MARKETER, "marco@aurora.example", "Marco Neri")
    return "marco@aurora.example"


def test_a_condition_that_counts_no_longer_says_that_it_lacks_a_value(builder: Page):
    builder.get_by_label("Operatore per Città").select_option(label="contiene")
    lacking = builder.locator("#group-g1").get_by_text("Scrivi un valore. Finché è vuota")
    builder.get_by_role("button", name="salva").click()
    expect(lacking).to_be_visible()

    value = builder.get_by_label("Valore di Città")
    value.press_sequentially("Torino")

    expect(lacking).to_have_count(0)
    expect(value).not_to_have_attribute("aria-invalid", "true")
