"""Values: what a person is worth goes with every row, to audiences that are made for it and to no other."""

import hashlib
import json

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from tests.uploads.engine.test_aligning import (
    ANNA,
    BRUNO,
    CARLA,
    DARIO,
    aligned,
    change,
    operations,
    start,
)
from webapp import db
from webapp.contacts.ledger.models import AudienceMember, RemovalDue
from webapp.contacts.models import CONTACT, OwnField
from webapp.destinations.base import UNKNOWN, EncodedRows, Medium
from webapp.destinations.meta.encoding import MetaEncoder
from webapp.destinations.meta.graph_api.payload import UploadSession, rejected_rows, users_body
from webapp.uploads import commands, values
from webapp.uploads.operations import Operation
from webapp.uploads.status import UploadStatus

__all__ = ["aligned"]
SPENT = "own:totale_speso"


@pytest.fixture
def people(world) -> list[int]:
    """Anna 44.50, Bruno 140, Carla nothing, Dario less than nothing, and a text where a number belongs."""
    with db.writing() as session:
        session.add(
            OwnField(database_id=world.database.id, key="totale_speso", label="Totale speso", type="number")
        )
    spent = ({"totale_speso": 44.5}, {"totale_speso": 140}, {}, {"totale_speso": -3})
    ids = [
        world.add_contacts(email, own_fields=own)[0]
        for email, own in zip((ANNA, BRUNO, CARLA, DARIO), spent, strict=True)
    ]
    return [*ids, *world.add_contacts("testo@posta.example", own_fields={"totale_speso": "boh"})]


def held(world, upload) -> dict[str, dict[str, str]]:
    """Schema → e-mail's digest → value, as the simulator's audience holds them."""
    found = looked_at(world, f"received?audience={upload.audience_id}")["audiences"]
    rows = found.get(upload.audience_id, {})
    return {schema: {row[0]: row[-1] for row in of_schema} for schema, of_schema in rows.items()}


def looked_at(world, path: str) -> dict:
    return requests.get(f"{world.simulator.graph_url}/_sim/{path}", timeout=10).json()


