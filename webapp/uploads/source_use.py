"""What uploads need of the user database they came from: asked before its contacts are taken away."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session, col

from webapp import texts
from webapp.uploads.models import Upload
from webapp.uploads.rows import RUNNING


def why_database_in_use(session: Session, database_id: int, since: datetime | None = None) -> str | None:
    """Why its contacts must stay, in Italian: an upload that has not ended, or one begun after *since*."""
    held: ColumnElement[bool] = col(Upload.status).in_(RUNNING)
    if since is not None:
        held = or_(held, col(Upload.created_at) >= since)
    query = select(Upload).where(col(Upload.database_id) == database_id, held)
    found = session.execute(query.order_by(col(Upload.id).desc()).limit(1)).scalar_one_or_none()
    if found is None:
        return None
    name = f"Il caricamento su “{found.audience_name}” del {texts.moment(found.created_at)}"
    return f"{name} è in attesa o in corso." if found.status in RUNNING else f"{name} usa questi contatti."
