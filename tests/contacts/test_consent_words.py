"""Words nobody could read: listed with who holds them, decided by a person, applied to all of them."""

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from tests.conftest import Browser, make_app
from tests.contacts.conftest import contacts_of
from webapp import db
from webapp.access.models import AuditEntry
from webapp.contacts import consent_words, emptying
from webapp.contacts.answers import pack_unread
from webapp.contacts.models import ConsentWord, Contact, UserDatabase


def add(database: UserDatabase, *people: dict[str, object]) -> None:
    with db.writing() as session:
        session.add_all(Contact(database_id=database.id, **one) for one in people)


def waiting(*words: str, **stored: object) -> list[dict[str, object]]:
    return [{"consent_unread": pack_unread({"consent": word}), **stored} for word in words]


def decide(database: UserDatabase, word: str, answer: bool | None, turned: bool = False) -> int:
    with db.writing() as session:
        return consent_words.decide(session, database.id, turned, word, answer, "Giulia Ferri")


def listed(database: UserDatabase) -> list[tuple[str, int]]:
    with db.reading() as session:
        found = consent_words.undecided(session, database.id)
    return [(one.word, one.contacts) for one in found.words]


def answers(database: UserDatabase) -> list[tuple[bool | None, str | None]]:
    return [(one.consent, one.consent_unread) for one in contacts_of(database)]


def test_words_are_listed_with_how_many_contacts_hold_them(clienti):
    add(clienti, *waiting("forse", "forse", "boh"), {"consent": True})

    assert listed(clienti) == [("forse", 2), ("boh", 1)]


def test_a_decided_word_becomes_the_answer_of_all_who_hold_it(clienti):
    add(clienti, *waiting("forse", "boh"), *waiting("forse", consent=False))

    assert decide(clienti, "forse", True) == 2

    assert answers(clienti) == [(True, None), (None, '{"consent":"boh"}'), (True, None)]
    with db.reading() as session:
        assert consent_words.meanings(session, clienti.id) == {(False, "forse"): True}
        told = session.execute(select(AuditEntry).order_by(col(AuditEntry.seq).desc())).scalars().first()
    assert (told.action, told.detail["word"], told.detail["answer"], told.detail["contacts"]) == (
        "consent_word_decided", "forse", "yes", 2,
    )  # fmt: skip


def test_the_same_word_of_a_column_that_says_who_is_out_is_another(clienti):
    add(clienti, *waiting("forse"), {"consent_unread": pack_unread({"consent_sms:not": "forse"})})

    decide(clienti, "forse", False, turned=True)

    first, second = contacts_of(clienti)
    assert (first.consent, first.consent_unread) == (None, '{"consent":"forse"}')
    assert (second.consent, second.consent_sms, second.consent_unread) == (None, False, None)


def test_a_no_settles_its_field_whatever_else_was_written_for_it(clienti):
    both = pack_unread({"consent": "forse", "consent:not": "boh", "consent_sms": "mah"})
    add(clienti, {"consent_unread": both})

    decide(clienti, "boh", False, turned=True)
    decide(clienti, "forse", True)

    assert answers(clienti) == [(False, '{"consent_sms":"mah"}')]


def test_a_word_left_to_decide_is_remembered_and_changes_nobody(clienti):
    add(clienti, *waiting("forse"))

    decide(clienti, "forse", None)

    assert answers(clienti) == [(None, '{"consent":"forse"}')]
    with db.reading() as session:
        # None, not nothing: a word we can read ourselves may be left to decide too.
        assert consent_words.meanings(session, clienti.id) == {(False, "forse"): None}
    decide(clienti, "forse", False)  # the second time writes over the first
    assert answers(clienti) == [(False, None)]


@pytest.mark.parametrize("word", ['di\' "sì"', "100%", "a_b", "perche\\no", '"consent":"forse"'])
def test_signs_within_a_word_are_taken_as_they_are(clienti, word):
    add(clienti, *waiting(word, "a b", "axb", "forse", "100"))

    assert decide(clienti, word, True) == 1

    assert [one.consent for one in contacts_of(clienti)] == [True, None, None, None, None]


