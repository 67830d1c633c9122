"""The world of the security tests, where the fuzzed requests go."""

from tests.security.conftest import walked, world

__all__ = ["walked", "world"]
