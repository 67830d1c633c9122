"""The filter builder as a form: what was typed, what a pressed button changes, which rule it makes. PURE.

Names of the controls: `group` lists the groups (g1, g2 …), each group's name lists its conditions (g1c1 …),
`g1-match`, `g1c1-field`, `g1c1-operator`, `g1c1-value` (as often as there are values). The group of the
exclusions is `x`. Ids are never used again for something else, so that a page being updated keeps its place.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from werkzeug.datastructures import MultiDict

from webapp.contacts.fields import Field
from webapp.contacts.filters.filter_rules import (
    ALL,
    ANY,
    FIELD_GONE,
    MAX_CONDITIONS,
    MAX_GROUPS,
    TOO_MANY,
    BrokenRule,
    Condition,
    Group,
    Rule,
    condition,
)
from webapp.contacts.filters.operators import MANY, OPERATORS

EXCLUDE = "x"
REAL, TEST = "reale", "test"
LONGEST_NAME = 100
NAME_MISSING = "Scrivi un nome per il filtro."
NAME_LONG = f"Usa al massimo {LONGEST_NAME} caratteri."
EMPTY = "Aggiungi almeno una condizione."
FIRST_FIELD = "city"

_GROUP_ID = re.compile(r"g[0-9]{1,4}").fullmatch
_CONDITION_ID = re.compile(r"(?:g[0-9]{1,4}|x)c[0-9]{1,4}").fullmatch


@dataclass(frozen=True, slots=True)
class ConditionForm:
    """A row of the builder. *error* is shown under it; a row with an error does not count."""

    id: str
    field: str
    operator: str
    values: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class GroupForm:
    id: str
    match: str = ALL
    conditions: tuple[ConditionForm, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The whole builder. *errors*: field id → sentence, for the summary above it. *is_test*: as `Filter`."""

    name: str = ""
    groups: tuple[GroupForm, ...] = ()
    exclude: GroupForm = GroupForm(EXCLUDE, ANY)
    errors: Mapping[str, str] = field(default_factory=dict)
    is_test: bool = False

    @property
    def all_groups(self) -> tuple[GroupForm, ...]:
        return (*self.groups, self.exclude)


def blank(fields: Mapping[str, Field]) -> FilterForm:
    """A new filter: one group with one condition to fill in."""
    return FilterForm("", (GroupForm("g1", ALL, (_new_condition("g1c1", fields),)),))


def from_rule(name: str, data: Any, fields: Mapping[str, Field], is_test: bool = False) -> FilterForm:
    """A saved rule to be edited; conditions on fields that are gone are kept with their error."""
    stored = data if isinstance(data, dict) else {}
    groups = tuple(_stored_group(f"g{n}", one, fields) for n, one in enumerate(stored.get("groups") or [], 1))
    exclude = _stored_group(EXCLUDE, stored.get("exclude") or {"match": ANY}, fields)
    return FilterForm(name, groups or blank(fields).groups, exclude, is_test=is_test)


def read(form: MultiDict[str, str], fields: Mapping[str, Field]) -> FilterForm:
    ids = [one for one in dict.fromkeys(form.getlist("group")) if _GROUP_ID(one)][:MAX_GROUPS]
    groups = tuple(_read_group(form, one, fields) for one in ids)
    exclude, is_test = _read_group(form, EXCLUDE, fields), form.get("tipo") == TEST
    return FilterForm(form.get("nome", "").strip(), groups, exclude, is_test=is_test)


def press(form: FilterForm, button: str, fields: Mapping[str, Field]) -> FilterForm:
    """The form after a button of the builder: `add:g1`, `remove:g1c2`, `drop-value:g1c2:0` …"""
    action, _, where = button.partition(":")
    match action:
        case "add":
            return _change(form, where, lambda group: _with_condition(group, fields))
        case "remove":
            return _change(form, where.partition("c")[0], lambda group: _without(group, where))
        case "drop-value":
            return _without_value(form, where)
        case "add-group" if len(form.groups) < MAX_GROUPS:
            return replace(form, groups=(*form.groups, _new_group(form, fields)))
        case "duplicate" if len(form.groups) < MAX_GROUPS:
            return _with_copy(form, where)
        case "drop":
            return replace(form, groups=tuple(group for group in form.groups if group.id != where))
    return form


def rule_of(form: FilterForm, fields: Mapping[str, Field]) -> tuple[Rule, FilterForm]:
    """(rule of the conditions that are complete, the form with an error at the others).

    Each group may bring as many as a whole rule may have: what is too many together has an error, too.
    """
    types = {name: one.type for name, one in fields.items()}
    groups: list[Group] = []
    shown: list[GroupForm] = []
    for one in form.all_groups:
        group, checked = _checked_group(one, types, MAX_CONDITIONS - sum(len(g.conditions) for g in groups))
        groups.append(group)
        shown.append(checked)
    rule = Rule(tuple(group for group in groups[:-1] if group.conditions), groups[-1])
    return rule, replace(form, groups=tuple(shown[:-1]), exclude=shown[-1])


def parts_of(form: FilterForm, fields: Mapping[str, Field]) -> dict[str, Group]:
    """Id of a condition or of a group → what it asks by itself. *form* is checked, of `rule_of`."""
    types = {name: one.type for name, one in fields.items()}
    parts: dict[str, Group] = {}
    for group in form.all_groups:
        complete = {
            one.id: condition(one.field, one.operator, one.values, types)
            for one in group.conditions
            if not one.error
        }
        if complete:
            parts[group.id] = Group(group.match, tuple(complete.values()))
        if len(complete) > 1 or group.id == EXCLUDE:  # one alone is its group
            parts |= {name: Group(ALL, (one,)) for name, one in complete.items()}
    return parts


