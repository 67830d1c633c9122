"""The screen support watches: what is at work, what failed, whether anybody works."""

import csv
import io
from datetime import timedelta

import pytest

from tests.conftest import Browser, add_operator
from tests.uploads.screens.building import add_event, add_upload, change_batch, save, sign
from webapp import clock, db, periodic, workers
from webapp.access.models import Client, Membership, Role
from webapp.contacts.models import UserDatabase
from webapp.periodic import Task
from webapp.uploads.events import Event
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING = BatchStatus.SENT, BatchStatus.PENDING
FAILED, SENDING, QUEUED = UploadStatus.FAILED, UploadStatus.SENDING, UploadStatus.QUEUED


def words(element) -> str:
    return " ".join(element.text_content().split())


def names(tree) -> list[str]:
    return [words(name) for name in tree.xpath("//*[@id='monitor']//tbody//*[@class='t' or @class='t link']")]


@pytest.fixture
def nord(database) -> UserDatabase:
    """A database of another client, Birrificio Nord."""
    space = Client(name="Birrificio Nord")
    save(space)
    theirs = UserDatabase(client_id=space.id, name="Birre")
    save(theirs)
    return theirs


def test_what_is_at_work_is_one_click_away(signed_in: Browser, clienti, page):
    add_upload(clienti, [(SENT, 10, 0)], audience_name="Finito")
    add_upload(clienti, [(SENT, 10, 0), (PENDING, 400, 0)], audience_name="Parte", status=SENDING)

    assert names(page(signed_in.get("/caricamenti"))) == ["Parte", "Finito"]
    tree = page(signed_in.get("/caricamenti?stato=attivi"))

    assert names(tree) == ["Parte"]
    assert "400 utenti ancora da inviare" in words(tree)


def test_it_asks_often_while_something_is_at_work_and_seldom_otherwise(signed_in: Browser, clienti, page):
    def trigger() -> str:
        return page(signed_in.get("/caricamenti")).get_element_by_id("monitor").get("hx-trigger")

    assert trigger().startswith("every 30s,")
    add_upload(clienti, status=QUEUED, prepared=False)
    assert trigger().startswith("every 5s,")


def test_it_shows_only_clients_the_operator_follows(signed_in: Browser, clienti, nord, page):
    add_upload(nord, audience_name="Birre", status=SENDING)
    add_upload(clienti, audience_name="Nostra", status=SENDING)

    assert names(page(signed_in.get("/caricamenti"))) == ["Nostra"]
    assert "Birre" not in signed_in.get("/caricamenti/elenco.csv?stato=tutti").text


def test_who_follows_two_clients_sees_both_and_can_narrow_to_one(app, aurora, clienti, nord, page):
    paolo = add_operator(aurora, Role.SUPPORT, email="paolo@aurora.example", name="Paolo Neri")
    save(Membership(operator_id=paolo.id, client_id=nord.client_id, role=Role.SUPPORT))
    browser = app.test_client()
    browser.sign_in(paolo)
    add_upload(nord, audience_name="Birre", status=SENDING)
    ours = add_upload(clienti, audience_name="Nostra", status=SENDING)

    tree = page(browser.get("/caricamenti"))
    assert names(tree) == ["Nostra", "Birre"]
    choice = tree.xpath("//select[@name='cliente']/option[text()='Studio Aurora']/@value")[0]
    assert names(page(browser.get(f"/caricamenti?cliente={choice}"))) == ["Nostra"]
    # Pages are of the client that is open, the first by name: Birrificio Nord.
    assert browser.get(f"/caricamenti/{ours.public_id}").status_code == 404
    assert not tree.xpath(f"//a[contains(@href, '{ours.public_id}')]")

    opens = tree.xpath(f"//form[contains(@action, '{ours.public_id}')]/@action")[0]
    answer = browser.post_form(opens)
    assert (answer.status_code, answer.location) == (303, f"/caricamenti/{ours.public_id}")
    assert "Nostra" in words(page(browser.get(answer.location)).find(".//h1"))


def test_an_upload_of_a_client_nobody_follows_cannot_be_opened(signed_in: Browser, nord):
    theirs = add_upload(nord, audience_name="Birre", status=SENDING)

    assert signed_in.post_form(f"/caricamenti/{theirs.public_id}/apri").status_code == 404
    assert signed_in.post_form("/caricamenti/non-e-un-numero/apri").status_code == 404


def test_a_client_nobody_follows_cannot_be_asked_for(signed_in: Browser, nord):
    assert signed_in.get("/caricamenti?cliente=abcdefghjkmn").status_code == 404


def test_failures_of_the_last_24_hours_are_counted(signed_in: Browser, clienti, page):
    now = clock.now()
    add_upload(clienti, status=FAILED, finished_at=now)
    add_upload(clienti, [(SENT, 1, 0)], finished_at=now)
    add_upload(
        clienti, status=FAILED, finished_at=now - timedelta(hours=25), created_at=now - timedelta(days=2)
    )

    tree = page(signed_in.get("/caricamenti"))

    assert "Non riusciti, ultime 24 ore 1 1 completato" in " ".join(
        " ".join(part.split()) for part in tree.xpath("//dl[@class='stats']//text()") if part.strip()
    )
    lately = page(signed_in.get("/caricamenti?stato=ultime-24-ore"))
    assert len(names(lately)) == 2


