"""Data of the overview's charts, from the uploads of the last days: users sent, invalid data. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from webapp.uploads.screens.rows import UploadRow
from webapp.values.texts import ROME

DAYS = 30


@dataclass(slots=True)
class Day:
    """Counts over the uploads that began to send on *on*; the *share* of none is None."""

    on: date
    sent: int = 0
    selected: int = 0
    invalid: int = 0

    @property
    def share(self) -> float | None:
        return self.invalid / self.selected if self.selected else None


class AudienceName(NamedTuple):
    destination: str
    client_id: int
    account_id: int
    audience_id: str
    name: str


def per_day(rows: Sequence[UploadRow], today: date, days: int = DAYS) -> list[Day]:
    """One entry for each of the last *days* days, today included; their sums are those of *rows*."""
    found = {today - timedelta(days=ago): Day(today - timedelta(days=ago)) for ago in range(days)}
    oldest = found[today - timedelta(days=days - 1)]
    for row in rows:
        day = found.get(_day_of(row), oldest)
        day.sent += row.numbers.sent
        day.selected += row.numbers.selected or 0
        day.invalid += row.numbers.invalid
    return sorted(found.values(), key=lambda day: day.on)


def latest_audiences(rows: Sequence[UploadRow], most: int) -> list[AudienceName]:
    """The audiences that were uploaded to, newest upload first, each once under its newest name."""
    found: dict[tuple[str, int, str], AudienceName] = {}
    for row in rows:
        if row.account_id and row.audience_id and row.numbers.sent:
            key = (row.destination, row.account_id, row.audience_id)
            found.setdefault(
                key,
                AudienceName(
                    row.destination, row.client_id, row.account_id, row.audience_id, row.audience_name
                ),
            )
    return list(found.values())[:most]


def _day_of(row: UploadRow) -> date:
    at: datetime = row.sent_at or row.created_at
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ROME).date()
