"""What costs has a budget an hour, of a person and of a client; a refusal is told once in the trail."""

import io
from dataclasses import replace
from threading import Thread

import pytest
import time_machine
from sqlmodel import select

from tests.conftest import add_operator, make_app
from webapp import budgets, clock, db
from webapp import services as platea
from webapp.access.budget_guard import USES
from webapp.access.models import AuditEntry, Role
from webapp.access.policy import POLICY
from webapp.access.trail.audit import Action
from webapp.budgets import Budget, Kind, Spent
from webapp.contacts import databases
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.destinations.meta.accounts.oauth import RETURN_PATH

CSV = "/caricamenti/elenco.csv"


def entries(action: Action) -> list[AuditEntry]:
    with db.reading() as session:
        return list(session.exec(select(AuditEntry).where(AuditEntry.action == str(action))))


def signed_in_to(app, operator):
    browser = app.test_client()
    browser.sign_in(operator)
    return browser


def test_a_person_is_refused_in_words_and_may_go_on_an_hour_later(database, aurora, giulia, page):
    browser = signed_in_to(make_app(database, exports_per_hour=2), giulia)

    with time_machine.travel(clock.epoch(), tick=False) as now:
        assert [browser.get(CSV).status_code for _ in range(3)] == [200, 200, 429]
        refused = browser.get(CSV)
        assert refused.headers["Retry-After"] == "3600"
        text = page(refused, 429).text_content()
        assert "al massimo 2 file scaricati all’ora per ogni persona. Riprova tra 60 minuti" in text
        now.shift(3_600)
        browser.sign_in(giulia)
        assert browser.get(CSV).status_code == 200
    (told,) = entries(Action.BUDGET_USED_UP)
    assert (told.who, told.detail) == ("Giulia Ferri", {"che cosa": "file scaricati", "per persona": "2"})


def test_a_client_may_use_three_times_as_much_whoever_asks(database, aurora):
    app = make_app(database, exports_per_hour=1)
    people = [add_operator(aurora, Role.SUPPORT, f"p{n}@aurora.example", f"Persona {n}") for n in range(4)]

    answers = [signed_in_to(app, one).get(CSV) for one in people]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert "al massimo 3 file scaricati all’ora per questo spazio cliente" in answers[-1].text


def test_the_check_before_an_upload_is_a_count(database, aurora, giulia):
    """Of a million contacts it takes seconds, and it comes again with every choice of the form."""
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, "Clienti")
    browser = signed_in_to(make_app(database, counts_per_hour=2), giulia)
    check = f"/database/{clienti.public_id}/custom-audience/carica/verifica"

    assert [browser.get_htmx(check).status_code for _ in range(3)] == [200, 200, 429]


def test_zero_is_no_limit(database, giulia):
    browser = signed_in_to(make_app(database, exports_per_hour=0), giulia)

    assert {browser.get(CSV).status_code for _ in range(5)} == {200}


def test_of_twenty_at_once_as_many_pass_as_there_are_left(database):
    platea.start(replace(database, exports_per_hour=7))
    passed = []

    def spend() -> None:
        try:
            with db.writing() as session:
                budgets.spend(session, Kind.EXPORTS, "1", "1")
        except Spent:
            return
        passed.append(1)

    threads = [Thread(target=spend) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == 7
    with db.reading() as session:
        used = {one.key: one.used for one in session.exec(select(Budget))}
    assert used == {"exports:person:1": 7, "exports:client:1": 7}


def test_a_window_written_by_a_clock_that_was_ahead_keeps_nobody_out(database):
    platea.start(replace(database, exports_per_hour=1))
    with time_machine.travel(clock.epoch() + 90 * 86_400), db.writing() as session:
        budgets.spend(session, Kind.EXPORTS, "1", "1")

    with db.writing() as session:
        budgets.spend(session, Kind.EXPORTS, "1", "1")


def test_a_file_is_refused_before_it_is_read_when_the_budget_or_the_disk_is_used_up(
    database, aurora, giulia, monkeypatch, page
):
    with db.writing() as session:
        users = UserDatabase(client_id=aurora.id, name="Clienti")
        session.add(users)
    url = f"/database/{users.public_id}/importazioni/nuova"

    def send(app):
        browser = signed_in_to(app, giulia)
        return browser.post_form(url, {"file": (io.BytesIO(b"email\na@b.example\n"), "a.csv")})

    one_an_hour = make_app(database, drafts_per_hour=1)
    assert [send(one_an_hour).status_code for _ in range(2)] == [303, 429]
    small = make_app(database, drafts_mb=1)
    with db.writing() as session:
        draft = session.exec(select(ContactImport)).one()
        draft.size_bytes = 1_000_000
        session.add(draft)
    refused = send(small)
    assert "superano insieme 1 MB" in page(refused, 422).text_content()
    full = type("Full", (), {"f_bavail": 1_000, "f_frsize": 1})()
    monkeypatch.setattr("os.statvfs", lambda _path: full)
    assert send(make_app(database)).status_code == 507


@pytest.mark.parametrize("endpoint", sorted(USES))
def test_every_use_is_of_a_page_that_is_there(endpoint):
    assert endpoint in POLICY


def test_every_file_that_can_be_downloaded_has_a_budget(app):
    files = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.endswith((".csv", ".json")) and rule.endpoint != "static"
    }

    assert files - {"contacts.sample_file"} <= {
        one for one, (kind, _) in USES.items() if kind == Kind.EXPORTS
    }


