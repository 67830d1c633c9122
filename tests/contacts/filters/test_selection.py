"""Which contacts a rule chooses: the same on SQLite and PostgreSQL, as people mean it."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.contacts.conftest import import_file
from tests.support.ledger import receive
from webapp import db
from webapp.contacts import queries, sent
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import Contact

CONTACT = Contact.__table__
TODAY = date(2026, 11, 24)

# Who is who is told by the first name; "Dario" has nothing but a name and an address that is wrong.
FILE = """\
Nome;E-mail;Cellulare;Città;Data di nascita;Consenso;Totale speso;Ultimo acquisto;Tessera;VIP
Anna;anna@posta.example.com;333 1234567;Torino;25/11/1980;sì;1.459,26;20/11/2026;Oro;sì
Bruno;;3401234567;torino;29/02/1984;no;99,5;01/01/2025;100% oro;no
Carla;carla@posta.example.com;02 1234567;Forlì;01/01/1990;;1000;25/11/2026;;
Dario;dario@;;;;;;;Oro_X;sì
Elena;elena@posta.example.com;;L’Aquila;24/11/2000;sì;-5;24/10/2026;argento;no
"""


@pytest.fixture
def chosen(clienti):
    """`chosen(condition, …)` → first names of the contacts for which all conditions hold."""
    done = import_file(clienti, FILE)
    assert (done.rows_new, done.unreadable_cells) == (5, {})

    def choose(*conditions, match="all", exclude=(), today=TODAY):
        rule = {
            "groups": [{"match": match, "conditions": [as_json(one) for one in conditions]}],
            "exclude": {"match": "any", "conditions": [as_json(one) for one in exclude]},
        }
        return names(clienti.id, rule, today)

    choose.database_id = clienti.id
    return choose


def as_json(condition):
    field, operator, *values = condition
    return {"field": field, "operator": operator, "values": values}


def names(database_id, rule, today=TODAY):
    with db.reading() as session:
        condition = selected(database_id, rule, queries.field_types(session, database_id), today)
        rows = session.execute(select(CONTACT.c.first_name).where(condition).order_by(CONTACT.c.id))
        return "".join(name[0] for (name,) in rows)


@pytest.mark.parametrize(
    "condition, expected",
    [
        (("city", "is", "TORINO"), "AB"),
        (("city", "is", "forli"), "C"),
        (("city", "is", "l'aquila"), "E"),
        (("city", "is_not", "Torino"), "CDE"),
        (("city", "one_of", "Forlì", "torino"), "ABC"),
        (("city", "none_of", "Forlì", "torino"), "DE"),
        (("city", "contains", "OR"), "ABC"),
        (("city", "does_not_contain", "or"), "DE"),
        (("city", "starts_with", "L’"), "E"),
        (("city", "is_empty"), "D"),
        (("city", "is_not_empty"), "ABCE"),
        (("email", "is_valid"), "ACE"),
        (("email", "is_not_valid"), "BD"),
        (("email", "contains", "POSTA."), "ACE"),
        (("mobile", "is_valid"), "AB"),
        (("consent", "is_yes"), "AE"),
        (("consent", "is_no"), "B"),
        (("consent", "is_empty"), "CD"),
        (("own:totale_speso", "is", "1459,26"), "A"),
        (("own:totale_speso", "is_not", 1000), "ABDE"),
        (("own:totale_speso", "at_least", "1.000"), "AC"),
        (("own:totale_speso", "greater", 1000), "A"),
        (("own:totale_speso", "less", 0), "E"),
        (("own:totale_speso", "at_most", "99,5"), "BE"),
        (("own:totale_speso", "between", -5, 99.5), "BE"),
        (("own:totale_speso", "is_empty"), "D"),
        (("own:ultimo_acquisto", "is", "20/11/2026"), "A"),
        (("own:ultimo_acquisto", "before", "2026-10-24"), "B"),
        (("own:ultimo_acquisto", "after", "20/11/2026"), "C"),
        (("own:ultimo_acquisto", "between", "24/10/2026", "20/11/2026"), "AE"),
        (("own:ultimo_acquisto", "last_days", "31"), "AE"),
        (("own:ultimo_acquisto", "last_days", 30), "A"),
        (("own:ultimo_acquisto", "next_days", 1), "C"),
        (("birth_date", "is", "25/11/1980"), "A"),
        (("birth_date", "after", "01/01/1990"), "E"),
        (("birth_date", "anniversary", 1), "AE"),
        (("birth_date", "anniversary", 38), "ACE"),
        (("birth_date", "anniversary", 366), "ABCE"),
        (("birth_date", "anniversary_today"), "E"),
        (("birth_date", "anniversary_month", 0), "AE"),
        (("birth_date", "anniversary_month", 2), "B"),
        (("birth_date", "anniversary_month", "12"), ""),
        (("birth_date", "is_empty"), "D"),
        (("own:tessera", "is", "oro"), "A"),
        (("own:tessera", "contains", "0% "), "B"),
        (("own:tessera", "contains", "%"), "B"),
        (("own:tessera", "contains", "_"), "D"),
        (("own:vip", "is_yes"), "AD"),
        (("own:vip", "is_no"), "BE"),
        (("own:vip", "is_empty"), "C"),
    ],
)  # fmt: skip
def test_a_condition_chooses(chosen, condition, expected):
    assert chosen(condition) == expected


def test_all_conditions_or_at_least_one(chosen):
    torino, yes = ("city", "is", "torino"), ("consent", "is_yes")
    assert chosen(torino, yes) == "A"
    assert chosen(torino, yes, match="any") == "ABE"


def test_an_exclusion_leaves_out_who_would_be_chosen_and_only_them(chosen):
    assert chosen(("city", "is_not_empty"), exclude=[("consent", "is_no")]) == "ACE"
    assert chosen(exclude=[("city", "contains", "torino"), ("email", "is_not_valid")]) == "CE"


def test_groups_are_alternatives(chosen):
    one_is = {"match": "all", "conditions": [as_json(("city", "is", "torino"))]}
    other = {"match": "all", "conditions": [as_json(("own:vip", "is_yes"))]}
    assert names(chosen.database_id, {"groups": [one_is, other]}) == "ABD"


def test_no_rule_is_the_whole_database_and_nobody_elses(chosen, aurora):
    assert names(chosen.database_id, None) == "ABCDE"
    assert names(chosen.database_id + 1, None) == ""


@pytest.mark.parametrize(
    "today, condition, expected",
    [
        (date(2026, 2, 28), ("birth_date", "anniversary_today"), "B"),
        (date(2026, 2, 27), ("birth_date", "anniversary", 1), "B"),
        (date(2026, 2, 28), ("birth_date", "anniversary", 1), "B"),
        (date(2026, 3, 1), ("birth_date", "anniversary_today"), ""),
        (date(2028, 2, 28), ("birth_date", "anniversary_today"), ""),
        (date(2028, 2, 29), ("birth_date", "anniversary_today"), "B"),
        (date(2026, 2, 1), ("birth_date", "anniversary_month", 0), "B"),
    ],
)
def test_29_february_comes_on_the_28th_of_a_year_without_it(chosen, today, condition, expected):
    assert chosen(condition, today=today) == expected


def test_who_was_sent_to_an_audience_is_chosen_however_often_it_was(chosen, clienti, aurora):
    with db.reading() as session:
        anna, bruno, carla = session.execute(select(CONTACT.c.id).order_by(CONTACT.c.id)).scalars().all()[:3]
    for name, ids in (("VIP", [anna, bruno]), ("VIP", [bruno, carla]), ("Natale", [carla])):
        with db.writing() as session:
            receive(session, clienti, name[:1], name, ids)
    with db.reading() as session:
        public_ids = {name: public_id for public_id, name in sent.audiences(session, aurora.id)}
        assert sent.audiences_of(session, carla) == ["Natale", "VIP"]
    assert sorted(public_ids) == ["Natale", "VIP"]
    assert chosen(("sent", "was_sent")) == "ABC"
    assert chosen(("sent", "never_sent")) == "DE"
    assert chosen(("sent", "sent_to", public_ids["VIP"])) == "ABC"
    assert chosen(("sent", "not_sent_to", public_ids["Natale"])) == "ABDE"
    assert chosen(("sent", "sent_to", "un altro id")) == ""
    assert chosen(("city", "is_not_empty"), exclude=[("sent", "sent_to", public_ids["Natale"])]) == "ABE"


def test_a_field_that_is_gone_breaks_the_rule_instead_of_choosing_everybody(chosen):
    with pytest.raises(BrokenRule, match="non c’è più"):
        chosen(("own:scomparso", "is", "x"))


def test_a_long_pattern_of_percent_signs_is_refused_not_executed(chosen):
    with pytest.raises(BrokenRule):
        chosen(("city", "contains", "%" * 60_000))
    assert chosen(("city", "contains", "%a" * 100)) == ""
