"""Aligning and removing when rows carry more of a person than the medium's key."""

import pytest

from tests.uploads.engine.test_aligning import (
    ANNA,
    BRUNO,
    CARLA,
    aligned,
    change,
    digest,
    operations,
    start,
)
from webapp.destinations.base import Medium
from webapp.uploads.operations import Operation
from webapp.uploads.status import UploadStatus

__all__ = ["aligned"]
MORE = ["first_name", "city", "code"]


def there(world, upload) -> set[str]:
    """Whom the simulator's audience holds in any of its rows, whatever else stands in them."""
    names = {digest(one).hex(): one for one in (ANNA, BRUNO, CARLA)}
    cells = {cell for row in world.simulator.received(upload.audience_id) for cell in row.split("\t")}
    return {name for cell, name in names.items() if cell in cells}


@pytest.fixture
def people(world) -> list[int]:
    ids = world.add_contacts(ANNA, BRUNO, CARLA)
    for place, contact_id in enumerate(ids):
        mobile = f"39347123456{place}"
        change(contact_id, first_name="Anna", city="Torino", code=f"C{place}", mobile=mobile)
        change(contact_id, mobile_sha256=digest(mobile))
    return ids


def test_with_nothing_changed_nothing_is_sent(world, work, aligned, people, both):
    first = work(start(world, identifiers=MORE))

    upload = aligned(first, identifiers=MORE)

    assert upload.status == UploadStatus.COMPLETED
    assert operations(upload) == []
    assert (upload.already_there, upload.to_send, upload.to_remove) == (3, 0, 0)


def test_another_city_is_sent_again_and_takes_nobody_out(world, work, aligned, people, both):
    first = work(start(world, identifiers=MORE))
    change(people[1], city="Milano")

    upload = aligned(first, identifiers=MORE)

    assert operations(upload) == [("add", 1)]
    assert there(world, first) == {ANNA, BRUNO, CARLA}


def test_who_is_known_by_one_more_datum_need_not_leave_first(world, work, aligned, people, both):
    """Rows get longer when somebody asks for more: everybody is added again, nobody is taken out."""
    first = work(start(world))

    upload = aligned(first, identifiers=[*MORE, "mobile"])

    assert operations(upload) == [("add", 3)]
    assert (upload.already_there, upload.to_send, upload.to_remove) == (0, 3, 0)


@pytest.mark.parametrize("identifiers", [["mobile"], ["mobile", *MORE], MORE])
def test_who_is_not_chosen_any_more_leaves_by_what_was_sent(world, work, aligned, people, both, identifiers):
    first = work(start(world, identifiers=identifiers))
    change(people[0], consent=False)

    upload = aligned(first, identifiers=identifiers)

    assert operations(upload) == [("remove", 1)]
    assert there(world, first) == {BRUNO, CARLA}


def test_by_sms_the_e_mail_beside_it_names_the_same_person(world, work, aligned, people, both):
    """The mobile stands first in such a row, and first in the ledger stands the e-mail."""
    first = work(start(world, medium=Medium.SMS, identifiers=["email", "city"]))
    again = aligned(first, medium=Medium.SMS, identifiers=["email", "city"])
    assert operations(again) == []

    removal = work(
        start(
            world,
            medium=Medium.SMS,
            audience_id=first.audience_id,
            audience_name=first.audience_name,
            operation=Operation.REMOVE,
        )
    )

    assert removal.to_remove == 3
    assert there(world, first) == set()
