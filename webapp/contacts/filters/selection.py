"""A rule → the SQL condition for the contacts it chooses, the same on SQLite and PostgreSQL.

Case and accents are ignored (`folding`).
"""

from calendar import isleap
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    and_,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from webapp.contacts.answers import Answer
from webapp.contacts.cells import fold
from webapp.contacts.consent import answer_in
from webapp.contacts.fields import ADDRESS, AUDIENCE, CONSENT, OWN, FieldType
from webapp.contacts.filters.filter_rules import ALL, THIS_MONTH, Condition, Group, Rule, parse
from webapp.contacts.folding import folded_as
from webapp.contacts.models import CONTACT
from webapp.contacts.sent import was_sent

Clause = ColumnElement[bool]
Decide = Callable[[Condition], Clause]
NEGATED = ("is_not", "none_of", "does_not_contain")
QUICK = (FieldType.YES_NO, CONSENT, FieldType.DATE, FieldType.NUMBER)  # the quickest first; texts come after
ANSWERS = {
    "is_yes": Answer.YES,
    "is_no": Answer.NO,
    "is_undecided": Answer.UNDECIDED,
    "is_empty": Answer.NONE,
}
JSON_PATH = {"is": "==", "is_not": "==", "at_least": ">=", "at_most": "<=", "greater": ">", "less": "<"}


def selected(
    database_id: int, rule: dict[str, Any] | None, fields: Mapping[str, str], today: date
) -> ColumnElement[bool]:
    """The contacts of the database that *rule* (JSON) chooses; all of them for None. Raises BrokenRule.

    *fields*: name → type, of `queries.field_types`; *today* is what "negli ultimi 30 giorni" counts from.
    """
    of_database = CONTACT.c.database_id == database_id
    if rule is None:
        return of_database
    checked = _in_quick_order(parse(rule, fields), fields)
    return and_(
        of_database, rule_clause(checked, lambda one: condition_clause(one, fields[one.field], today))
    )


def rule_clause(rule: Rule, decide: Decide) -> Clause:
    """Whether *rule* chooses a contact, *decide* being whether one condition holds for it."""
    clauses: list[Clause] = []
    if groups := [group for group in rule.groups if group.conditions]:
        clauses.append(or_(*(group_clause(group, decide) for group in groups)))
    if rule.exclude.conditions:
        clauses.append(not_(group_clause(rule.exclude, decide)))
    return and_(true(), *clauses)


def group_clause(group: Group, decide: Decide) -> Clause:
    """Whether *group* holds for a contact, whatever the rest of its rule says."""
    clauses = map(decide, group.conditions)
    return and_(true(), *clauses) if group.match == ALL else or_(false(), *clauses)


def _in_quick_order(rule: Rule, fields: Mapping[str, str]) -> Rule:
    """The database stops at the first that decides: texts, which are folded, after what is only compared."""
    places: dict[str, int] = {kind: place for place, kind in enumerate(QUICK)}

    def ordered(group: Group) -> Group:
        quick = sorted(
            group.conditions, key=lambda condition: places.get(fields[condition.field], len(places))
        )
        return Group(group.match, tuple(quick))

    return Rule(tuple(map(ordered, rule.groups)), ordered(rule.exclude))


def condition_clause(condition: Condition, kind: str, today: date) -> Clause:
    """Whether *condition* holds for a contact, its field being of *kind*.

    Never NULL: so that an excluded or negated condition is what people mean by it.
    """
    if kind == AUDIENCE:
        found = was_sent(str(condition.values[0]) if condition.values else None)
        return found if condition.operator in ("was_sent", "sent_to") else not_(found)
    if kind == CONSENT:
        return answer_in(condition.field) == ANSWERS[condition.operator].value
    if condition.operator in ("is_valid", "is_not_valid"):
        digest = CONTACT.c[f"{condition.field}_sha256"]
        return digest.is_not(None) if condition.operator == "is_valid" else digest.is_(None)
    if condition.operator in ("is_empty", "is_not_empty"):
        value = _value(condition.field, FieldType.TEXT)
        return value.is_(None) if condition.operator == "is_empty" else value.is_not(None)
    value = _value(condition.field, kind)
    compare = {
        FieldType.TEXT: _text,
        FieldType.LIST: _text,
        ADDRESS: _text,
        FieldType.NUMBER: _number,
        FieldType.DATE: _date,
        FieldType.YES_NO: _yes_no,
    }[kind]
    clause = compare(value, condition, today)
    # Not "and value IS NOT NULL", for which the database would take an own field out of its JSON once more,
    # nor COALESCE or SQLAlchemy's "IS 1", which make a count on SQLite a tenth slower.
    word, truth = ("IS NOT", "FALSE") if condition.operator in NEGATED else ("IS", "TRUE")
    holds: ColumnElement[Any] = clause.op(word, precedence=5, is_comparison=True)(literal_column(truth))
    return holds


