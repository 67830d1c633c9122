"""Audit entries of an import, written by the transaction that starts, stops or undoes it."""

from sqlmodel import Session

from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport


def record(session: Session, action: Action, job: ContactImport) -> None:
    """Its number, its file and where that went."""
    database = session.get_one(UserDatabase, job.database_id)
    told: audit.Detail = {"id": job.public_id, "database": database.name}
    audit.record(session, action, job.file_name, told, client_id=database.client_id)