def test_a_role_that_is_too_little_is_told_once_in_five_minutes(app, aurora):
    browser = signed_in_to(app, add_operator(aurora, Role.SUPPORT, name="Aldo"))

    with time_machine.travel(clock.epoch(), tick=False) as now:
        assert [browser.get("/configura/registro").status_code for _ in range(3)] == [403] * 3
        now.shift(300)
        assert browser.get("/configura/registro").status_code == 403

    told = entries(Action.REQUEST_REFUSED)
    assert [(one.who, one.detail["pagina"], one.client_id) for one in told] == [
        ("Aldo", "access.trail", aurora.id)
    ] * 2


FORGED = {
    "modulo senza il suo segno": ("/profilo/sessioni/chiudi", {}, {"csrf_token": "x" * 40}),
    "modulo di un altro sito": ("/profilo/sessioni/chiudi", {"Sec-Fetch-Site": "cross-site"}, {}),
    "richiesta firmata di Facebook": (
        "/configura/integrazioni/facebook/revoca",
        {},
        {"signed_request": "mario.rossi@posta.example"},
    ),
}


@pytest.mark.parametrize("what", FORGED)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_what_is_forged_is_told_once_in_five_minutes_without_what_it_said(app, giulia, what, is_signed_in):
    browser = signed_in_to(app, giulia) if is_signed_in else app.test_client()
    url, headers, fields = FORGED[what]
    if not is_signed_in and "profilo" in url:
        url = "/accesso"
    with time_machine.travel(clock.epoch(), tick=False) as now:
        assert {browser.post(url, headers=headers, data=fields).status_code for _ in range(3)} <= {400, 403}
        now.shift(300)
        assert browser.post(url, headers=headers, data=fields).status_code in (400, 403)

    told = entries(Action.FORGERY_REFUSED)
    assert [one.target for one in told] == [what] * 2
    assert [one.who for one in told] == (["Giulia Ferri"] if is_signed_in else ["nessuno"]) * 2
    assert {tuple(one.detail) for one in told} == {("pagina", "metodo")}
    assert "mario" not in str([(one.target, one.detail) for one in told])


def test_a_forged_return_from_facebook_is_told(app, giulia):
    browser = signed_in_to(app, giulia)

    answers = [browser.get(f"{RETURN_PATH}?code=rubato&state={'x' * 43}").status_code for _ in range(2)]

    assert answers == [400, 400]
    (told,) = entries(Action.FORGERY_REFUSED)
    assert (told.who, told.target) == ("Giulia Ferri", "ritorno da Facebook")
    assert "rubato" not in str(told.detail)


NOTHING = "/caricamenti/Zz11Zz11Zz"


@pytest.mark.parametrize(
    ("what", "method", "url", "status", "untold"),
    [
        ("richiesta che le pagine non mandano", "post_form", "/", 405, 0),
        ("cose che non ci sono, o di altri", "get", NOTHING, 404, 9),
        ("dati o passaggi non accettati", "post_form", "/database/nuovo", 422, 29),
    ],
)
def test_who_tries_what_no_page_sends_is_told_and_who_mistypes_is_not(
    app, aurora, giulia, what, method, url, status, untold
):
    """ASVS 5.0, 16.3.3: attempts to get round input validation and business logic are logged."""
    browser, other = (
        signed_in_to(app, giulia),
        signed_in_to(app, add_operator(aurora, Role.MARKETER, "aldo@aurora.example")),
    )

    with time_machine.travel(clock.epoch(), tick=False):
        assert {getattr(browser, method)(url).status_code for _ in range(untold)} <= {status}
        assert other.get(NOTHING).status_code == 404
        assert entries(Action.REQUESTS_INVALID) == []
        assert [getattr(browser, method)(url).status_code for _ in range(3)] == [status] * 3

    (told,) = entries(Action.REQUESTS_INVALID)
    assert (told.who, told.target, told.client_id) == ("Giulia Ferri", what, aurora.id)
    assert told.detail["metodo"] == ("GET" if method == "get" else "POST")
    assert "Zz11" not in str(told.detail)


def test_who_is_not_signed_in_fills_no_trail_with_addresses_that_are_not_there(app, aurora):
    browser = app.test_client()

    assert {browser.get(f"/wp-admin/{n}").status_code for n in range(12)} <= {303, 404}
    assert entries(Action.REQUESTS_INVALID) == []


def test_sign_ins_that_are_slowed_down_are_told_once(app, giulia):
    browser = app.test_client()
    answers = [
        browser.post_form("/accesso", {"email": giulia.email, "password": f"sbagliata {n}"}).status_code
        for n in range(14)
    ]

    assert answers == [422] * 10 + [429] * 4
    (told,) = entries(Action.SIGN_IN_SLOWED)
    assert (told.who, told.target, told.address) == ("nessuno", "accesso", "127.0.0.0/24")