def _value(name: str, kind: str) -> ColumnElement[Any]:
    if not name.startswith(OWN):
        column: ColumnElement[Any] = CONTACT.c[name]
        return cast(column, String) if kind == FieldType.DATE else column
    own = CONTACT.c.own_fields[name.removeprefix(OWN)]
    readers: dict[str, Any] = {FieldType.NUMBER: own.as_float, FieldType.YES_NO: own.as_boolean}
    value: ColumnElement[Any] = readers.get(kind, own.as_string)()
    return value


def _text(value: ColumnElement[Any], condition: Condition, _today: date) -> Clause:
    words = [fold(str(word)) for word in condition.values]
    compare: dict[str, Callable[[ColumnElement[str]], Clause]] = {
        "is": lambda folded: folded == words[0],
        "is_not": lambda folded: folded == words[0],
        "one_of": lambda folded: folded.in_(words),
        "none_of": lambda folded: folded.in_(words),
        "contains": lambda folded: folded.contains(words[0], autoescape=True),
        "does_not_contain": lambda folded: folded.contains(words[0], autoescape=True),
        "starts_with": lambda folded: folded.startswith(words[0], autoescape=True),
    }
    found = folded_as(value, compare[condition.operator])
    return not_(found) if condition.operator in NEGATED else found


def _number(value: ColumnElement[Any], condition: Condition, _today: date) -> Clause:
    numbers = condition.values
    holds: Clause
    if condition.operator == "between":
        holds = value.between(numbers[0], numbers[1])
    else:
        compare: dict[str, Callable[[Any], Clause]] = {
            "is": value.__eq__,
            "is_not": value.__eq__,
            "at_least": value.__ge__,
            "at_most": value.__le__,
            "greater": value.__gt__,
            "less": value.__lt__,
        }
        holds = compare[condition.operator](numbers[0])
    if condition.field.startswith(OWN):
        holds = number_in_json(holds, CONTACT.c.own_fields, _json_path(condition))
    return not_(holds) if condition.operator in NEGATED else holds


class number_in_json(GenericFunction[bool]):  # noqa: N801 (a function of SQL)
    """A comparison of a number among own fields, and the same as a JSON and a predicate of JSON path.

    PostgreSQL takes the latter: taking the number out as a text, and making a number of that, is half of what
    a count over numbers costs there.
    """

    type = Boolean()
    inherit_cache = True


@compiles(number_in_json)
def _as_comparison(element: number_in_json, compiler: SQLCompiler, **options: Any) -> str:
    holds, _, _ = element.clauses
    return f"({compiler.process(holds, **options)})"


@compiles(number_in_json, "postgresql")
def _as_json_path(element: number_in_json, compiler: SQLCompiler, **options: Any) -> str:
    _, json, path = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({json} @@ CAST({path} AS JSONPATH))"


def _json_path(condition: Condition) -> str:
    """`_number` compared, in JSON path. Keys are letters, digits and underscores (`columns.key_of`)."""
    it = f'$."{condition.field.removeprefix(OWN)}"'
    first, *more = (orjson.dumps(number).decode() for number in condition.values)
    if condition.operator == "between":
        return f"{it} >= {first} && {it} <= {more[0]}"
    return f"{it} {JSON_PATH[condition.operator]} {first}"


def _date(value: ColumnElement[Any], condition: Condition, today: date) -> Clause:
    """Dates are ISO text, which sorts as dates do."""
    values = condition.values
    match condition.operator:
        case "is":
            return value == values[0]
        case "before":
            return value < values[0]
        case "after":
            return value > values[0]
        case "between":
            return value.between(values[0], values[1])
        case "last_days":
            return value.between(_day(today, -int(values[0])), today.isoformat())
        case "next_days":
            return value.between(today.isoformat(), _day(today, int(values[0])))
        case "anniversary_month":
            month = today.month if values[0] == THIS_MONTH else int(values[0])
            return func.substr(value, 6, 2) == f"{month:02}"
        case "anniversary_today":
            return _anniversary(value, today, 0)
    return _anniversary(value, today, int(values[0]))


def _anniversary(value: ColumnElement[Any], today: date, days: int) -> Clause:
    """Month and day fall between today and *days* from now."""
    if days >= 365:
        return value.is_not(None)
    month_day = func.substr(value, 6, 5)
    first, last = today.isoformat()[5:], _day(today, days)
    # Who was born on 29 February has a birthday on the 28th of the years without one.
    last = "02-29" if last[5:] == "02-28" and not isleap(int(last[:4])) else last[5:]
    if first <= last:
        return month_day.between(first, last)
    return or_(month_day >= first, month_day <= last)


def _yes_no(value: ColumnElement[Any], condition: Condition, _today: date) -> Clause:
    return value.is_(True) if condition.operator == "is_yes" else value.is_(False)


def _day(today: date, days: int) -> str:
    try:
        return (today + timedelta(days=days)).isoformat()
    except OverflowError:
        return date.max.isoformat() if days > 0 else date.min.isoformat()
