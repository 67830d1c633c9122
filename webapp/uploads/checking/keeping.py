"""The check of an upload, kept with it: the numbers and the lines, never somebody's data."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from webapp.uploads.checking.facts import Numbers
from webapp.uploads.checking.lines import Tone
from webapp.uploads.checking.reading import Check
from webapp.uploads.models import UploadCheck

APART = ("members", "present")  # of the moment, in no sum


@dataclass(frozen=True, slots=True)
class KeptLine:
    tone: str
    title: str
    detail: str
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """The check of an upload as it was seen."""

    checked_at: datetime
    checked_by: str
    numbers: Numbers
    lines: list[KeptLine]
    calls: int
    lasts_s: float


def row_of(check: Check, checked_by: str, confirmed: Collection[str] = ()) -> UploadCheck:
    """To be saved with the upload that *check* was about, in the transaction that starts it."""
    lines = [
        {
            "key": line.key,
            "tone": line.tone.value,
            "title": line.title,
            "detail": line.detail,
            "confirmed": line.tone == Tone.WARN and line.key in confirmed,
        }
        for line in check.lines
    ]
    numbers = {name: value for name, value in asdict(check.numbers).items() if name not in APART}
    return UploadCheck(
        upload_id=0,
        checked_by=checked_by,
        checked_at=check.facts.at,
        numbers=numbers,
        lines=lines,
        calls=check.facts.calls,
        lasts_s=check.facts.lasts_s,
    )


def of_upload(session: Session, upload_id: int) -> Kept | None:
    """None: of an upload that nobody checked, as those from before there were checks."""
    row = session.get(UploadCheck, upload_id)
    if row is None:
        return None
    lines = [_line(one) for one in row.lines]
    return Kept(row.checked_at, row.checked_by, Numbers(**row.numbers), lines, row.calls, row.lasts_s)


def _line(kept: dict[str, Any]) -> KeptLine:
    return KeptLine(kept["tone"], kept["title"], kept["detail"], kept["confirmed"])
