"""Numbers, dates and plurals as an Italian reads them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from webapp.values import texts


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (999, "999"), (1234567, "1.234.567"), (None, "–"), (1.5, "1,5")]
)
def test_numbers_have_a_dot_every_three_digits(value, written):
    assert texts.number(value) == written


@pytest.mark.parametrize(
    ("ratio", "decimals", "written"),
    [(0.004, 1, "0,4%"), (1, 1, "100,0%"), (0.62, 0, "62%"), (12.5, 0, "1.250%"), (None, 1, "–")],
)
def test_percentages_have_no_space(ratio, decimals, written):
    assert texts.percent(ratio, decimals) == written


def test_a_moment_is_read_in_rome_in_winter_and_in_summer():
    assert texts.moment(datetime(2026, 11, 23, 13, 5, tzinfo=UTC)) == "23/11/2026 14:05"
    assert texts.moment(datetime(2026, 7, 1, 22, 30)) == "02/07/2026 00:30"  # as SQLite gives it back
    assert texts.moment(None) == "–"


def test_the_day_of_a_moment_is_the_one_in_rome():
    assert texts.day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "01/01/2027"
    assert texts.day(date(2026, 11, 23)) == "23/11/2026"


def test_plurals_agree():
    assert texts.plural(1, "contatto", "contatti") == "1 contatto"
    assert texts.plural(0, "contatto", "contatti") == "0 contatti"
    assert texts.plural(1200, "contatto", "contatti") == "1.200 contatti"


@pytest.mark.parametrize(
    ("size", "written"),
    [(0, "0 byte"), (999, "999 byte"), (1500, "1,5 kB"), (12_345_678, "12,3 MB"), (2_000_000_000, "2 GB")],
)
def test_sizes_are_short(size, written):
    assert texts.file_size(size) == written


@pytest.mark.parametrize(
    ("lasted", "written"),
    [
        (0.2, "meno di un secondo"),
        (12, "12 s"),
        (timedelta(minutes=41, seconds=10), "41 min"),
        (7200, "2 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_rounded_down(lasted, written):
    assert texts.duration(lasted) == written


@pytest.mark.parametrize(
    ("name", "written"), [("Giulia Ferri", "GF"), ("Anna Maria De Luca", "AL"), ("Ugo", "U")]
)
def test_initials_are_of_the_first_and_the_last_word(name, written):
    assert texts.initials(name) == written
