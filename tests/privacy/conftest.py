"""Uploads that really happen, on both databases."""

from tests.uploads.conftest import work, world
from tests.uploads.engine.conftest import both, own_database, settings

__all__ = ["both", "own_database", "settings", "work", "world"]
