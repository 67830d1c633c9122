"""The figures of the outages, printed when they have run."""

from tests.chaos.tables import Report

outages = Report()


def pytest_terminal_summary(terminalreporter) -> None:
    for table in outages.tables:
        terminalreporter.section(table.title)
        for line in table.lines():
            terminalreporter.write_line(line)
