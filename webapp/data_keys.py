"""Keys of their own for what is read as long as it is kept: erased people, the ledger, recovery codes.

    services' secret and token keys  change whenever somebody wants
      └─ a data key                  never changes; kept in the database, sealed twice: with each of them
           └─ keyed digests of erased people and recovery codes, sealed idents of the ledger

Either of PLATEA_TOKEN_KEYS and PLATEA_SECRET_KEYS opens a data key, so whoever replaces one of them loses
nothing: `make` at the next start seals it with both again. A stolen copy of the database opens nothing.

Installations of before had no such row: their key was derived from the secret key. `make` writes down just
that one, so all that is there stays readable. New installations get one of chance.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import delete, insert, text
from sqlmodel import Field, Session, SQLModel, select

from webapp import crypto, db
from webapp.crypto import SECRETS, TOKENS, CannotOpen
from webapp.services import Services, services

ERASED = "platea: persone cancellate"  # the names are those the first keys were derived for
LEDGER = "platea: registro"
RECOVERY = "platea: codice di recupero"
NAMES = (ERASED, LEDGER, RECOVERY)
LOST = (
    "Le chiavi delle persone cancellate e di chi è nelle custom audience non si aprono: rimetti in coda a "
    "PLATEA_SECRET_KEYS, o a PLATEA_TOKEN_KEYS, la chiave di prima."
)


class KeysLost(Exception):
    """No key of this installation opens the data keys; `str()` is the Italian sentence."""

    def __init__(self) -> None:
        super().__init__(LOST)


def _purpose(name: str) -> str:
    return f"data_key:{name}"


class DataKey(SQLModel, table=True):
    """A data key, 32 bytes in hex, sealed twice."""

    __tablename__ = "data_key"

    name: str = Field(primary_key=True)
    by_tokens: bytes = Field(sa_column_kwargs={"info": crypto.sealed(lambda row: _purpose(row["name"]))})
    by_secrets: bytes = Field(
        sa_column_kwargs={"info": crypto.sealed(lambda row: _purpose(row["name"]), SECRETS)}
    )


@dataclass(frozen=True)
class _Known:
    """What this process has opened, for the services it has now."""

    of: Services
    keys: dict[str, bytes]


_known: _Known | None = None


def key(name: str) -> bytes:
    """32 bytes. Raises KeysLost.

    While nothing is written down yet, it is what `make` would write down. Callers ask for every digest: where
    there is a client, so that this can be no other one, it is not looked for again.
    """
    global _known
    here = services()
    if _known is None or _known.of is not here:
        _known = _Known(here, {})
    if name not in _known.keys:
        with _apart() as session:
            row = session.get(DataKey, name)
            is_new = row is None and _is_new(session)
        if is_new:
            return _derived(here, name)
        _known.keys[name] = _opened(here, row)[0] if row else _derived(here, name)
    return _known.keys[name]


@contextmanager
def _apart() -> Iterator[Session]:
    """A connection that is nobody's, once for each key of a process: whoever asks may be in a transaction.

    One more from the pool would be waited for by those who hold all of it and wait for each other's rows.
    """
    engine = db.make_engine(db.engine().url.render_as_string(hide_password=False), pooled=False)
    try:
        with Session(engine.execution_options(ro=True)) as session:
            yield session
            session.expunge_all()
    finally:
        engine.dispose()


def make() -> None:
    """Write down what is not there yet, and seal with both what only one opens. Raises KeysLost.

    To be called when a process starts, once the schema is of this version.
    """
    here = services()
    with db.reading() as session:
        rows = {row.name: row for row in session.exec(select(DataKey))}
    needs = [name for name in NAMES if name not in rows or not _opened(here, rows[name])[1]]
    if needs:
        _write(here, needs)


def _write(here: Services, needs: Sequence[str]) -> None:
    with db.writing() as session:
        _one_at_a_time(session)
        for name in needs:
            row = session.get(DataKey, name, populate_existing=True)
            found = _opened(here, row)[0] if row else _first(session, here, name)
            session.execute(delete(DataKey).where(DataKey.__table__.c.name == name))  # type: ignore[attr-defined]
            session.execute(insert(DataKey).values(name=name, **_sealed(here, name, found)))


def _first(session: Session, here: Services, name: str) -> bytes:
    """The key of an installation that has none: one of chance where nobody can have used another."""
    return secrets.token_bytes(32) if _is_new(session) else _derived(here, name)


def _is_new(session: Session) -> bool:
    """Whether nobody can have used a key yet."""
    return session.execute(text("SELECT 1 FROM client LIMIT 1")).first() is None


def _derived(here: Services, name: str) -> bytes:
    """As it was before there were data keys. The oldest secret is the one that was in use then."""
    return crypto.derived_key(here.settings.secret_keys[-1], name)


def _opened(here: Services, row: DataKey) -> tuple[bytes, bool]:
    """The key, and whether both seals open. Raises KeysLost."""
    found = []
    for ring, sealed in ((TOKENS, row.by_tokens), (SECRETS, row.by_secrets)):
        try:
            found.append(here.seals[ring].open(bytes(sealed), _purpose(row.name)))
        except CannotOpen:
            continue
    if not found:
        raise KeysLost
    return bytes.fromhex(found[0]), len(found) == 2


def _sealed(here: Services, name: str, found: bytes) -> dict[str, bytes]:
    text = found.hex()
    return {
        "by_tokens": here.seal.close(text, _purpose(name)),
        "by_secrets": here.secrets_seal.close(text, _purpose(name)),
    }


def _one_at_a_time(session: Session) -> None:
    """Of several processes that start, one writes. On SQLite there is one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE"))


def rows(session: Session) -> list[dict[str, bytes | str]]:
    """As they are kept, for `take_over`."""
    found = session.exec(select(DataKey)).all()
    return [
        {"name": one.name, "by_tokens": bytes(one.by_tokens), "by_secrets": bytes(one.by_secrets)}
        for one in found
    ]


def take_over(session: Session, former: list[dict[str, bytes | str]]) -> None:
    """Keep *former*, of the database that this older copy of it replaces, where it has none."""
    global _known
    _known = None
    for row in former:
        if session.get(DataKey, row["name"]) is None:
            session.execute(insert(DataKey).values(**row))
