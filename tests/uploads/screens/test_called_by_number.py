"""An upload is “n. 16” wherever a person reads of it, and its page begins with the answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.conftest import Browser, add_operator
from tests.uploads.screens.building import add_event, add_upload, change_batch, save
from webapp import db
from webapp.access.models import Client, Role
from webapp.contacts.models import UserDatabase
from webapp.destinations.base import NEW_AUDIENCE
from webapp.uploads.events import Event
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING, SET_ASIDE = BatchStatus.SENT, BatchStatus.PENDING, BatchStatus.FAILED
FAILED, PAUSED = UploadStatus.FAILED, UploadStatus.PAUSED


def words(element) -> str:
    return " ".join(element.text_content().split())


def url_of(upload) -> str:
    return f"/caricamenti/{upload.public_id}"


def test_every_client_counts_its_own_uploads_from_one(clienti):
    other = Client(name="Birrificio Nord")
    save(other)
    theirs = UserDatabase(client_id=other.id, name="Soci")
    save(theirs)
    for database in (clienti, theirs, clienti, clienti, theirs):
        add_upload(database, audience_name=database.name)

    with db.reading() as session:
        rows = session.execute(text("SELECT audience_name, number FROM upload ORDER BY id")).all()

    assert [tuple(row) for row in rows] == [
        ("Clienti Italia", 1), ("Soci", 1), ("Clienti Italia", 2), ("Clienti Italia", 3), ("Soci", 2),
    ]  # fmt: skip


def test_uploads_started_at_the_same_moment_get_numbers_of_their_own(clienti):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add_upload(clienti), range(16)))

    with db.reading() as session:
        numbers = session.execute(text("SELECT number FROM upload ORDER BY number")).scalars().all()
    assert numbers == list(range(1, 17))


def test_its_number_is_said_and_its_id_stands_in_addresses_alone(signed_in: Browser, clienti, page):
    add_upload(clienti, [(SENT, 1, 0)])
    upload = add_upload(
        clienti, [(SENT, 10, 0), (PENDING, 2, 0)], status=PAUSED, reason="Fermo.", todo="Fai."
    )
    pages = [
        *(url_of(upload) + part for part in ("", "/diagnosi", "/ferma")),
        f"/database/{clienti.public_id}/custom-audience",
        "/caricamenti?stato=tutti",
    ]

    for url in pages:
        tree = page(signed_in.get(url))
        for hidden in tree.xpath("//textarea"):  # the diagnosis itself names both
            hidden.getparent().remove(hidden)
        assert "n. 2" in words(tree.find(".//main")), url
        assert upload.public_id not in tree.text_content(), url
    assert (
        words(page(signed_in.get(url_of(upload))).xpath("//*[@aria-current='page']")[-1])
        == "Caricamento n. 2"
    )


@pytest.mark.parametrize(
    ("batches", "more", "said"),
    [
        ([(SENT, 12_000, 0)], {}, "12.000 utenti inviati"),
        ([(SENT, 1, 0)], {"discarded": {"email_invalid": 1}}, "1 utente inviato, 1 dato non valido"),
        ([(SENT, 80, 3)], {"discarded": {"email_invalid": 40}}, "80 utenti inviati, 43 dati non validi"),
        ([(SENT, 5, 0), (SET_ASIDE, 7, 0)], {"status": FAILED}, "5 utenti inviati, 7 non partiti"),
        ([(BatchStatus.STOPPED, 7, 0)], {"status": UploadStatus.STOPPED}, "Nessun utente inviato, 7 fermati"),
        (
            [(SENT, 120, 0)],
            {"operation": "align", "removals": [(SENT, 34)]},
            "120 utenti aggiunti, 34 tolti",
        ),
        ([], {"operation": "remove", "removals": [(SENT, 1)]}, "1 utente tolto"),
        (
            [],
            {"operation": "align", "already_there": 9},
            "Già allineato: non c’era nulla da aggiungere né da togliere",
        ),
        ([], {"status": FAILED, "prepared": False}, "Nessun utente inviato"),
    ],
)  # fmt: skip
def test_the_page_of_one_that_ended_begins_with_the_answer(
    signed_in: Browser, clienti, page, batches, more, said
):
    upload = add_upload(clienti, batches, **more)

    assert words(page(signed_in.get(url_of(upload))).xpath("(//main//h2)[1]")[0]) == said


def test_what_support_reads_is_folded_for_others_and_open_for_support(app, aurora, signed_in, clienti, page):
    upload = add_upload(clienti, [(SENT, 10, 0)])
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, email="paolo@aurora.example", name="Paolo Neri"))

    def fold(browser, more=""):
        return page(browser.get(url_of(upload) + more)).get_element_by_id("technical")

    assert "open" not in fold(signed_in).attrib
    assert {one.get("id") for one in fold(signed_in).xpath(".//section")} >= {"log", "batches", "events"}
    assert "open" in fold(support).attrib
    assert "open" in fold(signed_in, "?registro=tutto").attrib


def test_a_pause_that_ends_by_itself_is_told_once(signed_in: Browser, clienti, page):
    why = "Facebook chiede di rallentare."
    upload = add_upload(
        clienti, [(SENT, 10, 0), (PENDING, 5, 0)], status=PAUSED, reason=why, todo="Non devi fare nulla.",
        reason_who="nessuno", resume_at=1_795_000_000,
    )  # fmt: skip
    add_event(upload, Event.PAUSED, detail={"reason": why})

    tree = page(signed_in.get(url_of(upload)))

    assert words(tree.get_element_by_id("progress")).count("rallentare") == 1
    assert "riprende da solo" in words(tree.get_element_by_id("progress"))
    assert "Chi se ne occupa" not in words(tree)


@pytest.mark.parametrize(
    ("todo", "ways"),
    [
        (NEW_AUDIENCE, ["scegli un’altra custom audience", "ho visto"]),
        ("Controlla il file.", ["modifica e carica di nuovo", "riprova", "ho visto"]),
    ],
)
def test_a_failure_has_one_way_on_of_each_meaning(signed_in: Browser, clienti, italia, page, todo, ways):
    upload = add_upload(
        clienti,
        [(SENT, 10, 0), (SET_ASIDE, 5, 0)],
        status=FAILED,
        account=italia,
        reason="Non va.",
        todo=todo,
    )
    change_batch(upload, 2, error_code="100/33", error="Non va.")

    tree = page(signed_in.get(url_of(upload)))
    shown = tree.xpath("//*[@id='reason']/a | //*[@id='progress']//*[@class='actions']//button")

    assert [words(one) for one in shown] == ways
