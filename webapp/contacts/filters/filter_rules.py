"""The rule of a saved filter: read from JSON or from a form, checked, and said in words. PURE.

    {"groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Torino"]}]}],
     "exclude": {"match": "any", "conditions": []}}

A contact is chosen when at least one group holds for it and the exclusion does not. Numbers are stored as
numbers, dates as ISO text. Texts are compared without case and accents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from webapp.contacts.cells import read_date, read_number
from webapp.contacts.fields import FieldType
from webapp.contacts.filters.operators import DAYS, MANY, MONTH, NO_VALUE, OPERATORS, RANGE, Comparison
from webapp.values.blanks import trim

ALL, ANY = "all", "any"
MAX_GROUPS = 20
MAX_CONDITIONS = 100  # of the whole rule: SQLite gives up at an expression depth of 1,000
MAX_VALUES = 1_000
MAX_CHARS = 200
MAX_DAYS = 36_500
THIS_MONTH = 0  # in place of a month, 1 to 12

Value = str | int | float

FIELD_GONE = (
    "Un campo di questo filtro non c’è più nel database: togli la condizione oppure scegline un altro."
)
NOT_A_RULE = "Questo filtro non si legge: crealo di nuovo."
TOO_MANY = f"Il filtro ha troppe condizioni: il massimo è {MAX_CONDITIONS}."
VALUE_MISSING = "Scrivi un valore. Finché è vuota, questa condizione non conta."
DAYS_MISSING = "Scrivi un numero di giorni, per esempio 30. Finché è vuota, questa condizione non conta."
MONTH_MISSING = "Scegli un mese. Finché manca, questa condizione non conta."
NOT_A_NUMBER = "Scrivi un numero, per esempio 150,00."
NOT_A_DATE = "Scrivi una data che esiste, per esempio 31/12/2026."
TOO_LONG = f"Usa al massimo {MAX_CHARS} caratteri."
TOO_MANY_VALUES = f"Scrivi al massimo {MAX_VALUES} valori."
INVERTED = "Il primo valore deve venire prima del secondo."


class BrokenRule(ValueError):
    """A rule that cannot be applied; `str()` is the Italian sentence for who wrote it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """*field* is a column of `contact` or `own:<key>`; *values* as many as its operator takes."""

    field: str
    operator: str
    values: tuple[Value, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "operator": self.operator, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Group:
    """*match* ALL: every condition must hold; ANY: one is enough."""

    match: str = ALL
    conditions: tuple[Condition, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"match": self.match, "conditions": [condition.as_json() for condition in self.conditions]}


@dataclass(frozen=True, slots=True)
class Rule:
    """Groups of which one must hold, and whom to leave out in any case. Without conditions: everybody."""

    groups: tuple[Group, ...] = ()
    exclude: Group = field(default_factory=lambda: Group(ANY))

    def as_json(self) -> dict[str, Any]:
        return {"groups": [group.as_json() for group in self.groups], "exclude": self.exclude.as_json()}

    @property
    def conditions(self) -> list[Condition]:
        return [one for group in (*self.groups, self.exclude) for one in group.conditions]


def parse(data: Any, fields: Mapping[str, str]) -> Rule:
    """The rule that *data* (JSON) describes. *fields*: field name → type. Raises BrokenRule."""
    if not isinstance(data, dict) or not isinstance(data.get("groups", []), list):
        raise BrokenRule(NOT_A_RULE)
    groups = data.get("groups", [])
    if len(groups) > MAX_GROUPS:
        raise BrokenRule(TOO_MANY)
    exclude = data.get("exclude") or {"match": ANY, "conditions": []}
    rule = Rule(tuple(_group(group, fields) for group in groups), _group(exclude, fields))
    if len(rule.conditions) > MAX_CONDITIONS:
        raise BrokenRule(TOO_MANY)
    return rule


def condition(name: str, operator: str, values: Sequence[Any], fields: Mapping[str, str]) -> Condition:
    """A checked condition from values as typed or as stored. Raises BrokenRule saying what to correct."""
    if name not in fields:
        raise BrokenRule(FIELD_GONE)
    kind = fields[name]
    found = OPERATORS[kind].get(operator)
    if found is None:
        raise BrokenRule(NOT_A_RULE)
    return Condition(name, operator, _values(found, kind, values))


def _group(data: Any, fields: Mapping[str, str]) -> Group:
    if not isinstance(data, dict) or data.get("match") not in (ALL, ANY):
        raise BrokenRule(NOT_A_RULE)
    conditions = data.get("conditions")
    if not isinstance(conditions, list) or len(conditions) > MAX_CONDITIONS:
        raise BrokenRule(TOO_MANY if isinstance(conditions, list) else NOT_A_RULE)
    return Group(data["match"], tuple(_condition(one, fields) for one in conditions))


def _condition(data: Any, fields: Mapping[str, str]) -> Condition:
    match data:
        case {"field": str(name), "operator": str(operator), "values": list(values)}:
            return condition(name, operator, values, fields)
    raise BrokenRule(NOT_A_RULE)


def _values(operator: Comparison, kind: str, raw: Sequence[Any]) -> tuple[Value, ...]:
    if operator.takes == NO_VALUE:
        return ()
    if len(raw) > MAX_VALUES:
        raise BrokenRule(TOO_MANY_VALUES)
    typed = [value for value in raw if str(value).strip()]
    if operator.takes == DAYS:
        return (_days(typed),)
    if operator.takes == MONTH:
        return (_month(typed),)
    wanted = 2 if operator.takes == RANGE else 1
    if len(typed) < wanted:
        raise BrokenRule(VALUE_MISSING)
    read = _number if kind == FieldType.NUMBER else _date if kind == FieldType.DATE else _text
    values: list[Any] = [read(value) for value in (typed if operator.takes == MANY else typed[:wanted])]
    if operator.takes == RANGE and values[0] > values[1]:
        raise BrokenRule(INVERTED)
    return tuple(dict.fromkeys(values)) if operator.takes == MANY else tuple(values)


def _days(typed: Sequence[Any]) -> int:
    text = str(typed[0]).strip() if typed else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= MAX_DAYS):
        raise BrokenRule(DAYS_MISSING)
    return int(text)


def _month(typed: Sequence[Any]) -> int:
    text = str(typed[0]).strip() if typed else ""
    if text not in map(str, range(THIS_MONTH, 13)):
        raise BrokenRule(MONTH_MISSING)
    return int(text)


def _number(given: Any) -> int | float:
    """From JSON a number is one already; from a form it is typed, with a decimal comma."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        if not -1e15 < given < 1e15:  # nan is refused too
            raise BrokenRule(NOT_A_NUMBER)
        return given
    value = read_number(str(given)[:MAX_CHARS])
    if not isinstance(value, int | float):
        raise BrokenRule(NOT_A_NUMBER)
    return value


def _date(given: Any) -> str:
    value = read_date(str(given)[:MAX_CHARS])
    if not isinstance(value, date):
        raise BrokenRule(NOT_A_DATE)
    return value.isoformat()


def _text(given: Any) -> str:
    text = str(given)
    if len(text) > MAX_CHARS:
        raise BrokenRule(TOO_LONG)
    # As somebody typed it: marks such as “n.d.”, which mean nothing in a file, may be what is looked for.
    value = trim(text.replace("\0", ""))
    if not value:
        raise BrokenRule(VALUE_MISSING)
    return value
