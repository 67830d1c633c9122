"""The right to change an upload: its row, locked by the transaction that changes it.

On PostgreSQL two transactions may read the same upload and both decide; whoever holds the lock decides
alone, on what is true now. On SQLite there is one writer, and the lock costs nothing.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import Session, col

from webapp.uploads.models import Upload

# A plain FOR UPDATE would wait for whoever has just written a row that points to the upload (a batch, an
# event), and they for us: a deadlock. An upload is always locked before its batches.
_KEY_SHARE = True


class LockedUpload:
    """An upload as it stands in this transaction, which alone may change it. Only `locked` gives one out."""

    __slots__ = ("_row", "_transaction", "session")

    def __init__(self, session: Session, row: Upload) -> None:
        self.session = session
        self._row = row
        self._transaction = session.get_transaction()

    @property
    def row(self) -> Upload:
        """Raises RuntimeError once the transaction that holds the lock has ended."""
        if self._transaction is None or self.session.get_transaction() is not self._transaction:
            raise RuntimeError("the lock of this upload is gone with its transaction")
        return self._row

    @property
    def id(self) -> int:
        if self._row.id is None:
            raise ValueError("the upload was never stored")
        return self._row.id


def locked(session: Session, upload_id: int | None) -> LockedUpload | None:
    """The upload, read anew under its lock; None when there is none of that id."""
    return next(iter(all_locked(session, col(Upload.id) == upload_id)), None)


def all_locked(session: Session, *which: ColumnElement[bool]) -> list[LockedUpload]:
    """The uploads that *which* still holds for under their locks, always taken in the order of their ids."""
    return [LockedUpload(session, row) for row in session.execute(_locking(*which)).scalars().all()]


def _locking(*which: ColumnElement[bool]) -> Select[Any]:
    query = select(Upload).where(*which).order_by(col(Upload.id)).with_for_update(key_share=_KEY_SHARE)
    return query.execution_options(populate_existing=True)
