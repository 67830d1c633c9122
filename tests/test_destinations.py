"""A second destination is its folder, its simulator and a line in each place named here.

Facebook is the only destination in the product. The one below exists in this test alone.
"""

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import pytest
from sqlalchemy import delete, func, select
from sqlmodel import col

from tests.test_architecture import ROOT, WEBAPP, imports
from tests.uploads.conftest import add_contacts
from webapp import db
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import Contact, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import (
    DIGEST_BYTES,
    Account,
    Audience,
    BatchResult,
    ContactRow,
    EncodedRows,
    Medium,
    Origin,
    Pages,
    Problem,
    Rest,
    Size,
)
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads import jobs
from webapp.uploads.commands import confirm_removal, start_upload
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation

# Where a destination may be named outside its own folder, and why.
PLACES = {
    "webapp/destinations/registry.py": "its class",
    "webapp/__init__.py": "its pages",
    "webapp/access/policy.py": "who may open them",
    "webapp/access/budget_guard.py": "which of them call its vendor",
    "webapp/access/fresh_guard.py": "which of them ask for the password again",
    "webapp/web/shell.py": "its entry in the menu",
    "webapp/queueing.py": "its jobs",
    "webapp/worker_roles.py": "its jobs, imported before the fork, and its periodic tasks",
    "webapp/config.py": "its settings",
    "webapp/host/installation.py": "its simulator",
    "webapp/cli/meta.py": "its commands",
    "webapp/cli/once.py": "the trial run against its simulator",
    "webapp/uploads/models.py": "the table of its accounts, which an upload refers to",
}


def is_name(text: str, kind: str) -> bool:
    """Whether *text* is the kind, an endpoint, a module or a table of it, or one of its settings."""
    return bool(re.match(rf"{kind}(\.|_|$)|webapp\.destinations\.{kind}\b", text, re.IGNORECASE))


def names_in_code(path: Path, kind: str) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (one.value for one in ast.walk(tree) if isinstance(one, ast.Constant))
    return any(f"webapp.destinations.{kind}" in name for name in imports(path)) or any(
        is_name(text, kind) for text in texts if isinstance(text, str)
    )


def names_in_template(path: Path, kind: str) -> bool:
    return re.search(rf"""(?<!class=)["']{kind}[."']""", path.read_text(encoding="utf-8")) is not None


def outside(folder: Path, pattern: str, kind: str) -> Iterator[Path]:
    """Every file of *folder* but those of the destination itself; migrations tell what once was."""
    for path in sorted(folder.rglob(pattern)):
        parts = path.relative_to(folder).parts
        if parts[:2] != ("destinations", kind) and parts[0] != "migrations":
            yield path


@pytest.mark.parametrize("kind", registry.DESTINATIONS)
def test_a_destination_is_named_only_where_it_must_be(kind):
    code = [
        path for path in [*outside(WEBAPP, "*.py", kind), ROOT / "worker.py"] if names_in_code(path, kind)
    ]
    pages = [path for path in outside(ROOT / "templates", "*.html", kind) if names_in_template(path, kind)]

    assert {str(path.relative_to(ROOT)) for path in code} == PLACES.keys()
    assert pages == []


