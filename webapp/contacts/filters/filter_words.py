"""A rule said in Italian, for lists, for the builder and for who receives the audience. PURE."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from webapp.contacts.fields import ADDRESS, Field, FieldType
from webapp.contacts.filters.filter_rules import (
    ALL,
    THIS_MONTH,
    BrokenRule,
    Condition,
    Group,
    Rule,
    Value,
    parse,
)
from webapp.contacts.filters.operators import DAYS, MONTH, NO_VALUE, OPERATORS, RANGE
from webapp.values import texts

EVERYBODY = "Tutti i contatti."
SHOWN_VALUES = 5
_MASK = "•••"
_OF_ONE_PERSON = {"code", "email", "mobile", "first_name", "last_name"}
_VALID = {
    ("email", "is_valid"): "email valida",
    ("email", "is_not_valid"): "email non valida o mancante",
    ("mobile", "is_valid"): "cellulare valido",
    ("mobile", "is_not_valid"): "cellulare non valido o mancante",
    ("birth_date", "anniversary"): "compleanno nei prossimi",
    ("birth_date", "anniversary_today"): "compleanno oggi",
    ("birth_date", "anniversary_month"): "compleanno nel mese di",
    ("sent", "was_sent"): "almeno un caricamento in una custom audience",
    ("sent", "never_sent"): "nessun caricamento in una custom audience",
    ("sent", "sent_to"): "almeno un caricamento in",
    ("sent", "not_sent_to"): "nessun caricamento in",
}
MONTHS = (
    (THIS_MONTH, "questo mese"),
    (1, "gennaio"),
    (2, "febbraio"),
    (3, "marzo"),
    (4, "aprile"),
    (5, "maggio"),
    (6, "giugno"),
    (7, "luglio"),
    (8, "agosto"),
    (9, "settembre"),
    (10, "ottobre"),
    (11, "novembre"),
    (12, "dicembre"),
)


def sentence(rule: Rule, fields: Mapping[str, Field]) -> str:
    """“Contatti con Città è “Torino” e Totale speso è almeno 150. Esclusi quelli con …”"""
    groups = [_group(group, fields) for group in rule.groups if group.conditions]
    chosen = f"Contatti con {', oppure '.join(groups)}." if groups else EVERYBODY
    if not rule.exclude.conditions:
        return chosen
    return f"{chosen} Esclusi quelli con {_group(rule.exclude, fields)}."


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
    if field.name == "birth_date" and operator.startswith("anniversary"):
        label = _VALID[field.name, operator]
    return label.replace("valido", "valida") if field.name == "email" else label


def value_text(value: Value, field: Field) -> str:
    if isinstance(value, int | float):
        return texts.number(value)
    if field.type == FieldType.DATE:
        return texts.day(date.fromisoformat(value))
    return f"“{dict(field.choices).get(value, value)}”"


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
    joined = " e " if group.match == ALL else " o "
    words = [_condition(condition, fields[condition.field]) for condition in group.conditions]
    return joined.join(words)


def _condition(condition: Condition, field: Field) -> str:
    if field.type == ADDRESS and (known := _VALID.get((field.name, condition.operator))):
        return known
    operator = OPERATORS[field.type][condition.operator]
    start = _VALID.get((field.name, condition.operator)) or f"{field.label} {operator.label}"
    if operator.takes == NO_VALUE:
        return start
    if operator.takes == DAYS:
        return _days(f"{start} {texts.plural(int(condition.values[0]), 'giorno', 'giorni')}")
    if operator.takes == MONTH:
        words = f"{start} {dict(MONTHS)[int(condition.values[0])]}"
        return words.replace("nel mese di questo mese", "in questo mese")
    values = [value_text(value, field) for value in condition.values]
    if operator.takes == RANGE:
        return f"{start} {values[0]} e {values[1]}"
    shown = ", ".join(values[:SHOWN_VALUES])
    return f"{start} {shown}" + (
        f" e altri {len(values) - SHOWN_VALUES}" if len(values) > SHOWN_VALUES else ""
    )


def _days(words: str) -> str:
    return words.replace("negli ultimi 1 giorno", "nell’ultimo giorno").replace(
        "nei prossimi 1 giorno", "nel prossimo giorno"
    )
