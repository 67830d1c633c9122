""" "Verifica prima dell'invio": what is said before anything is sent, what blocks, what must be confirmed."""

import hashlib
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.uploads.screens.building import add_contacts
from tests.uploads.screens.test_browser import form  # noqa: F401 (the upload form with its account)
from tests.uploads.screens.test_upload_form import by_email, errors_in, uploads, url_of, words
from webapp import clock, db
from webapp.destinations.base import Account, Audience, Notice, Origin, Problem
from webapp.uploads.checking import judging
from webapp.uploads.checking.facts import Answer, Facts, Numbers, Target
from webapp.uploads.checking.lines import Tone
from webapp.uploads.models import UploadCheck
from webapp.uploads.operations import Operation
from webapp.values.identifiers import new_public_id

NOW = clock.now()
ACCOUNT = Account("meta", 1, "abc", "Aurora Italia", "102", None, (), None)
NUMBERS = Numbers(6000, {"opted_out": 500}, {"email_invalid": 300}, 85, 5115)
ALL_WELL = Facts(
    Operation.ADD,
    ACCOUNT,
    Answer(NOW),
    Target("Clienti", True),
    NUMBERS,
    Origin.CUSTOMERS,
    "Facebook",
    at=NOW,
)
THERE = Audience("1", "Clienti", 1000, None)


def tones(facts: Facts) -> dict[str, str]:
    return {line.key: line.tone.value for line in judging.judge(facts)}


@pytest.mark.parametrize(
    ("changes", "key", "tone"),
    [
        ({}, "account", "ok"),
        ({}, "audience", "ok"),
        ({}, "numero", "ok"),
        ({"account": None}, "account", "err"),
        ({"account": replace(ACCOUNT, problem="Autorizzazione scaduta.")}, "account", "err"),
        ({"account": replace(ACCOUNT, expires_at=NOW)}, "scadenza", "warn"),
        ({"account": replace(ACCOUNT, notices=(Notice("", "Tra 14 giorni"),))}, "account", "ok"),
        ({"answer": Answer(NOW, (Problem("condizioni", "Mancano.", "Accettale.", "Chi amministra"),))},
         "account", "err"),
        ({"answer": Answer(NOW, unasked="Facebook non risponde.")}, "account", "warn"),
        ({"target": Target("Clienti", True, unasked="Facebook non risponde.")}, "audience", "warn"),
        ({"target": Target("Clienti", True, name_taken=True)}, "audience", "err"),
        ({"target": Target("Pazienti", True, name_warning="Può far pensare alla salute.")}, "nome", "warn"),
        ({"target": Target("Clienti", False, THERE)}, "audience", "ok"),
        ({"target": Target("Clienti", False)}, "audience", "err"),
        ({"target": Target("Clienti", False, replace(THERE, unsuitable="è bloccata"))}, "audience", "err"),
        ({"target": Target("Clienti", False, replace(THERE, warning="Sparirà."))}, "inutilizzata", "warn"),
        ({"target": Target("Clienti", False, THERE, is_busy=True)}, "in-uso", "warn"),
        ({"numbers": replace(NUMBERS, to_send=0)}, "numero", "err"),
        # Fewer than 100 matched people are never served: Meta sheet §3.1, `delivery_status` 300.
        ({"numbers": replace(NUMBERS, to_send=99)}, "numero", "warn"),
        ({"numbers": replace(NUMBERS, to_send=100)}, "numero", "ok"),
        ({"numbers": replace(NUMBERS, excluded={"undecided": 16})}, "da-decidere", "warn"),
        ({"numbers": replace(NUMBERS, refused_included=3)}, "detto-no", "warn"),
        ({"operation": Operation.ALIGN, "target": Target("Clienti", False, THERE),
          "numbers": replace(NUMBERS, leaving=21, to_remove=21, members_before=100)}, "escono", "warn"),
        ({"operation": Operation.REMOVE, "target": Target("Clienti", False, THERE),
          "numbers": replace(NUMBERS, to_send=0, never_there=5115)}, "numero", "warn"),
        ({"operation": Operation.REMOVE, "target": Target("Clienti", False, THERE),
          "numbers": replace(NUMBERS, to_send=0, to_remove=5115, members=6000)}, "numero", "ok"),
        ({"operation": Operation.REMOVE, "target": Target("Clienti", False, THERE),
          "numbers": replace(NUMBERS, to_send=0, to_remove=5115, members=5200)}, "numero", "warn"),
    ],
)  # fmt: skip
def test_each_subject_is_green_amber_or_red(changes, key, tone):
    lines = judging.judge(replace(ALL_WELL, **changes))

    [line] = [line for line in lines if line.key == key]
    assert line.tone == tone
    # What is amber can be confirmed; a name is, beside the name. What is red says where to go.
    assert bool(line.accept) == (tone == "warn" and key != "nome")
    assert tone != Tone.ERR or line.detail


