"""`platea simulatore` and `platea normalizza`: Meta without Meta, and its keys on any list of values."""

import sys

import click
import orjson

from webapp.cli import terminal
from webapp.destinations.meta.simulator.__main__ import main as run_simulator


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("opzioni", nargs=-1, type=click.UNPROCESSED)
def simulatore(opzioni: tuple[str, ...]) -> None:
    """Avvia da solo il simulatore di Meta (opzioni: --port N, --json; tutte con --help)."""
    sys.exit(run_simulator(list(opzioni)))


@click.command()
def normalizza() -> None:
    """Legge righe JSON {"key", "raw", "country"} e scrive {"normalised", "sha256", "reason"}."""
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            terminal.print_json(_normalise(line, number))


def _normalise(line: bytes, number: int) -> dict[str, str | None]:
    from webapp.destinations.meta.keys import normalise_line

    try:
        return normalise_line(orjson.loads(line))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        what = type(error).__name__
        raise terminal.Stop(f"riga {number}: serve un oggetto JSON con “key” e “raw” ({what}).") from None
