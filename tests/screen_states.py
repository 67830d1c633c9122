"""States of a screen that one does not come to by a link: something is lost, locked, late or asked for.

Each act may give back what is to be done after the picture, so that the next one shows its own state.
"""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlmodel import col, select

from tests.support.running import Simulator
from webapp import clock, db
from webapp.destinations.meta.accounts import audience_lists
from webapp.uploads.operations import Operation
from webapp.workers import WorkerSignal

Undo = Callable[[], None]
WRONG_PASSWORDS = 12  # more than anybody may give


def lock_the_sign_in(page: Page) -> None:
    for _ in range(WRONG_PASSWORDS):
        page.get_by_label("Email").fill("marta@aurora.example")
        page.get_by_label("Password").fill("non è questa")
        page.get_by_role("button", name="entra", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        if "Riprova tra" in page.get_by_role("alert").inner_text():
            return


def come_to_the_end_of_the_session(page: Page) -> None:
    page.clock.install()
    page.reload()
    left_s = int(page.locator("body").get_attribute("data-session-left") or 0)
    page.clock.fast_forward((left_s - 119) * 1000)
    expect(page.locator(".toast.err")).to_contain_text("Tra 2 minuti")


def stop_all_workers(page: Page) -> Undo:
    with db.writing() as session:
        signs = session.exec(select(WorkerSignal).where(col(WorkerSignal.seen_at) > clock.now())).all()
        names = [sign.name for sign in signs]
        for sign in signs:
            sign.seen_at = clock.now() - timedelta(minutes=9)
    page.reload()
    expect(page.get_by_text("Nessun worker").first).to_be_visible()

    def start_again() -> None:
        with db.writing() as session:
            for sign in session.exec(select(WorkerSignal).where(col(WorkerSignal.name).in_(names))):
                sign.seen_at = clock.now() + timedelta(hours=1)

    return start_again


def facebook_answers_with_an_error(simulator: Simulator, account_id: int) -> Callable[[Page], Undo]:
    def act(page: Page) -> Undo:
        page.wait_for_load_state("networkidle")  # its own list has come
        simulator.order(fault="2", on="GET /customaudiences", times=20)
        audience_lists.outdate(account_id)  # the one read a moment ago would be shown
        page.goto(f"{page.url.partition('?')[0]}?elenco=1")
        expect(page.locator("main .alert").first).to_be_visible()
        return simulator.forgive

    return act


def choose_to_replace(page: Page) -> None:
    page.locator(f"input[name=come][value={Operation.REPLACE}]").check()
    page.wait_for_load_state("networkidle")


def search_for(words: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        expect(page.get_by_role("option").first).to_be_visible()
        page.wait_for_load_state("networkidle")

    return act
