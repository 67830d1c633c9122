"""Every kind of bad filter we know of, through the builder: a sentence where it is wrong, never an error.

The names of the cases are those of the matrix of bad inputs, B27 to B29.
"""

import pytest
from sqlmodel import select

from tests.contacts.conftest import import_file
from tests.support.in_time import in_time
from webapp import db
from webapp.contacts.models import Filter

FILE = "Email;Città;Nato il;Totale speso\na@posta.example.com;Torino;14/02/1970;150\n"
CITY, BORN, SPENT = "city", "birth_date", "own:totale_speso"


@pytest.fixture
def new(clienti):
    import_file(clienti, FILE, mapping={"0": "email", "1": "city", "2": "birth_date", "3": "new:number"})
    return f"/database/{clienti.public_id}/filtri/nuovo"


def form(field: str, operator: str, *values: str) -> dict:
    return {
        "nome": "Prova",
        "group": "g1",
        "g1": "g1c1",
        "g1c1-field": field,
        "g1c1-operator": operator,
        "g1c1-value": list(values),
        "do": "save",
    }


REFUSED = {
    "B27 a field that is not there": form("own:inventato", "is", "x"),
    "B27 a column of ours": form("database_id", "is", "1"),
    "B27 an operator that is not there": form(CITY, "; DROP TABLE contact", "x"),
    "B27 ten thousand values": form(CITY, "one_of", *(f"v{n}" for n in range(1_900))),
    "B27 sixty thousand percent signs": form(CITY, "contains", "%" * 60_000),
    "B28 a day that is not": form(BORN, "is", "31/02/2026"),
    "B28 a month that is not": form(BORN, "before", "2026-13-01"),
    "B28 the year 0": form(BORN, "after", "01/01/0000"),
    "B28 the year 9999": form(BORN, "after", "31/12/9999"),
    "B28 an interval the wrong way round": form(BORN, "between", "31/12/2026", "01/01/2026"),
    "B28 words": form(BORN, "is", "ieri"),
    "B28 days that are none": form(BORN, "last_days", "-1"),
    "B28 more days than there are": form(BORN, "last_days", "9" * 30),
    "B29 NaN": form(SPENT, "at_least", "NaN"),
    "B29 infinity": form(SPENT, "at_least", "inf"),
    "B29 an exponent": form(SPENT, "at_least", "1e309"),
    "B29 full width digits": form(SPENT, "at_least", "１２３"),
    "B29 hexadecimal": form(SPENT, "at_least", "0x10"),
    "B29 five thousand digits": form(SPENT, "at_least", "9" * 5_000),
    "B29 nothing": form(SPENT, "at_least", " "),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_filter_that_asks_nonsense_is_refused_where_it_is_wrong(signed_in, page, new, kind):
    with in_time():
        answer = signed_in.post_form(new, REFUSED[kind])

    tree = page(answer, 422)
    assert tree.xpath("//*[@data-error-summary]"), "nobody says what is wrong"
    with db.reading() as session:
        assert session.exec(select(Filter)).all() == []


DEFINED = {
    "B27 percent and underscore are letters": form(CITY, "contains", "%a%a%a_"),
    "B27 SQL is text": form(CITY, "is", "' OR 1=1 --"),
    "B29 a negative number": form(SPENT, "at_least", "-1"),
    "B29 thousands and decimals": form(SPENT, "at_most", "1.459,26"),
}


@pytest.mark.parametrize("kind", DEFINED)
def test_a_filter_that_looks_odd_means_what_it_says(signed_in, new, kind):
    assert signed_in.post_form(new, DEFINED[kind]).status_code == 303
