"""How fast an import goes, as its page says it."""

import pytest

from webapp.contacts.imports.import_pace import words


@pytest.mark.parametrize(
    ("rows", "total", "seconds", "said"),
    [
        (0, 1_000, 60, ""),
        (10_000, 1_000_000, 0.4, ""),
        (213_470, 1_000_000, 10, "circa 21.000 righe al secondo, mancano circa 36 s"),
        (500_000, 5_000_000, 20, "circa 25.000 righe al secondo, mancano circa 3 min"),
        (10, None, 100, "circa 1 riga al secondo"),
        (1_200, 1_000, 10, "circa 120 righe al secondo"),
    ],
)
def test_the_pace_is_said_with_two_digits_and_the_time_left(rows, total, seconds, said):
    assert words(rows, total, seconds) == said
