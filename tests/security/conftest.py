"""Two clients with something of everything, and everybody who could ask for it, for the tests of who may."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import make_app
from tests.security import tables
from tests.security.world import World, build
from tests.support.running import Simulator
from webapp.config import Settings

# Of a walk that asks for everything, and of thousands of files, nothing may stay unasked.
NO_BUDGETS = dict.fromkeys(
    ("drafts_per_hour", "exports_per_hour", "counts_per_hour", "meta_calls_per_hour", "invitations_per_hour"),
    0,
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for title, lines in tables.PRINTED.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def walked(database: Settings, simulator: Simulator) -> Flask:
    """An application in demo, which has every route, behind which the simulator stands for Meta."""
    app = make_app(simulator.settings(database), demo=True, **NO_BUDGETS)
    app.config["PROPAGATE_EXCEPTIONS"] = False  # an exception is a 500, as in production
    return app


@pytest.fixture
def world(walked: Flask, simulator: Simulator) -> Iterator[World]:
    yield build(walked, simulator)
