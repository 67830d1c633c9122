"""People who are taken away while they are being sent, and what was sent of them after that moment."""

import hashlib
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.erasure import erased
from webapp.contacts.models import Contact, UserDatabase
from webapp.uploads.models import Batch, BatchRows
from webapp.uploads.packed_ids import unpack
from webapp.uploads.status import BatchStatus

T = TypeVar("T")
DIGEST = re.compile(rb"[0-9a-f]{64}")
INSISTS_FOR_S = 120.0


def digest(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


ERASED = "cancellato"


@dataclass
class Ears:
    """Every request to add users that came to Meta: when it began, whom it held; and who was taken out."""

    heard: list[tuple[float, frozenset[str]]] = field(default_factory=list)
    taken_out: set[str] = field(default_factory=set)

    def hear(self, at: float, asked: bytes) -> None:
        line = asked.split(b"\r\n", 1)[0]
        if b"/users" not in line:
            return
        digests = frozenset(one.decode() for one in DIGEST.findall(asked))
        if line.startswith(b"DELETE "):
            self.taken_out |= digests
        else:
            self.heard.append((at, digests))

    def digests(self) -> set[str]:
        return {one for _, digests in self.heard for one in digests}

    def times_after(self, at: float, whom: str) -> int:
        return sum(began > at and whom in digests for began, digests in list(self.heard))


@dataclass(frozen=True)
class Withdrawn:
    """Somebody who must not be sent in an attempt that begins after *at*. *on_the_way*: one had begun."""

    email: str
    at: float
    on_the_way: bool
    how: str

    def wrongly_sent(self, ears: Ears) -> bool:
        """The attempt that had begun may reach Meta after that moment; once."""
        return ears.times_after(self.at, digest(self.email)) > self.on_the_way


def insist(what: Callable[[], T]) -> T:
    """As a person does whose page says that the database is away, or that an import is running: again."""
    until = time.monotonic() + INSISTS_FOR_S
    while True:
        try:
            return what()
        except (SQLAlchemyError, erased.MustWait, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def on_the_way(session: Session, contact_ids: Collection[int]) -> set[int]:
    """Those of the contacts whose batch somebody is sending now."""
    sending = select(col(BatchRows.contact_ids)).join(Batch, col(Batch.id) == col(BatchRows.batch_id))
    packed = session.execute(sending.where(col(Batch.status) == BatchStatus.SENDING)).scalars()
    return {one for row in packed for one in unpack(row)}.intersection(contact_ids)


def now_on_the_way(contact_ids: Collection[int]) -> set[int]:
    def look() -> set[int]:
        with db.reading() as session:
            return on_the_way(session, contact_ids)

    return insist(look)


def erase(email: str) -> Withdrawn:
    """On their own request, for good."""
    seen: set[int] = set()

    def take() -> int | None:
        with db.writing() as session:
            contact = session.execute(select(Contact).where(col(Contact.email) == email)).scalar_one_or_none()
            if contact is None:
                return None  # done, and the connection ended before we heard of it
            contact_id = db.saved_id(contact)
            erased.erase(session, session.get_one(UserDatabase, contact.database_id), contact)
            seen.update(on_the_way(session, [contact_id]))
            return contact_id

    contact_id = insist(take)
    at = time.time()
    if contact_id is not None:
        seen |= now_on_the_way([contact_id])
    return Withdrawn(email, at, bool(seen) or contact_id is None, ERASED)
