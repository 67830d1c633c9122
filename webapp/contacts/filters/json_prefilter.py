"""A look at the JSON of own fields, on SQLite: a word that is not in its text is in none of the fields.

Looking costs less than taking a field out of the JSON, which is most of what a count over own fields costs.
Text that is not ASCII, or that JSON writes with a backslash, can hold the word in another shape: it always
passes, and the field itself decides. PostgreSQL keeps JSON in a form of its own and is not asked.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Boolean, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from webapp.contacts.cells import fold
from webapp.contacts.fields import OWN, FieldType
from webapp.contacts.filters.filter_rules import Condition, Group, Rule
from webapp.contacts.filters.selection import Clause, rule_clause
from webapp.contacts.filters.word_query import ASKING
from webapp.contacts.models import CONTACT

SHORTEST = 3  # letters; shorter words stand in nearly every JSON
MOST_WORDS = 5  # of a condition: each costs a look


def may_choose(rule: Rule, fields: Mapping[str, str]) -> Clause:
    """Holds for every contact *rule* chooses; true() when no word helps."""
    return rule_clause(replace(rule, exclude=Group()), lambda condition: _may_hold(condition, fields))


def _may_hold(condition: Condition, fields: Mapping[str, str]) -> Clause:
    words = [fold(str(value)) for value in condition.values]
    is_text = condition.field.startswith(OWN) and fields[condition.field] in (FieldType.TEXT, FieldType.LIST)
    helps = len(words) <= MOST_WORDS and all(len(word) >= SHORTEST for word in words)
    if not (is_text and helps and condition.operator in ASKING):
        return true()
    # A % or _ of the word may stand for anything here: that finds more, never less, and ESCAPE costs half
    # as much again.
    return or_(*(in_json(CONTACT.c.own_fields, f"%{word}%") for word in words))


class in_json(GenericFunction[bool]):  # noqa: N801 (a function of SQL)
    """Whether a LIKE pattern may be found in the texts of a JSON."""

    type = Boolean()
    inherit_cache = True


@compiles(in_json)
def _always(_element: in_json, _compiler: SQLCompiler, **_options: Any) -> str:
    return "TRUE"


@compiles(in_json, "sqlite")
def _in_text(element: in_json, compiler: SQLCompiler, **options: Any) -> str:
    json, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    in_other_shape = f"length({json}) != length(CAST({json} AS BLOB)) OR {json} LIKE '%\\%'"
    return f"({json} LIKE {pattern} OR {in_other_shape})"
