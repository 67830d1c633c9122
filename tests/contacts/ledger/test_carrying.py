"""Whoever was sent after a copy was taken is known again when the copy has been put back."""

import pytest
from sqlmodel import Session, delete, select

from tests.support.ledger import receive, received
from webapp import db
from webapp.contacts import databases
from webapp.contacts.ledger import carrying, due
from webapp.contacts.ledger.models import AudienceMember, Feed, RemovalDue
from webapp.contacts.models import UserDatabase

OWED = b"o" * 64


@pytest.fixture
def clienti(aurora) -> UserDatabase:
    with db.writing() as session:
        return databases.create_database(session, aurora.id, "Clienti Italia")


def members(session: Session) -> dict[int, bytes]:
    found = session.exec(select(AudienceMember.contact_id, AudienceMember.ident))
    return {contact_id: bytes(ident) for contact_id, ident in found}


def as_the_copy_was(session: Session) -> None:
    for table in (RemovalDue, AudienceMember, Feed):
        session.exec(delete(table))


def test_members_and_who_is_owed_come_along(clienti):
    with db.writing() as session:
        feed = session.get_one(Feed, receive(session, clienti, "1", "VIP", [1, 2, 3]))
        due.owe(session, clienti.client_id, feed.audience_ref, [(9, OWED)], due.Reason.ERASED, 5.0)
        before = members(session)

    with carrying.carried() as ledger:
        with db.writing() as session:
            as_the_copy_was(session)
            receive(session, clienti, "1", "VIP", [2])
        carrying.bring(ledger)

    with db.reading() as session:
        assert members(session) == before
        assert received(session) == {2}  # of the others nobody knows whether they are there still
        owed = session.exec(select(RemovalDue)).one()
        assert (owed.contact_id, owed.ident, owed.reason, owed.next_try_at) == (9, OWED, "erased", 5.0)


def test_nothing_comes_twice(clienti):
    with db.writing() as session:
        feed = session.get_one(Feed, receive(session, clienti, "1", "VIP", [1]))
        due.owe(session, clienti.client_id, feed.audience_ref, [(9, OWED)], due.Reason.LEFT, 5.0)

    with carrying.carried() as ledger:
        carrying.bring(ledger)

    with db.reading() as session:
        assert received(session) == {1}
        assert len(session.exec(select(RemovalDue)).all()) == 1


def test_another_database_of_the_same_number_gets_nobody(clienti):
    with db.writing() as session:
        receive(session, clienti, "1", "VIP", [1])

    with carrying.carried() as ledger:
        with db.writing() as session:
            as_the_copy_was(session)
            session.get_one(UserDatabase, clienti.id).public_id = "un’altra"
        carrying.bring(ledger)

    with db.reading() as session:
        assert members(session) == {}
