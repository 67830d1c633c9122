"""Invented contacts for who wants to look around first: plainly marked, harmless, removable."""

import re
from datetime import date

from sqlmodel import col, select

from tests.contacts.conftest import contacts_of
from webapp import db
from webapp.contacts.models import Filter, UserDatabase
from webapp.contacts.samples import sample_people

HERE = "/database/esempio"


def made(signed_in) -> UserDatabase:
    answer = signed_in.post_form(HERE)
    assert answer.status_code == 303
    with db.reading() as session:
        wanted = select(UserDatabase).where(UserDatabase.is_sample, col(UserDatabase.deleted_at).is_(None))
        return session.exec(wanted).one()


def test_from_the_welcome_page_the_client_is_filled_with_contacts_and_filters(signed_in, page):
    (form,) = page(signed_in.get("/benvenuto")).xpath("//section[@id='sample']//form")
    assert form.get("action") == HERE

    database = made(signed_in)

    assert len(contacts_of(database)) == 2_000
    with db.reading() as session:
        saved = session.exec(select(Filter).where(Filter.database_id == database.id)).all()
        counted = {one.name: one.counted for one in saved}
    assert len(counted) == 2
    assert all(0 < n < 1_000 for n in counted.values())
    tree = page(signed_in.get(f"/database/{database.public_id}/contatti"))
    assert "Questi contatti sono inventati" in tree.xpath("string(//main)")
    assert "indirizzo email non valido" in tree.xpath("string(//main)")


def test_the_sample_is_marked_in_the_list_and_is_no_step_done(signed_in, page):
    database = made(signed_in)

    (row,) = page(signed_in.get("/database")).xpath(f"//tr[@id='database-{database.public_id}']")
    assert "di esempio" in row.xpath("string(.//span[@class='tag'])")
    welcome = page(signed_in.get("/benvenuto"))
    assert welcome.xpath("//section[@id='steps']//li[@class='done']") == []
    links = welcome.xpath("//section[@id='sample']//a/@href")
    assert links == [f"/database/{database.public_id}/contatti", f"/database/{database.public_id}/elimina"]


def test_asked_for_twice_it_is_made_once_and_deleted_it_can_be_made_again(signed_in, page):
    first = made(signed_in)
    assert made(signed_in).id == first.id

    answer = signed_in.post_form(f"/database/{first.public_id}/elimina", {"nome": first.name})

    assert answer.status_code == 303
    assert made(signed_in).id != first.id


def test_a_database_of_ones_own_with_that_name_is_left_alone(signed_in, page):
    signed_in.post_form("/database/nuovo", {"nome": "Clienti di esempio"})

    answer = signed_in.post_form(HERE)

    assert answer.location == "/database"
    assert "C’è già un database utenti" in page(signed_in.get("/database")).xpath("string(//body)")


def test_the_invented_people_reach_nobody():
    header, *people = sample_people.rows(date(2026, 11, 24))

    addresses = [person[header.index("Email")] for person in people]
    assert all(re.search(r"\.example$", one) for one in addresses if one)
    assert "Cellulare" not in header
    assert list(sample_people.rows(date(2026, 11, 24))) == [header, *people]
