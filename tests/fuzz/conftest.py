"""The world of the security tests, where the fuzzed requests go, and a user database for files."""

import pytest
from flask import Flask

from tests.conftest import make_app
from tests.contacts.conftest import clienti
from tests.security.conftest import NO_BUDGETS, walked, world
from webapp.config import Settings

__all__ = ["clienti", "walked", "world"]


@pytest.fixture
def app(database: Settings) -> Flask:
    """The application without budgets: thousands of files are sent by one person."""
    return make_app(database, **NO_BUDGETS)