class Loft:
    """A destination, its encoder and its connection in one, and nothing else. It keeps what it was sent."""

    kind = "pigeons"
    label = "Piccioni"
    vendor = "Piccioni SpA"
    pages = Pages(
        "pigeons.accounts",
        "pigeons.new",
        "pigeons.account",
        "pigeons.edit",
        "pigeons.health",
        "pigeons.again",
    )
    identifiers = ()
    schema, fields, max_rows, missing = ("mail",), (), 2, MappingProxyType({})
    identity_keys = ("mail", "phone")
    names: ClassVar[list[str]] = []
    received: ClassVar[list[bytes]] = []

    def accounts(self, client_id: int) -> list[Account]:
        return [self.account(client_id, 1)]

    def account(self, client_id: int, account_id: int) -> Account:
        return Account(self.kind, account_id, "abcdefghjkmn", "Piccionaia", "12")

    def audience_sizes(
        self, client_id: int, account_id: int, audience_id: str, since: date
    ) -> dict[date, Size]:
        return {}

    def recognition(self, client_id: int, account_id: int, audience_id: str) -> str | None:
        return None

    def connect(self, client_id: int, account_id: int, deadline_s: float = 90.0) -> "Loft":
        return self

    def name_warning(self, name: str) -> str | None:
        return None

    def resting(self, account_id: int) -> Rest:
        return Rest()

    def rest(self, account_id: int, seconds: float, problem: Problem | None = None) -> None:
        raise AssertionError("nothing went wrong")

    def senders(self, session: object, account_id: int, most: int) -> int:
        return most

    def encoder(
        self,
        medium: Medium,
        identifiers: Collection[str] = (),
        home: str | None = None,
        by_value: bool = False,
    ) -> "Loft":
        return self

    def encode(self, people: Sequence[ContactRow]) -> EncodedRows:
        return EncodedRows(self.schema, b"".join(email or bytes(DIGEST_BYTES) for _, email, *_ in people))

    def audiences(self) -> list[Audience]:
        return [self.check_audience(name) for name in self.names]

    def create_audience(
        self, name: str, marker: str, origin: Origin = Origin.CUSTOMERS, by_value: bool = False
    ) -> str:
        self.names.append(name)
        return name

    def obstacles(self) -> list[Problem]:
        return []

    def check_audience(self, audience_id: str) -> Audience:
        return Audience(audience_id, audience_id, None, None)

    def add_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        whole = [rows.part(at, at + 1).digests for at in range(len(rows))]
        self.received += whole
        return BatchResult(received=len(whole))

    def remove_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        for at in range(len(rows)):
            self.received.remove(rows.part(at, at + 1).digests)
        return BatchResult(received=len(rows))

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def loft(monkeypatch) -> type[Loft]:
    monkeypatch.setitem(registry.DESTINATIONS, "pigeons", "tests.test_destinations:Loft")
    Loft.names.clear()
    Loft.received.clear()
    return Loft


def test_the_engine_sends_to_a_destination_it_has_never_heard_of(aurora, loft):
    with db.writing() as session:
        database = UserDatabase(client_id=aurora.id, name="Clienti Italia")
        account = MetaAccount(
            client_id=aurora.id, name="", act_id="1"
        )  # its row is borrowed: `uploads.models`
        session.add_all([database, account])
    emails = ("anna@posta.example.com", "bea@posta.example.com", "carla@posta.example.com")
    add_contacts(database, emails)
    request = {
        "client_id": aurora.id,
        "database_id": database.id,
        "destination": "pigeons",
        "account_id": account.id,
        "audience_name": "Volano",
        "medium": Medium.EMAIL,
        "consent": ConsentPolicy.NOT_REFUSED,
        "started_by": "Giulia Ferri",
    }
    upload = start_upload(audience_id=None, **request)

    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)
    jobs.send_upload(upload.id)

    with db.reading() as session:
        now = session.get_one(Upload, upload.id)
        assert (now.status, now.reason, now.account_name) == ("completed", None, "Piccionaia")
        assert session.scalar(select(func.count()).select_from(Batch)) == 2  # two rows and one
    assert loft.names == ["Volano"]
    assert loft.received == [sha256(email.encode()).digest() for email in emails]

    with db.writing() as session:
        session.execute(delete(Contact).where(col(Contact.email) == emails[0]))
    aligned = start_upload(audience_id="Volano", operation=Operation.ALIGN, **request)
    jobs.prepare_upload(aligned.id)
    assert confirm_removal(aligned.id)  # one of three
    jobs.prepare_upload(aligned.id)
    jobs.send_upload(aligned.id)
    assert loft.received == [sha256(email.encode()).digest() for email in emails[1:]]
