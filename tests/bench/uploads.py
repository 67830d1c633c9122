"""Preparing and sending stored contacts with one worker, beside what somebody would write (`peer`)."""

import time
from typing import Any

from sqlmodel import func, select

from tests.bench.schemas import KEYS
from webapp import config, db, services
from webapp.contacts.consent import ConsentPolicy
from webapp.destinations.base import Medium
from webapp.uploads import jobs
from webapp.uploads.commands import start_upload
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import FINAL


def run(database_id: int, client_id: int, account_id: int, keys_sent: int) -> dict[str, Any]:
    """One upload of the whole database from its request to its end, job after job as a worker runs them."""
    services.start(config.from_environment())
    upload = start_upload(
        client_id=client_id,
        database_id=database_id,
        destination="meta",
        account_id=account_id,
        audience_id="120200000000000001",
        audience_name="Misura",
        medium=Medium.EMAIL,
        identifiers=set(KEYS[keys_sent].values()),
        consent=ConsentPolicy.ANYONE,
        reason="Misura su contatti inventati",
        started_by="misura",
    )
    started = time.perf_counter()
    jobs.prepare_upload(upload.id or 0)
    prepared = time.perf_counter() - started
    while (done := _read(upload.id or 0)).status not in FINAL:
        jobs.send_upload(upload.id or 0)
    return {
        "status": done.status, "selected": done.selected, "to_send": done.to_send,
        "received": _received(upload.id or 0), "prepare_s": prepared,
    }  # fmt: skip


def _received(upload_id: int) -> int:
    with db.reading() as session:
        received = select(func.sum(Batch.num_received)).where(Batch.upload_id == upload_id)
        return int(session.execute(received).scalar_one())


def _read(upload_id: int) -> Upload:
    with db.reading() as session:
        return session.get_one(Upload, upload_id)
