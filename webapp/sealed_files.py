"""Files that people bring, kept in the database in sealed pieces, so that every host has them.

    keep(kind, name, file)     piece by piece, each in a transaction of its own; it is there at the end
    unpacked(kind, name)       a private copy without a name on disk, for programs that seek
    forget_in(session, …)      with the transaction of what the file belonged to: it opens no more then
    sweep()                    the pieces of what was forgotten or never came to its end

Each file is sealed with AES-256-GCM under a key of its own, which is itself sealed with PLATEA_TOKEN_KEYS:
new keys rewrite that one text. The number of a piece is its nonce, since a key seals one file once;
authenticated with it are the name, the number and whether it is the last one. So a piece that is missing, of
another file or in another place, and a file that was cut short, do not open.
"""

import os
import tempfile
from collections.abc import Collection, Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, ColumnElement, delete, func, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

from webapp import clock, crypto, db
from webapp.db import BigId, Blob
from webapp.services import services

PIECE_BYTES = 1024 * 1024  # one transaction: others who write wait some 6 ms for it
PIECES_AT_ONCE = 10  # deleted in one transaction
UNFINISHED_LIVES_S = 3600.0  # a file nobody went on with
IMPORT, EXPORT = "import", "export"  # kinds


class StoredFile(SQLModel, table=True):
    """A file in pieces. *sealed_key*: None once it is forgotten. *complete_at*: None until all are in."""

    __tablename__ = "stored_file"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    kind: str
    name: str = Field(unique=True)
    sealed_key: bytes | None = Field(
        default=None, sa_column=Column(Blob, info=crypto.sealed(lambda row: _purpose(row["name"])))
    )
    size_bytes: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    pieces: int = 0
    created_at: float = Field(default_factory=clock.epoch)
    complete_at: float | None = None


class StoredPiece(SQLModel, table=True):
    """*number* counts from 0."""

    __tablename__ = "stored_piece"
    __table_args__ = {"info": {"rows_at_once": 8}}  # noqa: RUF012 (rows of a megabyte, for `host.moving`)

    file_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    number: int = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(Blob, nullable=False))


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Damaged(Exception):
    """A stored file lacks a piece, or one is not as it was sealed."""


def keep(kind: str, name: str, source: Readable) -> int:
    """Store what *source* still gives, under a new *name*; its size. To be called outside a transaction.

    When it fails nothing is left but pieces that nobody can open, which `sweep` takes away.
    """
    key = AESGCM.generate_key(256)
    with db.writing() as session:
        row = StoredFile(kind=kind, name=name, sealed_key=services().seal.close(key.hex(), _purpose(name)))
        session.add(row)
    try:
        size, pieces = _write(AESGCM(key), db.saved_id(row), name, source)
        with db.writing() as session:
            kept = session.get_one(StoredFile, row.id)
            kept.size_bytes, kept.pieces, kept.complete_at = size, pieces, clock.epoch()
            session.add(kept)
    except BaseException:
        forget(name)
        raise
    return size


def _write(key: AESGCM, file_id: int, name: str, source: Readable) -> tuple[int, int]:
    """(bytes, pieces) of what was written."""
    size, number, piece = 0, 0, source.read(PIECE_BYTES)
    while True:
        following = source.read(PIECE_BYTES) if piece else b""
        data = key.encrypt(_nonce(number), piece, _bound(name, number, not following))
        with db.writing() as session:
            session.add(StoredPiece(file_id=file_id, number=number, data=data))
        size, number = size + len(piece), number + 1
        if not following:
            return size, number
        piece = following
        db.give_way()


