"""The blueprint of the room, and what a URL names for the client whose pages are open; all else is a 404."""

from flask import Blueprint, abort
from sqlmodel import Session

from webapp import db
from webapp.access.current import current_client_id
from webapp.contacts import contact_ids, queries
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.values.identifiers import looks_like_public_id

blueprint = Blueprint("contacts", __name__)

DATABASES = "/database"
DATABASE = "/database/<database_id>"
CONTACTS = f"{DATABASE}/contatti"
CONTACT = f"{CONTACTS}/<contact_id>"
IMPORTS = f"{DATABASE}/importazioni"
IMPORT = f"{IMPORTS}/<import_id>"
EXPORT = f"{DATABASE}/esportazioni/<export_id>"
CONSENT = f"{DATABASE}/consenso"
FILTERS = f"{DATABASE}/filtri"
FILTER = f"{FILTERS}/<filter_id>"


def database_or_404(session: Session, public_id: str) -> UserDatabase:
    found = (
        queries.database(session, current_client_id(), public_id) if looks_like_public_id(public_id) else None
    )
    return found or abort(404)


def import_or_404(session: Session, database: UserDatabase, public_id: str) -> ContactImport:
    if not looks_like_public_id(public_id):
        abort(404)
    return queries.one_import(session, db.saved_id(database), public_id) or abort(404)


def filter_or_404(session: Session, database: UserDatabase, public_id: str) -> Filter:
    if not looks_like_public_id(public_id):
        abort(404)
    return queries.one_filter(session, db.saved_id(database), public_id) or abort(404)


def contact_or_404(session: Session, database: UserDatabase, public_id: str) -> Contact:
    number = contact_ids.contact_id(public_id)
    found = session.get(Contact, number) if number is not None else None
    return found if found is not None and found.database_id == database.id else abort(404)
