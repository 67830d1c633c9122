"""“Da controllare”: uploads that somebody has to do something about, and “ho visto”, which puts one away."""

from functools import lru_cache

from sqlalchemy import ColumnElement, and_, exists, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from webapp import clock, db
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.uploads.models import Upload
from webapp.uploads.problems import STILL_OWED
from webapp.uploads.status import UploadStatus
from webapp.values.texts import plural


def is_to_check() -> ColumnElement[bool]:
    """It waits for a person, or has ended badly and nobody has repeated it or seen it."""
    waits = and_(col(Upload.status) == UploadStatus.PAUSED, col(Upload.resume_at).is_(None))
    return or_(waits, _may_be_seen())


def _may_be_seen() -> ColumnElement[bool]:
    """What is tried again by itself, every day, is nobody's task."""
    bad = (UploadStatus.FAILED, UploadStatus.COMPLETED_WITH_WARNINGS)
    goes_on = func.coalesce(col(Upload.reason_code), "") == STILL_OWED
    return and_(col(Upload.status).in_(bad), col(Upload.seen_at).is_(None), ~goes_on, ~was_repeated())


@lru_cache(maxsize=1)  # making it costs more than asking it
def was_repeated() -> ColumnElement[bool]:
    again = aliased(Upload)
    return exists().where(col(again.repeats_id) == col(Upload.id)).correlate(Upload)


def see(client_id: int, who: str, upload_id: int | None = None) -> int:
    """Put away that upload of the client, or all there are to check, and say who did; returns how many.

    Those that wait for a person stay: they go on only when somebody does something.
    """
    now = clock.now()
    mine = [col(Upload.client_id) == client_id, _may_be_seen()]
    if upload_id is not None:
        mine.append(col(Upload.id) == upload_id)
    values = {"seen_at": now, "seen_by": who, "updated_at": now}
    put_away = update(Upload).where(*mine).values(values).execution_options(synchronize_session=False)
    with db.writing() as session:
        count = int(session.connection().execute(put_away).rowcount)
        if count:
            told = plural(count, "caricamento", "caricamenti")
            audit.record(session, Action.UPLOADS_SEEN, on=told, client_id=client_id)
    return count
