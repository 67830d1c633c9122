"""The counts beside each condition and group of the filter builder, and their words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import and_

from webapp.contacts.fields import Field
from webapp.contacts.filters import filter_form
from webapp.contacts.filters.filter_form import EXCLUDE, FilterForm, GroupForm
from webapp.contacts.filters.filter_rules import Group, Rule
from webapp.contacts.filters.scanning import Columns, Parts
from webapp.contacts.filters.selection import group_clause, rule_clause
from webapp.values import texts

INCOMPLETE = "non conta"


def parts(
    database_id: int, rule: Rule, checked: FilterForm, fields: Mapping[str, Field], today: date
) -> Parts:
    """Id of a condition or group → the contacts it holds for, alone; of exclusions, whom they take away."""
    columns = Columns({name: field.type for name, field in fields.items()}, today)
    groups = filter_form.parts_of(checked, fields)
    each = {name: group_clause(group, columns) for name, group in groups.items()}
    if EXCLUDE in each:
        each[EXCLUDE] = and_(rule_clause(replace(rule, exclude=Group()), columns), each[EXCLUDE])
    return Parts(database_id, columns, rule_clause(rule, columns), each)


def words(checked: FilterForm, counted: Mapping[str, int]) -> dict[str, str]:
    """The same ids → what stands beside them; empty for what is not counted yet."""
    found = dict(counted)
    said = {}
    for group in checked.all_groups:
        complete = _complete(group)
        if len(complete) == 1 and group.id != EXCLUDE and group.id in found:
            found[complete[0]] = found[group.id]
        said[group.id] = _contacts(group.id, found)
        for one in group.conditions:
            said[one.id] = INCOMPLETE if one.error else texts.number(found[one.id]) if one.id in found else ""
    return said


def _complete(group: GroupForm) -> list[str]:
    return [one.id for one in group.conditions if not one.error]


def _contacts(group_id: str, found: Mapping[str, int]) -> str:
    if group_id not in found:
        return ""
    minus = "−" if group_id == EXCLUDE and found[group_id] else ""
    return minus + texts.plural(found[group_id], "contatto", "contatti")
