"""A few masked details of a check: who stays out, who goes and how it is written before it is digested.

Masked here, on the server; contacts are read as they are now and nothing of them is kept.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from webapp.contacts.models import CONTACT
from webapp.destinations.base import Medium
from webapp.values.emails import read_email
from webapp.values.masking import mask
from webapp.values.phones import read_mobile

SHOWN, LOOKED_AT = 5, 200
TYPED = {Medium.EMAIL: CONTACT.c.email, Medium.SMS: CONTACT.c.mobile}
DIGEST = {Medium.EMAIL: CONTACT.c.email_sha256, Medium.SMS: CONTACT.c.mobile_sha256}


class Change(NamedTuple):
    """A detail as it was typed and as it goes, both masked."""

    before: str
    after: str


def masked(session: Session, database_id: int, medium: Medium, ids: Sequence[int]) -> list[str]:
    """The detail of each of the contacts *ids* that is there and has one."""
    return [mask(typed) for _, typed, *_ in _read(session, database_id, medium, ids[:SHOWN]) if typed]


def changes(
    session: Session, database_id: int, medium: Medium, ids: Sequence[int], home: str | None
) -> list[Change]:
    """Of the contacts *ids*, five that are written in another way before they are digested, as far as there
    are any; the rest as they are. *home*: of numbers without a prefix.

    What does not come to the digest that is sent (a number read by the country of its row) is not shown.
    """
    changed: list[Change] = []
    same: list[Change] = []
    for _, typed, digest, country in _read(session, database_id, medium, ids[:LOOKED_AT]):
        if not typed or len(changed) == SHOWN:
            continue
        value = read_email(typed).value if medium == Medium.EMAIL else _number(typed, country, home)
        if value is None or hashlib.sha256(value.encode()).digest() != digest:
            continue
        one = Change(mask(typed), mask(value))
        (same if typed == value else changed).append(one)
    return (changed + same)[:SHOWN]


def _number(typed: str, country: str | None, home: str | None) -> str | None:
    return read_mobile(typed, country or home).value


def _read(session: Session, database_id: int, medium: Medium, ids: Sequence[int]) -> list[Any]:
    columns = (CONTACT.c.id, TYPED[medium], DIGEST[medium], CONTACT.c.country)
    wanted = select(*columns).where(CONTACT.c.database_id == database_id, CONTACT.c.id.in_(list(ids)))
    return list(session.execute(wanted.order_by(CONTACT.c.id)).all())
