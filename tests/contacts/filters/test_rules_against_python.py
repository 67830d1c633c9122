"""Any rule chooses, on SQLite and on PostgreSQL, exactly whom the same rule told in plain Python chooses.

FUZZ_RULES=1000     how many rules are made up on each; `make fuzz` says so
"""

import os
import random
import unicodedata
from calendar import isleap
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rounds
from hypothesis import strategies as st
from sqlalchemy import insert, select

from webapp import clock, db
from webapp.access.models import Client
from webapp.contacts import databases, queries, sent
from webapp.contacts.filters import counting, scanning, word_index
from webapp.contacts.filters.filter_rules import parse
from webapp.contacts.filters.operators import OPERATORS
from webapp.contacts.filters.selection import rule_clause, selected
from webapp.contacts.models import CONTACT, OwnField, SentAudience
from webapp.contacts.store.row_converter import digest_email, digest_mobile

RULES = int(os.environ.get("FUZZ_RULES", "60"))
CITIES = (None, "Torino", "torino", "TORINO", "Forlì", "FORLI", "L’Aquila", "l'aquila", "San Donà di Piave",
          "Milano", "São Paulo", "100% oro", "a_b", "a%b", "ŁÓDŹ", "łódź", "ﬁrenze", "Gießen", "ΑΘΉΝΑΣ",
          "Москва", "\\", 'Detto "Oro"', "x" * 60)  # fmt: skip
EMAILS = ("", "anna@posta.example.com", "Anna@Posta.example.com", "bruno@", "però@x.it", "c@d.example.com")
MOBILES = ("", "333 1234567", "+39 333 1234567", "02 1234567", "3,33E+09", "340 7654321")
NUMBERS = (None, 0, -5, 100, 99.5, 1459.26, 1000, -0.01, 10**12)
DAYS = (None, "1980-02-29", "1970-11-24", "2000-11-25", "2026-11-20", "2026-02-28", "2025-12-31",
        "2027-01-01", "1999-03-01", "2028-02-29", "2026-10-25")  # fmt: skip
YES_NO = (None, True, False)
TODAYS = tuple(
    map(date.fromisoformat, ("2026-11-24", "2026-02-28", "2028-02-29", "2026-12-31", "2026-03-01"))
)
OWN = {
    "tessera": ("text", CITIES),
    "speso": ("number", NUMBERS),
    "acquisto": ("date", DAYS),
    "vip": ("yes_no", YES_NO),
}
TYPES = {"city": "text", "email": "address", "mobile": "address", "birth_date": "date", "consent": "yes_no"}
TYPES |= {f"own:{key}": kind for key, (kind, _) in OWN.items()} | {"sent": "audience"}
PEOPLE = 150


class World:
    """A database with people in it, and the same people as plain values."""

    def __init__(self) -> None:
        chance = random.Random(20261124)
        with db.writing() as session:
            client = Client(name="Studio Aurora")
            session.add(client)
            session.flush()
            self.database = databases.create_database(session, client.id, "Clienti Italia")
            for key, (kind, _) in OWN.items():
                session.add(OwnField(database_id=self.database.id, key=key, label=key, type=kind))
            self.people = [self._person(session, chance) for _ in range(PEOPLE)]
            audience = SentAudience(client_id=client.id, destination="meta", audience_id="1", name="VIP")
            received = [person for person in self.people if chance.random() < 0.3]
            sent.record(session, audience, [person["id"] for person in received])
            for person in received:
                person["sent"] = {"VIP"}
        with db.reading() as session:
            self.audience = sent.audiences(session, client.id)[0][0]
            self.types = queries.field_types(session, self.database.id)

    def _person(self, session, chance: random.Random) -> dict:
        email, mobile = digest_email(chance.choice(EMAILS)), digest_mobile(chance.choice(MOBILES))
        own = {key: chance.choice(values) for key, (_, values) in OWN.items()}
        born = chance.choice(DAYS)
        row = {
            "database_id": self.database.id, "email": email.typed, "email_sha256": email.sha256,
            "email_reason": email.reason, "mobile": mobile.typed, "mobile_sha256": mobile.sha256,
            "mobile_reason": mobile.reason, "city": chance.choice(CITIES), "consent": chance.choice(YES_NO),
            "birth_date": date.fromisoformat(born) if born else None, "created_at": clock.now(),
            "own_fields": {key: value for key, value in own.items() if value is not None},
            "updated_at": clock.now(),
        }  # fmt: skip
        made = session.execute(insert(CONTACT).values(**row).returning(CONTACT.c.id)).scalar_one()
        return {
            **row,
            "birth_date": born,
            "id": made,
            "sent": set(),
            **{f"own:{k}": v for k, v in own.items()},
        }

    def by_sql(self, rule: dict, today: date) -> set[int]:
        with db.reading() as session:
            clause = selected(self.database.id, rule, self.types, today)
            found = set(session.execute(select(CONTACT.c.id).where(clause)).scalars())
            narrowed = word_index.chosen(session, self.database.id, rule, self.types, today)
            assert set(session.execute(select(CONTACT.c.id).where(narrowed)).scalars()) == found
            return found

    def beside_each(self, rule: dict, today: date) -> tuple[counting.Counts, dict[str, int]]:
        """The counts of the whole, and of each of `parts`."""
        columns = scanning.Columns(self.types, today)
        checked = parse(rule, self.types)
        each = {name: rule_clause(parse(alone, self.types), columns) for name, alone in parts(rule)}
        asked = scanning.Parts(self.database.id, columns, rule_clause(checked, columns), each)
        chosen = selected(self.database.id, rule, self.types, today)
        counts, scan = scanning.begin(chosen, asked, patience_s=30)
        return replace(counts, ms=0), scan.of_parts(asked)

    def by_python(self, rule: dict, today: date) -> list[dict]:
        return [person for person in self.people if holds(rule, person, today)]