def errors_of(form: FilterForm, rule: Rule, is_name_taken: bool) -> dict[str, str]:
    """Why the filter cannot be saved: field id → sentence."""
    errors = {}
    if not form.name:
        errors["nome"] = NAME_MISSING
    elif len(form.name) > LONGEST_NAME:
        errors["nome"] = NAME_LONG
    elif is_name_taken:
        errors["nome"] = f"C’è già un filtro che si chiama “{form.name}”: scegli un altro nome."
    for group in form.all_groups:
        errors |= {f"{one.id}-value": one.error for one in group.conditions if one.error}
    if not rule.conditions and not errors:
        errors["costruttore-condizioni"] = EMPTY
    return errors


def _checked_group(group: GroupForm, types: Mapping[str, str], room: int) -> tuple[Group, GroupForm]:
    """*room*: how many conditions the rule may still have."""
    good: list[Condition] = []
    shown: list[ConditionForm] = []
    for one in group.conditions:
        try:
            if len(good) == room:
                raise BrokenRule(TOO_MANY)
            good.append(condition(one.field, one.operator, one.values, types))
            shown.append(replace(one, error=""))
        except BrokenRule as error:
            shown.append(replace(one, error=str(error)))
    return Group(group.match, tuple(good)), replace(group, conditions=tuple(shown))


def _read_group(form: MultiDict[str, str], group_id: str, fields: Mapping[str, Field]) -> GroupForm:
    default = ANY if group_id == EXCLUDE else ALL
    match = form.get(f"{group_id}-match", default)
    ids = [one for one in dict.fromkeys(form.getlist(group_id)) if _CONDITION_ID(one)][:MAX_CONDITIONS]
    conditions = tuple(_read_condition(form, one, fields) for one in ids if one.startswith(f"{group_id}c"))
    return GroupForm(group_id, match if match in (ALL, ANY) else default, conditions)


def _read_condition(
    form: MultiDict[str, str], condition_id: str, fields: Mapping[str, Field]
) -> ConditionForm:
    name = form.get(f"{condition_id}-field", "")
    operator = form.get(f"{condition_id}-operator", "")
    values = tuple(value for value in form.getlist(f"{condition_id}-value"))
    if name not in fields:
        return ConditionForm(condition_id, name[:100], operator[:40], values, FIELD_GONE)
    known = OPERATORS[fields[name].type]
    if operator not in known:  # another field was chosen, of another type
        return ConditionForm(condition_id, name, next(iter(known)))
    if known[operator].takes == MANY:
        values = tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
    return ConditionForm(condition_id, name, operator, values)


def _stored_group(group_id: str, data: Any, fields: Mapping[str, Field]) -> GroupForm:
    stored = data if isinstance(data, dict) else {}
    conditions = [
        ConditionForm(
            f"{group_id}c{n}",
            str(one.get("field", "")),
            str(one.get("operator", "")),
            tuple(_typed(value) for value in one.get("values", [])),
        )
        for n, one in enumerate(stored.get("conditions", []), 1)
        if isinstance(one, dict)
    ]
    return GroupForm(group_id, ANY if stored.get("match") == ANY else ALL, tuple(conditions))


def _typed(value: Any) -> str:
    """A stored value as it would be typed: 1459.26 → 1459,26."""
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def _new_condition(condition_id: str, fields: Mapping[str, Field]) -> ConditionForm:
    name = FIRST_FIELD if FIRST_FIELD in fields else next(iter(fields))
    return ConditionForm(condition_id, name, next(iter(OPERATORS[fields[name].type])))


def _new_group(form: FilterForm, fields: Mapping[str, Field]) -> GroupForm:
    group_id = _free_id("g", [group.id for group in form.groups])
    return GroupForm(group_id, ALL, (_new_condition(f"{group_id}c1", fields),))


def _with_copy(form: FilterForm, group_id: str) -> FilterForm:
    original = next((group for group in form.groups if group.id == group_id), None)
    if original is None:
        return form
    copy_id = _free_id("g", [group.id for group in form.groups])
    conditions = tuple(replace(one, id=f"{copy_id}c{n}") for n, one in enumerate(original.conditions, 1))
    return replace(form, groups=(*form.groups, GroupForm(copy_id, original.match, conditions)))


def _with_condition(group: GroupForm, fields: Mapping[str, Field]) -> GroupForm:
    if len(group.conditions) >= MAX_CONDITIONS:
        return group
    added = _new_condition(_free_id(f"{group.id}c", [one.id for one in group.conditions]), fields)
    return replace(group, conditions=(*group.conditions, added))


def _without(group: GroupForm, condition_id: str) -> GroupForm:
    return replace(group, conditions=tuple(one for one in group.conditions if one.id != condition_id))


def _without_value(form: FilterForm, where: str) -> FilterForm:
    condition_id, _, place = where.partition(":")

    def drop(group: GroupForm) -> GroupForm:
        conditions = [
            replace(one, values=tuple(v for n, v in enumerate(one.values) if str(n) != place))
            if one.id == condition_id
            else one
            for one in group.conditions
        ]
        return replace(group, conditions=tuple(conditions))

    return _change(form, condition_id.partition("c")[0], drop)


def _change(form: FilterForm, group_id: str, change: Callable[[GroupForm], GroupForm]) -> FilterForm:
    if group_id == EXCLUDE:
        return replace(form, exclude=change(form.exclude))
    groups = tuple(change(group) if group.id == group_id else group for group in form.groups)
    return replace(form, groups=groups)


def _free_id(start: str, taken: Sequence[str]) -> str:
    return next(f"{start}{n}" for n in count(len(taken) + 1) if f"{start}{n}" not in taken)
