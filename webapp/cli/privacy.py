"""`platea dove`: where a contact went, for who runs the host."""

import click

from webapp import db
from webapp.cli import terminal
from webapp.destinations import registry
from webapp.privacy import searching, texts
from webapp.privacy.searching import Answer, Place
from webapp.privacy.trail import tell
from webapp.values.texts import moment, plural

NOWHERE = "Nessuna traccia di questo contatto: in nessun database e in nessuna custom audience."


@click.command()
@terminal.client_option
@terminal.as_json
def dove(cliente: str | None, as_json: bool) -> None:
    """Dice dov’è finito un contatto: in quali database è, dove è stato inviato e se c’è ancora.

    L’email o il cellulare si scrivono quando vengono chiesti, così non restano nella cronologia della shell.
    """
    terminal.start()
    who = click.prompt("Email o cellulare della persona", err=as_json)
    try:
        with db.reading() as session:
            client = terminal.client_id(session, cliente)
            answer = searching.search(session, client, who)
            database_lines = [_of_database(one) for one in answer.databases]
            audience_lines = [_of_place(one) for one in answer.places]
            told = _as_json(answer)
    except searching.Unreadable as error:
        raise terminal.Stop(str(error)) from None
    tell(answer, client)
    if as_json:
        terminal.print_json(told)
    elif answer.is_empty:
        click.echo(NOWHERE)
    else:
        erased = ["Chi ha questo dato ha chiesto di essere cancellato."] if answer.is_erased else []
        lost = [texts.lost(one) for one in answer.unknown]
        click.echo("\n".join((*erased, *database_lines, *audience_lines, *lost)))


def _of_database(one: searching.InDatabase) -> str:
    filters = f", filtri di oggi: {', '.join(one.filters)}" if one.filters else ""
    contacts = plural(len(one.contact_ids), "contatto", "contatti")
    return f"Nel database “{one.database.name}”: {contacts}{filters}."


def _of_place(one: Place) -> str:
    trace = one.trace
    vendor = registry.destination(trace.audience.destination).label
    sent = f", inviato il {moment(one.sending.at)}" if one.sending and one.sending.at else ""
    state, more = texts.STATES[trace.state][2], texts.detail(one, vendor)
    told = f"{state} ({more})" if more else state
    return f"Nella custom audience “{trace.audience.name}” ({texts.source(one)}{sent}): {told}."


def _as_json(answer: Answer) -> dict[str, object]:
    return {
        "erased": answer.is_erased,
        "databases": [
            {"name": one.database.name, "contacts": len(one.contact_ids), "filters": list(one.filters)}
            for one in answer.databases
        ],
        "audiences": [
            {
                "name": one.trace.audience.name,
                "id": one.trace.audience.audience_id,
                "database": one.database,
                "filter": one.filter_name,
                "medium": one.trace.medium,
                "upload": one.sending.upload_id if one.sending else None,
                "sent_at": one.sending.at if one.sending else None,
                "state": str(one.trace.state),
                "has_typed": one.trace.has_typed,
                "reason": one.trace.reason,
                "outcome": one.trace.outcome,
                "done_at": one.trace.done_at,
            }
            for one in answer.places
        ],
        "unknown_since": {one.name: one.unknown_since for one in answer.unknown},
    }
