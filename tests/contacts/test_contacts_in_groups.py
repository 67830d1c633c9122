"""The list of contacts in another order, only some of it, and several rows at once."""

import csv
import io
import re

import pytest
from sqlmodel import select

from tests.contacts.conftest import import_file
from tests.uploads.screens.building import add_contacts, add_upload, save
from webapp import db
from webapp.access.models import AuditEntry, Client
from webapp.contacts import contact_ids
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.contacts.people import contact_pages, list_choice
from webapp.uploads.status import BatchStatus, UploadStatus

FILE = """\
Email;Nome;Cognome;Consenso
zoe@posta.example.com;Zoe;Àbate;sì
bruno(at)posta;Bruno;Verdi;no
carla@posta.example.com;Carla;abate;boh
;Dario;Neri;
"""
ARRIVED = ["Zoe Àbate", "Bruno Verdi", "Carla abate", "Dario Neri"]


@pytest.fixture
def here(clienti):
    import_file(clienti, FILE)
    return f"/database/{clienti.public_id}/contatti"


def names(tree) -> list[str]:
    return [one.text_content().strip() for one in tree.xpath("//tbody/tr//a[@class='t']")]


def boxes(tree, *wanted: str) -> list[str]:
    found = {one.get("aria-label"): one.get("value") for one in tree.xpath("//input[@form='segnati']")}
    return [found[f"Segna {one}"] for one in wanted]


def told(action: str) -> int:
    with db.reading() as session:
        return len(session.exec(select(AuditEntry).where(AuditEntry.action == action)).all())


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ARRIVED),
        ("ordine=recenti", ARRIVED[::-1]),
        ("ordine=nome", ["Carla abate", "Zoe Àbate", "Dario Neri", "Bruno Verdi"]),
        ("dati=non-validi", ["Bruno Verdi"]),
        ("dati=validi", ["Zoe Àbate", "Carla abate"]),
        ("dati=da-decidere", ["Carla abate"]),
        ("dati=validi&ordine=recenti", ["Carla abate", "Zoe Àbate"]),
        ("dati=validi&ordine=nome&cerca=carla", ["Carla abate"]),
        ("ordine=niente&dati=nessuno&pagina=x", ARRIVED),
    ],
)
def test_the_list_comes_in_the_order_and_with_the_contacts_that_were_asked_for(
    signed_in, page, here, query, shown
):
    assert names(page(signed_in.get(f"{here}?{query}"))) == shown


@pytest.mark.parametrize("order", ["arrivo", "recenti", "nome"])
def test_pages_forth_and_back_show_each_contact_once(signed_in, page, here, clienti, order, monkeypatch):
    monkeypatch.setattr(contact_pages, "PAGE_ROWS", 3)
    monkeypatch.setattr("webapp.contacts.people.list_choice.PAGE_ROWS", 3)
    add_contacts(clienti, *({"first_name": "N", "last_name": f"L{n}"} for n in range(4)))
    url, forth = f"{here}?ordine={order}", []
    while url:
        tree = page(signed_in.get(url))
        forth.append(names(tree))
        last, url = url, next(iter(tree.xpath("//a[@aria-label='Pagina successiva']/@href")), None)
    back, url = [], last
    while url:
        tree = page(signed_in.get(url))
        back.append(names(tree))
        url = next(iter(tree.xpath("//a[@aria-label='Pagina precedente']/@href")), None)

    assert [len(one) for one in forth] == [3, 3, 2]
    assert len({one for some in forth for one in some}) == 8
    assert back[::-1] == forth


def test_the_foot_of_the_list_says_how_many_there_are_and_how_many_match(signed_in, page, here):
    assert "4 in questa pagina, 4 contatti in tutto" in page(signed_in.get(here)).text_content()
    narrowed = page(signed_in.get(f"{here}?dati=validi")).text_content()
    assert "2 in questa pagina, 2 contatti corrispondono su 4" in narrowed


def test_ticked_contacts_are_exported_and_no_others(signed_in, page, here):
    ticked = boxes(page(signed_in.get(here)), "Zoe Àbate", "Dario Neri")

    answer = signed_in.post_form(f"{here}/esporta", {"segnati": "si", "contatto": ticked})

    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [one["Nome"] for one in rows] == ["Zoe", "Dario"]


def test_so_many_that_they_are_not_put_in_order_by_name_say_so(signed_in, page, here, monkeypatch):
    assert "Per cognome e nome" in page(signed_in.get(here)).text_content()
    monkeypatch.setattr(list_choice, "MOST_BY_NAME", 3)  # instead of 20,000

    usual, asked = page(signed_in.get(here)), page(signed_in.get(f"{here}?ordine=nome"))

    assert "Per cognome e nome" not in usual.text_content()
    assert "Per cognome e nome si mettono in ordine fino a 20.000 contatti" in asked.text_content()
    assert names(asked)[:4] == ARRIVED
    assert asked.xpath("string(//select[@name='ordine']/option[@selected])") == "In ordine di arrivo"


