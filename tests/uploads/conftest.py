"""Uploads that really happen: contacts in the database, an account on the simulator, jobs run in turn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.running import Simulator

if TYPE_CHECKING:  # the rules of an upload are tested without any of this
    from webapp.access.models import Client
    from webapp.config import Settings
    from webapp.contacts.models import UserDatabase
    from webapp.destinations.meta.models import MetaAccount
    from webapp.uploads.models import Upload


@dataclass
class World:
    """A client with one user database and one connected ad account."""

    client: Client
    database: UserDatabase
    account: MetaAccount
    simulator: Simulator

    def start(self, **changes: object) -> Upload:
        from webapp.contacts.consent import ConsentPolicy
        from webapp.destinations.base import Medium
        from webapp.uploads.commands import start_upload

        request = {
            "client_id": self.client.id,
            "database_id": self.database.id,
            "destination": "meta",
            "account_id": self.account.id,
            "audience_id": None,
            "audience_name": "Clienti, novembre",
            "medium": Medium.EMAIL,
            "consent": ConsentPolicy.NOT_REFUSED,
            "reason": "Contratto di fornitura, parere del DPO",  # kept where who said no is sent too
            "started_by": "Giulia Ferri",
            **changes,
        }
        return start_upload(**request)

    def connect(self, name: str, act_id: str) -> MetaAccount:
        """Another ad account of the client."""
        from webapp.destinations.meta.accounts import accounts

        return accounts.save_with_token(self.client.id, name, act_id, self.simulator.access_token)

    def add_contacts(self, *emails: str | None, **more: object) -> list[int]:
        return add_contacts(self.database, emails, **more)


@pytest.fixture
def world(connected: Settings, aurora: Client, simulator: Simulator) -> World:
    from webapp import db
    from webapp.contacts.models import UserDatabase
    from webapp.destinations.meta.accounts import accounts

    with db.writing() as session:
        database = UserDatabase(client_id=aurora.id, name="Clienti Italia")
        session.add(database)
    account = accounts.save_with_token(
        aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token
    )
    return World(aurora, database, account, simulator)


def add_contacts(database: UserDatabase, emails: tuple[str | None, ...], **more: object) -> list[int]:
    """Contacts as an import leaves them; None is a contact without e-mail, "no" an invalid one."""
    from webapp import db
    from webapp.contacts.models import Contact

    with db.writing() as session:
        made = [Contact(database_id=database.id, **_email(email), **more) for email in emails]
        session.add_all(made)
        session.flush()
        return [contact.id for contact in made]


def _email(email: str | None) -> dict[str, object]:
    if email is None:
        return {"email_reason": "email_empty"}
    if email == "no":
        return {"email": "anna(at)posta", "email_reason": "email_invalid.no_at"}
    return {"email": email, "email_sha256": hashlib.sha256(email.encode()).digest()}


@pytest.fixture
def work() -> Callable[[Upload], Upload]:
    """Run the jobs of one upload here, as a single worker would, until it ends or waits."""
    from webapp.uploads import jobs
    from webapp.uploads.engine.reconcile import reconcile

    def run(upload: Upload) -> Upload:
        jobs.prepare_upload(upload.id)
        jobs.send_upload(upload.id)
        reconcile()
        return read(upload)

    return run


def read(upload: Upload) -> Upload:
    from webapp import db
    from webapp.uploads.models import Upload

    with db.reading() as session:
        return session.get_one(Upload, upload.id)


def is_final(upload: Upload) -> bool:
    from webapp.uploads.status import FINAL

    return read(upload).status in FINAL