def parts(rule: dict) -> list[tuple[str, dict]]:
    """The whole rule and each of its groups, as rules of their own."""
    alone = [{"groups": [group], "exclude": {"match": "any", "conditions": []}} for group in rule["groups"]]
    return [(str(number), part) for number, part in enumerate([rule, *alone])]


def holds(rule: dict, person: dict, today: date) -> bool:
    groups = [group for group in rule["groups"] if group["conditions"]]
    if groups and not any(group_holds(group, person, today) for group in groups):
        return False
    return not (rule["exclude"]["conditions"] and group_holds(rule["exclude"], person, today))


def group_holds(group: dict, person: dict, today: date) -> bool:
    told = [condition_holds(one, person, today) for one in group["conditions"]]
    return all(told) if group["match"] == "all" else any(told)


def condition_holds(condition: dict, person: dict, today: date) -> bool:
    name, operator, values = condition["field"], condition["operator"], condition["values"]
    value, kind = person[name], TYPES[name]
    if kind == "audience":
        return bool(value) == (operator in ("was_sent", "sent_to"))
    if operator in ("is_valid", "is_not_valid"):
        return (person[f"{name}_sha256"] is not None) == (operator == "is_valid")
    if operator in ("is_empty", "is_not_empty"):
        return (value is None) == (operator == "is_empty")
    if value is None:
        return operator in ("is_not", "none_of", "does_not_contain")
    if kind == "yes_no":
        return value == (operator == "is_yes")
    if kind in ("text", "address"):
        return text_holds(operator, fold(value), [fold(one.strip()) for one in values])
    if kind == "number":
        return number_holds(operator, value, values)
    return date_holds(operator, date.fromisoformat(value), values, today)


def text_holds(operator: str, value: str, words: list[str]) -> bool:
    match operator:
        case "is":
            return value == words[0]
        case "is_not":
            return value != words[0]
        case "one_of":
            return value in words
        case "none_of":
            return value not in words
        case "contains":
            return words[0] in value
        case "does_not_contain":
            return words[0] not in value
    return value.startswith(words[0])


def number_holds(operator: str, value: float, values: list[float]) -> bool:
    first, last = values[0], values[-1]
    return {
        "is": value == first,
        "is_not": value != first,
        "at_least": value >= first,
        "at_most": value <= first,
        "greater": value > first,
        "less": value < first,
        "between": first <= value <= last,
    }[operator]


def date_holds(operator: str, value: date, values: list, today: date) -> bool:
    match operator:
        case "is":
            return value == date.fromisoformat(values[0])
        case "before":
            return value < date.fromisoformat(values[0])
        case "after":
            return value > date.fromisoformat(values[0])
        case "between":
            return date.fromisoformat(values[0]) <= value <= date.fromisoformat(values[1])
        case "last_days":
            return today - timedelta(values[0]) <= value <= today
        case "next_days":
            return today <= value <= today + timedelta(values[0])
        case "anniversary_month":
            return value.month == (values[0] or today.month)
        case "anniversary_today":
            return birthday(value, today.year) == today
    ahead = (today + timedelta(day) for day in range(min(values[0], 365) + 1))
    return values[0] >= 365 or any(birthday(value, day.year) == day for day in ahead)


