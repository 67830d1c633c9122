"""Tests that ask for `both` run on SQLite and on PostgreSQL; with `on_postgres`, there alone."""

from dataclasses import replace

import pytest

from tests.chaos.tables import Report

outages = Report()  # the figures of the outages, printed when they have run


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request) -> str:
    return request.param


@pytest.fixture
def on_postgres() -> None:
    """Two who read the same row before either writes it: on SQLite there is one writer."""


@pytest.fixture(scope="session")
def own_database(create_database) -> str:
    """The URL of one migrated database on PostgreSQL; each test empties it (`database`)."""
    return create_database("prova", migrated=True)


@pytest.fixture
def settings(settings, request):
    if "both" not in request.fixturenames and "on_postgres" not in request.fixturenames:
        return settings
    kind = request.getfixturevalue("both") if "both" in request.fixturenames else "postgresql"
    if kind == "postgresql":
        return replace(settings, database_url=request.getfixturevalue("own_database"))
    return replace(settings, database_url=f"sqlite:///{settings.data_dir / 'platea.db'}")


def pytest_terminal_summary(terminalreporter) -> None:
    for table in outages.tables:
        terminalreporter.section(table.title)
        for line in table.lines():
            terminalreporter.write_line(line)
