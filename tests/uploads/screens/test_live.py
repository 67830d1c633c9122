"""The real live pages: what an unchanged one costs, what stops them, what stays where it was."""

import pytest
from flask import template_rendered
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.conftest import Browser, add_operator
from tests.uploads.screens.building import add_upload
from webapp import clock, db
from webapp.access.models import Role
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING


@pytest.fixture
def sending(clienti, worker) -> Upload:
    return add_upload(clienti, [(SENT, 100, 0), (PENDING, 300, 0)], status=UploadStatus.SENDING)


def fragments(clienti, upload) -> list[str]:
    detail = f"/caricamenti/{upload.public_id}"
    return [
        f"/database/{clienti.public_id}/custom-audience/storico",
        *("/caricamenti/elenco", f"{detail}/avanzamento", f"{detail}/registro", "/adesso"),
    ]


def test_an_unchanged_page_costs_a_304_and_no_template(app, signed_in: Browser, clienti, sending):
    rendered: list[str] = []
    template_rendered.connect(lambda *_, template, **__: rendered.append(template.name), app, weak=False)
    for url in fragments(clienti, sending):
        tag = signed_in.get_htmx(url).headers["ETag"]
        assert rendered.pop().rpartition("/")[2].startswith("_")
        rendered.clear()

        again = signed_in.get_htmx(url, **{"If-None-Match": tag})

        assert (again.status_code, again.data, rendered) == (304, b"", []), url
        assert again.headers["Cache-Control"] == "private, no-cache"


def test_of_two_tabs_of_a_browser_one_is_rendered_and_another_browser_gets_its_own(
    app, signed_in: Browser, aurora, clienti, sending
):
    add_upload(clienti, [(SENT, 100, 0)], status=UploadStatus.COMPLETED)  # its form needs a token
    rendered: list[str] = []
    url = f"/database/{clienti.public_id}/custom-audience/storico"
    other = app.test_client()
    other.sign_in(add_operator(aurora, Role.ADMINISTRATOR, "marta@aurora.example", "Marta Riva"))
    for browser in (signed_in, other):
        browser.get(f"/database/{clienti.public_id}/custom-audience")  # the token of its forms
    template_rendered.connect(lambda *_, template, **__: rendered.append(template.name), app, weak=False)

    first, second, others = (browser.get_htmx(url) for browser in (signed_in, signed_in, other))

    assert rendered == ["uploads/screens/lists/_history.html"] * 2
    assert first.data == second.data != others.data


def test_a_change_is_a_new_version_for_every_page_that_shows_it(signed_in: Browser, clienti, sending):
    urls = fragments(clienti, sending)
    tags = {url: signed_in.get_htmx(url).headers["ETag"] for url in urls}
    with db.writing() as session:
        current = session.get_one(Upload, sending.id)
        current.status, current.updated_at = UploadStatus.STOPPED, clock.now()

    for url in urls:
        assert signed_in.get_htmx(url, **{"If-None-Match": tags[url]}).status_code == 200, url


class Polls:
    """How often the open page asked for its fragment."""

    def __init__(self, page: Page, path_end: str) -> None:
        self.count = 0
        page.on("request", lambda request: self._note(request.url, path_end))

    def _note(self, url: str, path_end: str) -> None:
        self.count += url.partition("?")[0].endswith(path_end)

    def while_doing(self, page: Page, seconds: float) -> int:
        before = self.count
        page.wait_for_timeout(seconds * 1000)
        return self.count - before


@pytest.fixture
def history(window: Page, clienti, sending) -> tuple[Page, Polls]:
    polls = Polls(window, "/storico")
    window.goto(f"/database/{clienti.public_id}/custom-audience")
    with window.expect_request("**/storico*"):
        pass  # it asks by itself
    return window, polls


@pytest.mark.browser
def test_the_history_rests_while_a_menu_is_open_and_while_paused(history):
    window, polls = history
    window.get_by_role("button", name="Azioni per Clienti attivi 12 mesi").click()
    assert polls.while_doing(window, 3.5) == 0
    window.keyboard.press("Escape")
    with window.expect_request("**/storico*"):
        pass

    window.get_by_role("button", name="Non aggiornare la pagina").click()
    assert polls.while_doing(window, 3.5) == 0
    with window.expect_request("**/storico*"):
        window.get_by_role("button", name="Riprendi ad aggiornare la pagina").click()


@pytest.mark.browser
def test_focus_and_scroll_stay_where_they_were(window: Page, clienti, sending):
    for number in range(18):
        add_upload(clienti, [(SENT, 10, 0)], audience_name=f"Altro {number}")
    window.set_viewport_size({"width": 1280, "height": 500})
    window.goto(f"/database/{clienti.public_id}/custom-audience")
    actions = window.get_by_role("button", name="Azioni per Altro 3")
    actions.focus()
    window.evaluate("window.scrollTo(0, 420)")
    row = window.locator("tr", has_text="Altro 3").first.element_handle()
    was_at = row.bounding_box()["y"]

    add_upload(clienti, status=UploadStatus.QUEUED, prepared=False, audience_name="Appena arrivato")

    expect(window.get_by_role("link", name="Appena arrivato")).to_be_attached(timeout=15_000)
    expect(actions).to_be_focused()
    assert row.bounding_box()["y"] == pytest.approx(was_at, abs=1), "what is read stays where it was"
    assert row.is_visible()  # the same element, not a new one in its place


# What moves by itself, of elements that nobody has just touched: web.dev/articles/cls.
SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({type: "layout-shift", buffered: true});
}"""


@pytest.mark.browser
def test_the_page_of_an_upload_asks_within_a_second_of_its_start(window: Page, clienti, worker):
    """By the clock of the page, which stands still but for what the test lets pass."""
    upload = add_upload(clienti, [(SENT, 100, 0)], status=UploadStatus.QUEUED)
    window.clock.install(time=0)
    window.clock.pause_at(1_000)
    window.goto(f"/caricamenti/{upload.public_id}")
    expect(window.locator("#progress .status")).to_have_text("In coda")
    go_to(upload, UploadStatus.COMPLETED, SENT)

    window.clock.run_for(1_000)

    expect(window.locator("#progress .status")).to_have_text("Completato")


@pytest.mark.browser
def test_nothing_jumps_while_an_upload_goes_from_the_queue_to_its_end(window: Page, clienti, worker):
    """CLS of 0.01 at most, on each page that follows it (a tenth of what web.dev calls good)."""
    seen = {}
    for page in (f"/database/{clienti.public_id}/custom-audience", "/caricamenti?stato=tutti", "/"):
        upload = add_upload(clienti, [(PENDING, 400, 0)], status=UploadStatus.QUEUED)
        window.goto(page)
        window.evaluate(SHIFTS)
        for status, batch in (
            (UploadStatus.PREPARING, PENDING),
            (UploadStatus.SENDING, PENDING),
            (UploadStatus.COMPLETED, SENT),
        ):
            go_to(upload, status, batch)
            window.evaluate("htmx.trigger(document.body, 'refresh')")
            window.wait_for_load_state("networkidle")
        seen[page] = round(window.evaluate("window.shift"), 4)

    assert {page: shift for page, shift in seen.items() if shift > 0.01} == {}


def go_to(upload: Upload, status: UploadStatus, batches: BatchStatus) -> None:
    with db.writing() as session:
        current = session.get_one(Upload, upload.id)
        current.status, current.updated_at = status, clock.now()
        for batch in session.exec(select(Batch).where(Batch.upload_id == upload.id)):
            batch.status, batch.num_received = batches, batch.n_rows if batches == SENT else 0
