"""What the database says of an upload against what the simulated Meta really received."""

import hashlib
from collections import Counter
from dataclasses import dataclass

import requests
from sqlalchemy import func, select
from sqlmodel import col

from tests.support.running import Simulator
from webapp import db
from webapp.uploads.models import Batch, BatchEvent, Upload
from webapp.uploads.status import BatchStatus


@dataclass(frozen=True)
class Balance:
    """*duplicates*: rows Meta took more than once; *fenced*: late results that changed nothing."""

    batches: int
    lost: int
    expected: int
    counted: int
    received: int
    strangers: int
    duplicates: int
    fenced: int
    taken_back: int

    @property
    def over(self) -> int:
        return max(0, self.counted - self.received)

    @property
    def under(self) -> int:
        return max(0, self.received - self.counted)

    @property
    def is_even(self) -> bool:
        """Nobody lost, nobody counted twice, nobody Meta did not get or should not have got."""
        return (
            self.lost == self.strangers == 0
            and self.expected == self.counted == self.received
            and self.batches > 0
        )


def strike(upload_ids: list[int], emails: list[str], simulator: Simulator) -> Balance:
    """The balance of uploads that together send *emails*."""
    expected = {hashlib.sha256(email.encode()).hexdigest() for email in emails}
    with db.reading() as session:
        mine = col(Batch.upload_id).in_(upload_ids)
        batches = session.execute(select(func.count()).where(mine)).scalar_one()
        sent = session.execute(
            select(func.count()).where(mine, col(Batch.status) == BatchStatus.SENT)
        ).scalar_one()
        counted = session.execute(select(func.coalesce(func.sum(col(Batch.num_received)), 0)).where(mine))
        events = select(col(BatchEvent.kind)).where(col(BatchEvent.upload_id).in_(upload_ids))
        kinds = Counter(session.execute(events).scalars())
        audiences = select(col(Upload.audience_id)).where(col(Upload.id).in_(upload_ids))
        ids = set(session.execute(audiences).scalars()) - {""}
        total = int(counted.scalar_one())
    received = set().union(*(simulator.received(audience) for audience in ids))
    return Balance(
        batches=batches,
        lost=batches - sent,
        expected=len(expected),
        counted=total,
        received=len(received & expected),
        strangers=len(received - expected),
        duplicates=_rows_taken(simulator, ids) - len(received),
        fenced=kinds["fenced"],
        taken_back=kinds["taken_back"],
    )


def _rows_taken(simulator: Simulator, audience_ids: set[str]) -> int:
    """Rows Meta took in, repeats included: every attempt is a session of its own."""
    audiences = requests.get(f"{simulator.graph_url}/_sim/audiences", timeout=60).json()["audiences"]
    return sum(
        session["received"]
        for audience in audiences
        if audience["id"] in audience_ids
        for session in audience["sessions"]
    )
