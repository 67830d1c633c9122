"""The part of the overview that follows what is going on, and what it draws of the last 30 days."""

from datetime import date, timedelta

import pytest

from tests.uploads.screens.building import add_upload, save, sign
from webapp import clock
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.destinations.meta.models import AudienceSize, MetaAccount, MetaHealth
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.values.texts import ROME

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING


def words(element) -> str:
    return " ".join(element.text_content().split())


def rows(chart) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in chart.xpath(".//tbody/tr")]


@pytest.fixture
def clienti(aurora) -> UserDatabase:
    database = UserDatabase(client_id=aurora.id, name="Clienti Italia")
    save(database)
    return database


@pytest.fixture
def italia(aurora) -> MetaAccount:
    account = MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1029384756102", token=b"x")
    save(account)
    return account


def test_it_asks_every_ten_seconds_while_something_is_at_work_and_not_otherwise(signed_in, clienti, page):
    def trigger() -> str:
        return page(signed_in.get("/")).get_element_by_id("now").get("hx-trigger")

    assert trigger() == "refresh from:body"
    add_upload(clienti, [(SENT, 10, 0), (PENDING, 30, 0)], status=UploadStatus.SENDING)
    assert trigger() == "every 10s, refresh from:body"


def test_page_and_fragment_show_the_same(signed_in, clienti, page, fragment):
    add_upload(clienti, [(SENT, 10, 0), (PENDING, 30, 0)], status=UploadStatus.SENDING)

    whole, part = page(signed_in.get("/")), fragment(signed_in.get_htmx("/adesso"))

    assert words(whole.get_element_by_id("now")) == words(part)
    assert "Clienti attivi 12 mesi" in words(part) and "blocco 1 di 2" in words(part)


