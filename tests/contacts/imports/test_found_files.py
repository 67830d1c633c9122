"""Files in shapes that people's exports really have: who may be received by Facebook, and nobody else.

Every person and number is invented; the shapes are those of public reports of other programs. Expected values
are written by hand from the inputs in tests/data/found.
"""

from pathlib import Path

import pytest
from sqlmodel import select

from tests.contacts.conftest import import_file
from tests.support.found_files import FOUND, ONE_AFTER_ANOTHER, POSTA, TABLE, hashed
from webapp import db
from webapp.contacts.consent import DIGESTS, ConsentPolicy, allowed
from webapp.contacts.models import CONTACT, Contact


@pytest.mark.parametrize("file", TABLE)
def test_nobody_who_must_not_be_received_may_be_sent(clienti, file):
    import_file(clienti, FOUND / file, Path(file).name)
    emails, numbers = TABLE[file]
    assert may_be_sent(clienti, "email") == hashed(emails)
    assert may_be_sent(clienti, "sms") == hashed(numbers)


@pytest.mark.parametrize("first, again", ONE_AFTER_ANOTHER)
def test_a_file_that_says_nothing_takes_no_refusal_away(clienti, first, again):
    emails, numbers = ONE_AFTER_ANOTHER[first, again]
    import_file(clienti, FOUND / "consent" / first, first)
    import_file(clienti, FOUND / "consent" / again, again, key="email")
    assert may_be_sent(clienti, "email") == hashed(emails)
    assert may_be_sent(clienti, "sms") == hashed(numbers)


def test_a_mobile_that_excel_broke_takes_no_good_one_away(clienti):
    import_file(clienti, FOUND / "consent" / "41c-first.csv", "clienti.csv")
    done = import_file(clienti, FOUND / "consent" / "41d-then.csv", "clienti.csv", key="email")
    with db.reading() as session:
        found = session.exec(select(Contact).order_by(Contact.id)).all()
    told = [(one.email, one.mobile, one.first_name, one.consent) for one in found]
    assert told == [
        ("ee" + POSTA, "3475574001", "Ee", False),
        ("ff" + POSTA, "3475574002", "Ff", False),
    ]
    assert {one["codice"]: one["quanti"] for one in done.alerts} == {
        "nobody_to_send": 2,
        "no_valid_mobile": 1,
        "undecided_words": 1,
        "kept_mobile": 1,
    }


def may_be_sent(database, medium: str) -> set[bytes]:
    digest = CONTACT.c[DIGESTS[medium]]
    wanted = select(digest).where(
        CONTACT.c.database_id == database.id,
        digest.is_not(None),
        allowed(ConsentPolicy.NOT_REFUSED, medium),
    )
    with db.reading() as session:
        return {bytes(one) for one in session.exec(wanted)}
