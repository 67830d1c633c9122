"""The numbers that a check says are those that the upload comes to, whatever people answered and however."""

import pytest

from tests.uploads.conftest import read
from tests.uploads.engine.test_aligning import change, remove
from tests.uploads.engine.test_consent import MILAN, digest
from tests.uploads.engine.test_ledger_property import numbers_of
from webapp import clock, db
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import Filter
from webapp.destinations import registry
from webapp.destinations.base import Medium, Origin
from webapp.uploads import jobs
from webapp.uploads.checking import asking, reading
from webapp.uploads.checking.facts import Target
from webapp.uploads.operations import Operation

ANNA, BRUNO, CARLA, DARIO = (f"{name}@posta.example" for name in ("anna", "bruno", "carla", "dario"))


@pytest.fixture
def people(world) -> None:
    """Every kind of answer, twice the same address under another answer, and what no upload can send."""
    world.add_contacts(ANNA, BRUNO, ANNA, city="Milano")
    world.add_contacts(BRUNO, CARLA, consent=False)
    world.add_contacts(CARLA, DARIO, consent=True, city="Milano")
    world.add_contacts("elena@posta.example", consent_email=True, consent=False)
    world.add_contacts("fabio@posta.example", DARIO, consent_unread='{"consent":"forse"}')
    world.add_contacts(None, "no", "no", city="Milano")
    world.add_contacts(None, consent=False)
    world.add_contacts("gina@posta.example", consent=True, city="Milano")


def check(world, audience_id="", saved=None, **changes):
    asked = {
        "medium": Medium.EMAIL,
        "consent": ConsentPolicy.NOT_REFUSED,
        "operation": Operation.ADD,
        **changes,
    }
    [account] = registry.accounts(world.client.id)
    proposed = reading.proposal(
        world.database, saved, account, audience_id=audience_id, audience_name="Clienti", **asked
    )
    target = Target("Clienti", not audience_id)
    return reading.check(proposed, account, asking.nobody(), target, Origin.CUSTOMERS, clock.today())


@pytest.mark.parametrize(
    ("policy", "by_filter"), [(ConsentPolicy.GIVEN, True), (ConsentPolicy.ANYONE, False)]
)
def test_of_a_new_audience_and_of_one_that_is_filled(world, work, people, policy, by_filter, both):
    """NOT_REFUSED, through many days of an audience: `test_ledger_property`."""
    with db.writing() as session:
        saved = Filter(database_id=world.database.id, name="Milano", rule=MILAN)
        session.add(saved)
    source, filter_id = (saved, saved.id) if by_filter else (None, None)

    new = check(world, saved=source, consent=policy)
    first = work(world.start(consent=policy, filter_id=filter_id))

    assert numbers_of(new.numbers) == numbers_of(first)
    assert new.numbers.refused_included == (first.refused_included or 0)
    for way in (Operation.ALIGN, Operation.REMOVE):
        there = {"audience_id": first.audience_id, "operation": way, "consent": policy}
        again = check(world, saved=source, **there)
        upload = world.start(**there, filter_id=filter_id)
        jobs.prepare_upload(upload.id)
        assert numbers_of(again.numbers) == numbers_of(read(upload)), way
        work(upload)


def test_who_leaves_is_told_why(world, work):
    leaving = ("no", "forse", "tolta", "cambia", "via", "altrove", "resta")
    ids = world.add_contacts(*(f"{name}@posta.example" for name in leaving), city="Milano")
    with db.writing() as session:
        saved = Filter(database_id=world.database.id, name="Milano", rule=MILAN)
        session.add(saved)
    first = work(world.start(filter_id=saved.id))
    change(ids[0], consent=False)
    change(ids[1], consent_unread='{"consent":"forse"}')
    change(ids[2], email=None, email_sha256=None, email_reason="email_empty")
    change(ids[3], email="nuova@posta.example", email_sha256=bytes.fromhex(digest("nuova@posta.example")))
    remove(ids[4])
    change(ids[5], city="Torino")

    made = check(world, first.audience_id, saved, operation=Operation.ALIGN)

    assert {why.value: some.contacts for why, some in made.exits.items()} == {
        "refused": 1,
        "undecided": 1,
        "no_detail": 1,
        "no_contact": 1,
        "not_chosen": 1,
        "changed": 1,
    }
    assert (made.numbers.already_there, made.numbers.to_send, made.numbers.to_remove) == (1, 1, 6)
