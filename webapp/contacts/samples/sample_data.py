"""A user database of invented contacts with two filters, for who wants to look around first.

It says everywhere that it is one (`UserDatabase.is_sample`) and is deleted as any other.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.trail.audit import Action, record
from webapp.contacts import databases, queries
from webapp.contacts.filters.selection import selected
from webapp.contacts.imports import importing
from webapp.contacts.models import CONTACT, Filter, UserDatabase
from webapp.contacts.samples import sample_people
from webapp.web import csv_file

NAME = "Clienti di esempio"
FILE_NAME = "clienti-di-esempio.csv"
FILTERS: dict[str, list[dict[str, Any]]] = {
    "Esempio: clienti di Torino": [{"field": "city", "operator": "is", "values": ["Torino"]}],
    "Esempio: acquisti degli ultimi 90 giorni": [
        {"field": "own:ultimo_acquisto", "operator": "last_days", "values": [90]},
        {"field": "own:totale_speso", "operator": "at_least", "values": [100]},
    ],
}


def find(session: Session, client_id: int) -> UserDatabase | None:
    """The client's database of invented contacts, None when there is none (any more)."""
    wanted = select(UserDatabase).where(
        col(UserDatabase.client_id) == client_id,
        col(UserDatabase.is_sample),
        col(UserDatabase.deleted_at).is_(None),
    )
    return session.scalars(wanted.limit(1)).first()


def create(client_id: int, who: str) -> UserDatabase:
    """The database of `find`, made and filled here and now when there is none.

    Raises DatabaseError when the name is taken by a database of real contacts.
    """
    with db.writing() as session:
        if known := find(session, client_id):
            return known
        made = databases.create_database(session, client_id, NAME)
        made.is_sample = True
        record(
            session, Action.DATABASE_CREATED, on=made.name, detail={"id": made.public_id}, client_id=client_id
        )
    with db.writing() as session:  # apart: nobody waits to write while the file is read
        content = "".join(csv_file.lines(sample_people.rows(clock.today()))).encode()
        draft = importing.create(session, made, FILE_NAME, BytesIO(content), who)
    importing.run(db.saved_id(draft))
    with db.writing() as session:
        session.add_all(_filters(session, made))
    return made


def _filters(session: Session, database: UserDatabase) -> Iterator[Filter]:
    now, types = clock.now(), queries.field_types(session, db.saved_id(database))
    for name, conditions in FILTERS.items():
        rule = _rule(conditions)
        who = selected(db.saved_id(database), rule, types, now.date())
        counted = session.execute(select(func.count()).select_from(CONTACT).where(who)).scalar_one()
        yield Filter(database_id=db.saved_id(database), name=name, rule=rule, counted=counted, counted_at=now)


def _rule(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "groups": [{"match": "all", "conditions": conditions}],
        "exclude": {"match": "any", "conditions": []},
    }
