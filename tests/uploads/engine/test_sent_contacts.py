"""What is remembered of who was sent: filters ask for it, and the page of a contact tells it."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from webapp import db
from webapp import services as platea
from webapp.contacts import queries, sent
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import CONTACT, Contact
from webapp.contacts.people.contact_history import history
from webapp.uploads.screens.contact_uploads import history_of

TODAY = date(2026, 11, 24)


def chosen(world, operator: str, *values: str) -> list[int]:
    condition = {"field": "sent", "operator": operator, "values": list(values)}
    rule = {"groups": [{"match": "all", "conditions": [condition]}]}
    with db.reading() as session:
        clause = selected(world.database.id, rule, queries.field_types(session, world.database.id), TODAY)
        return list(session.execute(select(CONTACT.c.id).where(clause).order_by(CONTACT.c.id)).scalars())


def told(world, contact_id: int) -> list[tuple[str, str]]:
    with db.reading() as session:
        events = history_of(session, world.database, session.get_one(Contact, contact_id))
        return [(event.title, event.detail) for event in events]


def test_who_was_received_is_chosen_and_who_came_later_is_not(world, work):
    anna, luca = world.add_contacts("anna@posta.example", "luca@posta.example")
    (nobody,) = world.add_contacts("no")
    assert chosen(world, "never_sent") == [anna, luca, nobody]
    work(world.start())
    (elena,) = world.add_contacts("elena@posta.example")
    assert chosen(world, "was_sent") == [anna, luca]
    assert chosen(world, "never_sent") == [nobody, elena]

    with db.reading() as session:
        ((public_id, name),) = sent.audiences(session, world.client.id)
    assert name == "Clienti, novembre"
    assert chosen(world, "sent_to", public_id) == [anna, luca]
    assert chosen(world, "not_sent_to", public_id) == [nobody, elena]


def test_an_upload_repeated_to_the_same_audience_is_remembered_once(world, work):
    ids = world.add_contacts("anna@posta.example", "luca@posta.example")
    first = work(world.start())
    ids += world.add_contacts("elena@posta.example")
    work(world.start(audience_id=first.audience_id, audience_name=first.audience_name))
    assert chosen(world, "was_sent") == ids
    with db.reading() as session:
        assert len(sent.audiences(session, world.client.id)) == 1
        assert sent.audiences_of(session, ids[0]) == ["Clienti, novembre"]


def test_the_same_person_twice_is_received_with_the_contact_that_was_sent(world, work):
    ids = world.add_contacts("anna@posta.example", "anna@posta.example")
    work(world.start())
    assert chosen(world, "was_sent") == ids
    assert told(world, ids[0])[0][0] == "Inviato a Facebook per “Clienti, novembre”"
    assert told(world, ids[1]) == [
        ("Lasciato fuori da “Clienti, novembre”", "duplicato: lo stesso dato è già in un altro contatto")
    ]


def test_who_facebook_refused_was_not_received(world, work):
    _luca, anna = world.add_contacts("luca@posta.example", "anna@posta.example")
    world.simulator.order(fault="invalid_rows", on="POST /users", rows=1)
    work(world.start())
    assert chosen(world, "was_sent") == [anna]


def test_nor_was_a_duplicate_of_somebody_refused(world, work):
    luca, anna = "luca@posta.example", "anna@posta.example"
    ids = world.add_contacts(luca, anna, anna, luca, anna)
    world.simulator.order(fault="invalid_rows", on="POST /users", rows=1)
    work(world.start())
    assert chosen(world, "was_sent") == [ids[1], ids[2], ids[4]]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_duplicates_are_received_with_their_batch_however_it_is_cut(world, work, connected, size):
    platea.start(replace(connected, batch_rows=size))
    people = [f"persona{n}@posta.example" for n in range(5)]
    ids = world.add_contacts(*people, *reversed(people), "no", people[2])
    work(world.start())
    assert chosen(world, "was_sent") == [*ids[:10], ids[11]]


@pytest.mark.parametrize("size", [1, 3])
def test_the_page_of_a_contact_tells_every_upload_it_was_in(world, work, connected, size):
    platea.start(replace(connected, batch_rows=size))
    ids = world.add_contacts(*(f"persona{n}@posta.example" for n in range(5)), "no")
    work(world.start())
    work(world.start(audience_name="Natale"))
    for contact_id in ids[:5]:
        assert told(world, contact_id) == [
            (f"Inviato a Facebook per “{name}”", "Email, intero database, Aurora Italia")
            for name in ("Clienti, novembre", "Natale")
        ]
    assert [detail for _, detail in told(world, ids[5])] == [
        "indirizzo email non valido: manca la chiocciola"
    ] * 2


def test_the_history_is_in_order_and_says_nothing_of_others(world, work):
    (anna,) = world.add_contacts("anna@posta.example")
    work(world.start())
    (late,) = world.add_contacts("elena@posta.example")
    assert told(world, late) == []
    with db.reading() as session:
        events = history(session, world.database, session.get_one(Contact, anna), {})
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)


@pytest.mark.parametrize("contact_id", [37, 0x25, 0x5F, 0x5C, 0x255F5C25, 2**40 + 0x25])
def test_an_id_is_found_among_packed_ones_whatever_its_bytes(world, work, contact_id):
    with db.writing() as session:
        session.add(Contact(id=contact_id, database_id=world.database.id, email_reason="email_empty"))
        session.add(Contact(id=contact_id * 256, database_id=world.database.id, email_reason="email_empty"))
    world.add_contacts("anna@posta.example")
    work(world.start())
    assert len(told(world, contact_id)) == len(told(world, contact_id * 256)) == 1
