"""A rule → the SQL condition for the contacts it chooses, the same on SQLite and PostgreSQL.

Case and accents are ignored. Plain ASCII, which is nearly everything, is folded by the database itself;
the rest on SQLite by our own function (registered on every connection), on PostgreSQL by `normalize`.
"""

import unicodedata
from calendar import isleap
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    case,
    cast,
    event,
    false,
    func,
    not_,
    or_,
    true,
)
from sqlalchemy.engine import Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from webapp.contacts.cells import fold
from webapp.contacts.fields import ADDRESS, AUDIENCE, OWN, FieldType
from webapp.contacts.filter_rules import ALL, THIS_MONTH, Condition, Group, Rule, parse
from webapp.contacts.models import CONTACT
from webapp.contacts.sent import was_sent

Clause = ColumnElement[bool]
Decide = Callable[[Condition], Clause]
NEGATED = ("is_not", "none_of", "does_not_contain")
COMPARED = (FieldType.NUMBER, FieldType.DATE, FieldType.YES_NO)

# Letters of Latin, Greek and Cyrillic that are no ASCII letter with an accent: which of them `lower` knows
# depends on the locale of the server, C knows none.
_CAPITALS = "".join(
    one
    for one in map(chr, range(0x80, 0x530))
    if unicodedata.normalize("NFKD", one) == one and one.casefold() not in (one, "ss")
)
_SMALL = "".join(one.casefold() for one in _CAPITALS)


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
    return and_(of_database, choosing(checked, lambda one: deciding(one, fields[one.field], today)))


def choosing(rule: Rule, decide: Decide) -> Clause:
    """Whether *rule* chooses a contact, *decide* being whether one condition holds for it."""
    clauses: list[Clause] = []
    if groups := [group for group in rule.groups if group.conditions]:
        clauses.append(or_(*(holding(group, decide) for group in groups)))
    if rule.exclude.conditions:
        clauses.append(not_(holding(rule.exclude, decide)))
    return and_(true(), *clauses)


def holding(group: Group, decide: Decide) -> Clause:
    """Whether *group* holds for a contact, whatever the rest of its rule says."""
    clauses = map(decide, group.conditions)
    return and_(true(), *clauses) if group.match == ALL else or_(false(), *clauses)


def _in_quick_order(rule: Rule, fields: Mapping[str, str]) -> Rule:
    """The database stops at the first that decides: texts, which are folded, after what is only compared."""

    def ordered(group: Group) -> Group:
        quick = sorted(group.conditions, key=lambda condition: fields[condition.field] not in COMPARED)
        return Group(group.match, tuple(quick))

    return Rule(tuple(map(ordered, rule.groups)), ordered(rule.exclude))


def deciding(condition: Condition, kind: str, today: date) -> Clause:
    """Whether *condition* holds for a contact, its field being of *kind*.

    Never NULL: so that an excluded or negated condition is what people mean by it.
    """
    if kind == AUDIENCE:
        found = was_sent(str(condition.values[0]) if condition.values else None)
        return found if condition.operator in ("was_sent", "sent_to") else not_(found)
    if condition.operator in ("is_valid", "is_not_valid"):
        digest = CONTACT.c[f"{condition.field}_sha256"]
        return digest.is_not(None) if condition.operator == "is_valid" else digest.is_(None)
    value = _value(condition.field, kind)
    if condition.operator in ("is_empty", "is_not_empty"):
        return value.is_(None) if condition.operator == "is_empty" else value.is_not(None)
    compare = {
        FieldType.TEXT: _text,
        FieldType.LIST: _text,
        ADDRESS: _text,
        FieldType.NUMBER: _number,
        FieldType.DATE: _date,
        FieldType.YES_NO: _yes_no,
    }[kind]
    clause = compare(value, condition, today)
    # Not "and value IS NOT NULL": the database would take an own field out of its JSON once more.
    return func.coalesce(clause, true() if condition.operator in NEGATED else false())


def _value(name: str, kind: str) -> ColumnElement[Any]:
    if not name.startswith(OWN):
        column: ColumnElement[Any] = CONTACT.c[name]
        return cast(column, String) if kind == FieldType.DATE else column
    own = CONTACT.c.own_fields[name.removeprefix(OWN)]
    if kind == FieldType.NUMBER:
        return own.as_float()
    return own.as_boolean() if kind == FieldType.YES_NO else own.as_string()


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
    if condition.operator == "between":
        return value.between(condition.values[0], condition.values[1])
    compare: dict[str, Callable[[Any], Clause]] = {
        "is": value.__eq__,
        "is_not": value.__ne__,
        "at_least": value.__ge__,
        "at_most": value.__le__,
        "greater": value.__gt__,
        "less": value.__lt__,
    }
    return compare[condition.operator](condition.values[0])


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


class platea_fold(GenericFunction[str]):  # noqa: N801 (the name it has in SQL)
    """Text without case and accents, as `cells.fold` makes it."""

    type = String()
    inherit_cache = True


@compiles(platea_fold, "postgresql")
def _fold_on_postgresql(element: platea_fold, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    plain = f"regexp_replace(normalize(replace({text}, '’', ''''), NFKD), '[\u0300-\u036f]', '', 'g')"
    return f"lower(translate(replace({plain}, 'ß', 'ss'), '{_CAPITALS}', '{_SMALL}'))"


def folded_text(value: ColumnElement[Any]) -> ColumnElement[str]:
    """SQL for *value* without case and accents, to be compared with what `cells.fold` returns."""
    return case((_is_ascii(value), func.lower(value)), else_=platea_fold(value))


def folded_as(value: ColumnElement[Any], compare: Callable[[ColumnElement[str]], Clause]) -> Clause:
    """Whether *compare* holds for *value* without case and accents; *compare* must want a folded text.

    As `compare(folded_text(value))`, with a third of the work for nearly every contact: what lower case alone
    shows to be right is right, and only texts that are not ASCII are looked at a second time.
    """
    return or_(compare(func.lower(value)), and_(not_(_is_ascii(value)), compare(platea_fold(value))))


def _is_ascii(value: ColumnElement[Any]) -> Clause:
    return func.length(value) == octets(value)


class octets(GenericFunction[int]):  # noqa: N801
    """Bytes of a text in UTF-8."""

    inherit_cache = True


@compiles(octets)
def _octets(element: octets, compiler: SQLCompiler, **options: Any) -> str:
    return f"length(CAST({compiler.process(element.clauses, **options)} AS BLOB))"


@compiles(octets, "postgresql")
def _octets_on_postgresql(element: octets, compiler: SQLCompiler, **options: Any) -> str:
    return f"octet_length({compiler.process(element.clauses, **options)})"


@event.listens_for(Engine, "begin")
def _teach_sqlite_to_fold(connection: Connection) -> None:
    """Once a connection, also one that was open before this module was imported."""
    if connection.dialect.name == "sqlite" and "platea_fold" not in connection.info:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.create_function("platea_fold", 1, _fold_or_null, deterministic=True)
        connection.info["platea_fold"] = True


@lru_cache(maxsize=50_000)  # a city is folded once, not once per contact
def _fold_or_null(text: str | None) -> str | None:
    return None if text is None else fold(str(text))
