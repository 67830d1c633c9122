"""Comparison operators of filters, by the type of the field. PURE."""

from dataclasses import dataclass

from webapp.contacts.fields import ADDRESS, AUDIENCE, CONSENT, FieldType

# How many values an operator takes, and of what kind.
NO_VALUE, ONE, MANY, RANGE, DAYS, MONTH = "none", "one", "many", "range", "days", "month"


@dataclass(frozen=True, slots=True)
class Comparison:
    """*takes* is one of the kinds above; *label* is said between the field and its value."""

    name: str
    label: str
    takes: str = ONE


_EMPTY = (Comparison("is_empty", "è vuoto", NO_VALUE), Comparison("is_not_empty", "non è vuoto", NO_VALUE))
_TEXT = (
    Comparison("is", "è"),
    Comparison("is_not", "è diverso da"),
    Comparison("one_of", "è una tra", MANY),
    Comparison("none_of", "non è tra", MANY),
    Comparison("contains", "contiene"),
    Comparison("does_not_contain", "non contiene"),
    Comparison("starts_with", "inizia con"),
    *_EMPTY,
)
_LIST = (*_TEXT[2:4], *_TEXT[:2], *_TEXT[4:])  # the same questions, "è una tra" first
_VALID = (Comparison("is_valid", "è valido", NO_VALUE), Comparison("is_not_valid", "non è valido", NO_VALUE))
_NUMBER = (
    Comparison("is", "è"),
    Comparison("is_not", "è diverso da"),
    Comparison("at_least", "è almeno"),
    Comparison("at_most", "è al massimo"),
    Comparison("greater", "è maggiore di"),
    Comparison("less", "è minore di"),
    Comparison("between", "è compreso tra", RANGE),
    *_EMPTY,
)
_DATE = (
    Comparison("is", "è il"),
    Comparison("before", "è prima del"),
    Comparison("after", "è dopo il"),
    Comparison("between", "è compreso tra", RANGE),
    Comparison("last_days", "negli ultimi", DAYS),
    Comparison("next_days", "nei prossimi", DAYS),
    Comparison("anniversary_today", "ricorre oggi", NO_VALUE),
    Comparison("anniversary", "ricorre nei prossimi", DAYS),
    Comparison("anniversary_month", "ricorre nel mese di", MONTH),
    *_EMPTY,
)
_YES_NO = (
    Comparison("is_yes", "è sì", NO_VALUE),
    Comparison("is_no", "è no", NO_VALUE),
    Comparison("is_empty", "non è indicato", NO_VALUE),
)
_CONSENT = (
    *_YES_NO[:2],
    Comparison("is_undecided", "è da decidere", NO_VALUE),
    _YES_NO[2],
)
_SENT = (
    Comparison("was_sent", "caricato almeno una volta", NO_VALUE),
    Comparison("never_sent", "mai caricato", NO_VALUE),
    Comparison("sent_to", "caricato in"),
    Comparison("not_sent_to", "mai caricato in"),
)

OPERATORS: dict[str, dict[str, Comparison]] = {
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