def test_an_unchanged_overview_is_not_sent_again(signed_in, clienti):
    save(sign("worker-1"))
    add_upload(clienti, [(PENDING, 30, 0)], status=UploadStatus.SENDING)
    tag = signed_in.get_htmx("/adesso").headers["ETag"]
    again = signed_in.get_htmx("/adesso", **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")

    add_upload(clienti, status=UploadStatus.QUEUED, prepared=False)

    assert signed_in.get_htmx("/adesso", **{"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("days", "tone", "said"),
    [
        (13, "info", "scade tra 13 giorni"),
        (6, "triangle-alert", "scade tra 6 giorni"),
        (1, "triangle-alert", "scade tra 1 giorno"),
    ],
)
def test_an_authorisation_that_ends_soon_is_said_louder_and_louder(
    signed_in, italia, clienti, page, days, tone, said
):
    italia.token_expires_at = clock.now() + timedelta(days=days, hours=1)
    save(italia)

    item = page(signed_in.get("/")).get_element_by_id("to-check").xpath(".//li")[0]

    assert said in words(item)
    assert item.xpath(".//use/@href")[0].endswith(f"#{tone}")
    assert item.xpath(".//a/@href") == ["/configura/integrazioni/facebook/salute"]


def test_fifteen_days_before_the_end_nothing_is_said(signed_in, italia, clienti, page):
    italia.token_expires_at = clock.now() + timedelta(days=15)
    save(italia)

    assert "scade" not in words(page(signed_in.get("/")).get_element_by_id("contenuto"))


def test_a_blocked_audience_is_something_to_see_to(signed_in, italia, clienti, page):
    save(MetaHealth(account_id=italia.id, flagged=["Pazienti in cura 2025"]))

    said = words(page(signed_in.get("/")).get_element_by_id("to-check"))

    assert "Facebook ha bloccato 1 custom audience di “Aurora Italia”: “Pazienti in cura 2025”." in said


def test_when_all_is_well_it_says_so(signed_in, clienti, page):
    add_upload(clienti, [(SENT, 10, 0)])

    tree = page(signed_in.get("/"))

    assert "Niente da controllare" in words(tree.find_class("quiet")[0])
    assert "Nessun caricamento in corso." in words(tree.get_element_by_id("active"))


def test_a_failed_upload_is_there_with_its_reason_and_what_to_do(signed_in, clienti, page):
    failed = add_upload(
        clienti,
        status=UploadStatus.FAILED,
        reason="Il filtro usa un campo che non esiste più.",
        todo="Apri il filtro.",
    )

    item = page(signed_in.get("/")).get_element_by_id("to-check").xpath(".//li")[0]

    assert "Non riuscito. Il filtro usa un campo che non esiste più. Apri il filtro." in words(item)
    assert item.xpath(".//a/@href") == [
        "/configura/integrazioni/facebook",
        f"/caricamenti/{failed.public_id}",
    ]


def test_the_last_imports_are_there_and_drafts_are_not(signed_in, clienti, page):
    made = {"database_id": clienti.id, "stored_name": "x", "started_by": "Giulia Ferri"}
    save(
        ContactImport(file_name="novembre.csv", status=ImportStatus.COMPLETED, rows_new=12, **made),
        ContactImport(file_name="a-meta.csv", status=ImportStatus.DRAFT, **made),
    )

    said = words(page(signed_in.get("/")).get_element_by_id("imports"))

    assert "novembre.csv" in said and "12 nuovi" in said
    assert "a-meta.csv" not in said


def test_what_was_sent_is_drawn_and_told_day_by_day(signed_in, clienti, page):
    now = clock.now()
    days = [now, now - timedelta(days=1), now - timedelta(days=3)]
    today, yesterday, before = (f"{at.astimezone(ROME):%d/%m/%Y}" for at in days)
    add_upload(clienti, [(SENT, 1200, 0)], sent_at=now, discarded={"email_invalid": 300})
    add_upload(clienti, [(SENT, 5000, 0)], sent_at=now - timedelta(days=3))
    add_upload(clienti, [(SENT, 100, 0)], sent_at=now - timedelta(days=1))

    tree = page(signed_in.get("/"))
    sent, invalid = tree.get_element_by_id("chart-sent"), tree.get_element_by_id("chart-invalid")

    drawing = sent.xpath(".//svg[@role='img']")[0]
    assert drawing.get("aria-label") == (
        f"Utenti inviati al giorno, ultimi 30 giorni: 6.300 in tutto, al massimo 5.000 il {before}"
    )
    assert len(drawing.xpath(".//rect")) == 3
    assert rows(sent) == [[before, "5.000"], [yesterday, "100"], [today, "1.200"]]
    assert rows(invalid) == [[before, "0,0%"], [yesterday, "0,0%"], [today, "20,0%"]]


def test_one_day_or_two_are_told_in_figures_instead_of_a_single_bar(signed_in, clienti, page):
    add_upload(clienti, [(SENT, 1200, 0)], sent_at=clock.now())

    sent = page(signed_in.get("/")).get_element_by_id("chart-sent")

    assert not sent.xpath(".//svg") and "1.200" in words(sent)
    assert "Il grafico compare con almeno tre giorni." in words(sent)


def test_the_size_of_the_audiences_uploaded_to_is_drawn_over_time(signed_in, italia, clienti, page):
    today: date = clock.now().astimezone(ROME).date()
    add_upload(clienti, [(SENT, 1200, 0)], account=italia)
    save(
        AudienceSize(account_id=italia.id, audience_id="23851", day=today - timedelta(days=2), size=900),
        AudienceSize(account_id=italia.id, audience_id="23851", day=today - timedelta(days=1), size=1000),
        AudienceSize(account_id=italia.id, audience_id="23851", day=today, size=1400),
        AudienceSize(account_id=italia.id, audience_id="altra", day=today, size=9999),
    )

    chart = page(signed_in.get("/")).get_element_by_id("chart-size")

    assert len(chart.xpath(".//polyline")) == 1
    assert [words(cell) for cell in chart.xpath(".//tbody//td")] == ["900", "1.000", "1.400"]
    assert "Clienti attivi 12 mesi: 1.400" in chart.xpath(".//svg/@aria-label")[0]


def test_who_has_sent_nothing_has_nothing_drawn(signed_in, clienti, page):
    add_upload(clienti, status=UploadStatus.QUEUED, prepared=False)

    assert page(signed_in.get("/")).find_class("chart") == []
