"""Contacts → rows of Meta's keys: judged by values Meta published, and by normalising cell after cell."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.destinations.base import PLAIN_BYTES, UNKNOWN, Identifier, Medium
from webapp.destinations.meta import encoding
from webapp.destinations.meta.encoding import MetaEncoder
from webapp.destinations.meta.graph_api.payload import only_batch, users_body
from webapp.destinations.meta.keys import normalise, sha256

ALL = tuple(Identifier)
# mary@example.com, 15559876543. Source: Meta's page on custom audiences (vectors.json).
MARY = bytes.fromhex("f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79")
PHONE = bytes.fromhex("1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e")
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
FIELD = {
    "FN": "first_name", "LN": "last_name", "GEN": "gender", "DOBY": "birth_date", "DOBM": "birth_date",
    "DOBD": "birth_date", "CT": "city", "ST": "province", "ZIP": "postcode", "COUNTRY": "country",
}  # fmt: skip
# Values and digests that stand on Meta's own pages.
PUBLISHED = [
    one
    for one in VECTORS
    if one["key"] in FIELD and one.get("published_sha256") and one["source"].startswith("developers.facebook")
]


def person(encoder, **values):
    return (1, MARY, PHONE, *(values.get(field) for field in encoder.fields))


def cells(encoder, **values) -> dict[str, bytes]:
    rows = encoder.encode([person(encoder, **values)])
    return {key: rows.column(number)[0] for number, key in enumerate(rows.schema)}


def test_the_key_of_the_medium_is_first_and_the_other_medium_second():
    by_email, by_sms = MetaEncoder(Medium.EMAIL, ALL), MetaEncoder(Medium.SMS, ALL)

    more = ("FN", "LN", "GEN", "DOBY", "DOBM", "DOBD", "CT", "ST", "ZIP", "COUNTRY", "EXTERN_ID")
    assert by_email.schema == ("EMAIL", "PHONE", *more)
    assert by_sms.schema == ("PHONE", "EMAIL", *more)
    assert MetaEncoder(Medium.EMAIL, ["email"]).schema == ("EMAIL",)


def test_a_person_becomes_the_values_meta_compares():
    found = cells(
        MetaEncoder(Medium.EMAIL, ALL, "IT"),
        first_name=" Nicolò ", last_name="D’Angelo", gender="donna", birth_date="1980-03-02",
        city="Reggio nell'Emilia", province="Reggio Emilia", postcode="184", country=None, code=" AB 12 ",
    )  # fmt: skip

    said = {
        "FN": "nicolò", "LN": "dangelo", "GEN": "f", "DOBY": "1980", "DOBM": "03", "DOBD": "02",
        "CT": "reggionellemilia", "ST": "re", "ZIP": "00184",
    }  # fmt: skip
    assert found == {
        "EMAIL": MARY,
        "PHONE": PHONE,
        "COUNTRY": UNKNOWN,  # the country of the database decides how others are read, and is nobody's datum
        "EXTERN_ID": b"ab12".ljust(PLAIN_BYTES, b"\0"),
        **{key: bytes.fromhex(sha256(key, value)) for key, value in said.items()},
    }


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda one: f"{one['key']}-{one['raw']}")
def test_what_meta_published_goes_out_as_meta_published_it(vector):
    key, raw = vector["key"], vector["raw"]
    identifier = next(one for one, keys in encoding.KEYS.items() if key in keys)

    sent = cells(MetaEncoder(Medium.EMAIL, [identifier]), **{FIELD[key]: raw})[key]

    assert sent.hex() == vector["sha256"]


def test_a_country_that_nobody_can_read_is_not_the_one_of_the_database():
    encoder = MetaEncoder(Medium.EMAIL, ["province", "postcode"], "IT")

    here = cells(encoder, province="Milano", postcode="184", country="Italia")
    nowhere = cells(encoder, province="Milano", postcode="184", country="Atlantide")

    assert here["ZIP"].hex() == sha256("ZIP", "00184") and here["ST"].hex() == sha256("ST", "mi")
    assert nowhere["ZIP"].hex() == sha256("ZIP", "184") and nowhere["ST"] == UNKNOWN


@given(st.integers(1, 5))
def test_who_lacks_a_datum_is_counted_under_it_and_sent_all_the_same(people):
    encoder = MetaEncoder(Medium.EMAIL, ["birth_date", "postcode", "city", "code", "mobile"], "IT")
    fields = {"birth_date": None, "city": "Milano 2", "postcode": "XY", "code": "x" * (PLAIN_BYTES + 1)}
    lacking = (1, MARY, None, *(fields.get(field) for field in encoder.fields))

    rows = encoder.encode([lacking] * people + [person(encoder, postcode="20121", code="7")])

    assert len(rows) == people + 1
    assert encoder.missing == {
        "birth_date": people + 1,
        "city": people + 1,
        "postcode": people,
        "code": people,
        "mobile": people,
    }


names = st.sampled_from([None, "", "Anna", "anna ", "D’Angelo", "—", "Æsa", "\x01"])
places = st.sampled_from([None, "Milano", "milano", "San Donà", "MI", "Roma 2", "184", "00184", "20121"])
days = st.sampled_from([None, "1980-03-02", date(1980, 3, 2), "1899-01-01", "boh"])
countries = st.sampled_from([None, "", "IT", "Italia", "usa", "Atlantide"])


@given(
    st.lists(st.tuples(names, names, names, days, places, places, places, countries)),
    st.sets(st.sampled_from(ALL)),
    st.sampled_from([None, "IT", "US"]),
)
@settings(max_examples=60)
def test_values_that_are_remembered_are_those_that_are_read_one_by_one(table, identifiers, home):
    encoder = MetaEncoder(Medium.EMAIL, identifiers - {"code"}, home)
    order = ("first_name", "last_name", "gender", "birth_date", "city", "province", "postcode", "country")
    people = [dict(zip(order, values, strict=True)) for values in table]

    rows = encoder.encode([person(encoder, **one) for one in people])

    for number, key in enumerate(rows.schema):
        if key in FIELD:
            wanted = [_alone(key, one[FIELD[key]], one["country"], home) for one in people]
            assert rows.column(number) == wanted, key


def _alone(key: str, raw: object, country: str | None, home: str | None) -> bytes:
    here = None
    if key in ("GEN", "ST", "ZIP"):
        here = (normalise("COUNTRY", country).value or "").upper() or None if country else home
    value = normalise(key, "" if raw is None else str(raw), here).value
    return bytes.fromhex(sha256(key, value)) if value else UNKNOWN


@pytest.mark.parametrize(
    ("identifiers", "most"),
    [((), 10_000), (("mobile",), 10_000), (tuple(one for one in ALL if one != "code"), 4_956), (ALL, 3_752)],
)
def test_no_body_is_larger_than_four_megabytes(identifiers, most):
    encoder = MetaEncoder(Medium.EMAIL, identifiers)
    worst = {field: '"' * PLAIN_BYTES if field == "code" else "1980-03-02" for field in encoder.fields}

    body = users_body(encoder.encode([person(encoder, **worst)] * encoder.max_rows), only_batch(1, 1), {})

    assert encoder.max_rows == most
    assert len(body) < 4_000_300


def test_a_full_memory_is_emptied_and_nothing_else_changes(monkeypatch):
    monkeypatch.setattr(encoding, "REMEMBERED", 3)
    encoder = MetaEncoder(Medium.EMAIL, ["first_name"])
    many = [
        person(encoder, first_name=name) for name in ["anna", "bea", "carla", "dora", "anna", "elsa", "bea"]
    ]

    [alone] = {encoder.encode([one]).column(1)[0] for one in many if one[3] == "anna"}

    assert encoder.encode(many).column(1)[0] == encoder.encode(many).column(1)[4] == alone


@given(
    st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.text("ab7", max_size=9))), st.integers(0, 9)
)
def test_rows_are_cut_and_blanked_between_cells(people, cut):
    encoder = MetaEncoder(Medium.EMAIL, ["mobile", "code"])
    rows = encoder.encode([(1, digest, None, code) for digest, code in people])

    first, rest = rows.part(0, cut), rows.part(cut, len(rows))

    assert first.rows() + rest.rows() == rows.rows()
    assert b"".join(rows.rows()) == rows.digests
    assert rows.column(0) == [digest for digest, _ in people]
    blank = [rows.blanked(row, [2]) for row in rows.rows()]
    assert blank == [digest + UNKNOWN + bytes(PLAIN_BYTES) for digest, _ in people]