def pieces(kind: str, name: str) -> Iterator[bytes]:
    """The content, a piece at a time. Raises FileNotFoundError, Damaged, CannotOpen."""
    with db.reading() as session:
        row = session.execute(select(StoredFile).where(_is(kind, name))).scalars().first()
    if row is None or row.sealed_key is None or row.complete_at is None:
        raise FileNotFoundError(name)
    key = AESGCM(bytes.fromhex(services().seal.open(row.sealed_key, _purpose(name))))
    for number in range(row.pieces):
        wanted = select(col(StoredPiece.data)).where(
            col(StoredPiece.file_id) == row.id, col(StoredPiece.number) == number
        )
        with db.reading() as session:
            data = session.execute(wanted).scalars().first()
        if data is None:
            raise FileNotFoundError(name) if is_forgotten(kind, name) else Damaged(name)
        try:
            yield key.decrypt(_nonce(number), bytes(data), _bound(name, number, number == row.pieces - 1))
        except InvalidTag:
            raise Damaged(name) from None


def unpacked(kind: str, name: str) -> BinaryIO:
    """The whole content in a file that no name leads to, at its beginning. Raises as `pieces`."""
    file = tempfile.TemporaryFile(prefix="platea-")  # noqa: SIM115 (whoever asked closes it)
    try:
        for piece in pieces(kind, name):
            file.write(piece)
        file.flush()
        file.seek(0, os.SEEK_SET)
    except BaseException:
        file.close()
        raise
    return file


def forget_in(session: Session, name: str) -> None:
    """Forget the file when *session* commits: without its key nobody reads what is left of it."""
    session.execute(update(StoredFile).where(col(StoredFile.name) == name).values(sealed_key=None))


def forget(name: str) -> None:
    with db.writing() as session:
        forget_in(session, name)


def is_forgotten(kind: str, name: str) -> bool:
    """Whether there is no such file (any more)."""
    with db.reading() as session:
        return not db.finds_any(session, select(StoredFile).where(_is(kind, name), _OPENS))


def names(kind: str) -> set[str]:
    """Those that are there, and those that are about to be."""
    with db.reading() as session:
        return set(session.execute(select(col(StoredFile.name)).where(_OPENS, _of(kind))).scalars())


def forget_others(kind: str, named: Collection[str], older_than_s: float) -> None:
    """Forget the files of *kind* that nothing names; a younger one may be about to get its row."""
    with db.reading() as session:
        old = col(StoredFile.created_at) < clock.epoch() - older_than_s
        found = session.execute(select(col(StoredFile.name)).where(_OPENS, _of(kind), old)).scalars().all()
    for name in found:
        if name not in named:
            forget(name)


def sweep() -> None:
    """Delete what was forgotten, and what nobody went on with for an hour, some pieces at a time."""
    unfinished = col(StoredFile.complete_at).is_(None) & (
        col(StoredFile.created_at) < clock.epoch() - UNFINISHED_LIVES_S
    )
    with db.reading() as session:
        doomed = select(col(StoredFile.id)).where(or_(col(StoredFile.sealed_key).is_(None), unfinished))
        ids = session.execute(doomed).scalars().all()
    for file_id in ids:
        while _deleted_some(file_id):
            db.give_way()
        with db.writing() as session:
            session.execute(delete(StoredFile).where(col(StoredFile.id) == file_id))


def _deleted_some(file_id: int | None) -> bool:
    mine = col(StoredPiece.file_id) == file_id
    with db.writing() as session:
        first = session.execute(select(func.min(StoredPiece.number)).where(mine)).scalar_one()
        if first is None:
            return False
        session.execute(delete(StoredPiece).where(mine, col(StoredPiece.number) < first + PIECES_AT_ONCE))
    return True


_OPENS = col(StoredFile.sealed_key).is_not(None)


def _of(kind: str) -> ColumnElement[bool]:
    return col(StoredFile.kind) == kind


def _is(kind: str, name: str) -> ColumnElement[bool]:
    return _of(kind) & (col(StoredFile.name) == name)


def _purpose(name: str) -> str:
    return f"file:{name}"


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _bound(name: str, number: int, is_last: bool) -> bytes:
    return f"platea: file:{name}:{number}:{'last' if is_last else 'more'}".encode()