def test_the_badge_counts_what_is_left_to_do():
    small = judging.judge(replace(ALL_WELL, numbers=replace(NUMBERS, to_send=64)))
    nobody = judging.judge(replace(ALL_WELL, account=None, numbers=replace(NUMBERS, to_send=0)))

    assert judging.badge(judging.judge(ALL_WELL)) == ("ok", "Pronta")
    assert judging.badge(small) == ("warn", "1 da confermare")
    assert judging.badge(small, {"numero"}) == ("ok", "Pronta")
    assert judging.badge(nobody) == ("err", "2 cose bloccano")


@pytest.fixture
def people(clienti) -> None:
    typed = "Anna.Rossi@POSTA.example"
    digest = hashlib.sha256(typed.lower().encode()).digest()
    add_contacts(clienti, {"email": typed, "email_sha256": digest}, *by_email("luca@posta.example"))
    add_contacts(clienti, *by_email("luca@posta.example"))
    add_contacts(clienti, {"email": "m(at)posta", "email_reason": "email_invalid.no_at"})


@pytest.fixture
def filled(account) -> dict[str, str]:
    given = {"token": new_public_id(), "medium": "email", "account": account.public_id, "modo": "nuova"}
    return {**given, "nome": "Clienti, novembre", "consenso": "1"}


def check_of(database, filled: dict[str, str]) -> str:
    return f"{url_of(database)}/verifica?{urlencode(filled)}"


def bill(tree) -> dict[str, int]:
    return {
        one.get("data-term"): int(one.get("data-value"))
        for one in tree.xpath("//*[@data-bill='verifica']/li")
    }


def test_it_shows_who_goes_who_stays_out_and_how_data_are_written(
    browser, account, clienti, people, filled, fragment
):
    tree = fragment(browser.get_htmx(check_of(clienti, filled)))

    assert bill(tree) == {"selected": 4, "excluded": 0, "discarded": 1, "duplicates": 1, "to-send": 2}
    reasons = tree.xpath("//*[@id='verifica-1']/ul/li/span[1]/text()")
    assert reasons == [
        "indirizzo email non valido: manca la chiocciola",
        "duplicato: lo stesso dato è già in un altro contatto",
    ]
    examples = tree.xpath("//*[@id='verifica-1']//ul[@class='values']/li/text()")
    assert examples == ["m(••)•••••", "l•••@posta.example"]
    first = tree.xpath("//*[@id='verifica-impronta']//tbody/tr")[0]
    assert [words(cell) for cell in first.xpath("td")] == ["A•••@POSTA.example", "a•••@posta.example"]
    assert "Anna.Rossi" not in words(tree)
    assert "2 chiamate a Facebook, meno di un minuto." in words(tree)


def test_what_is_amber_is_confirmed_and_kept_with_the_upload(browser, account, clienti, people, filled, page):
    asked = page(browser.post_form(url_of(clienti), filled), 422)

    [error] = errors_in(asked)
    assert error.startswith("Prima conferma la riga gialla della verifica: Verrebbe inviato un pubblico")
    assert uploads() == []
    seen = asked.xpath("//input[@name='visto']/@value")[0]

    assert browser.post_form(url_of(clienti), {**filled, "visto": seen, "ok_numero": "1"}).status_code == 303
    [upload] = uploads()
    with db.reading() as session:
        [kept] = session.exec(select(UploadCheck)).all()
    assert (kept.upload_id, kept.checked_by, kept.numbers["to_send"]) == (upload.id, "Giulia Ferri", 2)
    assert [line["confirmed"] for line in kept.lines if line["key"] == "numero"] == [True]
    told = page(browser.get(f"/caricamenti/{upload.public_id}")).get_element_by_id("verifica-fatta")
    assert "Verrebbe inviato un pubblico troppo piccolo: 2 utenti" in words(told)
    assert "posta.example" not in words(told)


