"""Every page that links lead to, from the overview on: fit for people, for every role, for small screens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.conftest import Browser, add_operator, installed, make_app, opened, served_at, settings_in
from tests.contacts.conftest import add_draft, import_file
from tests.support.axe import violations_in_every_mode
from tests.support.html_checks import check_page
from tests.support.running import Simulator
from tests.uploads.screens.building import add_event, add_upload, leave_out, save, sign
from webapp import db
from webapp.access.models import Client, Role
from webapp.contacts import databases
from webapp.contacts.models import Contact, Filter
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.status import BatchStatus, UploadStatus

# Every name somebody chooses is one long word, as ad-ops write them.
LONG = "IT_CRM_RETARGETING_2026Q4_" * 4


def long(name: str) -> str:
    """*name* as the beginning of a word of 90 characters."""
    return f"{name}_{LONG}".replace(" ", "_")[:90]


CSV = f"""Nome;Email;Cellulare;Città;Totale speso;Ultimo acquisto;Punto_vendita_dove_ha_comprato
Mario;mario.rossi@posta.example;333 1234567;Torino;1.250,90;23/11/2026;{LONG}
<b>Lucia</b>;lucia.bianchi@posta.example;;Forlì;0;01/02/2026;{LONG}
Anna;non è un indirizzo;02 1234567;Milano;12;2026-01-31;{LONG}
"""
# The elements that stick out on the right, when the page as a whole can be scrolled sideways, and tables that
# push columns out of sight. Rows shown as they stand in a file have as many columns as the file: they may.
TOO_WIDE = """(width) => [
  ...(document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > width + 1)),
  ...[...document.querySelectorAll(".table-wrap:not(.of-file)")]
    .filter(e => e.scrollWidth > e.clientWidth + 1),
].map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""
# What is only there to be clicked, and a page that would come out empty.
ON_PAPER = """() => [
  ...[...document.querySelectorAll(".nav, .top, .banner, .btn, .toolbar")].filter(e => e.checkVisibility()),
  ...[document.querySelector("main")].filter(e => !e.innerText.trim()),
].map(e => e.outerHTML.slice(0, 120))"""
RULE = {
    "groups": [
        {"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Torino", "Forlì"]}]}
    ],
    "exclude": {"match": "any", "conditions": []},
}


@dataclass(frozen=True)
class Sample:
    """The application, and its one client."""

    app: Flask
    client: Client


@pytest.fixture(scope="module")
def sample(tmp_path_factory, migrated_file, migrated_urls, running_simulator: Simulator) -> Iterator[Sample]:
    """An application where Studio Aurora has something of everything; its tests only look."""
    running_simulator.reset()
    settings = settings_in(tmp_path_factory.mktemp("pagine"))
    with installed(settings, migrated_file, migrated_urls):
        yield _sample(make_app(running_simulator.settings(settings)), running_simulator)


def _sample(app: Flask, simulator: Simulator) -> Sample:
    with db.writing() as session:
        aurora = Client(name=long("Studio Aurora"))
        session.add(aurora)
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, long("Clienti Italia"))
        databases.create_database(session, aurora.id, "Vuoto")
    import_file(clienti, CSV)
    add_draft(clienti, CSV, f"{long('da-completare')}.csv")
    saved = Filter(database_id=clienti.id, name=long("Torino e Forlì"), rule=RULE)
    save(saved, sign("worker-1"))
    account = accounts.save_with_token(
        aurora.id, long("Aurora Italia"), simulator.account_id, simulator.access_token
    )
    save(
        MetaAccount(
            client_id=aurora.id, name=long("Aurora Outlet"), act_id="9182736450918", problem="190/463"
        )
    )
    for status in UploadStatus:
        upload = add_upload(
            clienti,
            [(BatchStatus.SENT, 12, 1), (BatchStatus.PENDING, 8, 0)],
            status=status,
            saved=saved,
            account=account,
            discarded={"email_invalid": 3},
            audience_name=long(f"<{status}>"),
            audience_id=f"2385{list(UploadStatus).index(status)}",
            reason="Facebook chiede di rallentare." if status == UploadStatus.PAUSED else None,
        )
        add_event(upload, "started")
    with db.reading() as session:
        contacts = list(session.exec(select(Contact)))
        session.expunge_all()
    leave_out(upload, "email_invalid", contacts)
    return Sample(app, aurora)


