"""The Italian words for the data by which people can be recognised, and those of the command line. PURE."""

from collections.abc import Collection, Mapping

from webapp.contacts.fields import STANDARD
from webapp.destinations.base import Identifier
from webapp.values.texts import percent

_LABELS = {field.name: field.label for field in STANDARD}
LABELS: dict[Identifier, str] = {one: _LABELS[one] for one in Identifier}

# As a person types them after `--riconosci`: a word each, without accents.
NAMES: dict[str, Identifier] = {
    "email": Identifier.EMAIL,
    "cellulare": Identifier.MOBILE,
    "nome": Identifier.FIRST_NAME,
    "cognome": Identifier.LAST_NAME,
    "sesso": Identifier.GENDER,
    "nascita": Identifier.BIRTH_DATE,
    "citta": Identifier.CITY,
    "provincia": Identifier.PROVINCE,
    "cap": Identifier.POSTCODE,
    "paese": Identifier.COUNTRY,
    "codice": Identifier.CODE,
}
ALL, NONE = "tutti", "nessuno"


class UnknownNames(ValueError):
    """`str()` is the Italian sentence that lists the names there are."""


def labels(identifiers: Collection[str]) -> str:
    """“Nome, Cognome, Data di nascita”."""
    return ", ".join(label for one, label in LABELS.items() if one in identifiers)


def told(identifiers: Collection[str], missing: Mapping[str, int], to_send: int) -> str:
    """“Nome, CAP (3,1% vuoti)”: what an upload sends beside the medium's own, and how often it lacks it."""
    words = []
    for one, label in LABELS.items():
        if one in identifiers:
            lacking = missing.get(one, 0)
            words.append(f"{label} ({percent(lacking / to_send)} vuoti)" if lacking and to_send else label)
    return ", ".join(words)


def read_names(text: str) -> list[Identifier]:
    """`nessuno`, `tutti` or names with commas between them, in order. Raises UnknownNames."""
    words = [word.strip().casefold().replace("à", "a") for word in text.split(",")]
    if words == [ALL]:
        return list(Identifier)
    if words == [NONE]:
        return []
    unknown = [word for word in words if word not in NAMES]
    if unknown:
        known = ", ".join(NAMES)
        raise UnknownNames(
            f"--riconosci non conosce “{unknown[0]}”. "
            f"Scrivi {NONE}, {ALL}, oppure uno o più di questi separati da virgole: {known}."
        )
    return [one for one in Identifier if one in {NAMES[word] for word in words}]
