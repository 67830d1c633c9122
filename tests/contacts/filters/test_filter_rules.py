"""Rules as JSON: what is accepted, what is refused in Italian, and how they are said in words."""

import json

import pytest

from webapp.contacts.fields import AUDIENCE, STANDARD, Field
from webapp.contacts.filters.filter_rules import BrokenRule, parse
from webapp.contacts.filters.filter_words import by_name, sentence, sentence_of

FIELDS = by_name(
    [
        *STANDARD,
        Field("own:speso", "Totale speso", "number"),
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
        (rule(("city", "is", "Forlì")), "Contatti con Città è “Forlì”."),
        (
            rule(("city", "is", "a"), ("own:vip", "is_yes"), match="any"),
            "Contatti con Città è “a” o VIP è sì.",
        ),
        (
            rule(("email", "is_valid"), ("mobile", "is_not_valid")),
            "Contatti con email valida e cellulare non valido o mancante.",
        ),
        (
            rule(("own:speso", "between", 1000, 2000.5)),
            "Contatti con Totale speso è compreso tra 1.000 e 2.000,5.",
        ),
        (rule(("birth_date", "anniversary", 1)), "Contatti con compleanno nel prossimo giorno."),
        (rule(("birth_date", "anniversary_today")), "Contatti con compleanno oggi."),
        (rule(("birth_date", "anniversary_month", 0)), "Contatti con compleanno in questo mese."),
        (rule(("birth_date", "anniversary_month", "2")), "Contatti con compleanno nel mese di febbraio."),
        (rule(("sent", "was_sent")), "Contatti con almeno un caricamento in una custom audience."),
        (rule(("sent", "not_sent_to", "a1")), "Contatti con nessun caricamento in “VIP”."),
        (
            rule(("birth_date", "before", "1990-01-31")),
            "Contatti con Data di nascita è prima del 31/01/1990.",
        ),
        (rule(("gender", "is", "f")), "Contatti con Sesso è “donna”."),
        (rule(exclude=[("consent", "is_no")]), "Tutti i contatti. Esclusi quelli con Consenso è no."),
        (
            rule(("city", "one_of", *"abcdefg")),
            "Contatti con Città è una tra “a”, “b”, “c”, “d”, “e” e altri 2.",
        ),
    ],
)
def test_a_rule_is_said_in_words(stored, said):
    assert sentence(parse(stored, TYPES), FIELDS) == said
    assert sentence_of(stored, FIELDS) == said


def test_two_groups_are_alternatives_in_words_too():
    one, other = rule(("city", "is", "a")), rule(("city", "is", "b"))
    both = {"groups": one["groups"] + other["groups"]}
    assert sentence_of(both, FIELDS) == "Contatti con Città è “a”, oppure Città è “b”."


def test_a_broken_rule_says_what_is_wrong():
    assert "non c’è più nel database" in sentence_of(rule(("own:sparito", "is", "x")), FIELDS)
