"""The history of a database and of a filter: what it holds, what it says, how often it asks again."""

from datetime import timedelta

import pytest

from tests.conftest import Browser, add_operator
from tests.uploads.screens.building import add_upload, save, sign
from webapp import clock, db
from webapp.access.models import Client, Role
from webapp.contacts.models import Filter, UserDatabase
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING
ACTIVE = (UploadStatus.PREPARING, UploadStatus.SENDING)


def history_of(database: UserDatabase, saved: Filter | None = None) -> str:
    inside = f"/filtri/{saved.public_id}" if saved else ""
    return f"/database/{database.public_id}{inside}/custom-audience"


def names(tree) -> list[str]:
    return [link.text_content() for link in tree.xpath("//tbody//a[@class='t']")]


def words(element) -> str:
    return " ".join(element.text_content().split())


def trigger(tree) -> str:
    return tree.xpath("//*[@id='history']/@hx-trigger")[0]


def test_a_database_shows_the_uploads_of_its_filters_too(signed_in: Browser, clienti, inattivi, page):
    add_upload(clienti, audience_name="Tutti")
    add_upload(clienti, audience_name="Solo inattivi", saved=inattivi)

    tree = page(signed_in.get(history_of(clienti)))

    assert names(tree) == ["Solo inattivi", "Tutti"]
    assert "quelli partiti dai suoi filtri" in words(tree)


def test_a_filter_shows_only_its_own_uploads(signed_in: Browser, clienti, inattivi, page):
    other = Filter(database_id=clienti.id, name="Altro", rule={})
    save(other)
    add_upload(clienti, audience_name="Tutti")
    add_upload(clienti, audience_name="Solo inattivi", saved=inattivi)
    add_upload(clienti, audience_name="Di un altro filtro", saved=other)

    tree = page(signed_in.get(history_of(clienti, inattivi)))

    assert names(tree) == ["Solo inattivi"]
    assert "Qui vedi solo i caricamenti partiti da questo filtro." in words(tree)


def test_a_database_does_not_show_another_databases_uploads(signed_in: Browser, aurora, clienti, page):
    other = UserDatabase(client_id=aurora.id, name="Clienti Spagna")
    save(other)
    add_upload(other, audience_name="Spagna")

    assert names(page(signed_in.get(history_of(clienti)))) == []


def test_an_empty_history_says_what_will_be_here(signed_in: Browser, clienti, page):
    tree = page(signed_in.get(history_of(clienti)))

    assert "Nessun caricamento, per ora" in words(tree)
    assert [words(link) for link in tree.xpath("//a[contains(@class, 'primary')]")] == [
        "Carica gli utenti per una custom audience"
    ]


def test_another_clients_database_is_not_found(signed_in: Browser):
    other = Client(name="Birrificio Nord")
    save(other)
    theirs = UserDatabase(client_id=other.id, name="Clienti")
    save(theirs)

    assert signed_in.get(history_of(theirs)).status_code == 404
    assert signed_in.get(f"{history_of(theirs)}/storico").status_code == 404
    assert signed_in.get("/database/1/custom-audience").status_code == 404


def test_a_row_says_how_many_went_and_how_many_did_not(signed_in: Browser, clienti, page):
    add_upload(
        clienti,
        [(SENT, 5000, 12), (SENT, 4000, 0)],
        discarded={"email_invalid": 30, "email_empty": 8},
        duplicates=3,
        status=UploadStatus.COMPLETED_WITH_WARNINGS,
    )

    row = page(signed_in.get(history_of(clienti))).xpath("//tbody/tr")[0]

    assert words(row.xpath("td[@data-label='Utenti inviati']")[0]) == "9.000"
    assert words(row.xpath("td[@data-label='Dati non validi']")[0]) == "50 0,6%"  # 30 + 8 + 12
    assert "9.041 contatti" in words(row)


def test_an_upload_on_its_way_says_how_far_it_is(signed_in: Browser, clienti, page):
    add_upload(clienti, [(SENT, 100, 0), (PENDING, 300, 0)], status=UploadStatus.SENDING)

    row = page(signed_in.get(history_of(clienti))).xpath("//tbody/tr")[0]

    bar = row.xpath(".//progress")[0]
    assert (bar.get("value"), bar.get("max")) == ("100", "400")
    assert "blocco 1 di 2" in words(row)
    assert words(row.xpath("td[@data-label='Utenti inviati']")[0]) == "100 di 400"


