"""More data than the medium's own: what Meta receives of each person, and what it does not."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select

from tests.uploads.conftest import read
from tests.uploads.engine.test_sending import batches
from webapp import db
from webapp import services as platea
from webapp.access.models import AuditEntry
from webapp.cli import imports
from webapp.contacts.imports import importing
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.people import contact_edit
from webapp.destinations.base import Identifier, Medium
from webapp.uploads import jobs
from webapp.uploads.commands import repeat_upload
from webapp.uploads.engine import leases, preparation, sending
from webapp.uploads.screens import queries
from webapp.uploads.status import UploadStatus

VECTORS = json.loads((Path(__file__).parents[2] / "destinations/meta/vectors.json").read_text())
METAS_OWN = ("developers.facebook.com", "facebook/capi-param-builder", "facebookarchive/")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def person(world, email: str, mobile: str | None = None, **details: object) -> int:
    digest = None if mobile is None else bytes.fromhex(sha(mobile))
    return world.add_contacts(email, mobile=mobile, mobile_sha256=digest, **details)[0]


def received(world, upload) -> dict[str, list[str]]:
    """First cell of each row → the others, as the audience holds them."""
    rows = [row.split("\t") for row in world.simulator.received(read(upload).audience_id)]
    return {row[0]: row[1:] for row in rows}


def send_one(upload) -> None:
    with preparation.opened(read(upload)) as connection:
        sending.send(leases.claim(upload.id), connection)


def adds_up(world, upload) -> bool:
    with db.reading() as session:
        return queries.read_one(session, world.client.id, upload.public_id).numbers.adds_up()


ANNA = {
    "code": "AB 12",
    "first_name": "Anna Maria",
    "last_name": "D’Angelo",
    "gender": "f",
    "city": "San Donà di Piave",
    "province": "VE",
    "postcode": "30027",
    "country": "Italia",
}
# Italian rules of `keys`: provinces and countries by their code, the accented letter of a town vanishes.
ANNA_SENT = ["annamaria", "dangelo", "f", "1980", "03", "02", "sandondipiave", "ve", "30027", "it"]


@pytest.mark.usefixtures("both")
def test_every_datum_asked_for_reaches_meta_and_what_lacks_is_counted(world, work):
    person(world, "anna@posta.example", "393331234567", birth_date=date(1980, 3, 2), **ANNA)
    person(world, "bea@posta.example", None, first_name="Bea", postcode="XY")

    upload = work(world.start(identifiers=list(Identifier)))

    more = [Identifier.MOBILE, *list(Identifier)[2:]]
    assert (upload.status, upload.identifiers) == (UploadStatus.COMPLETED, more)
    assert upload.missing == {one: 0 if one == Identifier.FIRST_NAME else 1 for one in more}
    assert received(world, upload) == {
        sha("anna@posta.example"): [sha("393331234567"), *map(sha, ANNA_SENT), "ab12"],
        # Her row has no code, so it went without that column: an empty one makes Meta refuse the row.
        sha("bea@posta.example"): ["", sha("bea"), *[""] * 9],
    }
    [batch] = batches(upload)
    assert (batch.schema_[:3], batch.num_received) == (["EMAIL", "PHONE", "FN"], 2)
    assert adds_up(world, upload)


def test_the_values_meta_published_arrive_as_it_published_them(world, work, tmp_path):
    """From the file to the audience. The same value twice, with two answers of Meta's tools, is left out."""
    answers: dict[str, dict[str, set[str]]] = {key: {} for key in ("FN", "LN", "CT")}
    for one in VECTORS:
        raw = one["raw"]
        if one["key"] in answers and one["source"].startswith(METAS_OWN) and isinstance(raw, str):
            answers[one["key"]].setdefault(raw, set()).add(one["normalised"] or "")
    columns = [[(raw, *said) for raw, said in answers[key].items() if len(said) == 1] for key in answers]
    longest = max(map(len, columns))
    rows = list(zip(*(column + [("", "")] * (longest - len(column)) for column in columns), strict=True))
    file = tmp_path / "valori.csv"
    quoted = [";".join('"' + raw.replace('"', '""') + '"' for raw, _ in row) for row in rows]
    lines = [f"persona{number}@posta.example;{cells}" for number, cells in enumerate(quoted)]
    file.write_text("\n".join(["Email;Nome;Cognome;Città", *lines]), encoding="utf-8")
    with db.reading() as session:
        database = session.get_one(UserDatabase, world.database.id)
    importing.run(imports.created(database, file).id)

    upload = work(world.start(identifiers=["first_name", "last_name", "city"]))

    arrived = received(world, upload)
    assert len(arrived) == len(rows) > 100
    wrong, sent = [], 0
    for number, row in enumerate(rows):
        cells = arrived[sha(f"persona{number}@posta.example")]
        for (raw, said), cell in zip(row, cells, strict=True):
            sent += bool(cell)
            if cell and cell not in (sha(said), said.lower()):  # a digest in the file is sent as it is
                wrong.append((raw, said, cell))
    assert wrong == []
    assert sent > 300


