"""What the pace of an upload is decided by: its batches confirmed since it was last set going."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from tests.uploads.screens.building import add_event, add_upload
from webapp import clock, db
from webapp.contacts import databases
from webapp.uploads.models import Batch, BatchEvent
from webapp.uploads.screens import queries
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import BatchStatus, UploadStatus

SENT, PENDING = (BatchStatus.SENT, 500, 0), (BatchStatus.PENDING, 500, 0)


@pytest.fixture
def clienti(aurora):
    with db.writing() as session:
        return databases.create_database(session, aurora.id, "Clienti Italia")


def upload_of(clienti, status: UploadStatus, seconds_ago: list[float]) -> UploadRow:
    """20 batches, one of them confirmed at each of those moments."""
    batches = [*[SENT] * len(seconds_ago), *[PENDING] * (20 - len(seconds_ago))]
    asked_for = clock.now() - timedelta(hours=1)
    upload = add_upload(clienti, batches, status=status, created_at=asked_for)
    with db.writing() as session:
        sent = session.exec(
            select(Batch).where(Batch.upload_id == upload.id, Batch.status == BatchStatus.SENT)
        )
        for batch, ago in zip(sent.all(), seconds_ago, strict=True):
            batch.sent_at = clock.now() - timedelta(seconds=ago)
    return upload


def read(upload) -> UploadRow:
    with db.reading() as session:
        found = queries.read_one(session, upload.client_id, upload.public_id)
    assert found is not None
    return found


def test_of_one_at_work_it_is_said(clienti):
    row = read(upload_of(clienti, UploadStatus.SENDING, [20, 18, 16, 14, 12, 10, 8, 6, 4, 2]))

    # 9 batches in the 20 s since the first, 10 left: 22 s.
    assert 20 <= row.left.total_seconds() <= 25


def test_of_a_paused_one_nothing_is_said(clienti):
    assert read(upload_of(clienti, UploadStatus.PAUSED, [20, 18, 16, 14, 12, 10, 8, 6, 4, 2])).left is None


def test_a_pause_is_no_part_of_the_pace(clienti):
    """Six batches in twelve seconds, ten minutes of pause, six more in twelve seconds; eight are left."""
    upload = upload_of(
        clienti,
        UploadStatus.SENDING,
        [620, 618, 616, 614, 612, 610, 12, 10, 8, 6, 4, 2],
    )
    add_event(upload, "resumed")
    with db.writing() as session:
        resumed = session.exec(select(BatchEvent).where(col(BatchEvent.kind) == "resumed")).one()
        resumed.at = clock.now() - timedelta(seconds=14)

    # 5 batches in the 12 s since the first, 8 left: 19 s, and not the 16 min of both together.
    assert 17 <= read(upload).left.total_seconds() <= 25
