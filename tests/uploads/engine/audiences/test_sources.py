"""The ledger's counts by source, and from which source somebody is still to be taken out."""

from sqlmodel import select

from tests.uploads.engine.test_aligning import ANNA, BRUNO, CARLA, aligned, change, erase, start
from webapp import db
from webapp.contacts.ledger import sources
from webapp.contacts.ledger.models import RemovalDue
from webapp.destinations.base import Medium

__all__ = ["aligned"]


def told(world, upload) -> list[tuple[str, int, int, int]]:
    """Medium, members, to be taken out, refused for now: of each source."""
    with db.reading() as session:
        found = sources.of_audience(session, world.client.id, "meta", upload.audience_id)
    return [(one.medium, one.members, one.to_remove, one.refused) for one in found]


def people(world, upload) -> int:
    with db.reading() as session:
        found = sources.of_audience(session, world.client.id, "meta", upload.audience_id)
        return sources.different_people(session, found)


def test_each_source_is_counted_and_a_duplicate_is_nobody(world, work, both):
    world.add_contacts(ANNA, ANNA, BRUNO)
    first = work(start(world))
    assert (told(world, first), people(world, first)) == ([("email", 2, 0, 0)], 2)

    work(start(world, medium=Medium.EMAIL, audience_id=first.audience_id, identifiers=["first_name"]))
    assert (told(world, first), people(world, first)) == ([("email", 2, 0, 0)], 2)


def test_whoever_is_owed_is_owed_by_the_source_that_put_them_there(world, work, aligned, both):
    """A changed address waits for the next align, an erasure for nobody, a refusal for another day."""
    anna, bruno, carla = world.add_contacts(ANNA, BRUNO, CARLA)
    first = work(start(world))
    change(anna, email="nuova@posta.example", email_sha256=b"n" * 32)
    work(start(world, audience_id=first.audience_id))
    erase(world, bruno)
    assert told(world, first) == [("email", 2, 2, 0)]

    world.simulator.order(fault="audience_too_small", on="DELETE /users", times=None)
    change(carla, consent=False)
    aligned(first)

    assert told(world, first) == [("email", 1, 0, 3)]
    with db.reading() as session:
        assert {one.feed_id for one in session.exec(select(RemovalDue))} == {first.feed_id}
