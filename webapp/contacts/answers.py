"""Answers about consent, one for each way of reaching a person; answers nobody could read. PURE.

A contact has a general answer (`consent`), one for each channel (`consent_email` …), and `consent_unread`:
the words in a file that nobody could read, JSON of target → folded word. A target is one of those four
fields, with ":not" behind it where the column says who is out, so that its yes is a no.
"""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

import orjson

from webapp.contacts.cells import fold
from webapp.values.emails import trim

TURNED: Final = ":not"
CHANNEL: Final = {"email": "consent_email", "sms": "consent_sms"}  # medium → its field
FIELDS: Final = ("consent", "consent_email", "consent_sms", "consent_phone")
BY_HAND: Final = "da decidere"  # the word of who was set to that by hand: it means nothing else, ever
LONGEST_WORD = 60
_AROUND = " \t\r\n.,;:!?…*\"'`()[]«»“”‘’"


class Answer(StrEnum):
    """The answer of a person for a medium. UNDECIDED: something was answered that nobody could read yet."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"
    NONE = "none"


class Answered(Protocol):
    """A contact, as far as consent goes."""

    consent: bool | None
    consent_email: bool | None
    consent_sms: bool | None
    consent_phone: bool | None
    consent_unread: str | None


def answer_for(consent: bool | None, on_channel: bool | None, unread: str | None) -> Answer:
    """The answer that holds for a medium; *on_channel* is what was answered for its channel.

    A no is a no whatever stands beside it; whoever has an unread answer anywhere waits for a person.
    """
    if consent is False or on_channel is False:
        return Answer.NO
    if unread is not None:
        return Answer.UNDECIDED
    said = consent if on_channel is None else on_channel
    return Answer.YES if said else Answer.NONE


def answer_of(contact: Answered, medium: str) -> Answer:
    """The same of a contact. *medium*: email or sms."""
    return answer_for(contact.consent, getattr(contact, CHANNEL[medium]), contact.consent_unread)


def answer_in(field: str, stored: bool | None, unread: str | None) -> Answer:
    """The answer in one field of a contact, whatever its others say: as it is shown, and asked for."""
    if stored is False:
        return Answer.NO
    if words_for(field, unread):
        return Answer.UNDECIDED
    return Answer.YES if stored else Answer.NONE


def words_for(field: str, unread: str | None) -> dict[str, str]:
    """Target → word, of the targets that write *field*."""
    return {target: word for target, word in unread_of(unread).items() if field_of(target) == field}


def fold_word(cell: str) -> str:
    """A cell of a column of consent as its word is remembered: no case, accents, blanks or points around it.

    At most 60 characters: a longer text is cut and told from others that begin like it. Never empty, unless
    the cell is.
    """
    plain = " ".join(fold(trim(cell.replace("\0", ""))).split())
    word = plain.strip(_AROUND) or plain
    if len(word) <= LONGEST_WORD:
        return word
    return f"{word[: LONGEST_WORD - 10]}… {sha256(word.encode()).hexdigest()[:8]}"


def pack_unread(words: Mapping[str, str]) -> str | None:
    """Target → word as `consent_unread` holds it, always in the same order; None when there is none."""
    return orjson.dumps(dict(words), option=orjson.OPT_SORT_KEYS).decode() if words else None


def unread_of(packed: str | None) -> dict[str, str]:
    """Target → word of a `consent_unread`."""
    return orjson.loads(packed) if packed else {}


def field_of(target: str) -> str:
    """The field a target writes: consent_email:not → consent_email."""
    return target.removesuffix(TURNED)


def is_turned(target: str) -> bool:
    return target.endswith(TURNED)


def without(packed: str | None, field: str) -> str | None:
    """*packed* once *field* has an answer that says something."""
    return pack_unread(
        {target: word for target, word in unread_of(packed).items() if field_of(target) != field}
    )
