"""Comparison operators of filters, by the type of the field. PURE."""

from dataclasses import dataclass

from webapp.contacts.fields import ADDRESS, AUDIENCE, CONSENT, FieldType

# How many values an operator takes, and of what kind.
NO_VALUE, ONE, MANY, RANGE, DAYS, MONTH = "none", "one", "many", "range", "days", "month"


@dataclass(frozen=True, slots=True)
class Operator:
    """*takes* is one of the kinds above; *label* is said between the field and its value."""

    name: str
    label: str
    takes: str = ONE


_EMPTY = (Operator("is_empty", "è vuoto", NO_VALUE), Operator("is_not_empty", "non è vuoto", NO_VALUE))
_TEXT = (
    Operator("is", "è"),
    Operator("is_not", "è diverso da"),
    Operator("one_of", "è una tra", MANY),
    Operator("none_of", "non è tra", MANY),
    Operator("contains", "contiene"),
    Operator("does_not_contain", "non contiene"),
    Operator("starts_with", "inizia con"),
    *_EMPTY,
)
_LIST = (*_TEXT[2:4], *_TEXT[:2], *_TEXT[4:])  # the same questions, "è una tra" first
_VALID = (Operator("is_valid", "è valido", NO_VALUE), Operator("is_not_valid", "non è valido", NO_VALUE))
_NUMBER = (
    Operator("is", "è"),
    Operator("is_not", "è diverso da"),
    Operator("at_least", "è almeno"),
    Operator("at_most", "è al massimo"),
    Operator("greater", "è maggiore di"),
    Operator("less", "è minore di"),
    Operator("between", "è compreso tra", RANGE),
    *_EMPTY,
)
_DATE = (
    Operator("is", "è il"),
    Operator("before", "è prima del"),
    Operator("after", "è dopo il"),
    Operator("between", "è compreso tra", RANGE),
    Operator("last_days", "negli ultimi", DAYS),
    Operator("next_days", "nei prossimi", DAYS),
    Operator("anniversary_today", "ricorre oggi", NO_VALUE),
    Operator("anniversary", "ricorre nei prossimi", DAYS),
    Operator("anniversary_month", "ricorre nel mese di", MONTH),
    *_EMPTY,
)
_YES_NO = (
    Operator("is_yes", "è sì", NO_VALUE),
    Operator("is_no", "è no", NO_VALUE),
    Operator("is_empty", "non è indicato", NO_VALUE),
)
_CONSENT = (
    *_YES_NO[:2],
    Operator("is_undecided", "è da decidere", NO_VALUE),
    _YES_NO[2],
)
_SENT = (
    Operator("was_sent", "caricato almeno una volta", NO_VALUE),
    Operator("never_sent", "mai caricato", NO_VALUE),
    Operator("sent_to", "caricato in"),
    Operator("not_sent_to", "mai caricato in"),
)

OPERATORS: dict[str, dict[str, Operator]] = {
    kind: {operator.name: operator for operator in operators}
    for kind, operators in (
        (FieldType.TEXT, _TEXT),
        (FieldType.NUMBER, _NUMBER),
        (FieldType.DATE, _DATE),
        (FieldType.YES_NO, _YES_NO),
        (FieldType.LIST, _LIST),
        (CONSENT, _CONSENT),
        (ADDRESS, (*_VALID, *_TEXT)),
        (AUDIENCE, _SENT),
    )
}
