"""Dates: the order of a whole column, years in two digits, days of birth that are not to come."""

from datetime import date

import pytest

from webapp.contacts.cells import UNREADABLE, DateOrder, date_order, read_birth_date, read_date

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["04/03/1985", "12/25/1990", "01/02/1970", "07/31/1999"], DateOrder.MONTH_FIRST),
        (["04/03/1985", "25/12/1990"], DateOrder.DAY_FIRST),
        (["04/03/1985", "01/02/1970"], None),
        (["25/12/1990", "12/25/1990"], DateOrder.MIXED),
        (["1990-12-25", "", "n.d."], DateOrder.DAY_FIRST),
        (["03/03/2020", "07/07/21"], DateOrder.DAY_FIRST),
        (["04/03/85", '="12/25/90"'], DateOrder.MONTH_FIRST),
        (["04/03/1985 10:00", "31/02/1990"], DateOrder.DAY_FIRST),
        (["99/99/2020", "04/03/1985"], None),
        ([], DateOrder.DAY_FIRST),
    ],
)
def test_the_order_of_a_column_is_decided_by_the_dates_that_can_be_only_one(column, order):
    assert date_order(column) is order


@pytest.mark.parametrize(
    ("cell", "order", "value"),
    [
        ("03/04/2025", DateOrder.DAY_FIRST, date(2025, 4, 3)),
        ("03/04/2025", DateOrder.MONTH_FIRST, date(2025, 3, 4)),
        ("03/04/2025", DateOrder.MIXED, UNREADABLE),
        ("03/03/2025", DateOrder.MIXED, date(2025, 3, 3)),
        ("25/12/2025", DateOrder.MIXED, date(2025, 12, 25)),
        ("12/25/2025", DateOrder.MIXED, date(2025, 12, 25)),
        ("12/25/2025", DateOrder.DAY_FIRST, UNREADABLE),
        ("25/12/2025", DateOrder.MONTH_FIRST, UNREADABLE),
        ("2025-04-03", DateOrder.MONTH_FIRST, date(2025, 4, 3)),
        ("14 marzo 1970", DateOrder.DAY_FIRST, date(1970, 3, 14)),
        ("14-Mar-1970", DateOrder.DAY_FIRST, date(1970, 3, 14)),
        ("March 14, 1970", DateOrder.MONTH_FIRST, date(1970, 3, 14)),
        ("marzo 2024", DateOrder.DAY_FIRST, UNREADABLE),
        ("14 marziano 1970", DateOrder.DAY_FIRST, UNREADABLE),
        ('="14/02/1970"', DateOrder.DAY_FIRST, date(1970, 2, 14)),
        ("'14/02/1970", DateOrder.DAY_FIRST, date(1970, 2, 14)),
        ("NULL", DateOrder.DAY_FIRST, None),
        ("0000-00-00", DateOrder.DAY_FIRST, None),
        ("25569", DateOrder.DAY_FIRST, UNREADABLE),
    ],
)
def test_a_date_is_read_in_the_order_of_its_column(cell, order, value):
    assert read_date(cell, order) == value


def test_a_day_number_of_excel_is_a_date_in_a_column_of_dates_only():
    # support.microsoft.com, DATEVALUE: 1 January 1970 is 25569, 1 March 2024 is 45352.
    assert read_date("25569", serial=True) == date(1970, 1, 1)
    assert read_date("45352.0", serial=True) == date(2024, 3, 1)
    assert read_date("10", serial=True) is UNREADABLE


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("14/02/28", date(1928, 2, 14)),
        ("03/05/15", date(2015, 5, 3)),
        ("30/11/26", TODAY),
        ("01/12/26", date(1926, 12, 1)),
        ("14/02/30", date(1930, 2, 14)),
        ("14/02/1970", date(1970, 2, 14)),
        ("14/02/2028", UNREADABLE),
        ("25569", date(1970, 1, 1)),
        ("46357", UNREADABLE),
        ("", None),
        ("n.d.", None),
    ],
)
def test_nobody_is_born_in_the_future(cell, value):
    assert read_birth_date(cell, today=TODAY) == value


def test_a_day_of_birth_follows_the_order_of_its_column():
    assert read_birth_date("07/31/99", DateOrder.MONTH_FIRST, TODAY) == date(1999, 7, 31)
