"""The audit trail: told in the transaction of what it tells of, chained, and never changed afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from tests.conftest import TEST_PASSWORD
from webapp import clock, db
from webapp.access.models import AuditEntry
from webapp.access.trail import audit, audit_words
from webapp.access.trail.audit import Action, record, shortened
from webapp.access.trail.audit_chain import verify
from webapp.config import ROOT


def add(*names: str) -> None:
    with db.writing() as session:
        for name in names:
            record(
                session,
                Action.FILTER_CREATED,
                on=name,
                detail={"id": "abc", "contatti": 12, "nuovo": True},
                client_id=None,
            )


def entries() -> list[AuditEntry]:
    with db.reading() as session:
        return list(session.exec(select(AuditEntry).order_by(AuditEntry.seq)))


def tamper(engine: Engine, statement: str) -> None:
    """What somebody with the database in hand could do: take the guards away, then write."""
    sqlite = ("DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete")
    guards = ("ALTER TABLE audit_entry DISABLE TRIGGER USER",)
    with engine.begin() as connection:
        for guard in sqlite if engine.dialect.name == "sqlite" else guards:
            connection.execute(text(guard))
        connection.execute(text(statement))


def test_an_entry_says_who_what_when_and_where(database, signed_in, giulia):
    signed_in.post_form("/uscita", environ_base={"REMOTE_ADDR": "203.0.113.77"})

    entry = entries()[-1]
    assert (entry.operator_id, entry.who, entry.action) == (giulia.id, "Giulia Ferri", "signed_out")
    assert entry.address == "203.0.113.0/24"
    assert len(entry.request_id) == 12
    assert clock.now() - entry.at < timedelta(minutes=1)


def test_what_is_rolled_back_is_not_told(database):
    with pytest.raises(ZeroDivisionError), db.writing() as session:
        record(session, Action.FILTER_DELETED, on="Torino", client_id=None)
        raise ZeroDivisionError

    assert entries() == []


def test_numbers_have_no_gaps_when_many_write_at_once(database):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: add(f"a{n}", f"b{n}"), range(40)))

    assert [entry.seq for entry in entries()] == list(range(1, 81))
    assert verify().broken_at is None


def test_a_whole_chain_is_found_whole(database):
    add("uno", "due", "tre")

    found = verify()

    assert (found.checked, found.last, found.broken_at) == (3, 3, None)
    assert found.head == entries()[-1].link.hex()
    assert verify(newest=1).checked == 1


def test_an_empty_trail_is_whole(database):
    assert verify() == verify(newest=10)
    assert verify().broken_at is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET target = 'altro'",
        "DELETE FROM audit_entry",
        "UPDATE audit_entry SET link = link WHERE seq = 1",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_entry(database, statement):
    add("uno", "due")

    with pytest.raises(DBAPIError, match="si può solo allungare"), db.writing() as session:
        session.execute(text(statement))

    assert verify().checked == 2


def test_the_database_refuses_an_entry_in_the_place_of_another(database):
    add("uno", "due")
    how = "INSERT OR REPLACE" if db.engine().dialect.name == "sqlite" else "INSERT"
    copied = "operator_id, who, client_id, action, target, detail, address, request_id, link"

    with pytest.raises(DBAPIError, match="si può solo allungare"), db.writing() as session:
        first_again = f"SELECT 2, at, {copied} FROM audit_entry WHERE seq = 1"
        session.execute(text(f"{how} INTO audit_entry (seq, at, {copied}) {first_again}"))

    assert verify().broken_at is None


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_entry SET who = 'Un altro' WHERE seq = 2", 2),
        ("UPDATE audit_entry SET address = '10.0.0.0/24' WHERE seq = 3", 3),
        ("UPDATE audit_entry SET client_id = 99 WHERE seq = 1", 1),
        ("DELETE FROM audit_entry WHERE seq = 2", 2),
        ("DELETE FROM audit_entry WHERE seq = 1", 1),
    ],
)
def test_a_changed_entry_is_found_by_who_checks(database, statement, broken_at):
    add("uno", "due", "tre", "quattro")

    tamper(db.engine(), statement)

    assert verify().broken_at == broken_at


def test_entries_cut_off_the_end_are_found_by_who_noted_the_head(database):
    add("uno", "due", "tre")
    before = verify()
    tamper(db.engine(), "DELETE FROM audit_entry WHERE seq = 3")

    assert verify().broken_at is None
    assert verify(noted=(before.last, before.head)).broken_at == 3


def test_the_chain_holds_only_for_the_key_of_the_installation(database):
    add("uno")
    entry = entries()[0]
    told = entry.model_dump(exclude={"link"})

    assert audit.link(audit.chain_keys()[0], audit.START, told) == entry.link
    assert audit.link(bytes(32), audit.START, told) != entry.link


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::/48"),
        ("nessun indirizzo", ""),
        (None, ""),
    ],
)
def test_an_address_is_kept_only_as_its_network(address, network):
    assert shortened(address) == network


def test_a_name_made_to_look_like_another_entry_stays_one_line(database):
    add("uno\r\n2026-01-01 Giulia Ferri\x00 ha eliminato tutto" + "x" * 500)

    target = entries()[0].target
    assert "\n" not in target and "\r" not in target and len(target) == 200


def test_every_action_has_its_words():
    assert set(audit_words.WORDS) == set(Action)


def test_every_action_is_told_by_somebody():
    files = [path for path in (ROOT / "webapp").rglob("*.py") if path.name != "audit_words.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in files)

    assert [action.name for action in Action if f"Action.{action.name}" not in text] == []


def test_a_wrong_password_is_told_without_the_address_that_was_typed(client, giulia):
    client.post_form("/accesso", {"email": giulia.email, "password": "sbagliata"})
    client.post_form("/accesso", {"email": "nessuno@altrove.example", "password": TEST_PASSWORD})

    told = [(entry.action, entry.who) for entry in entries()]
    assert told == [("sign_in_refused", "Giulia Ferri"), ("sign_in_refused", "nessuno")]
    assert "altrove" not in str([entry.model_dump() for entry in entries()])


def test_signing_in_is_told(client, giulia):
    client.post_form("/accesso", {"email": giulia.email, "password": TEST_PASSWORD})

    assert [(entry.action, entry.who) for entry in entries()] == [("signed_in", "Giulia Ferri")]
