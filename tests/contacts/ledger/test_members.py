"""Writing the members of a feed costs what the batch has in it, whatever the audience holds already."""

import pytest

from tests.support.in_time import in_time
from tests.support.ledger import receive
from webapp import db
from webapp.contacts import databases
from webapp.contacts.ledger import members
from webapp.contacts.models import UserDatabase

BATCH = 5_000


@pytest.fixture
def clienti(aurora) -> UserDatabase:
    with db.writing() as session:
        return databases.create_database(session, aurora.id, "Clienti Italia")


def rows(first: int, letter: bytes) -> members.Rows:
    return members.Rows(range(first, first + BATCH), letter * 64 * BATCH, [7] * BATCH)


def test_a_batch_beside_many_members_is_written_without_reading_them_all(clienti):
    """Members × rows were read to find former addresses: 197 s for 2,000 rows beside 200,000 members."""
    with db.writing() as session:
        feed_id = receive(session, clienti, "1", "VIP", [1])
        for first in range(BATCH, 10 * BATCH, BATCH):
            members.record(session, feed_id, 1, rows(first, b"a"))

        with in_time():
            former = members.record(session, feed_id, 2, rows(BATCH, b"b"))

    assert former == dict.fromkeys(range(BATCH, 2 * BATCH), b"a" * 64)
