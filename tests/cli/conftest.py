"""A command line with an installation behind it; the table of files, printed when the tests have run."""

import pytest

from tests.cli import received
from tests.support.command_line import CommandLine


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if told := received.lines():
        terminalreporter.section("who was received of each file", sep="-")
        for line in told:
            terminalreporter.write_line(line)


@pytest.fixture
def cli(connected, aurora, simulator) -> CommandLine:
    """`platea` with the client Studio Aurora and one account."""
    from webapp.destinations.meta.accounts import accounts

    accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
    return CommandLine(connected, simulator)
