"""Rules as JSON: what is accepted, what is refused in Italian, and how they are said in words."""

import json
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.contacts.fields import AUDIENCE, STANDARD, Field
from webapp.contacts.filters.filter_rules import BrokenRule, parse
from webapp.contacts.filters.filter_words import by_name, sentence, sentence_of
from webapp.contacts.filters.operators import OPERATORS

FIELDS = by_name(
    [
        *STANDARD,
        Field("own:speso", "Totale speso", "number"),
        Field("own:acquisto", "Ultimo acquisto", "date"),
        Field("own:tessera", "Tessera fedeltà", "list"),
        Field("own:note", "Note", "text"),
        Field("own:vip", "VIP", "yes_no"),
        Field("sent", "Custom audience", AUDIENCE, (("a1", "VIP"),)),
    ]
)
TYPES = {name: field.type for name, field in FIELDS.items()}


def rule(*conditions, match="all", exclude=()):
    def as_json(one):
        return {"field": one[0], "operator": one[1], "values": list(one[2:])}

    return {
        "groups": [{"match": match, "conditions": [as_json(one) for one in conditions]}],
        "exclude": {"match": "any", "conditions": [as_json(one) for one in exclude]},
    }


def test_what_is_stored_is_read_back_the_same():
    stored = rule(
        ("city", "one_of", "Torino", "Forlì"),
        ("own:speso", "between", 10.5, 20),
        ("birth_date", "is", "1970-02-14"),
        exclude=[("consent", "is_no")],
    )
    once = parse(stored, TYPES).as_json()
    assert once == stored
    assert parse(json.loads(json.dumps(once)), TYPES).as_json() == stored


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "x",
        7,
        {"groups": "x"},
        {"groups": [7]},
        {"groups": [{"match": "none", "conditions": []}]},
        {"groups": [{"match": "all", "conditions": "x"}]},
        {"groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is"}]}]},
        {"groups": [{"match": "all", "conditions": [{"field": 1, "operator": "is", "values": []}]}]},
        {"groups": [], "exclude": []} | {"exclude": [1]},
        rule(("city", "between", "a", "b")),
        rule(("city", "DROP TABLE", "a")),
        rule(("nessuno", "is", "a")),
        rule(("own:speso", "is", "NaN")),
        rule(("own:speso", "is", float("nan"))),
        rule(("own:speso", "is", 1e300)),
        rule(("own:speso", "is", True)),
        rule(("own:speso", "is", None)),
        rule(("own:speso", "between", 2, 1)),
        rule(("birth_date", "is", "2026-02-31")),
        rule(("birth_date", "anniversary_month")),
        rule(("birth_date", "anniversary_month", 13)),
        rule(("birth_date", "anniversary_month", "-1")),
        rule(("sent", "sent_to")),
        rule(("sent", "is", "a1")),
        rule(("birth_date", "last_days", 0)),
        rule(("birth_date", "last_days", 10**6)),
        rule(("birth_date", "last_days", "٣")),
        rule(("city", "one_of", *range(1_001))),
        rule(("city", "contains", "%" * 60_000)),
        rule(*[("city", "is", "x")] * 101),
        {"groups": [{"match": "all", "conditions": []}] * 21},
    ],
)
def test_what_is_no_rule_is_refused_in_words(data):
    with pytest.raises(BrokenRule) as refused:
        parse(data, TYPES)
    assert str(refused.value).endswith(".")


def test_a_rule_500_deep_is_no_rule():
    deep: dict = {"match": "all", "conditions": []}
    for _ in range(500):
        deep = {"match": "all", "conditions": [deep]}
    with pytest.raises(BrokenRule):
        parse({"groups": [deep]}, TYPES)


