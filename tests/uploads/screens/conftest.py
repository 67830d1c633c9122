"""Whose uploads the screens show: Studio Aurora, its database, a filter, an ad account, a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # what is shown of numbers is tested without any of this
    from webapp.access.models import Client
    from webapp.contacts.models import Filter, UserDatabase
    from webapp.destinations.meta.models import MetaAccount


@pytest.fixture
def clienti(aurora: Client) -> UserDatabase:
    """The user database "Clienti Italia" of Studio Aurora, empty."""
    from tests.uploads.screens.building import save
    from webapp.contacts.models import UserDatabase

    database = UserDatabase(client_id=aurora.id, name="Clienti Italia")
    save(database)
    return database


@pytest.fixture
def inattivi(clienti: UserDatabase) -> Filter:
    from tests.uploads.screens.building import save
    from webapp.contacts.models import Filter

    saved = Filter(database_id=clienti.id, name="Inattivi da 90 giorni", rule={})
    save(saved)
    return saved


@pytest.fixture
def italia(aurora: Client) -> MetaAccount:
    """The ad account "Aurora Italia", authorised."""
    from tests.uploads.screens.building import save
    from webapp.destinations.meta.models import MetaAccount

    account = MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1029384756102")
    save(account)
    return account


@pytest.fixture
def worker() -> None:
    """A worker that has just signed."""
    from tests.uploads.screens.building import save, sign

    save(sign("worker-1"))
