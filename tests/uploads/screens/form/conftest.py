"""Giulia Ferri's browser before the form, and the account of her client."""

import pytest

from tests.conftest import Browser, make_app
from webapp.destinations.meta.accounts import accounts


@pytest.fixture
def browser(connected, giulia) -> Browser:
    made = make_app(connected).test_client()
    made.sign_in(giulia)
    return made


@pytest.fixture
def account(connected, aurora, simulator):
    return accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