@pytest.mark.parametrize(
    "stored, said",
    [
        (rule(), "Tutti i contatti."),
        (rule(("city", "is", "Forlì")), "Contatti di Forlì."),
        (
            rule(("city", "one_of", "Milano", "Torino"), ("email", "is_valid")),
            "Contatti di Milano o Torino con email valida.",
        ),
        (
            rule(("city", "is", "Reggio nell’Emilia"), ("email", "is_valid"), ("own:speso", "at_least", 150)),
            "Contatti di Reggio nell’Emilia con email valida e con totale speso da 150 in su.",
        ),
        (
            rule(("city", "is", "Bari"), ("own:vip", "is_yes"), match="any"),
            "Contatti di Bari oppure con un sì in “VIP”.",
        ),
        (
            rule(("email", "is_valid"), ("mobile", "is_not_valid")),
            "Contatti con email valida e con cellulare non valido o mancante.",
        ),
        (rule(("city", "is", "Bari o Lecce")), "Contatti di “Bari o Lecce”."),
        (rule(("city", "none_of", "Bari", "Lecce")), "Contatti non di Bari o Lecce."),
        (rule(("city", "contains", "reggio")), "Contatti con “reggio” nella città."),
        (rule(("first_name", "one_of", "Anna", "Mia")), "Contatti che si chiamano Anna o Mia."),
        (rule(("postcode", "starts_with", "20")), "Contatti con CAP che inizia con “20”."),
        (rule(("own:speso", "between", 1000, 2000.5)), "Contatti con totale speso da 1.000 a 2.000,5."),
        (rule(("own:speso", "is_not", 3)), "Contatti senza totale speso pari a 3."),
        (rule(("own:acquisto", "last_days", 90)), "Contatti con ultimo acquisto negli ultimi 90 giorni."),
        (rule(("own:tessera", "one_of", "Oro")), "Contatti con tessera fedeltà “Oro”."),
        (rule(("birth_date", "anniversary", 1)), "Contatti che compiono gli anni nel prossimo giorno."),
        (rule(("birth_date", "anniversary_today")), "Contatti che compiono gli anni oggi."),
        (rule(("birth_date", "anniversary_month", 0)), "Contatti che compiono gli anni questo mese."),
        (rule(("birth_date", "anniversary_month", "2")), "Contatti che compiono gli anni in febbraio."),
        (rule(("sent", "was_sent")), "Contatti già caricati in una custom audience."),
        (rule(("sent", "not_sent_to", "a1")), "Contatti mai caricati in “VIP”."),
        (rule(("birth_date", "before", "1990-01-31")), "Contatti nati prima del 31/01/1990."),
        (rule(("gender", "is", "f")), "Contatti di sesso femminile."),
        (
            rule(exclude=[("consent", "is_no")]),
            "Tutti i contatti. Esclusi quelli che hanno detto no al consenso.",
        ),
        (rule(("city", "one_of", *"abcdfgh")), "Contatti di a, b, c, d, f o altri 2."),
    ],
)
def test_a_rule_is_said_in_words(stored, said):
    assert sentence(parse(stored, TYPES), FIELDS) == said
    assert sentence_of(stored, FIELDS) == said


def test_two_groups_are_alternatives_in_words_too():
    one, other = rule(("city", "is", "Bari")), rule(("city", "is", "Lecce"))
    both = {"groups": one["groups"] + other["groups"]}
    assert sentence_of(both, FIELDS) == "Contatti di Bari, oppure di Lecce."


def values_for(kind: str, takes: str):
    """Values that an operator takes, as a stored rule has them."""
    text = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)
    one = {
        "number": st.integers(0, 10**6),
        "date": st.dates(date(1930, 1, 1), date(2026, 11, 30)).map(date.isoformat),
        "audience": st.just("a1"),
    }.get(kind, text)
    return {
        "none": st.just([]),
        "one": st.tuples(one).map(list),
        "many": st.lists(one, min_size=1, max_size=8, unique=True),
        "range": st.tuples(one, one).map(sorted),
        "days": st.tuples(st.integers(1, 365)).map(list),
        "month": st.tuples(st.integers(0, 12)).map(list),
    }[takes]


@given(st.data())
def test_every_operator_of_every_field_is_told_in_its_own_italian(data):
    """Another operator is another sentence; what was typed stands in it, and no word of the controls."""
    field = FIELDS[data.draw(st.sampled_from(sorted(FIELDS)))]
    said = {}
    for operator in OPERATORS[field.type].values():
        values = data.draw(values_for(field.type, operator.takes))
        stored = rule((field.name, operator.name, *values))
        said[operator.name] = text = sentence_of(stored, FIELDS)
        assert text.startswith("Contatti ") and text.endswith(".") and "  " not in text and "{" not in text
        assert " è una tra" not in text and " è compreso" not in text and " è vuot" not in text
        for value in (
            values[:5] if operator.takes in ("one", "many") and field.type in ("text", "list") else ()
        ):
            assert str(value) in text or (field.name == "gender" and value in "fm")
        assert sentence_of(rule(exclude=[(field.name, operator.name, *values)]), FIELDS) == (
            "Tutti i contatti. Esclusi quelli " + text.removeprefix("Contatti ")
        )
    same = [{"is", "one_of"}, {"is_not", "none_of"}]  # of a single value they ask the same
    for one, other in combinations(said, 2):
        assert said[one] != said[other] or {one, other} in same


def test_a_broken_rule_says_what_is_wrong():
    assert "non c’è più nel database" in sentence_of(rule(("own:sparito", "is", "x")), FIELDS)
