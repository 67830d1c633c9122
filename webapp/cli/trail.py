"""`platea registro`: the audit trail for who runs the host: is it whole, and as a file."""

import sys
from collections.abc import Iterator
from typing import TextIO

import click
from sqlmodel import true

from webapp.access.trail import entries
from webapp.access.trail.audit import Action, record_alone
from webapp.access.trail.audit_chain import Chain, verify
from webapp.cli import terminal
from webapp.values.texts import moment, number, plural
from webapp.web import csv_file


@click.group(options_metavar="[OPZIONI]", subcommand_metavar="COMANDO …")
def registro() -> None:
    """Il registro attività: chi ha fatto che cosa, quando e da dove."""


@registro.command(options_metavar="[OPZIONI]")
@click.option(
    "--da",
    "noted",
    metavar="VOCE:IMPRONTA",
    help="Una voce e la sua impronta annotate prima: scopre anche le voci tolte in fondo.",
)
@terminal.as_json
def verifica(noted: str | None, as_json: bool) -> None:
    """Controlla che nessuno abbia cambiato o tolto voci: esce con 1 se la catena è interrotta."""
    terminal.start()
    found = verify(noted=_noted(noted) if noted else None)
    if as_json:
        terminal.print_json(
            {
                "entries": found.checked,
                "last": found.last,
                "head": found.head,
                "broken_at": found.broken_at,
                "sealed_off": found.sealed_off,
            }  # fmt: skip
        )
    else:
        click.echo(_sentence(found))
    if found.broken_at:
        raise SystemExit(terminal.BAD)


@registro.command(options_metavar="[OPZIONI]")
@click.option(
    "--in", "output", type=click.File("w", encoding="utf-8"), metavar="FILE", help="Il file da scrivere."
)
def esporta(output: TextIO | None) -> None:
    """Scrive il registro come CSV, dalla prima voce all’ultima, di tutti gli spazi cliente."""
    terminal.start()
    record_alone(Action.TRAIL_EXPORTED, on="registro attività", client_id=None)
    for piece in _pieces():
        (output or sys.stdout).write(piece)


def _pieces() -> Iterator[str]:
    return csv_file.lines(entries.csv_rows(true(), limit=None))


def _noted(text: str) -> tuple[int, str]:
    seq, _, head = text.partition(":")
    if not seq.isdecimal() or len(head) != 64:
        raise terminal.Stop("--da vuole il numero di una voce e la sua impronta, per esempio 120:9f3c….")
    return int(seq), head.lower()


def _sentence(found: Chain) -> str:
    if found.broken_at:
        before = plural(found.last, "voce prima è integra", "voci prima sono integre")
        return f"La catena è interrotta alla voce {number(found.broken_at)}: {before}."
    if not found.last_at:
        return "Il registro è vuoto."
    if found.sealed_off:
        former = plural(found.sealed_off, "voce di prima è", "voci di prima sono")
        click.echo(
            f"{former} con una chiave che qui non c’è più: le chiude la voce {number(found.sealed_off + 1)}."
        )
    whole = plural(found.checked, "voce integra", "voci integre")
    until = f"fino alla {number(found.last)} del {moment(found.last_at)}"
    return f"{whole}, {until}.\nImpronta: {found.last}:{found.head}"
