"""The world of the security tests, where the fuzzed requests go, and a user database for files."""

from tests.contacts.conftest import clienti
from tests.security.conftest import walked, world

__all__ = ["clienti", "walked", "world"]