def digest(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


def owed() -> list[RemovalDue]:
    with db.reading() as session:
        return list(session.exec(select(RemovalDue)))


def test_each_person_goes_with_a_value_and_who_has_none_is_left_out(world, work, people, both):
    upload = work(start(world, value_field=SPENT))

    assert upload.status == UploadStatus.COMPLETED_WITH_WARNINGS  # some were left out
    assert held(world, upload) == {"EMAIL,LOOKALIKE_VALUE": {digest(ANNA): "44.5", digest(BRUNO): "140"}}
    assert (upload.selected, upload.to_send, upload.discarded) == (5, 2, {"no_value": 3})
    assert upload.value_name == "Totale speso"
    made = looked_at(world, "audiences")["audiences"]
    assert [one["is_value_based"] for one in made if one["id"] == upload.audience_id] == [True]


def test_of_two_contacts_with_one_address_the_one_with_a_value_goes(world, work, people):
    world.add_contacts(CARLA, own_fields={"totale_speso": 7})

    upload = work(start(world, value_field=SPENT))

    assert held(world, upload)["EMAIL,LOOKALIKE_VALUE"][digest(CARLA)] == "7"
    assert (upload.to_send, upload.duplicates, upload.discarded) == (3, 0, {"no_value": 3})


def test_another_value_is_sent_again_and_nobody_is_taken_out(world, work, aligned, people, both):
    """engine.md: the whole row has another print, its ident is the same one."""
    first = work(start(world, value_field=SPENT))
    with db.reading() as session:
        before = {one.contact_id: bytes(one.ident) for one in session.exec(select(AudienceMember))}
    change(people[0], own_fields={"totale_speso": 60})

    upload = aligned(first, value_field=SPENT)
    again = aligned(first, value_field=SPENT)

    assert operations(upload) == [("add", 1)]
    assert operations(again) == []
    assert (upload.already_there, upload.to_send, upload.to_remove) == (1, 1, 0)
    with db.reading() as session:
        after = {one.contact_id: bytes(one.ident) for one in session.exec(select(AudienceMember))}
    assert after == before
    assert owed() == []


def test_who_has_no_value_any_more_leaves(world, work, aligned, people):
    """Nobody may be there without one, so the source does not choose them any more."""
    first = work(start(world, value_field=SPENT))
    change(people[1], own_fields={})

    upload = aligned(first, value_field=SPENT)

    assert operations(upload) == [("remove", 1)]
    assert list(held(world, first)["EMAIL,LOOKALIKE_VALUE"]) == [digest(ANNA)]


@pytest.mark.parametrize(
    ("first_value", "then_value", "operation", "words"),
    [
        (SPENT, None, Operation.ADD, "è una custom audience basata sul valore"),
        (SPENT, None, Operation.ALIGN, "è una custom audience basata sul valore"),
        (None, SPENT, Operation.ADD, "è nata senza il valore"),
    ],
)
def test_with_and_without_a_value_are_never_mixed(
    world, work, people, first_value, then_value, operation, words
):
    first = work(start(world, value_field=first_value))
    before = held(world, first)

    upload = work(start(world, audience_id=first.audience_id, operation=operation, value_field=then_value))

    assert upload.status == UploadStatus.FAILED
    assert words in upload.reason.lower()
    assert held(world, first) == before


def test_taking_people_out_needs_no_value(world, work, people):
    first = work(start(world, value_field=SPENT))

    upload = work(start(world, audience_id=first.audience_id, operation=Operation.REMOVE, value_field=SPENT))

    assert (upload.status, upload.value_field) == (UploadStatus.COMPLETED, None)
    assert held(world, first) == {"EMAIL,LOOKALIKE_VALUE": {}}


def test_a_field_that_is_no_number_any_more_sends_nothing(world, work, people):
    upload = start(world, value_field=SPENT)
    with db.writing() as session:
        field = session.exec(select(OwnField)).one()
        field.type = "text"
        session.add(field)

    ended = work(upload)

    assert (ended.status, ended.reason_code) == (UploadStatus.FAILED, "valore")


def test_without_anybody_who_has_a_value_it_says_so(world, work, people):
    for one in people:
        change(one, own_fields={})

    upload = work(start(world, value_field=SPENT))

    assert upload.status == UploadStatus.FAILED
    assert "ha un numero in “Totale speso”" in upload.reason


def test_an_upload_that_is_repeated_sends_the_value_again(world, work, people):
    first = work(start(world, value_field=SPENT))

    again = work(commands.repeat_upload(first.id, "Giulia Ferri", may_include=False))

    assert (again.to_send, again.value_field) == (2, SPENT)


numbers = st.one_of(st.integers(-5, 10**15), st.floats(-2, 1e15, allow_nan=False))


@given(st.lists(st.one_of(numbers, st.none(), st.just("44,5"), st.just(True), st.just([])), max_size=6))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_value_is_a_number_that_is_not_negative_and_nothing_else(world, both, found):
    with db.writing() as session:
        session.execute(CONTACT.delete())
    ids = [world.add_contacts(f"p{n}@posta.example", own_fields={"totale_speso": one})[0]
           for n, one in enumerate(found)]  # fmt: skip

    with db.reading() as session:
        chosen = set(session.scalars(select(CONTACT.c.id).where(values.has_value(SPENT))))

    readable = [isinstance(one, int | float) and not isinstance(one, bool) and one >= 0 for one in found]
    assert chosen == {one for one, is_value in zip(ids, readable, strict=True) if is_value}


@given(st.lists(st.one_of(st.integers(0, 10**15), st.floats(0, 1e15, allow_nan=False))))
def test_a_value_arrives_as_the_number_that_it_was(found):
    """Source: Meta sheet §4.2, LOOKALIKE_VALUE is a number, never hashed."""
    encoder = MetaEncoder(Medium.EMAIL, by_value=True)
    rows = encoder.encode([(n, bytes([n % 255 + 1]) * 32, None, one) for n, one in enumerate(found)])

    payload = json.loads(users_body(rows, UploadSession(1, 1, True, 1), {}))["payload"]

    assert payload["schema"] == ["EMAIL", "LOOKALIKE_VALUE"]
    assert [row[1] for row in payload["data"]] == found


def test_a_row_that_was_refused_for_its_value_is_found_again():
    rows = EncodedRows(
        ("EMAIL", "LOOKALIKE_VALUE"),
        b"".join([b"\x01" * 32, b"44.5".ljust(32, b"\0"), b"\x02" * 32, UNKNOWN]),
    )
    no_value = json.dumps(["02" * 32, ""])
    samples = {json.dumps(["01" * 32, 44.5]): "troppo", no_value: "invalid lookalike value"}

    assert [(one.row, one.reason) for one in rejected_rows(samples, rows)] == [
        (0, "troppo"),
        (1, "invalid lookalike value"),
    ]