def birthday(born: date, year: int) -> date:
    """Who was born on 29 February has it on the 28th of a year without."""
    if (born.month, born.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return born.replace(year=year)


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold()


words = st.sampled_from(
    [one for one in CITIES if one] + ["tor", "%", "_", "SAN DONA", "’", "posta", "x" * 61]
)
days = st.sampled_from([one for one in DAYS if one])
numbers = st.sampled_from([one for one in NUMBERS if one is not None])
VALUES = {
    ("text", "one"): st.tuples(words),
    ("text", "many"): st.lists(words, min_size=1, max_size=4),
    ("number", "one"): st.tuples(numbers),
    ("number", "range"): st.tuples(numbers, numbers).map(sorted),
    ("date", "one"): st.tuples(days),
    ("date", "range"): st.tuples(days, days).map(sorted),
    ("date", "days"): st.tuples(st.sampled_from([1, 2, 30, 90, 364, 365, 36_500])),
    ("date", "month"): st.tuples(st.integers(0, 12)),
    ("audience", "one"): st.just(("AUDIENCE",)),
}


@st.composite
def conditions(draw):
    name = draw(st.sampled_from(sorted(TYPES)))
    operator = draw(st.sampled_from(list(OPERATORS[TYPES[name]].values())))
    kind = "text" if TYPES[name] == "address" else TYPES[name]
    values = () if operator.takes == "none" else draw(VALUES[kind, operator.takes])
    return {"field": name, "operator": operator.name, "values": list(values)}


def groups(least: int):
    several = st.lists(conditions(), min_size=least, max_size=3)
    return st.fixed_dictionaries({"match": st.sampled_from(["all", "any"]), "conditions": several})


rules = st.fixed_dictionaries({"groups": st.lists(groups(0), max_size=3), "exclude": groups(0)})


@pytest.fixture
def on_sqlite(database):
    return World()


@pytest.fixture
def on_postgresql(create_database):
    db.connect(create_database("regole", migrated=True))
    yield World()
    db.engine().dispose()


@pytest.mark.timeout(180 + RULES)
@pytest.mark.parametrize("where", ["on_sqlite", "on_postgresql"])
def test_a_rule_chooses_whom_it_says(where, request):
    world = request.getfixturevalue(where)

    @given(rule=rules, today=st.sampled_from(TODAYS))
    @rounds(max_examples=RULES, deadline=None, suppress_health_check=list(HealthCheck))
    def every_rule(rule: dict, today: date) -> None:
        for group in (*rule["groups"], rule["exclude"]):
            for condition in group["conditions"]:
                condition["values"] = [
                    world.audience if one == "AUDIENCE" else one for one in condition["values"]
                ]
        people = world.by_python(rule, today)
        assert world.by_sql(rule, today) == {person["id"] for person in people}

        counts = counting.count(selected(world.database.id, rule, world.types, today), patience_s=30)
        counts = replace(counts, ms=0)
        emails = [person["email_sha256"] for person in people if person["email_sha256"]]
        mobiles = [person["mobile_sha256"] for person in people if person["mobile_sha256"]]
        assert (counts.total, counts.email, counts.mobile) == (len(people), len(emails), len(mobiles))
        assert counts.same_email == len(emails) - len(set(emails))

        beside = world.beside_each(rule, today)
        assert beside == (counts, {name: len(world.by_python(alone, today)) for name, alone in parts(rule)})

    every_rule()


@pytest.mark.parametrize("where", ["on_sqlite", "on_postgresql"])
def test_every_operator_of_every_field_alone_chooses_whom_it_says(where, request):
    """So that none is left to chance."""
    world = request.getfixturevalue(where)
    for name, kind in TYPES.items():
        for operator in OPERATORS[kind].values():
            kinds = "text" if kind == "address" else kind
            for values in _examples(kinds, operator.takes, world.audience):
                condition = {"field": name, "operator": operator.name, "values": values}
                rule = {
                    "groups": [{"match": "all", "conditions": [condition]}],
                    "exclude": {"match": "any", "conditions": []},
                }
                for today in TODAYS if kind == "date" else TODAYS[:1]:
                    expected = {person["id"] for person in world.by_python(rule, today)}
                    assert world.by_sql(rule, today) == expected, (condition, today)


def _examples(kind: str, takes: str, audience: str) -> list[list]:
    if kind == "audience" and takes == "one":
        return [[audience]]
    plenty = {
        "text": [c for c in CITIES if c],
        "number": [n for n in NUMBERS if n is not None],
        "date": [d for d in DAYS if d],
    }
    return {
        "none": [[]],
        "one": [[value] for value in plenty.get(kind, [])],
        "many": [plenty.get(kind, [])[:3], plenty.get(kind, [])[3:5]],
        "range": [sorted(plenty.get(kind, [])[n : n + 2]) for n in range(4)],
        "days": [[1], [30], [365]],
        "month": [[month] for month in range(13)],
    }[takes]
