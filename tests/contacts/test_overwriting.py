"""Of whoever was erased no byte stays in the file of SQLite, in its log or in the index of words."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from tests.contacts.conftest import contacts_of, import_file
from webapp import db
from webapp.contacts import contact_ids, hooks
from webapp.contacts.erasure import overwriting
from webapp.contacts.models import CONTACT, OverwriteDue
from webapp.rounds import Partly

# The surname is of letters that nobody else here has: the index holds the three as twelve bytes in a row.
FILE = """\
Codice;Email;Cellulare;Nome;Cognome
C1;anna.cancellami@posta.example.com;333 1234567;Annabella;𐍈𐍉𐍊
C2;bruno@posta.example.com;340 7654321;Bruno;Verdi
"""
HERS = [
    one.encode()
    for one in ("anna.cancellami", "cancellami@posta", "3331234567", "1234567", "Annabella", "𐍈𐍉𐍊")
]

THEM = range(10_000, 11_200)


@pytest.fixture
def folder(settings, clienti) -> Path:
    import_file(clienti, FILE, key="code")
    return settings.data_dir


def files_with(folder: Path, wanted: list[bytes]) -> set[str]:
    """Files of the installation, of whatever kind, that hold one of them."""
    content = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name for name, held in content.items() if any(one in held for one in wanted)}


def waiting() -> int:
    with db.reading() as session:
        return len(session.execute(select(col(OverwriteDue.id))).all())


def test_of_an_erased_person_no_file_holds_a_byte_any_more(signed_in, clienti, folder):
    anna = contacts_of(clienti)[0]
    hers = [*HERS, anna.email_sha256, anna.mobile_sha256]
    overwriting.overwrite()
    assert files_with(folder, [b"1234567", "𐍈𐍉𐍊".encode(), anna.email_sha256]) == {"platea.db"}

    url = f"/database/{clienti.public_id}/contatti/{contact_ids.public_id(anna.id)}/cancella"
    assert signed_in.post_form(url).status_code == 303
    assert files_with(folder, hers) and waiting()

    overwriting.overwrite()
    assert files_with(folder, hers) == set() and not waiting()
    assert [one.first_name for one in contacts_of(clienti)] == ["Bruno"]
    found = signed_in.get(f"/database/{clienti.public_id}/contatti?cerca=verdi").text
    assert "Bruno" in found and "Annabella" not in found


def test_a_long_read_holds_it_up_and_nothing_else_and_the_next_time_it_is_done(clienti, folder):
    anna = contacts_of(clienti)[0]
    with db.snapshot() as reader:
        reader.execute(text("SELECT count(*) FROM contact")).all()
        with db.writing() as session:
            hooks.forget(session, clienti.id, [anna.id])
            session.execute(CONTACT.delete().where(CONTACT.c.id == anna.id))
        overwriting.overwrite()
        assert waiting() and files_with(folder, HERS)

    overwriting.overwrite()
    assert not waiting() and files_with(folder, HERS) == set()


def test_a_file_that_is_locked_is_told_and_tried_again(clienti, folder):
    anna = contacts_of(clienti)[0]
    with db.writing() as session:
        hooks.forget(session, clienti.id, [anna.id])
        session.execute(CONTACT.delete().where(CONTACT.c.id == anna.id))
    with (
        closing(db.engine().raw_connection()) as ours,
        closing(sqlite3.connect(folder / "platea.db")) as other,
    ):
        ours.driver_connection.execute("PRAGMA busy_timeout=0")  # nobody waits here for what will not come
        other.execute("BEGIN IMMEDIATE")
        ours.close()
        with pytest.raises(Partly, match="^Il file del database non si può riscrivere adesso"):
            overwriting.overwrite()
    assert waiting()

    overwriting.overwrite()
    assert not waiting() and files_with(folder, HERS) == set()


def test_what_a_page_kept_when_it_was_split_goes_too(clienti, folder):
    """Rows that grow move to other pages; SQLite leaves what they were in the gap, secure_delete or not."""
    dice = random.Random(1)
    with db.writing() as session:
        bruno = session.execute(select(CONTACT).where(CONTACT.c.first_name == "Bruno")).mappings().one()
        copied = {name: value for name, value in bruno.items() if name not in ("id", "code", "email")}
        session.execute(
            CONTACT.insert(),
            [copied | {"id": n, "code": f"{dice.random()}-{n}-qq", "email": f"q{n}qq@x.it"} for n in THEM],
        )
    for _ in range(2):
        with db.writing() as session:
            for one in dice.sample(THEM, 800):
                place = "n" * dice.randrange(300)
                session.execute(CONTACT.update().where(CONTACT.c.id == one).values(own_fields={"x": place}))
    gone = THEM[::2]
    with db.writing() as session:
        hooks.forget(session, clienti.id, gone)
        session.execute(CONTACT.delete().where(CONTACT.c.id.in_(gone)))

    overwriting.overwrite()

    held = (folder / "platea.db").read_bytes()
    assert [n for n in gone if b"q%dqq@" % n in held or b"-%d-qq" % n in held] == []


def test_every_connection_overwrites_what_it_deletes(database):
    with db.reading() as session:
        assert session.execute(text("PRAGMA secure_delete")).scalar_one() == 1