def test_more_contacts_than_one_block_get_their_answer_from_the_worker(clienti):
    add(clienti, *waiting(*["forse"] * (consent_words.BLOCK_ROWS + 1)))

    decide(clienti, "forse", False)
    assert listed(clienti) == [("forse", 1)]  # not sent meanwhile

    consent_words.apply_some()
    assert listed(clienti) == []


def test_of_many_different_words_fifty_are_offered_and_none_makes_a_row(clienti):
    add(clienti, *waiting(*(f"parola {n:05}" for n in range(6_000)), "forse", "forse", "boh", "boh"))

    with db.reading() as session:
        found = consent_words.undecided(session, clienti.id)
        rows = session.execute(select(func.count()).select_from(ConsentWord)).scalar_one()

    assert (len(found.words), found.contacts, found.more, rows) == (50, 6_004, True, 0)
    assert [(one.word, one.contacts) for one in found.words[:3]] == [
        ("boh", 2), ("forse", 2), ("parola 00000", 1),
    ]  # fmt: skip


def test_who_was_set_to_undecided_by_hand_is_decided_by_hand(clienti):
    add(clienti, *waiting("da decidere", "forse"))

    with db.reading() as session:
        found = consent_words.undecided(session, clienti.id)
    assert ([one.word for one in found.words], found.by_hand) == (["forse"], 1)
    with pytest.raises(ValueError, match="by hand"):
        decide(clienti, "da decidere", True)


def test_a_word_that_looks_like_data_of_a_person_is_not_told_in_the_trail(clienti):
    add(clienti, *waiting("anna@posta.example"))

    decide(clienti, "anna@posta.example", False)

    with db.reading() as session:
        told = session.execute(select(AuditEntry).order_by(col(AuditEntry.seq).desc())).scalars().first()
    assert "anna" not in str(told.detail)


def test_a_deleted_database_forgets_its_words(clienti):
    add(clienti, *waiting("forse"))
    decide(clienti, "forse", True)
    with db.writing() as session:
        session.get_one(UserDatabase, clienti.id).deleted_at = clienti.created_at

    emptying.purge_deleted_databases(60)

    with db.reading() as session:
        assert session.execute(select(ConsentWord)).all() == []


@pytest.fixture
def browser(settings, giulia) -> Browser:
    made = make_app(settings).test_client()
    made.sign_in(giulia)
    return made


def test_a_person_says_what_the_words_mean_on_their_page(browser, clienti, page):
    add(clienti, *waiting("forse", "forse", "boh"))
    url = f"/database/{clienti.public_id}/consenso"

    tree = page(browser.get(url))
    assert "2 parole da decidere" in tree.text_content()
    form = tree.get_element_by_id("parole")
    typed = dict(form.form_values())
    assert {typed["vuol-dire-0"], typed["vuol-dire-1"]} == {"da-decidere"}

    answer = browser.post_form(url, typed | {"vuol-dire-0": "no"})

    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    assert answers(clienti) == [(False, None), (False, None), (None, '{"consent":"boh"}')]
    assert "1 parola da decidere" in page(browser.get(url)).text_content()


def test_the_list_of_contacts_says_who_waits_and_where_to_decide(browser, clienti, page):
    add(clienti, *waiting("forse"))

    tree = page(browser.get(f"/database/{clienti.public_id}/contatti"))

    assert "1 contatto ha una risposta sul consenso da decidere" in tree.text_content()
    assert tree.xpath(f"//a[@href='/database/{clienti.public_id}/consenso']")


def test_what_was_never_asked_is_not_remembered(browser, clienti):
    add(clienti, *waiting("forse"))
    url = f"/database/{clienti.public_id}/consenso"
    made_up = {"parola-0": "mai vista", "vuol-dire-0": "si", "parola-1": "da decidere", "vuol-dire-1": "si"}

    assert browser.post_form(url, made_up | {"vuol-dire-2": "si", "parola-3": "x", "vuol-dire-3": "boh"})

    with db.reading() as session:
        assert session.execute(select(ConsentWord)).all() == []


def test_a_database_without_such_answers_says_so(browser, clienti, page):
    tree = page(browser.get(f"/database/{clienti.public_id}/consenso"))

    assert "Nessuna risposta da decidere" in tree.text_content()
