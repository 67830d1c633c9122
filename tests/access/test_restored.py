"""A copy put back opens no door that was closed since it was taken, and the trail goes on where it ended."""

import os
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.conftest import add_operator
from webapp import clock, db, mail
from webapp import services as platea
from webapp.access.members import restored
from webapp.access.models import Client, Invitation, Membership, OpenSession, Operator, Role, SecondFactor
from webapp.access.trail.audit import Action, record_alone
from webapp.access.trail.audit_chain import verify
from webapp.host import backup, replaced

pytestmark = pytest.mark.skipif(
    "TEST_DATABASE_URL" in os.environ, reason="the copy of PostgreSQL is taken by its own programs elsewhere"
)


def put_back(copy: backup.Copy, settings) -> tuple[list[str], int]:
    with db.reading() as session:
        former = restored.read(session, copy.taken_at)
    backup.restore(copy.path, db.engine())
    platea.start(settings)
    with db.writing() as session:
        return restored.keep_closed(session, former)


def test_what_was_closed_since_the_copy_stays_closed(app, database, aurora, giulia, tmp_path):
    dario = add_operator(aurora, Role.ADMINISTRATOR, "dario@aurora.example", "Dario")
    elio = add_operator(aurora, Role.SUPPORT, "elio@aurora.example", "Elio")
    nadia = add_operator(aurora, Role.MARKETER, "nadia@aurora.example", "Nadia", is_owner=True)
    browser = app.test_client()
    browser.sign_in(giulia)
    with db.writing() as session:
        session.add(
            Invitation(client_id=aurora.id, email="x@y.example", role="support", key_hash="k", expires_at=9e9)
        )
    record_alone(Action.FILTER_CREATED, "prima", client_id=None)
    copy = backup.save(db.engine(), tmp_path / "copie")
    with db.writing() as session:
        session.get(Operator, giulia.id).is_active = False
        session.get(Operator, nadia.id).is_owner = False
        session.get(Operator, elio.id).password_hash = "$argon2id$nuova"
        session.add(SecondFactor(operator_id=elio.id, secret=b"p2:x", confirmed_at=clock.now()))
        for membership in session.exec(select(Membership)):
            if membership.operator_id == dario.id:
                membership.role = Role.SUPPORT
            if membership.operator_id == nadia.id:
                session.delete(membership)
    record_alone(Action.FILTER_DELETED, "dopo", client_id=None)
    head = verify()

    changed, entries = put_back(copy, database)

    assert (changed, entries) == (["Dario", "Elio", "Giulia Ferri", "Nadia"], 1)
    with db.reading() as session:
        people = {one.name: one for one in session.exec(select(Operator))}
        assert not people["Giulia Ferri"].is_active and not people["Nadia"].is_owner
        assert people["Elio"].password_hash == "$argon2id$nuova"
        assert session.get(SecondFactor, elio.id).secret == b"p2:x"
        roles = {one.operator_id: one.role for one in session.exec(select(Membership))}
        assert roles == {giulia.id: "administrator", dario.id: "support", elio.id: "support"}
        assert session.exec(select(OpenSession)).all() == session.exec(select(Invitation)).all() == []
    assert browser.get("/profilo").status_code == 303
    assert verify(noted=(head.last, head.head)).broken_at is None


def test_what_is_stricter_in_the_copy_stays_too(database, aurora, giulia, tmp_path):
    with db.writing() as session:
        session.get(Operator, giulia.id).is_active = False
    copy = backup.save(db.engine(), tmp_path / "copie")
    with db.writing() as session:
        session.get(Operator, giulia.id).is_active = True
        session.exec(select(Membership)).one().role = Role.MARKETER

    put_back(copy, database)

    with db.reading() as session:
        assert not session.get(Operator, giulia.id).is_active
        assert session.exec(select(Membership)).one().role == "marketer"


def test_a_copy_of_another_installation_is_taken_as_it_is(database, aurora, giulia):
    record_alone(Action.FILTER_CREATED, "qui", client_id=None)
    with db.reading() as session:
        former = restored.read(session, clock.now())
    for row in [*former.operators.values()]:
        former.operators = {"altri2345678": {**row, "is_active": False}}
    former.entries = [{**row, "link": b"x" * 32, "seq": 2} for row in former.entries]

    with db.writing() as session:
        assert restored.keep_closed(session, former) == ([], 0)
    with db.reading() as session:
        assert session.get(Operator, giulia.id).is_active


def test_no_email_of_then_leaves_and_the_replaced_database_goes_after_five_weeks(database, tmp_path):
    with db.writing() as session:
        session.add(Client(name="Aurora"))
        session.add(
            mail.OutgoingMail(recipient="a@b.example", subject="x", text=b"y", posted_at=1, next_try_at=1)
        )
    copy = backup.save(db.engine(), tmp_path / "copie")
    put_back(copy, database)

    with db.reading() as session:
        assert mail.waiting(session) == 0
    file = backup.sqlite_file(db.engine())
    (kept,) = file.parent.glob("platea-prima-del-ripristino-*.db")
    assert replaced.forget_old(file) == []
    long_ago = (clock.now() - timedelta(weeks=5, days=1)).timestamp()
    os.utime(kept, (long_ago, long_ago))
    assert replaced.forget_old(file) == [kept]
    assert file.exists()
