"""The answer that holds for a person and a medium: the same in Python and in SQL, on both databases."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from webapp import db
from webapp.contacts import consent
from webapp.contacts.answers import (
    FIELDS,
    Answer,
    answer_for,
    answer_in,
    answer_of,
    fold_word,
    pack_unread,
    unread_of,
    without,
)
from webapp.contacts.consent import Answers, ConsentPolicy
from webapp.contacts.models import CONTACT, Contact, UserDatabase

said = st.sampled_from([True, False, None])
words = st.sampled_from(
    ["forse", "da richiamare", 'si dice "consent":', "100%", "a_b", "è\\n", "consent_sms"]
)
targets = st.sampled_from([*FIELDS, *(f"{field}:not" for field in FIELDS)])
unread = st.dictionaries(targets, words, max_size=3).map(pack_unread)
contacts = st.builds(
    dict, consent=said, consent_email=said, consent_sms=said, consent_phone=said, consent_unread=unread
)


@pytest.mark.parametrize(
    ("general", "channel", "waits", "holds"),
    [
        # The table of the rule: a no anywhere is a no; then what nobody could read; then the channel's own.
        (False, None, None, Answer.NO),
        (False, True, None, Answer.NO),
        (True, False, None, Answer.NO),
        (None, False, '{"consent":"forse"}', Answer.NO),
        (True, True, '{"consent":"forse"}', Answer.UNDECIDED),
        (None, None, '{"consent_phone":"forse"}', Answer.UNDECIDED),
        (True, None, None, Answer.YES),
        (None, True, None, Answer.YES),
        (None, None, None, Answer.NONE),
    ],
)
def test_a_no_holds_before_all_then_what_nobody_could_read(general, channel, waits, holds):
    assert answer_for(general, channel, waits) == holds


@given(people=st.lists(contacts, min_size=1, max_size=30))
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sql_and_python_give_every_contact_the_same_answer(clienti: UserDatabase, people):
    with db.writing() as session:
        session.execute(CONTACT.delete())
        made = [Contact(database_id=clienti.id, **one) for one in people]
        session.add_all(made)
        session.flush()
        in_sql = {
            row.id: row
            for row in session.execute(
                select(
                    CONTACT.c.id,
                    consent.answer("email").label("email"),
                    consent.answer("sms").label("sms"),
                    *(consent.answer_in(field).label(field) for field in FIELDS),
                )
            )
        }
        held = consent.answers_of(session, clienti.id)
        narrowed = dict(session.execute(select(CONTACT.c.id, consent.answer("email", held))).all())

    for contact in made:
        row = in_sql[contact.id]
        assert (row.email, row.sms) == (answer_of(contact, "email"), answer_of(contact, "sms"))
        assert narrowed[contact.id] == row.email  # what the database does not hold need not be asked
        for field in FIELDS:
            stands = answer_in(field, getattr(contact, field), contact.consent_unread)
            assert getattr(row, field) == stands


@given(
    people=st.lists(st.tuples(contacts, st.integers(0, 3)), max_size=25),
    policy=st.sampled_from(ConsentPolicy),
)
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nobody_is_sent_whose_address_is_of_somebody_who_may_not(clienti: UserDatabase, people, policy):
    """The rule over a whole database, said a second time in Python: by person, that is by digest."""
    with db.writing() as session:
        session.execute(CONTACT.delete())
        made = [
            Contact(database_id=clienti.id, email_sha256=bytes([digest]) * 32, **one)
            for one, digest in people
        ]
        session.add_all(made)
        session.flush()
        ids = set(session.execute(select(CONTACT.c.id).where(consent.allowed(policy, "email"))).scalars())

    of_person: dict[bytes, set[Answer]] = {}
    for contact in made:
        of_person.setdefault(contact.email_sha256, set()).add(answer_of(contact, "email"))
    never = {Answer.UNDECIDED} if policy == ConsentPolicy.ANYONE else {Answer.UNDECIDED, Answer.NO}
    wanted = {Answer.YES} if policy == ConsentPolicy.GIVEN else set(Answer)
    assert ids == {
        contact.id
        for contact in made
        if answer_of(contact, "email") in wanted and not of_person[contact.email_sha256] & never
    }


def test_what_a_database_holds_is_found(clienti: UserDatabase):
    def held(**values: object) -> Answers:
        with db.writing() as session:
            session.execute(CONTACT.delete())
            session.add(Contact(database_id=clienti.id, **values))
            session.flush()
            return consent.answers_of(session, clienti.id)

    assert held() == Answers(given=False, refused=False, by_channel=False, undecided=False)
    assert held(consent=True) == Answers(given=True, refused=False, by_channel=False, undecided=False)
    assert held(consent=False) == Answers(given=True, refused=True, by_channel=False, undecided=False)
    assert held(consent_sms=False) == Answers(given=True, refused=True, by_channel=True, undecided=False)
    assert held(consent_phone=True) == Answers(given=True, refused=False, by_channel=True, undecided=False)
    waits = '{"consent":"forse"}'
    assert held(consent_unread=waits) == Answers(given=True, refused=False, by_channel=False, undecided=True)


def test_looking_for_channels_and_unread_answers_reads_their_small_indexes(clienti: UserDatabase):
    explain = "EXPLAIN QUERY PLAN" if db.engine().dialect.name == "sqlite" else "EXPLAIN"
    with db.reading() as session:
        if explain == "EXPLAIN":  # a table of no rows is quicker read than any index
            session.execute(text("SET LOCAL enable_seqscan = off"))
        for condition, index in (
            (consent._has_channel(), "ix_contact_by_channel"),
            (consent._no_by_channel(), "ix_contact_by_channel"),
            (CONTACT.c.consent_unread.is_not(None), "ix_contact_unread"),
        ):
            wanted = select(CONTACT.c.id).where(CONTACT.c.database_id == 1, condition)
            sql = str(wanted.compile(db.engine(), compile_kwargs={"literal_binds": True}))
            assert index in str(session.execute(text(f"{explain} {sql}")).all())


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("  Forse. ", "forse"),
        ("DA  RICHIAMARE!", "da richiamare"),
        ("«Perché»", "perche"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_a_word_is_remembered_without_what_stands_around_it(cell, word):
    assert fold_word(cell) == word


def test_a_long_word_is_cut_and_still_told_from_one_that_begins_like_it():
    long = fold_word("x" * 61)

    assert long.startswith("x" * 50 + "… ") and len(long) == 60
    assert long != fold_word("x" * 61 + "y")


def test_an_answer_settles_its_field_and_no_other():
    packed = pack_unread({"consent": "forse", "consent:not": "boh", "consent_sms": "mah"})

    assert unread_of(without(packed, "consent")) == {"consent_sms": "mah"}
    assert without('{"consent":"forse"}', "consent") is None
