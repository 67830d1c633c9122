"""The ledger at any size: writing a batch, finding somebody, the differences of an align."""

import hashlib
import random
import time
from statistics import median
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlmodel import col

from tests.bench.measure import percentile
from webapp import config, db, services
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.ledger import feeds, idents, looking, members
from webapp.contacts.models import CONTACT, SentAudience
from webapp.destinations.base import DIGEST_BYTES, Medium
from webapp.uploads import jobs
from webapp.uploads.commands import start_upload
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import FINAL

FEEDS = 50
BATCH_ROWS = 5_000
TRIED = 20  # batches
CHANGED = 100  # one contact in so many gets another address
SEEKS = 200


def written(entries: int, client_id: int, database_id: int) -> dict[str, Any]:
    """Fill the ledger with *entries* of fifty feeds: ms a batch before and after, bytes a member."""
    services.start(config.from_environment())
    empty = [_record(client_id, database_id, FEEDS, number) for number in range(TRIED)]
    before = _bytes()
    per_feed = max(entries // FEEDS, 1)
    for feed in range(FEEDS):
        for start in range(0, per_feed, BATCH_ROWS):
            _record(client_id, database_id, feed, start // BATCH_ROWS, min(BATCH_ROWS, per_feed - start))
    after = _bytes()
    full = [_record(client_id, database_id, FEEDS + 1, number) for number in range(TRIED)]
    again = [_record(client_id, database_id, FEEDS + 1, number) for number in range(TRIED)]
    return {
        "entries": per_feed * FEEDS,
        "empty_ms": median(empty),
        "full_ms": median(full),
        "again_ms": median(again),
        "bytes": (after - before) / (per_feed * FEEDS),
    }


def looked_up(entries: int, client_id: int) -> dict[str, Any]:
    """Where a contact is, over every feed; who has a digest that nobody has, one and a thousand of them."""
    services.start(config.from_environment())
    chance, per_feed = random.Random(1), max(entries // FEEDS, 1)
    with db.reading() as session:
        feed_ids = [db.saved_id(one) for one in feeds.feeds_of_client(session, client_id)]
        seeks, found = [], 0
        for _ in range(SEEKS):
            wanted = {chance.randrange(per_feed) + 1}
            started = _clock()
            found += len(looking.of_contacts(session, feed_ids, wanted))
            seeks.append((_clock() - started) * 1000)
        many = {chance.randbytes(DIGEST_BYTES) for _ in range(1_000)}
        one = set(list(many)[:1])
        costs = {}
        for name, cells in (("one", one), ("many", many)):
            started = _clock()
            assert list(looking.sharing(session.connection(), feed_ids, cells)) == []
            costs[name] = _clock() - started
    return {"found": found, "seek_p95_ms": percentile(seeks, 0.95), **costs}


def filled(
    database_id: int, client_id: int, account_id: int, audience_id: str | None, way: str
) -> dict[str, Any]:
    """One upload of the whole database by *way*: seconds of its preparation, and of it all."""
    services.start(config.from_environment())
    upload = start_upload(
        client_id=client_id,
        database_id=database_id,
        destination="meta",
        account_id=account_id,
        audience_id=audience_id,
        audience_name="Misura",
        medium=Medium.EMAIL,
        consent=ConsentPolicy.ANYONE,
        reason="Misura su contatti inventati",
        operation=Operation(way),
        started_by="misura",
    )
    started, number = _clock(), upload.id or 0
    jobs.prepare_upload(number)
    prepared = _clock() - started
    while _read(number).status not in FINAL:
        jobs.send_upload(number)
    done = _read(number)
    with db.reading() as session:
        batches = len(session.execute(select(col(Batch.id)).where(col(Batch.upload_id) == number)).all())
    return {
        "audience_id": done.audience_id, "status": done.status, "to_send": done.to_send,
        "to_remove": done.to_remove, "already_there": done.already_there, "batches": batches,
        "prepare_s": prepared, "all_s": _clock() - started,
    }  # fmt: skip


def change(database_id: int) -> int:
    """Another address for one contact in a hundred; how many those are."""
    services.start(config.from_environment())
    some = select(CONTACT.c.id).where(
        CONTACT.c.database_id == database_id, CONTACT.c.id % CHANGED == 0, CONTACT.c.email_sha256.is_not(None)
    )
    with db.writing() as session:
        ids = session.execute(some).scalars().all()
        rows = [
            {"one": one, "digest": hashlib.sha256(f"nuovo{one}@posta.example".encode()).digest()}
            for one in ids
        ]
        changed = update(CONTACT).where(CONTACT.c.id == bindparam("one"))
        session.connection().execute(changed.values(email_sha256=bindparam("digest")), rows)
    return len(ids)


def _record(client_id: int, database_id: int, feed: int, batch: int, rows: int = BATCH_ROWS) -> float:
    """Milliseconds of recording a batch as received: sealed, marked, written and committed.

    A contact has the same digest in every feed, as a person has one address.
    """
    digests = random.Random(batch).randbytes(DIGEST_BYTES * rows)
    first = batch * BATCH_ROWS + 1
    with db.writing() as session:
        audience = SentAudience(
            client_id=client_id, destination="meta", audience_id=f"{feed}", name=f"{feed}"
        )
        feed_id = feeds.feed_of(session, audience, database_id, "", "email")
    started = _clock()
    sealed = idents.seal(digests)
    held = members.Rows(range(first, first + rows), sealed, idents.prints(sealed, rows))
    with db.writing() as session:
        members.record(session, feed_id, 1, held)
    return (_clock() - started) * 1000


def _clock() -> float:
    """Seconds of the processor; of PostgreSQL, which works in processes of its own, those that pass."""
    return time.perf_counter() if _is_postgresql() else time.process_time()


def _bytes() -> int:
    with db.engine().connect() as connection:
        if _is_postgresql():
            found = connection.execute(text("SELECT pg_total_relation_size('audience_member')")).scalar_one()
        else:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            found = pages * connection.execute(text("PRAGMA page_size")).scalar_one()
    return int(found)


def _is_postgresql() -> bool:
    return db.engine().dialect.name == "postgresql"


def _read(upload_id: int) -> Upload:
    with db.reading() as session:
        return session.get_one(Upload, upload_id)
