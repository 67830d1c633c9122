"""A rule said in Italian, for lists, for the builder and for who receives the audience. PURE."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from webapp.contacts.fields import Field, FieldType
from webapp.contacts.filters.filter_phrases import MONTHS as MONTHS
from webapp.contacts.filters.filter_phrases import is_place, joined, phrase
from webapp.contacts.filters.filter_rules import ALL, BrokenRule, Condition, Group, Rule, parse
from webapp.contacts.filters.operators import DAYS, MONTH, NO_VALUE, OPERATORS, RANGE

EVERYBODY = "Tutti i contatti."
_MASK = "•••"
_OF_ONE_PERSON = {"code", "email", "mobile", "first_name", "last_name"}
_BIRTHDAYS = {
    "anniversary": "compleanno nei prossimi",
    "anniversary_today": "compleanno oggi",
    "anniversary_month": "compleanno nel mese di",
}


def sentence(rule: Rule, fields: Mapping[str, Field]) -> str:
    """“Contatti di Torino con totale speso da 150 in su. Esclusi quelli senza …”"""
    groups = [_group(group, fields) for group in rule.groups if group.conditions]
    chosen = f"Contatti {', oppure '.join(groups)}." if groups else EVERYBODY
    if not rule.exclude.conditions:
        return chosen
    return f"{chosen} Esclusi quelli {_group(rule.exclude, fields)}."


def sentence_of(data: Any, fields: Mapping[str, Field], with_people: bool = True) -> str:
    """The same from a stored rule; a broken one says what is wrong with it.

    Without *with_people* what may name somebody (an address, a name, a code, a text of their own) is “•••”.
    """
    try:
        rule = parse(data, {name: field.type for name, field in fields.items()})
    except BrokenRule as error:
        return str(error)
    return sentence(rule if with_people else _without_people(rule, fields), fields)


def by_name(fields: list[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields}


def operator_label(field: Field, operator: str) -> str:
    """The words between *field* and its value; they agree with email, which is feminine."""
    label = OPERATORS[field.type][operator].label
    if field.name == "birth_date":
        label = _BIRTHDAYS.get(operator, label)
    return label.replace("valido", "valida") if field.name == "email" else label


def _without_people(rule: Rule, fields: Mapping[str, Field]) -> Rule:
    def masked(group: Group) -> Group:
        return replace(group, conditions=tuple(_masked(one, fields[one.field]) for one in group.conditions))

    return replace(rule, groups=tuple(map(masked, rule.groups)), exclude=masked(rule.exclude))


def _masked(condition: Condition, field: Field) -> Condition:
    takes_text = OPERATORS[field.type][condition.operator].takes not in (NO_VALUE, DAYS, MONTH, RANGE)
    is_own_text = field.is_own and field.type == FieldType.TEXT
    if not takes_text or not (is_own_text or field.name in _OF_ONE_PERSON):
        return condition
    return replace(condition, values=(_MASK,) * len(condition.values))


def _group(group: Group, fields: Mapping[str, Field]) -> str:
    words = {one: phrase(one, fields[one.field]) for one in group.conditions}
    if group.match != ALL:
        return joined(list(words.values()), "oppure")
    places = [said for one, said in words.items() if is_place(one)]
    others = [said for one, said in words.items() if not is_place(one)]
    return " ".join(joined(some, "e") for some in (places, others) if some)
