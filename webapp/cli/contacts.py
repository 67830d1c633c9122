"""`platea esporta`: contacts into a file. `platea cancella`: a person out of all databases, for good."""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.trail.audit import Action, Detail, record
from webapp.cli import terminal
from webapp.contacts import databases, queries
from webapp.contacts.erasure import erased
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.contacts.people import contact_export
from webapp.contacts.store.row_converter import digest_email, digest_mobile
from webapp.values.texts import plural
from webapp.web import csv_file

SURE = "cancella"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--database", "name", required=True, metavar="NOME")
@click.option("--filtro", "filter_name", metavar="NOME", help="Solo i contatti di un filtro del database.")
@terminal.client_option
@terminal.as_json
def esporta(file: Path, name: str, filter_name: str | None, cliente: str | None, as_json: bool) -> None:
    """Scrive in un file CSV i contatti di un database, o di un suo filtro.

    Nessuna cella diventa una formula, e “platea importa” rilegge il file com’è.
    """
    terminal.start()
    rows = _rows(name, filter_name, cliente)
    head = next(rows)  # a name that is none stops here, before there is a file
    contacts = 0
    with open(file, "w", encoding="utf-8", newline="", opener=_for_us_alone) as written:
        # The first two lines are the byte order mark and the names of the columns.
        for contacts, line in enumerate(csv_file.lines(chain([head], rows)), -1):  # noqa: B007
            written.write(line)
    if as_json:
        terminal.print_json({"file": str(file), "contacts": contacts})
    else:
        click.echo(f"{plural(contacts, 'contatto scritto', 'contatti scritti')} in {file}.")


@click.command()
@terminal.client_option
@click.option("--si", "sure", is_flag=True, help="Non chiede conferma.")
def cancella(cliente: str | None, sure: bool) -> None:
    """Cancella una persona che lo ha chiesto (GDPR): nessuna importazione la riporterà.

    L’email o il cellulare si scrivono quando vengono chiesti, così non restano nella cronologia della shell.
    """
    terminal.start()
    who = click.prompt("Email o cellulare della persona")
    with db.reading() as session:
        client = terminal.client_id(session, cliente)
        count = len(_contacts_of(session, client, who))
    if not count:
        raise terminal.Stop("nessun contatto ha questa email o questo cellulare.", terminal.BAD)
    if (
        not sure
        and click.prompt(f"{plural(count, 'contatto', 'contatti')}: scrivi “{SURE}” per confermare") != SURE
    ):
        raise terminal.Stop("non ho cancellato nulla.", terminal.BAD)
    click.echo(f"{plural(_erase(client, who), 'contatto cancellato', 'contatti cancellati')}.")


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _rows(name: str, filter_name: str | None, client_name: str | None) -> Iterator[list[str]]:
    with db.writing() as session:
        client = terminal.client_id(session, client_name)
        database = databases.named(session, client, name)
        if database is None:
            raise terminal.Stop(f"il database utenti “{name}” non esiste.")
        chosen = _chosen(session, database, filter_name)
        fields = queries.fields_of(session, db.saved_id(database))
        about: Detail = {"database": database.public_id}
        record(session, Action.CONTACTS_EXPORTED, filter_name or database.name, about, client_id=client)
    yield from contact_export.rows(chosen, fields)


def _chosen(session: Session, database: UserDatabase, filter_name: str | None) -> ColumnElement[bool]:
    rule = None
    if filter_name is not None:
        same = select(Filter).where(col(Filter.database_id) == database.id, col(Filter.name) == filter_name)
        saved = session.execute(same).scalar_one_or_none()
        if saved is None:
            raise terminal.Stop(f"il filtro “{filter_name}” non esiste in “{database.name}”.")
        rule = saved.rule
    try:
        types = queries.field_types(session, db.saved_id(database))
        return selected(db.saved_id(database), rule, types, clock.today())
    except BrokenRule as error:
        raise terminal.Stop(str(error)) from None


def _contacts_of(session: Session, client_id: int, who: str) -> list[tuple[Contact, UserDatabase]]:
    """Contacts of the client with that e-mail or mobile, with their databases."""
    same = (
        select(Contact, UserDatabase)
        .join(UserDatabase, col(UserDatabase.id) == col(Contact.database_id))
        .where(col(UserDatabase.client_id) == client_id)
        .where(
            or_(
                col(Contact.email_sha256) == (digest_email(who).sha256 or b""),
                col(Contact.mobile_sha256) == (digest_mobile(who).sha256 or b""),
            )
        )
    )
    return [(contact, database) for contact, database in session.execute(same)]


def _erase(client_id: int, who: str) -> int:
    """One at a time: erasing one may take others of the same person along."""
    count = 0
    try:
        with db.writing() as session:
            while found := _contacts_of(session, client_id, who):
                count += erased.erase(session, found[0][1], found[0][0])
    except erased.MustWait as error:
        raise terminal.Stop(str(error), terminal.WAITS) from None
    return count
