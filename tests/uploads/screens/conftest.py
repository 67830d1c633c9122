"""Whose uploads the screens show: Studio Aurora, its database, a filter, an ad account, a worker."""

import pytest

from tests.uploads.screens.building import save, sign
from webapp.access.models import Client
from webapp.contacts.models import Filter, UserDatabase
from webapp.destinations.meta.models import MetaAccount


@pytest.fixture
def clienti(aurora: Client) -> UserDatabase:
    """The user database "Clienti Italia" of Studio Aurora, empty."""
    database = UserDatabase(client_id=aurora.id, name="Clienti Italia")
    save(database)
    return database


@pytest.fixture
def inattivi(clienti: UserDatabase) -> Filter:
    saved = Filter(database_id=clienti.id, name="Inattivi da 90 giorni", rule={})
    save(saved)
    return saved


@pytest.fixture
def italia(aurora: Client) -> MetaAccount:
    """The ad account "Aurora Italia", authorised."""
    account = MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1029384756102")
    save(account)
    return account


@pytest.fixture
def worker() -> None:
    """A worker that has just signed."""
    save(sign("worker-1"))
