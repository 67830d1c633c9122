"""The search finds by an index whom it would find by reading everybody; deleted people leave the index."""

import random
from datetime import date

import pytest
from sqlalchemy import delete, select, text, update

from tests.contacts.conftest import contacts_of, import_file
from webapp import clock, db
from webapp.contacts import databases, queries
from webapp.contacts.cells import fold
from webapp.contacts.filters import word_index
from webapp.contacts.models import CONTACT
from webapp.contacts.people import contact_pages
from webapp.contacts.store import contact_inserts
from webapp.contacts.store.upsert_plan import Target

LAST = (
    "Rossi",
    "ROSSI",
    "D’Amico",
    "Łukasz",
    "Gießen",
    "Bo",
    "x\"y'z",
    "a%b_c",
    "Ferrari Rossi",
    "Ñandú",
    None,
)
FIRST = ("Irène", "Anna", "Zoë", "ﬁlippo", "Ai", None)
CITIES = ("Forlì", "San Donà di Piave", "L'Aquila", "東京都", "Москва", None)
FIORAVANTI = {"zoe", "fio", "ior", "ora", "rav", "ava", "van", "ant", "nti", "for", "orl", "rli"}
WORDS = ("rossi", "ROS", "forli", "forlì", "di", "a", "d'amico", "gies", "ß", "東京", "東京都", "моск", "*",
         "x\"y'z", '"', "a%b", "b_c", "rossi anna", "ro irène", "rossi zanzibarro", "filippo", "san dona",
         "anna AND", "n.rossi", "@posta", "irene", "٣")  # fmt: skip


def fill(database, people: int, seed: int = 1, **same: str) -> None:
    chance = random.Random(seed)
    columns = ("last_name", "first_name", "email", "city")
    rows = [
        [
            same.get("last_name", chance.choice(LAST)),
            chance.choice(FIRST),
            chance.choice((None, f"n.rossi{n}@posta.example.com", f"PERÒ{n}@posta.example.com")),
            chance.choice(CITIES),
        ]
        for n in range(people)
    ]
    with db.writing() as session:
        target = Target(database.id, columns, (), "none")
        contact_inserts.write_block(session.connection(), target, rows, clock.now())


def by_reading(database, search: str) -> list[int]:
    return [one.id for one in contacts_of(database) if is_meant(one, search)]


def is_meant(contact, search: str) -> bool:
    texts = [fold(one or "") for one in (contact.last_name, contact.first_name, contact.email, contact.city)]
    return all(any(word in one for one in texts) for word in fold(search).split())


def found(database, search: str) -> list[int]:
    """Ids over all pages, forth; the same back is asserted."""
    ids, after = [], None
    with db.reading() as session:
        asked = contact_pages.search(session, database, search)
        chosen = (CONTACT.c.database_id == database.id) & asked.matching
        while True:
            page = contact_pages.read_page(session, chosen, after, candidates=asked.candidates)
            ids += [one.id for one in page.contacts]
            if page.next is None:
                break
            after = page.next
        if page.previous is not None:
            back = contact_pages.read_page(session, chosen, before=page.previous, candidates=asked.candidates)
            first = len(ids) - len(page.contacts)
            assert [one.id for one in back.contacts] == ids[max(first - contact_pages.PAGE_ROWS, 0) : first]
    return ids


def indexed(search: str, database) -> list[int]:
    """Those the index names."""
    with db.reading() as session:
        question = word_index.of_search(database.id, fold(search).split())
        return list(word_index.candidates(session, question, 1000))


@pytest.mark.parametrize("search", WORDS)
def test_the_search_finds_whom_reading_everybody_finds(clienti, search):
    fill(clienti, 300)

    assert found(clienti, search) == by_reading(clienti, search)


def test_a_database_does_not_wait_for_the_namesakes_of_another(aurora, clienti):
    with db.writing() as session:
        other = databases.create_database(session, aurora.id, "Negozio")
    fill(other, 3_000, last_name="Rossi")
    fill(clienti, 60)

    assert set(indexed("rossi", clienti)) <= {one.id for one in contacts_of(clienti)}
    assert found(clienti, "rossi") == by_reading(clienti, "rossi")


def test_the_index_follows_what_happens_to_a_contact(clienti):
    import_file(
        clienti,
        "Codice;Email;Nome;Cognome;Città\nC1;zoe@posta.example;Zoë;Fioravanti;Forlì\nC2;anna@posta.example;Anna;Rossi;Roma\n",
    )
    zoe, anna = contacts_of(clienti)
    assert indexed("zoe", clienti) == indexed("fioravanti", clienti) == [zoe.id]

    import_file(
        clienti, "Codice;Email;Nome;Cognome;Città\nC1;lea@posta.example;Lea;Fioravanti;Cantù\n", key="code"
    )
    assert indexed("zoe", clienti) == indexed("forli", clienti) == []
    assert indexed("lea", clienti) == indexed("cantu", clienti) == indexed("fioravanti", clienti) == [zoe.id]

    with db.writing() as session:
        session.execute(update(CONTACT).values(last_name="Però").where(CONTACT.c.id == anna.id))
    assert indexed("rossi", clienti) == [] and indexed("pero", clienti) == [anna.id]

    with db.writing() as session:
        session.execute(delete(CONTACT).where(CONTACT.c.id == zoe.id))
    assert indexed("fioravanti", clienti) == []


def test_the_index_tells_nothing_of_who_was_deleted(clienti):
    import_file(clienti, "Codice;Email;Nome;Cognome;Città\nC1;zoe@posta.example;Zoë;Fioravanti;Forlì\n")
    assert trigrams() == FIORAVANTI

    with db.writing() as session:
        session.execute(delete(CONTACT))
    assert trigrams() == set()


@pytest.mark.parametrize(
    "conditions, is_narrowed",
    [
        ([("city", "is", ["FORLI"])], True),
        ([("last_name", "starts_with", ["ros"]), ("consent", "is_yes", [])], True),
        ([("email", "contains", ["@posta"])], True),
        ([("city", "one_of", ["Forlì", "Roma"])], True),
        ([("city", "one_of", ["Forlì", "Ro"])], False),
        ([("city", "is_not", ["Forlì"])], False),
        ([("city", "contains", ["fo"])], False),
    ],
)
def test_a_rule_of_words_is_looked_for_in_the_index(clienti, conditions, is_narrowed):
    fill(clienti, 50)
    conditions = [dict(zip(("field", "operator", "values"), one, strict=True)) for one in conditions]
    rule = {
        "groups": [{"match": "all", "conditions": conditions}],
        "exclude": {"match": "any", "conditions": []},
    }
    with db.reading() as session:
        fields = queries.field_types(session, clienti.id)
        chosen = word_index.chosen(session, clienti.id, rule, fields, date(2026, 11, 24))
        session.execute(select(CONTACT.c.id).where(chosen)).all()

    assert (("contact_words" if is_sqlite() else "contact.words") in str(chosen)) == is_narrowed


def is_sqlite() -> bool:
    return db.engine().dialect.name == "sqlite"


def trigrams() -> set[str]:
    """Those of FIORAVANTI that some contact has, as the index says."""
    with db.reading() as session:
        if not is_sqlite():
            kept = session.execute(text("SELECT words FROM contact")).scalars().all()
            return {group for group in FIORAVANTI if any(group in one for one in kept)}
        session.execute(text("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, contact_words, row)"))
        return set(session.execute(text("SELECT term FROM temp.terms")).scalars()) & FIORAVANTI
