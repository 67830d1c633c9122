"""Search everything as a plain page: what is found, for whom, and what is told nobody."""

import logging

import pytest

from tests.conftest import add_operator
from tests.contacts.conftest import contacts_of, import_file
from tests.uploads.screens.building import add_upload, save
from webapp import db
from webapp.access.models import Client, Role
from webapp.contacts import contact_ids, databases
from webapp.contacts.models import Filter
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.status import UploadStatus

FILE = """Codice;Nome;Cognome;Email;Cellulare
A-17;Mario;Rossi;mario.rossi@posta.example;333 1234567
A-18;Anna;Verdi;anna@posta.example;
"""
RULE = {"groups": [], "exclude": {"match": "any", "conditions": []}}


@pytest.fixture
def furnished(aurora):
    """The database "Clienti Italia" of Studio Aurora, and something of each other kind."""
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, "Clienti Italia")
    import_file(clienti, FILE)
    save(
        Filter(database_id=clienti.id, name="Più fedeli di Torino", rule=RULE),
        MetaAccount(client_id=clienti.client_id, name="Aurora Italia", act_id="1048576", token=b"x"),
    )
    return clienti


def ask(browser, typed: str):
    token = browser.get("/cerca").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    return browser.post("/cerca", data={"q": typed, "csrf_token": token})


def search(browser, page, typed: str) -> dict[str, list[str]]:
    """Heading of a group → what its lines say and where they lead, as the page without scripts shows them."""
    tree = page(ask(browser, typed))
    return {
        section.xpath("string(header/h2)"): [
            " ".join([*line.xpath("span/text() | small/text()"), "→", line.get("href")])
            for line in section.xpath(".//ul/li/a")
        ]
        for section in tree.xpath("//main/section")
    }


def test_an_administrator_finds_each_kind_by_a_part_of_its_name(signed_in, page, furnished):
    upload = add_upload(furnished, audience_name="Black Friday", status=UploadStatus.FAILED)
    here = f"/database/{furnished.public_id}"
    mario = contact_ids.public_id(contacts_of(furnished)[0].id)

    assert search(signed_in, page, "clienti ital")["Database utenti"] == [f"Clienti Italia → {here}/contatti"]
    assert search(signed_in, page, "PIU fed")["Filtri"][0].startswith(
        "Più fedeli di Torino Clienti Italia → "
    )
    [found] = search(signed_in, page, "black")["Caricamenti"]
    assert found.startswith("Black Friday n. 1 · Non riuscito · ")
    assert found.endswith(f"→ /caricamenti/{upload.public_id}")
    [account] = search(signed_in, page, "act_1048576")["Account"]
    assert account.startswith("Aurora Italia Facebook · 1048576 → ")
    [operator] = search(signed_in, page, "giulia@aurora")["Utenti di Platea"]
    assert operator.startswith("Giulia Ferri giulia@aurora.example · Amministratore → /configura/")
    assert search(signed_in, page, "registro att")["Pagine"] == ["Registro attività → /configura/registro"]
    assert search(signed_in, page, "importa contatti italia")["Azioni"] == [
        f"Importa contatti Clienti Italia → {here}/importazioni/nuova"
    ]
    assert search(signed_in, page, "account id")["Guida"] == ["Dove trovo l’Account ID? → /guida#account-id"]
    for typed in ("mario ross", "MARIO.ROSSI@posta.example", "+39 333 123 45 67", "A-17"):
        assert search(signed_in, page, typed)["Contatti"] == [
            f"Mario Rossi mario.rossi@posta.example · Clienti Italia → {here}/contatti/{mario}"
        ], typed


def test_support_finds_no_person_and_no_page_that_is_closed_to_them(app, aurora, page, furnished):
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "paolo@platea.example", "Paolo Neri"))

    assert search(support, page, "mario") == {}
    assert search(support, page, "giulia") == {}
    assert "Azioni" not in search(support, page, "")
    assert search(support, page, "utenti e ruoli") == {}
    assert [line.partition(" →")[0] for line in search(support, page, "torino")["Filtri"]] == [
        "Più fedeli di Torino Clienti Italia"
    ]


def test_nothing_of_another_client_is_found(signed_in, page, furnished):
    with db.writing() as session:
        other = Client(name="Bottega Verdi")
        session.add(other)
    with db.writing() as session:
        theirs = databases.create_database(session, other.id, "Segreti")
    import_file(theirs, FILE.replace("Mario;Rossi;mario.rossi", "Sandro;Bianchi;sandro"))
    upload = add_upload(theirs, audience_name="Segretissima")
    save(Filter(database_id=theirs.id, name="Segretezza", rule=RULE))

    for typed in ("segret", "sandro", "sandro@posta.example", upload.public_id):
        assert search(signed_in, page, typed) == {}, typed


@pytest.mark.parametrize("typed", ["2", "n. 2", "#2", "N.2"])
def test_an_upload_is_found_by_the_number_said_on_the_phone(signed_in, page, furnished, typed):
    add_upload(furnished)
    second = add_upload(furnished)

    first, *_ = search(signed_in, page, typed)["Caricamenti"]

    assert first.endswith(second.public_id)
    assert " n. 2 · " in first


def test_an_upload_is_found_by_its_name_in_the_address(signed_in, page, furnished):
    first = add_upload(furnished)
    add_upload(furnished)

    [found] = search(signed_in, page, f"#{first.public_id}")["Caricamenti"]

    assert found.endswith(first.public_id)
    assert len(search(signed_in, page, "clienti attivi")["Caricamenti"]) == 2


def test_of_many_the_first_five_are_shown_and_it_is_said(signed_in, page, furnished):
    for _ in range(6):
        add_upload(furnished, audience_name="Natale")

    assert len(search(signed_in, page, "natale")["Caricamenti"]) == 5
    assert "i primi 5" in ask(signed_in, "natale").text


@pytest.mark.parametrize("typed", ["ma", "1234567", "333 123"])
def test_what_the_index_is_not_asked_for_says_how_people_are_found(signed_in, furnished, typed):
    answer = ask(signed_in, typed)

    assert "con almeno tre lettere del nome" in answer.text
    assert "Mario" not in answer.text


def test_what_is_typed_stands_in_no_log_and_no_address(signed_in, page, furnished, caplog):
    caplog.set_level(logging.DEBUG)
    search(signed_in, page, "mario.rossi@posta.example")

    assert "mario.rossi" not in caplog.text


def test_text_that_means_something_to_sql_or_to_the_index_is_only_text(signed_in, page, furnished):
    for typed in ("%%%", "___", '"mar"', "mar* OR 1=1", "a" * 500, "\0\0\0", "NEAR(", "'; --"):
        assert "Contatti" not in search(signed_in, page, typed), typed
