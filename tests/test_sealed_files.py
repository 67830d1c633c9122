"""Files in sealed pieces: what comes out is what went in, or it does not open; what is forgotten goes."""

import io
import resource
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select, update

from webapp import crypto, db, sealed_files
from webapp import services as services_module
from webapp.crypto import new_key
from webapp.host import reseal
from webapp.sealed_files import IMPORT, PIECE_BYTES, Damaged, StoredFile, StoredPiece
from webapp.services import services

pytestmark = pytest.mark.usefixtures("database")


class Zeros(io.RawIOBase):
    """A file of so many bytes that is nowhere."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        taken = min(size, self._left)
        self._left -= taken
        return bytes(taken)


def kept(name: str, content: bytes) -> StoredFile:
    assert sealed_files.keep(IMPORT, name, io.BytesIO(content)) == len(content)
    with db.reading() as session:
        return session.execute(select(StoredFile).where(StoredFile.name == name)).scalar_one()


def read(name: str) -> bytes:
    with sealed_files.unpacked(IMPORT, name) as file:
        return file.read()


def rows(table) -> int:
    with db.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES])
def test_a_file_comes_back_byte_for_byte(size):
    content = (b"anna@posta.example;" * (size // 19 + 1))[:size]
    file = kept("uno", content)

    assert read("uno") == content
    assert (file.size_bytes, file.pieces) == (size, max(1, -(-size // PIECE_BYTES)))


def test_nothing_of_it_is_in_the_database_in_clear():
    kept("uno", b"anna@posta.example\n" * 10)
    with db.reading() as session:
        assert b"anna" not in bytes(session.execute(select(StoredPiece.data)).scalar_one())
        key = session.execute(select(StoredFile.sealed_key)).scalar_one()
    text = services().seal.open(bytes(key), "file:uno")
    assert len(bytes.fromhex(text)) == 32


def test_a_piece_that_is_changed_swapped_missing_or_of_another_file_does_not_open():
    one, other = (kept(name, bytes([at]) * (2 * PIECE_BYTES + 5)) for at, name in enumerate(("uno", "due")))

    def spoil(statement) -> None:
        with db.writing() as session:
            session.execute(statement)

    first = (StoredPiece.file_id == one.id) & (StoredPiece.number == 0)
    with db.reading() as session:
        good = session.execute(select(StoredPiece.data).where(first)).scalar_one()
        second = select(StoredPiece.data).where(StoredPiece.file_id == one.id, StoredPiece.number == 1)
        strange = select(StoredPiece.data).where(StoredPiece.file_id == other.id, StoredPiece.number == 0)
        bad = [good[:-1] + b"x", session.scalar(second), session.scalar(strange)]
    for data in bad:
        spoil(update(StoredPiece).where(first).values(data=data))
        with pytest.raises(Damaged):
            read("uno")
    spoil(update(StoredPiece).where(first).values(data=good))
    assert len(read("uno")) == one.size_bytes

    spoil(
        update(StoredFile).where(StoredFile.id == one.id).values(pieces=2)
    )  # cut short, and said to be whole
    with pytest.raises(Damaged):
        read("uno")
    spoil(delete(StoredPiece).where(StoredPiece.file_id == other.id, StoredPiece.number == 1))
    with pytest.raises(Damaged):
        read("due")


def test_a_file_that_does_not_come_to_its_end_is_never_there():
    class Lost(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the connection was lost")
            return super().read(size)

    with pytest.raises(OSError, match="lost"):
        sealed_files.keep(IMPORT, "uno", Lost(b"x" * (3 * PIECE_BYTES)))
    with pytest.raises(FileNotFoundError):
        read("uno")
    sealed_files.sweep()
    assert (rows(StoredFile), rows(StoredPiece)) == (0, 0)


def test_a_file_whose_process_was_killed_half_way_is_swept_within_the_hour():
    half = kept("uno", b"x" * 5)
    with db.writing() as session:
        session.execute(update(StoredFile).values(complete_at=None))
    with pytest.raises(FileNotFoundError):
        read("uno")
    sealed_files.sweep()
    assert rows(StoredPiece) == 1, "somebody may still be writing it"

    with db.writing() as session:
        session.execute(update(StoredFile).values(created_at=half.created_at - 3_601))
    sealed_files.sweep()
    assert (rows(StoredFile), rows(StoredPiece)) == (0, 0)


def test_who_forgets_a_file_keeps_the_others():
    kept("uno", b"x" * (25 * 1024))
    kept("due", b"anna")
    sealed_files.forget("uno")
    with pytest.raises(FileNotFoundError):
        read("uno")
    sealed_files.sweep()
    assert read("due") == b"anna"
    assert (rows(StoredFile), rows(StoredPiece)) == (1, 1)


def test_new_keys_seal_the_key_of_a_file_again_and_none_of_its_pieces(database):
    kept("uno", b"anna@posta.example")
    with db.reading() as session:
        before = session.execute(select(StoredPiece.data)).scalar_one()
    renewed = new_key()
    made = services_module.start(replace(database, token_keys=(renewed, *database.token_keys)))
    assert reseal.reseal({crypto.TOKENS: made.seal}).lost == 0
    services_module.start(replace(database, token_keys=(renewed,)))

    assert read("uno") == b"anna@posta.example"
    with db.reading() as session:
        assert session.execute(select(StoredPiece.data)).scalar_one() == before


def test_a_file_of_200_mb_takes_no_memory_for_itself():
    """Written and read piece by piece: at most some pieces are in memory (the peak of the whole process)."""
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sealed_files.keep(IMPORT, "grande", Zeros(200_000_000))
    read_bytes = sum(map(len, sealed_files.pieces(IMPORT, "grande")))
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    assert read_bytes == 200_000_000
    assert grown_mb < 60
