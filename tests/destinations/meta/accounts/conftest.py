"""The application in front of the simulated Meta, over real HTTP, and the way through its dialog."""

from collections.abc import Iterator

import pytest
import requests

from tests.conftest import Browser, make_app
from tests.destinations.meta.accounts.journey import FACEBOOK, Dialog
from tests.support.running import Simulator
from webapp.access.models import Client
from webapp.config import Settings
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.models import MetaAccount


@pytest.fixture
def meta_settings(database: Settings, simulator: Simulator) -> Settings:
    return simulator.settings(database)


@pytest.fixture
def app(meta_settings: Settings):
    return make_app(meta_settings)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Facebook's side of the person's browser."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def save_account(app, aurora: Client, simulator: Simulator):
    """`save_account("Aurora Italia")` → an account that is connected with the simulator's ready token."""

    def save(name: str = "Aurora Italia", act_id: str | None = None, kind: str = "user") -> MetaAccount:
        act_id = act_id or simulator.account_id
        return accounts.save_with_token(aurora.id, name, act_id, simulator.access_token, kind)

    return save


@pytest.fixture
def start(signed_in: Browser, http: requests.Session, simulator: Simulator):
    """`start()` → the dialog that "autorizza" on the form of a new account leads to."""

    def begin(name: str = "Aurora Outlet", act_id: str | None = None, url: str = f"{FACEBOOK}/nuovo", **more):
        fields = {"nome": name, "account_id": act_id or simulator.account_id, "azione": "autorizza", **more}
        answer = signed_in.post_form(url, fields)
        assert answer.status_code == 303, answer.text
        return Dialog(answer.headers["Location"], http)

    return begin
