"""A shop's real-looking customer file: 12,000 rows whose right reading was written down by somebody else."""

import csv
import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from webapp.values.emails import read_email
from webapp.values.phones import read_mobile
from webapp.values.readings import group
from webapp.values.reasons import GROUPS, NOTES, REASONS, explain, explain_note

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def customers():
    with gzip.open(DATA / "clienti-negozio.csv.gz", "rt", encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.fixture(scope="module")
def truth():
    return json.loads(gzip.decompress((DATA / "clienti-negozio.truth.json.gz").read_bytes()))


def sha256_of(readings) -> Counter:
    return Counter(hashlib.sha256(r.value.encode()).hexdigest() for r in readings if r.value)


def groups_of(readings) -> Counter:
    return Counter(group(r.reason) for r in readings if r.reason)


def test_the_addresses_of_the_shop_are_exactly_those_expected(customers, truth):
    readings = [read_email(row["E-mail"]) for row in customers]
    accepted = sha256_of(readings)

    assert sorted(accepted) == truth["email_sha256"]
    assert accepted.total() - len(accepted) == truth["email_duplicate"] == 581
    assert groups_of(readings) == {"email_invalid": 919, "email_empty": 971}


def test_the_mobiles_of_the_shop_are_exactly_those_expected(customers, truth):
    readings = [read_mobile(row["Cellulare"]) for row in customers]

    assert sorted(sha256_of(readings)) == truth["phone_sha256"]
    assert groups_of(readings) == {"phone_invalid": 568, "phone_empty": 957, "phone_landline": 398}


def test_every_reason_has_italian_words(customers):
    found = {read_email(row["E-mail"]).reason for row in customers}
    found |= {read_mobile(row["Cellulare"]).reason for row in customers}

    assert found - {None} <= set(REASONS)
    assert all(explain_note(note) for note in NOTES)
    assert {group(reason) for reason in REASONS} == set(GROUPS)
    assert explain("phone_invalid.something_new") == REASONS["phone_invalid"]