def browser_as(sample: Sample, role: Role) -> Browser:
    browser = sample.app.test_client()
    browser.sign_in(add_operator(sample.client, role, f"{role}@aurora.example", long("Giulia")))
    return browser


def crawl(browser: Browser) -> Iterator[tuple[str, object]]:
    """Every address that a link of ours leads to, and its answer; each page is checked on the way."""
    found, todo = {"/"}, ["/"]
    while todo:
        path = todo.pop()
        answer = browser.get(path)
        yield path, answer
        if answer.mimetype != "text/html":
            continue
        links = [answer.location] if answer.location else check_page(answer.text).xpath("//a/@href")
        links = {link.partition("#")[0] for link in links}
        new = {link for link in links if link.startswith("/") and not link.startswith("/static")} - found
        found |= new
        todo += sorted(new)


def kind_of(app: Flask, path: str) -> str:
    endpoint, _ = app.url_map.bind("localhost").match(path.partition("?")[0])
    return endpoint


@pytest.fixture(scope="module")
def administrator(sample) -> Browser:
    return browser_as(sample, Role.ADMINISTRATOR)


@pytest.fixture(scope="module")
def found(administrator) -> list[tuple[str, object]]:
    """Every address an administrator comes to, and its answer: some two hundred."""
    return list(crawl(administrator))


def test_every_link_leads_to_a_page_or_a_file(sample, found):
    kinds = set()
    for path, answer in found:
        assert answer.status_code in (200, 303), path
        if answer.mimetype != "text/html":
            assert answer.headers["Content-Disposition"].startswith("attachment"), path
        kinds.add(kind_of(sample.app, path))

    assert {
        *("home.overview", "access.profile", "access.trail"),
        *("access.operators", "access.edit_operator", "access.new_invitation", "access.settings"),
        "access.second_factor",
        "privacy.where",
        *("contacts.databases", "contacts.contacts", "contacts.all_filters", "contacts.edit_filter"),
        *("contacts.imports", "contacts.import_result", "contacts.new_import"),
        *("meta.accounts", "meta.new_account", "meta.account_info"),
        *(
            "uploads.history",
            "uploads.filter_history",
            "uploads.new_upload",
            "uploads.detail",
            "uploads.monitor",
        ),
    } <= kinds


def test_each_page_asks_the_guide_about_itself(found):
    shown = [(path, answer) for path, answer in found if answer.mimetype == "text/html"]
    pages = {path: check_page(answer.text) for path, answer in shown if answer.status_code == 200}
    paragraphs = {f"/guida#{name}" for name in pages["/guida"].xpath("//main//@id")}
    asked = {
        path: tree.xpath("//header[@class='top']//a[@aria-label='La guida su questa pagina']/@href")
        for path, tree in pages.items()
        if path != "/guida" and tree.xpath("//h1")
    }

    assert {
        path: links for path, links in asked.items() if not paragraphs.issuperset(links) or not links
    } == {}
    assert {links[0] for links in asked.values()} >= {
        f"/guida#{name}"
        for name in (
            "configura",
            "info",
            "importa",
            "consenso",
            "filtri",
            "carica",
            "storico",
            "stati",
            "ruoli",
        )
    }


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETER])
def test_no_link_leads_where_a_role_may_not_go_nor_shows_support_a_contact_detail(sample, role):
    walked = list(crawl(browser_as(sample, role)))

    assert [path for path, answer in walked if answer.status_code >= 400] == []
    for path, answer in walked if role == Role.SUPPORT else ():
        seen = re.findall(r"mario\.rossi|lucia\.bianchi|333 ?1234567|non è un indirizzo", answer.text)
        assert seen == [], path