def test_numbers_that_changed_since_they_were_seen_are_shown_before_anything_goes(
    browser, account, clienti, people, filled, fragment, page
):
    tree = fragment(browser.get_htmx(check_of(clienti, filled)))
    seen = {"visto": tree.xpath("//input[@name='visto']/@value")[0], "ok_numero": "1"}
    add_contacts(clienti, *by_email("nuova@posta.example"))  # in another tab

    again = page(browser.post_form(url_of(clienti), {**filled, **seen}), 409)

    assert errors_in(again) == ["I dati sono cambiati dalla verifica: guarda i numeri nuovi e conferma."]
    assert bill(again)["to-send"] == 3
    assert not again.xpath("//input[@name='ok_numero' and @checked]")
    assert uploads() == []


def test_without_scripts_it_is_asked_for_and_nothing_is_sent(browser, account, clienti, people, filled, page):
    shown = page(browser.post_form(url_of(clienti), {**filled, "solo_verifica": "1"}))

    assert bill(shown)["to-send"] == 2 and uploads() == []


def test_what_facebook_says_of_the_account_blocks_with_the_way_out(
    browser, account, clienti, people, filled, simulator, page
):
    simulator._http("POST", "account", json={"account": simulator.account_id, "tos_accepted": False})

    refused = page(browser.post_form(url_of(clienti), {**filled, "ok_numero": "1"}), 422)

    [error] = errors_in(refused)
    assert error.startswith("La verifica blocca l’invio. Nessuno ha ancora accettato le Condizioni d’uso")
    [way_out] = refused.xpath("//*[@id='verifica']//li[@data-tone='err']/a/@href")
    assert way_out.endswith(f"/customaudiences/tos/?act={simulator.account_id}")
    assert uploads() == []


def test_a_facebook_that_does_not_answer_is_amber_and_nothing_hangs(
    browser, account, clienti, people, filled, simulator, fragment
):
    simulator.order(fault="unavailable", on="any", times=None)

    tree = fragment(browser.get_htmx(check_of(clienti, filled)))

    amber = tree.xpath("//li[@data-tone='warn']/@data-line")
    assert amber == ["account", "audience", "numero"]
    assert bill(tree)["to-send"] == 2
    said = words(tree)
    assert "Riprova tra poco." in said and "riproviamo da soli" not in said


def test_an_audience_that_is_gone_and_an_account_that_was_deleted_block(
    browser, account, clienti, people, filled, fragment
):
    gone = {**filled, "modo": "esistente", "audience": "404"}

    missing = fragment(browser.get_htmx(check_of(clienti, gone)))
    deleted = fragment(browser.get_htmx(check_of(clienti, {**filled, "account": "abcdefghjkmn"})))

    assert missing.xpath("//li[@data-tone='err']/@data-line") == ["audience"]
    assert deleted.xpath("//li[@data-tone='err']/@data-line") == ["account"]


def test_a_deleted_source_is_not_found(browser, account, clienti, people, filled):
    wrong = {**filled, "filtro": "abcdefghjkmn"}

    assert browser.get_htmx(check_of(clienti, wrong)).status_code == 404


@pytest.mark.browser
def test_it_comes_by_itself_and_keeps_its_ticks(form: Page, clienti):  # noqa: F811
    check = form.locator("#verifica")
    tick = check.get_by_label("Va bene così")
    tick.check()
    form.get_by_label("Nome della nuova custom audience").fill("Un altro nome")
    form.get_by_label("Nome della nuova custom audience").blur()
    form.get_by_text("Da entrambi").click()
    expect(check).to_contain_text("origine dei dati: da entrambi")
    expect(tick).to_be_checked()
    check.get_by_text("Come diventano i dati prima dell’impronta").click()
    expect(check.locator("#verifica-impronta tbody tr")).to_have_count(2)

    add_contacts(clienti, *by_email("nuova@posta.example"))
    form.get_by_text("Da terzi").click()
    expect(check).to_contain_text("Verrebbe inviato un pubblico troppo piccolo: 3 utenti")
    expect(tick).not_to_be_checked()
