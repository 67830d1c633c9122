"""Shared by the pages of one import: finding it, its addresses, its detail for the audit trail."""

from flask import url_for
from sqlmodel import Session

from webapp.access.trail.audit import Detail
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.routes import database_or_404, import_or_404


def find(session: Session, database_id: str, import_id: str) -> tuple[UserDatabase, ContactImport]:
    """The database and the import that the URL names; 404 when they are not of the open client."""
    database = database_or_404(session, database_id)
    return database, import_or_404(session, database, import_id)


def audit_detail(database: UserDatabase, job: ContactImport) -> Detail:
    """What the audit trail keeps of an import besides the name of its file."""
    return {"id": job.public_id, "database": database.name}


def url(page: str, database: UserDatabase, job: ContactImport) -> str:
    return url_for(f"contacts.{page}", database_id=database.public_id, import_id=job.public_id)
