"""The round that looks after uploads: one that nobody can look after stops none of the others."""

import pytest
import sqlalchemy

from tests.uploads.conftest import read
from tests.uploads.engine.test_sending import many
from webapp import clock, db, rounds
from webapp.uploads import jobs
from webapp.uploads.engine import reconcile
from webapp.uploads.status import UploadStatus


def test_an_upload_that_cannot_be_looked_after_stops_none_of_the_others(world, capsys):
    """Everything of it was sent, and its count of discarded contacts is no count: it cannot be closed."""
    world.add_contacts(*many(3))
    broken, sound = world.start(audience_name="Guasto"), world.start(audience_name="Sano")
    for upload in (broken, sound):
        jobs.prepare_upload(upload.id)
    with db.writing() as session:
        changes = {"status": UploadStatus.PAUSED, "at": clock.epoch() - 1}
        session.execute(
            sqlalchemy.text("UPDATE upload SET status = :status, resume_at = :at, reason_code = 'limite'"),
            changes,
        )
        for statement in (
            "UPDATE batch SET status = 'sent', num_received = n_rows, num_rejected = 0 WHERE upload_id = :id",
            "UPDATE upload SET status = 'sending', discarded = '7' WHERE id = :id",
        ):
            session.execute(sqlalchemy.text(statement), {"id": broken.id})

    with pytest.raises(rounds.Partly, match=rf"caricamento: 1, con numero interno {broken.id}\)"):
        reconcile.reconcile()

    assert read(sound).status == UploadStatus.SENDING
    jobs.send_upload(sound.id)
    assert read(sound).status == UploadStatus.COMPLETED
    assert "giro incompleto" in capsys.readouterr().out
