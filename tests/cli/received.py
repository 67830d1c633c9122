"""What Meta received of each file, to be printed when the tests have run."""

LINES: list[tuple[str, str, int, int, int]] = []  # file, medium, may be sent, sent, wrong


def note(file: str, medium: str, sent: int, held: set[str], wanted: set[str]) -> None:
    """A file by a medium. *held*: SHA-256 that arrived; *wanted*: those that may."""
    LINES.append((file, medium, len(wanted), sent, len(held - wanted)))


def lines() -> list[str]:
    """The table, with its sum."""
    if not LINES:
        return []
    width = max(len(file) for file, *_ in LINES)
    told = [f"{'file':<{width}}  {'medium':<6} {'may be sent':>11} {'sent':>6} {'wrong':>6}"]
    sums = [sum(line[place] for line in LINES) for place in (2, 3, 4)]
    for file, by, may, sent, wrong in [*LINES, ("all", "", *sums)]:
        told.append(f"{file:<{width}}  {by:<6} {may:>11} {sent:>6} {wrong:>6}")
    return told
