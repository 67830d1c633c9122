"""A number among a contact's own fields, as SQL: NULL for whatever else stands there.

The type of a field may have been changed since its values were stored, and a text compared with a number is
an error on PostgreSQL and larger than every number on SQLite: so what is no number is none.
"""

from typing import Any

from sqlalchemy import Float, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from webapp.contacts.fields import OWN
from webapp.contacts.models import CONTACT


class own_number(GenericFunction[float]):  # noqa: N801 (a function of SQL)
    """Of the JSON object and the key in it, which is letters, digits and underscores (`columns.key_of`)."""

    type = Float()
    inherit_cache = True


@compiles(own_number)
def _on_sqlite(element: own_number, compiler: SQLCompiler, **options: Any) -> str:
    json, key = element.clauses
    path = literal('$."') + key + literal('"')
    kind = compiler.process(func.json_type(json, path), **options)
    value = compiler.process(func.json_extract(json, path), **options)
    return f"(CASE WHEN {kind} IN ('integer', 'real') THEN {value} END)"


@compiles(own_number, "postgresql")
def _on_postgresql(element: own_number, compiler: SQLCompiler, **options: Any) -> str:
    json, key = (compiler.process(clause, **options) for clause in element.clauses)
    number = f"CAST({json} ->> {key} AS DOUBLE PRECISION)"
    return f"(CASE WHEN jsonb_typeof({json} -> {key}) = 'number' THEN {number} END)"


def number_of(field: str) -> own_number:
    """The number in the own field *field* (`own:totale_speso`) of each contact."""
    return own_number(CONTACT.c.own_fields, field.removeprefix(OWN))
