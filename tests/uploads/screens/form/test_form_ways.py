"""“Come”: the ways to fill an audience, what each card says, what each wants before it is sent."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from tests.uploads.screens.building import add_contacts, add_upload
from tests.uploads.screens.test_upload_form import by_email, errors_in, uploads, url_of, words
from webapp import db
from webapp.contacts.models import SentAudience
from webapp.uploads.operations import Operation
from webapp.uploads.screens.form import ways
from webapp.uploads.screens.form.ways import Change, Presence
from webapp.values.identifiers import new_public_id


@pytest.fixture
def people(clienti) -> None:
    add_contacts(clienti, *by_email("anna@posta.example", "luca@posta.example", "anna@posta.example"))


@pytest.fixture
def existing(browser, account, clienti, people, page) -> str:
    """The id of an audience that the account has already."""
    tree = page(browser.get(f"{url_of(clienti)}?modo=esistente"))
    [first, *_] = tree.xpath("//input[@name='audience' and not(@disabled)]/@value")
    return first


def filled(account, **more: str) -> dict[str, str]:
    form = {"token": new_public_id(), "medium": "email", "account": account.public_id, "consenso": "1"}
    return {**form, "ok_numero": "1", "modo": "nuova", "nome": "Clienti, novembre", **more}


def cards(tree) -> list[str]:
    return [words(card) for card in tree.xpath("//*[@id='come']//label")]


def test_whatever_draws_the_ways_anew_is_told_what_was_typed_there(browser, account, clienti, existing, page):
    """The check came after the two confirmations of a replacement had been given, and took them away."""
    tree = page(browser.get(f"{url_of(clienti)}?modo=esistente&audience={existing}"))
    typed = set(tree.xpath("//*[@id='ways']//input[not(@type='hidden')]/@name"))
    included = tree.xpath("//*[@id='verifica' or @id='ready']/@hx-include")

    assert typed == {"come", "capito", "ripeti"}
    assert len(included) == 2
    for one in included:
        assert {name for name in typed if f"[name='{name}']" in one} == typed


def test_a_way_that_is_none_is_refused_and_no_other_taken_for_it(browser, account, clienti, people, page):
    form = filled(account, come="svuota")

    assert errors_in(page(browser.post_form(url_of(clienti), form), 422)) == [ways.NOT_OFFERED]


def test_a_new_audience_can_be_filled_or_kept_in_line(browser, account, clienti, people, page):
    assert cards(page(browser.get(url_of(clienti)))) == [
        "Aggiungi +2 Chi manca entra, nessuno esce.",
        "Allinea: aggiungi e togli +2 Su una custom audience nuova equivale ad aggiungere. "
        "Serve per i caricamenti che si ripetono.",
    ]
    for way in ("replace", "remove"):
        [error] = errors_in(page(browser.post_form(url_of(clienti), filled(account, come=way)), 422))
        assert error.endswith("da una custom audience che esiste già.") or error.startswith("Si può sostit")
    assert uploads() == []


def test_of_an_existing_one_only_what_is_known_is_said(browser, account, clienti, existing, page):
    said = cards(page(browser.get(f"{url_of(clienti)}?modo=esistente")))

    assert [one.split(" Chi ")[0].split(" Entra ")[0].split(" Il ")[0] for one in said] == [
        "Aggiungi",
        "Allinea: aggiungi e togli",
        "Sostituisci 2 in tutto",
        "Rimuovi",
    ]


def test_to_replace_is_confirmed_twice(browser, account, clienti, existing, page, fragment):
    form = filled(account, modo="esistente", audience=existing, come="replace")
    form |= {"riconosci": "1", "riconosci_code": "1"}

    ready = fragment(browser.get_htmx(f"{url_of(clienti)}/pronto?{urlencode({**form, 'consenso': '1'})}"))
    unread = browser.post_form(url_of(clienti), form)
    misread = browser.post_form(url_of(clienti), {**form, "capito": "1", "ripeti": "3"})

    assert words(ready.xpath(".//*[@id='ready-text']")[0]) == (
        "Per caricare manca: la conferma di chi esce, il numero degli utenti che resteranno."
    )
    tree = page(unread, 422)
    assert errors_in(tree) == ["Conferma di aver capito chi esce dalla custom audience."]
    assert words(tree.xpath("//*[@aria-label='Conferma della sostituzione']/p[2]")[0]) == (
        "Dopo, nella custom audience ci saranno solo questi 2 utenti. Esce anche chi è stato aggiunto fuori "
        "da Platea, e Platea non può rimetterlo. Il codice cliente non parte con una sostituzione."
    )
    assert errors_in(page(misread, 422)) == [
        "Scrivi 2: sono gli utenti che resteranno nella custom audience."
    ]
    assert browser.post_form(url_of(clienti), {**form, "capito": "1", "ripeti": "2"}).status_code == 303
    assert [one.operation for one in uploads()] == ["replace"]


def test_what_platea_cannot_know_of_the_audience_is_said_where_it_is_chosen(
    browser, account, clienti, existing, page
):
    with db.writing() as session:
        session.add(
            SentAudience(
                client_id=clienti.client_id,
                destination="meta",
                audience_id=existing,
                name="Clienti",
                unknown_since=datetime(2026, 11, 23, 13, 5, tzinfo=UTC),
            )
        )
    chosen = f"{url_of(clienti)}?modo=esistente&account={account.public_id}&audience="

    assert (
        "Chi è stato inviato dopo la copia del 23/11/2026 14:05"
        in page(browser.get(chosen + existing)).text_content()
    )
    assert "dopo la copia" not in page(browser.get(chosen + "altra")).text_content()


def test_who_was_replaced_once_is_not_replaced_again_by_one_press(browser, clienti, account, page):
    done = add_upload(clienti, account=account, operation="replace")

    said = page(browser.post_form(f"/caricamenti/{done.public_id}/ripeti", follow_redirects=True))

    assert "va confermato ogni volta" in said.text_content()
    assert [one.id for one in uploads()] == [done.id]


def test_to_take_people_out_nobody_is_asked_for_consent(browser, account, clienti, existing):
    form = filled(account, modo="esistente", audience=existing, come="remove")
    del form["consenso"]

    assert browser.post_form(url_of(clienti), form).status_code == 303
    assert [one.operation for one in uploads()] == ["remove"]


def test_the_foot_says_what_will_happen_and_the_cards_come_with_it(
    browser, account, clienti, people, fragment
):
    url = f"{url_of(clienti)}/pronto?n_email=2&medium=email&account={account.public_id}&nome=A&consenso=1"

    aligned = fragment(browser.get_htmx(f"{url}&come=align"))

    assert words(aligned.xpath("//button[@type='submit']")[0]) == "allinea gli utenti"
    assert words(aligned.xpath("//*[@id='ready-text']")[0]).startswith(
        "Nella custom audience ci saranno 2 utenti di questa selezione"
    )
    assert aligned.xpath("//hx-partial//input[@checked]/@value") == ["align"]


def test_who_turns_to_a_new_audience_adds(browser, account, clienti, people, fragment):
    url = f"{url_of(clienti)}/pronto?n_email=2&medium=email&account={account.public_id}&nome=A&modo=nuova"

    foot = fragment(browser.get_htmx(f"{url}&come=remove"))

    assert words(foot.xpath("//button[@type='submit']")[0]) == "carica gli utenti"
    assert foot.xpath("//hx-partial//input[@checked]/@value") == ["add"]


@pytest.mark.parametrize(
    ("operation", "is_new", "presence", "said"),
    [
        (Operation.ADD, True, None, Change(plus=120)),
        (Operation.ALIGN, True, None, Change(plus=120)),
        (Operation.ADD, False, None, Change()),
        (Operation.ADD, False, Presence(100, 34), Change(plus=20)),
        (Operation.ALIGN, False, Presence(100, 34), Change(plus=20, minus=34)),
        (Operation.REPLACE, False, Presence(100, 34), Change(whole=120)),
        (Operation.REMOVE, False, Presence(100, 34, removable=110), Change(minus=110)),
        (Operation.REMOVE, False, Presence(100, 34), Change()),
        (Operation.ADD, False, Presence(None, None, removable=110), Change()),
    ],
)
def test_each_way_says_who_would_come_and_go(operation, is_new, presence, said):
    assert ways.change(operation, is_new, 120, presence) == said


def test_a_number_is_confirmed_as_people_write_it():
    assert ways.is_same_number(" 5.115 ", 5115) and ways.is_same_number("5115", 5115)
    assert not ways.is_same_number("5,115", 5115) and not ways.is_same_number("", 0)