@pytest.mark.parametrize(
    ("status", "asks"),
    [
        *((status, "every 3s") for status in ACTIVE),
        (UploadStatus.QUEUED, "every 10s"),
        (UploadStatus.PAUSED, "every 10s"),
    ],
)
def test_a_history_with_something_at_work_asks_again(signed_in: Browser, clienti, page, status, asks):
    add_upload(clienti, [(PENDING, 10, 0)], status=status)

    tree = page(signed_in.get(history_of(clienti)))

    assert trigger(tree).startswith(f"{asks},")
    assert "Si aggiorna da solo" in words(tree)


@pytest.mark.parametrize(
    "status",
    [
        UploadStatus.COMPLETED,
        UploadStatus.COMPLETED_WITH_WARNINGS,
        UploadStatus.FAILED,
        UploadStatus.STOPPED,
    ],
)
def test_a_history_where_all_is_over_asks_nothing(signed_in: Browser, clienti, page, status):
    add_upload(clienti, [(SENT, 10, 0)], status=status)

    tree = page(signed_in.get(history_of(clienti)))

    assert trigger(tree) == "refresh from:body"
    assert "lo storico è fermo" in words(tree)


def test_the_fragment_is_what_the_page_holds(signed_in: Browser, clienti, page, fragment):
    add_upload(clienti, [(SENT, 10, 1)], discarded={"email_empty": 2})

    whole = page(signed_in.get(history_of(clienti))).get_element_by_id("history")
    alone = fragment(signed_in.get_htmx(f"{history_of(clienti)}/storico"))

    assert alone.get("id") == "history"
    assert words(alone) == words(whole)


def test_an_unchanged_history_is_not_sent_again(signed_in: Browser, clienti, worker):
    upload = add_upload(clienti, [(SENT, 10, 0), (PENDING, 10, 0)], status=UploadStatus.SENDING)
    url = f"{history_of(clienti)}/storico"
    first = signed_in.get_htmx(url)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "HX-Request"} <= set(first.vary)

    again = signed_in.get_htmx(url, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")

    with db.writing() as session:
        session.get_one(Upload, upload.id).updated_at = clock.now() + timedelta(seconds=1)
    assert signed_in.get_htmx(url, **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_what_one_role_sees_is_not_kept_for_another(app, aurora, clienti, signed_in: Browser):
    add_upload(clienti, [(SENT, 10, 0)])
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, email="paolo@aurora.example", name="Paolo Neri"))
    url = f"{history_of(clienti)}/storico"
    tag = signed_in.get_htmx(url).headers["ETag"]

    theirs = support.get_htmx(url, **{"If-None-Match": tag})

    assert theirs.status_code == 200
    assert "ripeti" not in theirs.text and "dati-non-validi.csv" not in theirs.text


def test_the_list_narrows_to_what_is_to_be_checked(signed_in: Browser, clienti, page):
    add_upload(clienti, [(SENT, 10, 0)], audience_name="Bene")
    failed = add_upload(clienti, audience_name="Male", status=UploadStatus.FAILED)
    add_upload(clienti, audience_name="Aspetta", status=UploadStatus.PAUSED)
    resumes = {"status": UploadStatus.PAUSED, "resume_at": clock.epoch() + 60}
    add_upload(clienti, audience_name="Riprende da solo", **resumes)
    url = f"{history_of(clienti)}?stato=da-controllare"
    assert names(page(signed_in.get(url))) == ["Aspetta", "Male"]

    add_upload(clienti, audience_name="Male, ripetuto", repeats_id=failed.id)

    assert names(page(signed_in.get(url))) == ["Aspetta"]


