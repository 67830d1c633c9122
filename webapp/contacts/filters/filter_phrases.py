"""A condition of a rule as an Italian phrase that follows “Contatti” or “quelli”. PURE.

A negation holds also for whoever has no value (`selection`): “senza tessera “Oro””, “non di Milano”.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date

from webapp.contacts.fields import ADDRESS, AUDIENCE, CONSENT, Field, FieldType
from webapp.contacts.filters.filter_rules import THIS_MONTH, Condition, Value
from webapp.values import texts

SHOWN_VALUES = 5
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
_NOUNS = {"email": "email", "mobile": "cellulare", "postcode": "CAP", "birth_date": "data di nascita"}
_INSIDE = {
    "code": "nel codice cliente",
    "email": "nell’email",
    "mobile": "nel cellulare",
    "first_name": "nel nome",
    "last_name": "nel cognome",
    "gender": "nel sesso",
    "city": "nella città",
    "province": "nella provincia",
    "postcode": "nel CAP",
    "country": "nel paese",
    "consent_source": "nella fonte del consenso",
}
# Said of somebody who is, of somebody who is not: what no noun says as well.
_BEING: dict[str, tuple[str, str]] = {
    "first_name": ("che si chiamano", "che non si chiamano"),
    "last_name": ("che di cognome fanno", "che di cognome non fanno"),
    "city": ("di", "non di"),
    "province": ("della provincia", "non della provincia"),
    "gender": ("di sesso", "non di sesso"),
}
_SEXES = {"f": "femminile", "m": "maschile"}
_TO = {
    "consent": "al consenso",
    "consent_email": "alle email",
    "consent_sms": "agli SMS",
    "consent_phone": "alle telefonate",
}
_ABOUT = {
    "consent": "sul consenso",
    "consent_email": "sulle email",
    "consent_sms": "sugli SMS",
    "consent_phone": "sulle telefonate",
}
_NAME = re.compile(r"[^\W\d_]+(?:[ ’'.-]+[^\W\d_]+)*\.?|•+").fullmatch
_NO_NAME = {"e", "o", "oppure"}  # a value with such a word would read as part of the sentence


def phrase(condition: Condition, field: Field) -> str:
    """“di Milano o Torino”, “con email valida”, “con totale speso da 150 in su”."""
    say: dict[str, Callable[[Condition, Field], str]] = {
        FieldType.NUMBER: _number,
        FieldType.DATE: _born if field.name == "birth_date" else _date,
        FieldType.YES_NO: _yes_no,
        CONSENT: _consent,
        ADDRESS: _address,
        AUDIENCE: _sent,
    }
    return say.get(field.type, _text)(condition, field)


def is_place(condition: Condition) -> bool:
    """Whether its phrase binds to “Contatti” without anything between: “Contatti di Milano con …”."""
    return condition.field in ("city", "province") and condition.operator in ("is", "one_of")


def value_text(value: Value, field: Field) -> str:
    if isinstance(value, int | float):
        return texts.number(value)
    if field.type == FieldType.DATE:
        return texts.day(date.fromisoformat(value))
    return f"“{dict(field.choices).get(value, value)}”"


def either(words: list[str]) -> str:
    """“Milano, Torino o Roma”; of many, the first ones and how many more."""
    if len(words) > SHOWN_VALUES:
        words = [*words[:SHOWN_VALUES], f"altri {texts.number(len(words) - SHOWN_VALUES)}"]
    return joined(words, "o")


def joined(words: list[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def noun(field: Field) -> str:
    """The label within a sentence: “totale speso”; one that begins like “SMS” stays as it is."""
    if known := _NOUNS.get(field.name):
        return known
    label = field.label
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def _plain(value: Value, field: Field) -> str:
    """A name without quotation marks, anything else within them."""
    if field.name == "gender" and value in _SEXES:
        return _SEXES[str(value)]
    text = str(value)
    reads_as_name = _NAME(text) and not _NO_NAME & set(text.casefold().split())
    return text if reads_as_name else value_text(value, field)


def _text(condition: Condition, field: Field) -> str:
    name, inside = noun(field), _INSIDE.get(field.name, f"in {noun(field)}")
    match condition.operator:
        case "is" | "one_of" | "is_not" | "none_of":
            return _is_one_of(condition, field)
        case "contains":
            return f"con {value_text(condition.values[0], field)} {inside}"
        case "does_not_contain":
            return f"senza {value_text(condition.values[0], field)} {inside}"
        case "starts_with":
            return f"con {name} che inizia con {value_text(condition.values[0], field)}"
    return _there_or_not(condition, name)


def _is_one_of(condition: Condition, field: Field) -> str:
    is_negated = condition.operator in ("is_not", "none_of")
    if being := _BEING.get(field.name):
        return f"{being[is_negated]} {either([_plain(value, field) for value in condition.values])}"
    values = either([value_text(value, field) for value in condition.values])
    return f"{'senza' if is_negated else 'con'} {noun(field)} {values}"


def _there_or_not(condition: Condition, name: str) -> str:
    return f"senza {name}" if condition.operator == "is_empty" else f"con {name} presente"


def _address(condition: Condition, field: Field) -> str:
    ending = "a" if field.name == "email" else "o"
    match condition.operator:
        case "is_valid":
            return f"con {noun(field)} valid{ending}"
        case "is_not_valid":
            return f"con {noun(field)} non valid{ending} o mancante"
    return _text(condition, field)


def _number(condition: Condition, field: Field) -> str:
    name, values = noun(field), [value_text(value, field) for value in condition.values]
    match condition.operator:
        case "is":
            return f"con {name} pari a {values[0]}"
        case "is_not":
            return f"senza {name} pari a {values[0]}"
        case "at_least":
            return f"con {name} da {values[0]} in su"
        case "at_most":
            return f"con {name} fino a {values[0]}"
        case "greater":
            return f"con {name} oltre {values[0]}"
        case "less":
            return f"con {name} sotto {values[0]}"
        case "between":
            return f"con {name} da {values[0]} a {values[1]}"
    return _there_or_not(condition, name)


def _when(condition: Condition, field: Field) -> str:
    values = [value_text(value, field) for value in condition.values]
    match condition.operator:
        case "is":
            return f"il {values[0]}"
        case "before":
            return f"prima del {values[0]}"
        case "after":
            return f"dopo il {values[0]}"
        case "between":
            return f"dal {values[0]} al {values[1]}"
        case "last_days":
            return _days("negli ultimi", "nell’ultimo giorno", condition)
        case "next_days" | "anniversary":
            return _days("nei prossimi", "nel prossimo giorno", condition)
        case "anniversary_month":
            month = int(condition.values[0])
            return dict(MONTHS)[month] if month == THIS_MONTH else f"in {dict(MONTHS)[month]}"
    return "oggi"


def _days(many: str, one: str, condition: Condition) -> str:
    days = int(condition.values[0])
    return one if days == 1 else f"{many} {texts.plural(days, 'giorno', 'giorni')}"


def _date(condition: Condition, field: Field) -> str:
    if condition.operator in ("is_empty", "is_not_empty"):
        return _there_or_not(condition, noun(field))
    again = "che ricorre " if condition.operator.startswith("anniversary") else ""
    return f"con {noun(field)} {again}{_when(condition, field)}"


def _born(condition: Condition, field: Field) -> str:
    if condition.operator in ("is_empty", "is_not_empty"):
        return _there_or_not(condition, noun(field))
    if condition.operator.startswith("anniversary"):
        return f"che compiono gli anni {_when(condition, field)}"
    return f"nati {_when(condition, field)}"


def _yes_no(condition: Condition, field: Field) -> str:
    said: Mapping[str, str] = {"is_yes": "con un sì", "is_no": "con un no", "is_empty": "senza risposta"}
    return f"{said[condition.operator]} in “{field.label}”"


def _consent(condition: Condition, field: Field) -> str:
    match condition.operator:
        case "is_yes":
            return f"che hanno detto sì {_TO[field.name]}"
        case "is_no":
            return f"che hanno detto no {_TO[field.name]}"
        case "is_undecided":
            return f"con una risposta da decidere {_ABOUT[field.name]}"
    return f"che non hanno mai risposto {_ABOUT[field.name]}"


def _sent(condition: Condition, field: Field) -> str:
    match condition.operator:
        case "was_sent":
            return "già caricati in una custom audience"
        case "never_sent":
            return "mai caricati in una custom audience"
    named = value_text(condition.values[0], field)
    return f"{'già' if condition.operator == 'sent_to' else 'mai'} caricati in {named}"