def test_no_worker_is_an_alarm_that_says_what_to_run(signed_in: Browser, page):
    tree = page(signed_in.get("/caricamenti"))

    alarm = tree.get_element_by_id("no-worker")
    assert alarm.get("role") == "alert"
    assert "platea worker" in words(alarm)


def test_workers_are_listed_with_their_last_signal(signed_in: Browser, page):
    save(sign("worker-1"), sign("worker-2", seen_ago=timedelta(minutes=5)))

    tree = page(signed_in.get("/caricamenti"))

    assert not tree.xpath("//*[@id='no-worker']")
    living, silent = (words(row) for row in tree.xpath("//*[@id='crew']//tbody/tr"))
    assert "worker-1" in living and "Attivo" in living and "nodo-1" in living and "0.1.0" in living
    assert "worker-2" in silent and "Non risponde" in silent


def test_each_worker_says_what_it_is_at(signed_in: Browser, clienti, nord, page):
    save(sign("worker-1"), sign("worker-2"), sign("worker-3"))
    ours = add_upload(clienti, [(SENT, 10, 0), (PENDING, 10, 0)], status=SENDING, audience_name="Nostra")
    theirs = add_upload(nord, [(PENDING, 10, 0)], status=SENDING, audience_name="Birre")
    change_batch(ours, 2, status=BatchStatus.SENDING, worker="worker-1")
    change_batch(theirs, 1, status=BatchStatus.SENDING, worker="worker-2")

    rows = [words(row) for row in page(signed_in.get("/caricamenti")).xpath("//*[@id='crew']//tbody/tr")]

    assert "Blocco 2 di “Nostra” (n. 1)" in rows[0]
    assert "Un blocco di un cliente che non segui" in rows[1] and "Birre" not in rows[1]
    assert "in attesa di lavoro" in rows[2]


def test_a_redis_that_does_not_answer_is_said(signed_in: Browser, page):
    assert "Redis non risponde" in words(page(signed_in.get("/caricamenti")))


def test_the_last_thing_that_happened_stands_in_the_row(signed_in: Browser, clienti, page):
    upload = add_upload(clienti, [(SENT, 10, 0)], status=SENDING)
    add_event(upload, Event.STARTED, detail={"by": "Giulia Ferri"})
    add_event(upload, Event.SENT, seq=124, detail={"rows": 5000, "rejected": 2})

    row = page(signed_in.get("/caricamenti")).xpath("//*[@id='monitor']//tbody/tr")[0]

    assert "Blocco 124 ricevuto da Meta: 5.000 righe, 2 rifiutate" in words(row)
    assert "n. 1" in words(row)


def test_uploads_are_found_by_number_and_by_account(signed_in: Browser, clienti, page):
    wanted = add_upload(clienti, audience_name="Cercata", status=SENDING)
    add_upload(clienti, audience_name="Altra", account_name="Aurora Spagna", status=SENDING)

    for typed in (wanted.public_id, "1", "n. 1", "N.1"):
        assert names(page(signed_in.get("/caricamenti", query_string={"q": typed}))) == ["Cercata"]
    assert names(page(signed_in.get("/caricamenti?account=Aurora+Spagna"))) == ["Altra"]


def test_an_unchanged_monitor_is_not_sent_again(signed_in: Browser, clienti, worker):
    add_upload(clienti, status=SENDING)
    tag = signed_in.get_htmx("/caricamenti/elenco").headers["ETag"]
    assert signed_in.get_htmx("/caricamenti/elenco", **{"If-None-Match": tag}).status_code == 304

    add_upload(clienti, status=SENDING)

    assert signed_in.get_htmx("/caricamenti/elenco", **{"If-None-Match": tag}).status_code == 200


def test_the_list_can_be_taken_away_as_a_file(signed_in: Browser, clienti):
    add_upload(clienti, [(SENT, 10, 1)], discarded={"email_empty": 2}, audience_name="=1+1")

    text = signed_in.get("/caricamenti/elenco.csv?stato=tutti").data.decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text, newline=""), delimiter=";")

    told = dict(zip(header, row, strict=True))
    assert told["Custom audience"] == "'=1+1"
    assert (told["Selezionati"], told["Scartati"], told["Inviati"], told["Rifiutati"]) == (
        "12",
        "2",
        "10",
        "1",
    )
    assert (told["Numero"], told["Stato"]) == ("1", "Completato")


def test_work_that_is_done_again_and_again_says_how_it_goes(signed_in: Browser, page):
    def fail() -> None:
        raise ValueError("anna@posta.example")

    periodic.run_due([Task("e-mail", "Invio delle email", 5, 60, lambda: None)], "a")
    periodic.run_due([Task("backup", "Copie del database", 5, 60, fail)], "a")

    tree = page(signed_in.get("/caricamenti"))

    good, bad = (words(tree.get_element_by_id(f"task-{name}")) for name in ("e-mail", "backup"))
    assert "Regolare" in good and "nessuno" in good
    assert "Non riesce" in bad and "mai" in bad and "1 volta di fila: riproviamo da soli" in bad
    assert "Errore imprevisto (ValueError)." in bad and "anna" not in bad


def test_a_worker_whose_clock_is_wrong_says_so(signed_in: Browser, page):
    with db.writing() as session:
        workers.sign(session, "sbagliato", "0.1.0", clock.now(), -7200)

    assert "Orologio sbagliato di 7.200 s: non lavora" in words(
        page(signed_in.get("/caricamenti")).get_element_by_id("crew")
    )
