"""Sending against a Meta that takes a second for each batch: one worker, four, and the SDK's loop."""

import time
from dataclasses import replace
from typing import Any

from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession
from sqlmodel import func, select

from tests.bench.peer import send_rows
from tests.bench.schemas import ONE_KEY
from tests.bench.world import World, redis
from tests.support.running import Workers, wait_until
from webapp import db, services, workers
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import Contact
from webapp.destinations.base import Medium
from webapp.destinations.meta.accounts.connect import http_session
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.uploads.commands import start_upload
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import FINAL, BatchStatus

WITHIN_S = 600.0


def with_workers(world: World, count: int, database_id: int, batch_rows: int) -> dict[str, Any]:
    """Seconds from the first claim to the end of an upload with *count* `worker.py` processes."""
    with redis(world.settings.data_dir / f"redis-{count}") as url:
        settings = replace(world.settings, redis_url=url, batch_rows=batch_rows)
        services.start(settings)
        running = Workers(settings, settings.data_dir / "log")
        try:
            running.start(count)
            wait_until(lambda: _alive() >= count, WITHIN_S)
            upload = start_upload(
                client_id=world.client_id,
                database_id=database_id,
                destination="meta",
                account_id=world.account_id,
                audience_id=None,
                audience_name=f"Con {count}",
                medium=Medium.EMAIL,
                consent=ConsentPolicy.ANYONE,
                reason="Misura su contatti inventati",
                started_by="misura",
            )
            wait_until(lambda: _read(upload).status in FINAL, WITHIN_S)
        finally:
            running.supervisor.stop()
    return _told(_read(upload))


def with_sdk(world: World, database_id: int, batch_rows: int) -> dict[str, Any]:
    """The same rows by Meta's SDK, batch after batch: it has no other way."""
    simulator = world.simulator
    with http_session() as opened:
        client = GraphClient(opened, simulator.graph_url, simulator.access_token, simulator.app_secret)
        audience_id = client.create_custom_audience(simulator.account_id, "Con l’SDK", "misura-sdk")
    session = FacebookSession(simulator.app_id, simulator.app_secret, simulator.access_token)
    session.GRAPH = simulator.graph_url
    audience = CustomAudience(audience_id, api=FacebookAdsApi(session))
    valid = select(Contact.email).where(Contact.database_id == database_id, Contact.email_sha256.is_not(None))
    with db.reading() as reading:
        rows = [[email] for email in reading.execute(valid).scalars()]
    started = time.perf_counter()
    for start in range(0, len(rows), batch_rows):
        send_rows(audience, rows[start : start + batch_rows], list(ONE_KEY))
    session.requests.close()
    return {"seconds": time.perf_counter() - started, "batches": -(-len(rows) // batch_rows)}


def _told(done: Upload) -> dict[str, Any]:
    with db.reading() as session:
        sent = select(func.count()).where(Batch.upload_id == done.id, Batch.status == BatchStatus.SENT)
        batches = session.execute(sent).scalar_one()
    assert done.finished_at and done.prepared_at
    return {
        "status": done.status,
        "batches": batches,
        "seconds": (done.finished_at - done.prepared_at).total_seconds(),
    }


def _alive() -> int:
    with db.reading() as session:
        return len(workers.alive(session))


def _read(upload: Upload) -> Upload:
    with db.reading() as session:
        return session.get_one(Upload, upload.id)