@pytest.mark.parametrize("action", ["esporta", "elimina"])
def test_with_nothing_ticked_nothing_happens_and_it_says_so(signed_in, page, here, action):
    answer = signed_in.post_form(f"{here}/{action}", {"segnati": "si"})

    assert (answer.status_code, answer.location) == (303, here)
    assert "Prima segna almeno un contatto." in page(signed_in.get(here)).text_content()
    assert names(page(signed_in.get(here))) == ARRIVED


def test_ticked_contacts_are_deleted_after_a_question_that_names_them(signed_in, page, here):
    ticked = boxes(page(signed_in.get(here)), "Bruno Verdi", "Dario Neri")

    asked = page(signed_in.post_form(f"{here}/elimina", {"segnati": "si", "contatto": ticked}))
    assert asked.findtext(".//h1") == "Eliminare 2 contatti?"
    assert "Bruno Verdi" in asked.text_content() and names(page(signed_in.get(here))) == ARRIVED

    signed_in.post_form(f"{here}/elimina", {"conferma": "si", "contatto": ticked})
    tree = page(signed_in.get(here))
    assert names(tree) == ["Zoe Àbate", "Carla abate"] and "2 contatti eliminati." in tree.text_content()
    assert told("contact_deleted") == 2


def test_a_contact_of_another_database_is_neither_deleted_nor_exported(signed_in, page, here, aurora):
    other = Client(name="Birrificio Nord")
    save(other)
    theirs = UserDatabase(client_id=other.id, name="Soci")
    ours = UserDatabase(client_id=aurora.id, name="Altro")
    save(theirs, ours)
    mine = boxes(page(signed_in.get(here)), "Zoe Àbate")
    for database in (theirs, ours):
        stranger = add_contacts(database, {"first_name": "Ugo"})[0]
        form = {"segnati": "si", "conferma": "si", "contatto": [*mine, contact_ids.public_id(stranger.id)]}
        assert signed_in.post_form(f"{here}/elimina", form).status_code == 404
        assert signed_in.post_form(f"{here}/esporta", form).status_code == 404
    with db.reading() as session:
        assert len(session.exec(select(Contact)).all()) == 6


def test_ticked_filters_are_deleted_but_for_one_at_work(signed_in, page, clienti):
    saved = [Filter(database_id=clienti.id, name=name, rule={"groups": []}) for name in ("Uno", "Due", "Tre")]
    save(*saved)
    add_upload(clienti, [(BatchStatus.PENDING, 5, 0)], saved=saved[2], status=UploadStatus.SENDING)
    form = {"filtro": [one.public_id for one in saved[1:]]}

    asked = page(signed_in.post_form("/filtri/elimina", form))
    assert asked.findtext(".//h1") == "Eliminare 1 filtro?"
    assert "“Tre”: un caricamento in corso lo usa" in re.sub(r"\s+", " ", asked.text_content())

    signed_in.post_form("/filtri/elimina", {**form, "conferma": "si"})
    listed = page(signed_in.get("/filtri"))
    assert listed.xpath("//tbody//a[@class='t']/text()") == ["Tre", "Uno"]
    assert "1 filtro eliminato. 1 resta, è in uso." in listed.text_content()
    assert told("filter_deleted") == 1


def test_another_clients_filter_is_not_deleted(signed_in, clienti):
    other = Client(name="Birrificio Nord")
    save(other)
    theirs = UserDatabase(client_id=other.id, name="Soci")
    save(theirs)
    saved = [Filter(database_id=one.id, name="F", rule={"groups": []}) for one in (clienti, theirs)]
    save(*saved)

    form = {"conferma": "si", "filtro": [one.public_id for one in saved]}
    assert signed_in.post_form("/filtri/elimina", form).status_code == 404
    with db.reading() as session:
        assert len(session.exec(select(Filter)).all()) == 2


def test_a_new_contact_is_asked_for_in_groups_and_says_what_is_needed(signed_in, page, here):
    tree = page(signed_in.get(f"{here}/nuovo"))

    assert [one.text for one in tree.xpath("//form[@id='contatto']//fieldset/legend")][:3] == [
        "Come riconoscerla", "Chi è", "Che cosa ha risposto sul consenso",
    ]  # fmt: skip
    assert "Serve almeno un’email o un cellulare" in tree.text_content()
