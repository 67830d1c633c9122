"""Contacts read from the database → the rows of a request → its JSON, by one datum or ten."""

import time
from typing import Any

from sqlalchemy import select

from tests.bench.schemas import KEYS
from webapp import config, db, services
from webapp.contacts.models import CONTACT
from webapp.destinations.base import Medium
from webapp.destinations.meta.encoding import MetaEncoder
from webapp.destinations.meta.graph_api.payload import only_batch, users_body


def run(database_id: int, keys_sent: int) -> dict[str, Any]:
    """Processor seconds of reading, of encoding and of the JSON; the rows, and the bytes of the JSON."""
    services.start(config.from_environment())
    encoder = MetaEncoder(Medium.EMAIL, set(KEYS[keys_sent].values()), "IT")
    details = [CONTACT.c[name] for name in encoder.fields]
    wanted = select(CONTACT.c.id, CONTACT.c.email_sha256, CONTACT.c.mobile_sha256, *details).where(
        CONTACT.c.database_id == database_id, CONTACT.c.email_sha256.is_not(None)
    )
    spent = {"read": 0.0, "encode": 0.0, "json": 0.0}
    rows = bodies = 0
    with db.snapshot() as connection:
        pages = iter(db.pages(connection, wanted.order_by(CONTACT.c.id), encoder.max_rows))
        while True:
            started = time.process_time()
            page = next(pages, None)
            read = time.process_time()
            spent["read"] += read - started
            if page is None:
                break
            made = encoder.encode(page)
            encoded = time.process_time()
            bodies += len(users_body(made, only_batch(len(made), 1), {}))
            spent["encode"] += encoded - read
            spent["json"] += time.process_time() - encoded
            rows += len(made)
    return {"rows": rows, "bytes": bodies, "schema": list(encoder.schema), **spent}
