"""The example that step 1 of an import offers: what a good file looks like, with invented people. PURE."""

from collections.abc import Iterator, Sequence

from webapp.contacts.fields import FieldType

HEADER = (
    "Codice cliente", "Email", "Cellulare", "Nome", "Cognome", "Sesso", "Città", "Provincia", "CAP", "Paese",
    "Data di nascita", "Consenso marketing",
)  # fmt: skip
PEOPLE = (
    ("A-1001", "anna@posta.example", "+39 333 1234567", "Anna", "Moretti", "f", "Torino", "TO", "10121",
     "Italia", "14/02/1970", "sì"),
    ("A-1002", "luca@posta.example", "347 7654321", "Luca", "De Angelis", "m", "Forlì", "FC", "47121",
     "Italia", "03/11/1985", "sì"),
    ("A-1003", "", "329 5551234", "Chiara", "D’Amico", "f", "Roma", "RM", "00184", "Italia", "", "no"),
)  # fmt: skip
_VALUES = {
    FieldType.NUMBER: "1.250,90",
    FieldType.DATE: "23/11/2026",
    FieldType.YES_NO: "sì",
}
_TEXT = "testo"
# Without own fields: two that a shop has.
_USUAL = (("Totale speso", ("1.250,90", "80", "0")), ("Ultimo acquisto", ("23/11/2026", "01/06/2026", "")))


def rows(own: Sequence[tuple[str, str, Sequence[str]]]) -> Iterator[Sequence[str]]:
    """Header and three people. *own*: (label, type, choices) of the database's own fields."""
    labels = [label for label, _, _ in own] or [label for label, _ in _USUAL]
    yield [*HEADER, *labels]
    for number, person in enumerate(PEOPLE):
        if own:
            values = [(choices or [_VALUES.get(FieldType(kind), _TEXT)])[0] for _, kind, choices in own]
        else:
            values = [examples[number] for _, examples in _USUAL]
        yield [*person, *values]
