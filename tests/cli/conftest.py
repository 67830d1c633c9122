"""The table of files and of whom Meta received, printed when the tests have run."""

import pytest

from tests.cli import received


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if told := received.lines():
        terminalreporter.section("who was received of each file", sep="-")
        for line in told:
            terminalreporter.write_line(line)