def test_another_client_sees_none_of_it(sample, found):
    with db.writing() as session:
        other = Client(name="Bottega Verdi")
        session.add(other)
    stranger = sample.app.test_client()
    stranger.sign_in(add_operator(other, Role.ADMINISTRATOR, "paolo@verdi.example", "Paolo Verdi"))

    opened_anyway = [
        path
        for path, _ in found
        if re.search(r"/[2-9a-hj-km-np-z]{12}\b", path) and stranger.get(path).status_code != 404
    ]

    assert opened_anyway == []


@pytest.fixture
def paths(found) -> list[str]:
    return sorted(path for path, answer in found if answer.mimetype == "text/html")


@pytest.mark.browser
@pytest.mark.timeout(900)  # some 200 examinations
def test_axe_finds_nothing_to_say_of_any_kind_of_page(sample, administrator, paths, chromium):
    problems = []
    with (
        served_at(sample.app) as address,
        opened(chromium, address, administrator, bypass_csp=True) as page,
    ):
        for path in {kind_of(sample.app, path): path for path in paths}.values():
            page.goto(path)
            problems += violations_in_every_mode(page)
            problems += _with_everything_open(page)

    assert problems == []


def _with_everything_open(page: Page) -> Iterator[str]:
    """The page's first menu, and the question that an entry of it asks."""
    page.set_viewport_size({"width": 1280, "height": 900})
    buttons = page.locator("main [popovertarget]:visible")
    if not buttons.count():
        return
    buttons.first.click()
    yield from violations_in_every_mode(page, "menu", ".menu:popover-open")
    asking = page.locator(".menu:popover-open [hx-confirm]")
    if asking.count():
        asking.first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        yield from violations_in_every_mode(page, "dialogo", "dialog[open]")


# Forms that are wrong as they are, or once a field is emptied: address → (field to empty, button).
WRONG = {
    "/database/nuovo": ("", "crea e importa"),
    "/configura/integrazioni/facebook/nuovo": ("", "autorizza"),
    "/profilo": ("", "cambia la password"),
}


@pytest.mark.browser
@pytest.mark.timeout(900)  # some 200 examinations
def test_axe_finds_nothing_to_say_of_errors(sample, administrator, paths, chromium):
    upload = next(
        path for path in paths if kind_of(sample.app, path) == "uploads.new_upload" and "filtro=" in path
    )
    builder = next(path for path in paths if kind_of(sample.app, path) == "contacts.new_filter")
    file = next(path for path in paths if kind_of(sample.app, path) == "contacts.new_import")
    wrong = {**WRONG, upload: ("", "carica gli utenti"), builder: ("", "salva"), file: ("", "continua")}
    problems = []
    with (
        served_at(sample.app) as address,
        opened(chromium, address, administrator, bypass_csp=True) as page,
    ):
        for path, (field, button) in wrong.items():
            page.goto(path)
            if field:
                page.get_by_label(field).fill("")
            page.locator("main").get_by_role("button", name=button).first.click()
            expect(page.locator("[data-error-summary]")).to_be_focused()
            problems += violations_in_every_mode(page, "errori")

    assert problems == []


@pytest.mark.browser
def test_no_long_word_pushes_a_page_or_a_table_apart(sample, administrator, paths, chromium):
    """On a phone as small as there is, on one as most have, and on a desk."""
    problems = []
    with served_at(sample.app) as address, opened(chromium, address, administrator) as page:
        for path in paths:
            page.goto(path)
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 700})
                problems += [f"{path} {width}: {element}" for element in page.evaluate(TOO_WIDE, width)]
            page.emulate_media(media="print")
            page.set_viewport_size({"width": 700, "height": 990})  # what is left of a sheet, at 96 px an inch
            problems += [f"{path} carta: {element}" for element in page.evaluate(TOO_WIDE, 700)]
            problems += [f"{path} carta: {element}" for element in page.evaluate(ON_PAPER)]
            page.emulate_media(media="screen")

    assert problems == []
