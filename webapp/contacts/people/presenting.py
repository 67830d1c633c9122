"""A contact as screens show it: whole to who works with contacts, masked to support."""

from dataclasses import dataclass
from datetime import date

from webapp import db
from webapp.contacts.answers import FIELDS, Answer, answer_in, words_for
from webapp.contacts.fields import CONSENT, STANDARD_BY_NAME, Field, FieldType
from webapp.contacts.models import Contact
from webapp.contacts.people.email_typos import suggestion
from webapp.values import texts
from webapp.values.masking import initial, mask_email, mask_mobile
from webapp.values.reasons import explain

YES_NO = {True: "sì", False: "no"}
ANSWERS = {Answer.YES: "sì", Answer.NO: "no", Answer.UNDECIDED: "da decidere", Answer.NONE: ""}


@dataclass(frozen=True, slots=True)
class ShownDetail:
    """An e-mail or mobile: what is shown, whether it can be used, why not, and what was probably meant."""

    text: str
    is_valid: bool
    reason: str
    meant: str = ""


@dataclass(frozen=True, slots=True)
class ContactView:
    """A row of the list of contacts."""

    id: int
    name: str
    code: str
    email: ShownDetail
    mobile: ShownDetail
    city: str
    consent: str


def present(contact: Contact, whole: bool) -> ContactView:
    """*whole* False: names, addresses, numbers and codes are masked."""
    first, last = contact.first_name or "", contact.last_name or ""
    name = f"{first} {last}" if whole else f"{initial(first)} {initial(last)}"
    return ContactView(
        db.saved_id(contact),
        name.strip() or "Senza nome",
        (contact.code or "") if whole else "",
        email_of(contact, whole),
        mobile_of(contact, whole),
        contact.city or "",
        answer_text(contact, "consent"),
    )


def email_of(contact: Contact, whole: bool) -> ShownDetail:
    text = (contact.email or "") if whole else mask_email(contact.email)
    meant = suggestion(contact.email) or "" if whole and contact.email else ""
    return ShownDetail(text, contact.email_sha256 is not None, _why(contact.email_reason), meant)


def mobile_of(contact: Contact, whole: bool) -> ShownDetail:
    text = (contact.mobile or "") if whole else mask_mobile(contact.mobile)
    return ShownDetail(text, contact.mobile_sha256 is not None, _why(contact.mobile_reason))


def field_text(contact: Contact, field: Field) -> str:
    """The value of *field* in words; empty when there is none."""
    if field.type == CONSENT:
        return answer_text(contact, field.name)
    if field.is_own:
        value = contact.own_fields.get(field.name.partition(":")[2])
        value = date.fromisoformat(value) if field.type == FieldType.DATE and value else value
    else:
        value = getattr(contact, field.name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, date):
        return texts.day(value)
    if isinstance(value, int | float):
        return texts.number(value)
    return dict(field.choices).get(value, str(value))


def answer_text(contact: Contact, field: str) -> str:
    """The words for a field of consent: sì, no, da decidere, or nothing."""
    return ANSWERS[answer_in(field, getattr(contact, field), contact.consent_unread)]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """A field of consent on the page of a contact; *words* are those nobody could read."""

    label: str
    answer: Answer
    words: tuple[str, ...]


def answers_shown(contact: Contact) -> list[ShownAnswer]:
    """The general answer, and those for channels that were ever given."""
    shown_ones = [
        ShownAnswer(
            STANDARD_BY_NAME[field].label,
            answer_in(field, getattr(contact, field), contact.consent_unread),
            tuple(words_for(field, contact.consent_unread).values()),
        )
        for field in FIELDS
    ]
    return [one for one in shown_ones if one.label == "Consenso" or one.answer != Answer.NONE]


def _why(reason: str | None) -> str:
    return explain(reason) if reason else ""