@pytest.mark.usefixtures("both")
def test_a_number_goes_nowhere_when_somebody_who_has_it_says_no_to_messages(world, work):
    person(world, "anna@posta.example", "393331111111", consent=True, consent_sms=False)
    person(world, "bea@posta.example", "393332222222", consent=True)
    person(world, "ciro@posta.example", "393333333333")
    person(world, "no@posta.example", "393333333333", consent=False)

    upload = work(world.start(identifiers=["mobile"]))

    assert received(world, upload) == {
        sha("anna@posta.example"): [""],
        sha("bea@posta.example"): [sha("393332222222")],
        sha("ciro@posta.example"): [""],
    }
    assert upload.missing == {"mobile": 2}


@pytest.mark.usefixtures("both")
def test_by_mobile_the_email_goes_beside_it(world, work):
    person(world, "anna@posta.example", "393331111111")
    person(world, "bea@posta.example", None)

    upload = work(world.start(medium=Medium.SMS, identifiers=["email", "mobile"]))

    assert received(world, upload) == {sha("393331111111"): [sha("anna@posta.example")]}
    assert upload.identifiers == ["email"]


@pytest.mark.usefixtures("both")
def test_a_number_refused_or_changed_while_the_batch_waits_does_not_go_out(world):
    says_no = person(world, "anna@posta.example", "393331111111", first_name="Anna", consent=True)
    changes = person(world, "bea@posta.example", "393332222222", first_name="Bea")
    person(world, "ciro@posta.example", "393333333333", first_name="Ciro")
    upload = world.start(identifiers=["mobile", "first_name"])
    jobs.prepare_upload(upload.id)
    with db.writing() as session:
        session.get_one(Contact, says_no).consent_sms = False
        session.get_one(Contact, changes).mobile_sha256 = bytes.fromhex(sha("393339999999"))

    send_one(upload)

    assert received(world, upload) == {
        sha("anna@posta.example"): ["", sha("anna")],
        sha("bea@posta.example"): ["", sha("bea")],
        sha("ciro@posta.example"): [sha("393333333333"), sha("ciro")],
    }
    assert (read(upload).to_send, adds_up(world, upload)) == (3, True)


@pytest.mark.usefixtures("both")
def test_who_inherits_an_address_does_not_inherit_the_name(world):
    gone = person(world, "casa@posta.example", "393331111111", first_name="Anna")
    person(world, "casa@posta.example", "393332222222", first_name="Ciro")
    upload = world.start(identifiers=["mobile", "first_name", "code"])
    jobs.prepare_upload(upload.id)
    with db.writing() as session:
        database = session.get_one(UserDatabase, world.database.id)
        contact_edit.remove(session, database, session.get_one(Contact, gone))

    send_one(upload)

    assert received(world, upload) == {sha("casa@posta.example"): ["", ""]}
    assert adds_up(world, upload)


def test_batches_of_many_data_are_cut_between_rows(connected, world):
    platea.start(replace(connected, batch_rows=40))
    emails = [f"persona{number}@posta.example" for number in range(50)]
    for number, email in enumerate(emails):
        person(world, email, first_name=f"Nome{chr(97 + number % 26)}", code=f"c{number}")
    upload = world.start(identifiers=["first_name", "code"])
    jobs.prepare_upload(upload.id)
    assert [batch.n_rows for batch in batches(upload)] == [40, 10]

    jobs.send_upload(upload.id)

    assert received(world, upload) == {
        sha(email): [sha(f"nome{chr(97 + number % 26)}"), f"c{number}"] for number, email in enumerate(emails)
    }


def test_the_choice_is_told_in_the_trail_and_done_again(world, work):
    person(world, "anna@posta.example", first_name="Anna", city="Roma")
    first = work(world.start(identifiers=["city", "first_name"]))

    again = repeat_upload(first.id, "Giulia Ferri", may_include=False)

    assert (first.identifiers, again.identifiers) == (["first_name", "city"], ["first_name", "city"])
    with db.reading() as session:
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq))).all()
    started = [one.detail for one in entries if one.action == "upload_started"]
    assert [one["riconosce_anche_da"] for one in started] == ["Nome, Città"]
