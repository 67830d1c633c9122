"""The same things in two clients, and a visitor of every kind: what the walk over the routes needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import Table
from sqlmodel import SQLModel, select

from tests.conftest import Browser, add_operator
from tests.contacts.conftest import add_draft, contacts_of, import_file
from tests.support.running import Simulator
from tests.uploads.screens.building import add_event, add_upload, leave_out, save, sign
from webapp import db
from webapp.access.members import invitations
from webapp.access.models import Client, Invitation, OpenSession, Operator, Role
from webapp.contacts import contact_ids, databases
from webapp.contacts.models import Filter
from webapp.contacts.people import large_export
from webapp.destinations.meta.models import MetaAccount
from webapp.services import services
from webapp.uploads.operations import Operation
from webapp.uploads.status import BatchStatus, UploadStatus

CSV = "Nome;Email;Città\nMario;mario.rossi@posta.example;Torino\nAnna;non è un indirizzo;Milano\n"
ANSWERS = ("Consenso", "sì", "no")
DRAFT_CSV = "".join(f"{line};{answer}\n" for line, answer in zip(CSV.splitlines(), ANSWERS, strict=True))
RULE = {
    "groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Torino"]}]}],
    "exclude": {"match": "any", "conditions": []},
}
VISITORS = ("anonymous", "support", "marketer", "administrator", "owner")


@dataclass(frozen=True)
class Asker:
    """A visitor with cookie and form token, so that every request starts from the same browser."""

    kind: str
    cookie: str
    csrf: str
    session_id: str  # of another session they have open, on another computer

    def browser(self, app: Flask) -> Browser:
        job = app.test_client()
        job.set_cookie("platea", self.cookie)
        return job


@dataclass
class World:
    """*own*, *other*: argument of a rule → value, of Studio Aurora and of Bottega Verdi."""

    app: Flask
    own: dict[str, object]
    other: dict[str, object]
    askers: dict[str, Asker]
    client: Client
    stranger: Operator
    _rows: list[tuple[Table, list[dict]]] = field(default_factory=list)

    def keep(self) -> None:
        """Remember every row as it is now."""
        with db.snapshot() as connection:
            self._rows = [
                (table, [dict(row) for row in connection.execute(table.select()).mappings()])
                for table in _tables()
            ]

    def restore(self) -> None:
        """Put all of it back, but for the audit trail, which only grows."""
        with db.engine().begin() as connection:
            for table in reversed(_tables()):
                connection.execute(table.delete())
            for table, rows in self._rows:
                if rows:
                    connection.execute(table.insert(), rows)


def _tables() -> Sequence[Table]:
    return [table for table in SQLModel.metadata.sorted_tables if table.name != "audit_entry"]


def build(app: Flask, simulator: Simulator) -> World:
    with db.writing() as session:
        aurora, verdi = Client(name="Studio Aurora"), Client(name="Bottega Verdi")
        session.add_all([aurora, verdi])
    people = {
        "support": add_operator(aurora, Role.SUPPORT, "sara@aurora.example", "Sara Assistenza"),
        "marketer": add_operator(aurora, Role.MARKETER, "marco@aurora.example", "Marco Marketer"),
        "administrator": add_operator(aurora, Role.ADMINISTRATOR),
        "owner": add_operator(None, Role.ADMINISTRATOR, "capo@platea.example", "Capo", is_owner=True),
    }
    colleague = add_operator(aurora, Role.SUPPORT, "carla@aurora.example", "Carla Collega")
    stranger = add_operator(verdi, Role.ADMINISTRATOR, "paolo@verdi.example", "Paolo Verdi")
    save(sign("worker-1"))
    askers = {"anonymous": _asker(app, "anonymous", None, aurora)}
    askers |= {kind: _asker(app, kind, who, aurora) for kind, who in people.items()}
    world = World(
        app,
        own=_things(aurora, colleague, people["owner"], simulator.account_id, simulator),
        other=_things(verdi, stranger, stranger, "9182736450918", simulator),
        askers=askers,
        client=aurora,
        stranger=stranger,
    )
    world.own["session_id"] = askers["owner"].session_id
    world.other["session_id"] = _other_session(app, stranger)
    world.keep()
    return world


def _things(
    client: Client, operator: Operator, inviter: Operator, act_id: str, simulator: Simulator
) -> dict[str, object]:
    """One of each kind, of one client: what stands for the arguments of the rules."""
    with db.writing() as session:
        database = databases.create_database(session, client.id, "Clienti Italia")
    done = import_file(database, CSV)
    draft = add_draft(
        database,
        DRAFT_CSV,
        "da-completare.csv",
        mapping={"0": "first_name", "1": "email", "2": "city", "3": "consent"},
    )
    saved, unused = (Filter(database_id=database.id, name=name, rule=RULE) for name in ("Torino", "Libero"))
    account = MetaAccount(client_id=client.id, name="Conto", act_id=act_id)
    account.token = services().seal.close(simulator.access_token, account.purpose)
    free = MetaAccount(client_id=client.id, name="Conto libero", act_id=f"1{act_id}"[:15])
    save(saved, unused, account, free)
    upload = add_upload(
        database,
        [(BatchStatus.SENT, 1, 0)],
        saved=saved,
        account=account,
        discarded={"email_invalid": 1},
        status=UploadStatus.COMPLETED_WITH_WARNINGS,
    )
    running = add_upload(
        database, [(BatchStatus.PENDING, 1, 0)], account=account, status=UploadStatus.PAUSED, audience_id="2"
    )
    asking = add_upload(
        database,
        removals=[(BatchStatus.PENDING, 1)],
        operation=Operation.ALIGN,
        account=account,
        status=UploadStatus.PAUSED,
        audience_id="3",
        reason_code="conferma_rimozione",
    )
    add_event(upload, "started")
    contacts = contacts_of(database)
    with db.writing() as session:
        exported = large_export.ask(session, database, None, "contatti.csv", operator.name)
    large_export.work_at(exported.id)
    leave_out(upload, "email_invalid", contacts[1:])
    with db.writing() as session:
        key = invitations.invite(session, client, inviter, f"nuovo@{client.id}.example", Role.SUPPORT)
        invitation = session.exec(select(Invitation).where(Invitation.client_id == client.id)).one()
    return {
        "database_id": database.public_id,
        "import_id": done.public_id,
        "draft_id": draft.public_id,
        "export_id": exported.public_id,
        "filter_id": saved.public_id,
        "free_filter_id": unused.public_id,
        "account_id": account.public_id,
        "free_account_id": free.public_id,
        "upload_id": upload.public_id,
        "running_id": running.public_id,
        "asking_id": asking.public_id,
        "contact_id": contact_ids.public_id(contacts[0].id),
        "operator_id": operator.public_id,
        "invitation_id": invitation.public_id,
        "client_id": client.public_id,
        "key": key,
        "code": "nessuno",
        "column": 3,
        "reason_key": "email_invalid",
        "filename": "app.css",
    }


def _asker(app: Flask, kind: str, operator: Operator | None, client: Client) -> Asker:
    browser = app.test_client()
    if operator is not None:
        browser.sign_in(operator)
        with browser.session_transaction() as session:
            session["client"] = client.public_id
    token = browser.csrf_token()
    return Asker(kind, browser.get_cookie("platea").value, token, _other_session(app, operator))


def _other_session(app: Flask, operator: Operator | None) -> str:
    if operator is None:
        return "abcdefghjkmn"
    before = _sessions_of(operator)
    app.test_client().sign_in(operator)
    (job,) = _sessions_of(operator) - before
    return job


def _sessions_of(operator: Operator) -> set[str]:
    with db.reading() as session:
        return set(session.exec(select(OpenSession.public_id).where(OpenSession.operator_id == operator.id)))
