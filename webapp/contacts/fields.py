"""The fields of a contact: those every database has, and the types a customer's own may have. PURE."""

from dataclasses import dataclass
from enum import StrEnum

OWN = "own:"  # own:<key> names an own field in mappings and rules
SKIP = "skip"  # in a mapping: the column is left out


class FieldType(StrEnum):
    """The type of a customer's own column, so that filters compare numbers as numbers and dates as dates."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    LIST = "list"  # a text that is one of few: the shop, the loyalty level


# An answer about consent: yes, no, none, or one that nobody could read yet (`answers`).
CONSENT = "consent"
# Of e-mail and mobile: text that may be valid or not.
ADDRESS = "address"
# No field of a contact, but where it was sent: only filters know it.
AUDIENCE = "audience"


@dataclass(frozen=True, slots=True)
class Field:
    """A field as screens name it.

    *type* is a FieldType, ADDRESS or CONSENT; *choices*: stored value → label.
    """

    name: str
    label: str
    type: str
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def is_own(self) -> bool:
        return self.name.startswith(OWN)


STANDARD = (
    Field("code", "Codice cliente", FieldType.TEXT),
    Field("email", "Email", ADDRESS),
    Field("mobile", "Cellulare", ADDRESS),
    Field("first_name", "Nome", FieldType.TEXT),
    Field("last_name", "Cognome", FieldType.TEXT),
    Field("gender", "Sesso", FieldType.TEXT, (("f", "donna"), ("m", "uomo"))),
    Field("city", "Città", FieldType.TEXT),
    Field("province", "Provincia", FieldType.TEXT),
    Field("postcode", "CAP", FieldType.TEXT),
    Field("country", "Paese", FieldType.TEXT),
    Field("birth_date", "Data di nascita", FieldType.DATE),
    Field("consent", "Consenso", CONSENT),
    Field("consent_email", "Consenso email", CONSENT),
    Field("consent_sms", "Consenso SMS", CONSENT),
    Field("consent_phone", "Consenso telefono", CONSENT),
    Field("consent_date", "Data del consenso", FieldType.DATE),
    Field("consent_source", "Fonte del consenso", FieldType.TEXT),
)
SENT = Field("sent", "Custom audience", AUDIENCE)
STANDARD_BY_NAME = {field.name: field for field in STANDARD}
TYPE_LABELS = {
    FieldType.TEXT: "testo",
    FieldType.NUMBER: "numero",
    FieldType.DATE: "data",
    FieldType.YES_NO: "sì o no",
    FieldType.LIST: "elenco (pochi valori che si ripetono)",
}
