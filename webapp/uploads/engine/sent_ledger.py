"""The ledger of contacts received by each audience, written with the batch that says so."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from webapp.contacts import sent
from webapp.contacts.models import SentAudience
from webapp.uploads.models import Upload


def remember(session: Session, upload: Upload, received: Iterable[int], duplicates: Sequence[int]) -> None:
    """The audience received these contacts; in the transaction that records their batch.

    Contacts left out as duplicates of theirs count too: the person was received. *duplicates*: pairs, as
    `models.BatchRows` has them.
    """
    ids = set(received)
    pairs = zip(duplicates[0::2], duplicates[1::2], strict=True)
    ids.update([duplicate for original, duplicate in pairs if original in ids])
    audience = SentAudience(
        client_id=upload.client_id,
        destination=upload.destination,
        audience_id=upload.audience_id,
        name=upload.audience_name,
    )
    sent.record(session, audience, ids)