def test_the_search_finds_audiences_whatever_case_and_accents(signed_in: Browser, clienti, inattivi, page):
    add_upload(clienti, audience_name="Black Friday, VIP")
    add_upload(clienti, audience_name="Compleanni", saved=inattivi)

    assert names(page(signed_in.get(f"{history_of(clienti)}?q=friday"))) == ["Black Friday, VIP"]
    assert names(page(signed_in.get(f"{history_of(clienti)}?q=INATTIVI"))) == ["Compleanni"]
    add_upload(clienti, audience_name="Città d’arte")
    assert names(page(signed_in.get(f"{history_of(clienti)}?q=CITTA"))) == ["Città d’arte"]
    assert names(page(signed_in.get(f"{history_of(clienti)}?q=%25"))) == []


def test_a_long_history_comes_in_pages_that_links_can_name(signed_in: Browser, clienti, page):
    for number in range(25):
        add_upload(clienti, audience_name=f"Numero {number}")

    first = page(signed_in.get(history_of(clienti)))
    assert len(names(first)) == 20
    assert "1–20 di 25" in words(first)

    following = first.xpath("//a[@aria-label='Pagina successiva']/@href")[0]
    second = page(signed_in.get(following))
    assert names(second) == [f"Numero {number}" for number in (4, 3, 2, 1, 0)]
    assert "pagina=2" in second.xpath("//*[@id='history']/@hx-get")[0]
    assert names(page(signed_in.get(f"{history_of(clienti)}?pagina=99"))) == names(second)


def test_odd_arguments_open_the_list_as_by_default(signed_in: Browser, clienti, page):
    add_upload(clienti, audience_name="Tutti")

    tree = page(signed_in.get(f"{history_of(clienti)}?stato=boh&pagina=-3&q="))

    assert names(tree) == ["Tutti"]


def test_a_pause_says_why_and_when_it_ends(signed_in: Browser, clienti, page):
    # 13:32 UTC in winter is 14:32 in Rome.
    now = clock.now().replace(month=11, day=23, hour=13, minute=2)
    add_upload(
        clienti,
        [(SENT, 45_000, 0), (PENDING, 17_310, 0)],
        status=UploadStatus.PAUSED,
        reason="Facebook chiede di rallentare.",
        resume_at=now.replace(minute=32).timestamp(),
        updated_at=now,
    )

    row = page(signed_in.get(history_of(clienti))).xpath("//tbody/tr")[0]

    assert "Facebook chiede di rallentare: riprende da solo alle 14:32" in words(row)


def test_a_failed_upload_says_what_to_do_under_its_row(signed_in: Browser, clienti, page):
    add_upload(
        clienti,
        status=UploadStatus.FAILED,
        discarded={"email_empty": 4},
        reason="Nessun contatto ha un’email valida: non c’è nulla da inviare.",
        todo="Controlla il filtro o scegli SMS.",
    )

    note = page(signed_in.get(history_of(clienti))).xpath("//tr[contains(@class, 'row-note')]")[0]

    assert "non c’è nulla da inviare. Controlla il filtro o scegli SMS." in words(note)


def test_without_a_worker_the_page_says_so(signed_in: Browser, clienti, page):
    add_upload(clienti, status=UploadStatus.QUEUED, prepared=False)
    assert "Nessun worker è attivo" in words(page(signed_in.get(history_of(clienti))))

    save(sign("worker-1"))
    tree = page(signed_in.get(history_of(clienti)))
    assert "Nessun worker è attivo" not in words(tree)
    assert "Prossimo in coda" in words(tree)


def test_a_history_where_all_is_over_needs_no_worker(signed_in: Browser, clienti, page):
    add_upload(clienti, [(SENT, 10, 0)])

    assert "Nessun worker" not in words(page(signed_in.get(history_of(clienti))))


def test_the_last_30_days_are_added_up(signed_in: Browser, clienti, page):
    add_upload(clienti, [(SENT, 1000, 5)], discarded={"email_empty": 95}, audience_id="1")
    add_upload(clienti, [(SENT, 500, 0)], audience_id="2")
    old = clock.now() - timedelta(days=31)
    add_upload(clienti, [(SENT, 70_000, 0)], audience_id="3", created_at=old)

    stats = page(signed_in.get(history_of(clienti))).xpath("//dl[@class='stats']")[0]

    assert "1.500in 2 custom audience" in words(stats)
    assert "6,3%100 righe scartate" in words(stats)  # 100 of 1.595
