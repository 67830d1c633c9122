"""The command line of the simulator, in Italian."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

DESCRIPTION = (
    "Avvia una Meta simulata su questo computer: la Graph API per i pubblici personalizzati e l’accesso con"
    " Facebook, senza che un solo dato esca dalla macchina. Si ferma con Ctrl-C."
)


@dataclass(frozen=True)
class Options:
    port: int
    as_json: bool
    data: Path | None
    open_accounts: bool
    processing_s: float | None
    latency_s: float | None
    dies_with_parent: bool


class ItalianParser(argparse.ArgumentParser):
    def format_usage(self) -> str:
        return super().format_usage().replace("usage:", "uso:", 1)

    def format_help(self) -> str:
        return super().format_help().replace("usage:", "uso:", 1)

    def error(self, message: str) -> NoReturn:
        text = message.replace("unrecognized arguments", "opzioni sconosciute")
        text = text.replace("expected one argument", "manca il valore").replace("argument ", "opzione ")
        self.exit(2, f"{self.format_usage()}{self.prog}: {text}\n")


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("la porta è un numero da 0 a 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("servono secondi, zero o più")
    return value


def parse(argv: Sequence[str]) -> Options:
    """Exits with 2 and an Italian sentence when an option makes no sense."""
    parser = ItalianParser(
        prog="platea simulatore", description=DESCRIPTION, add_help=False, allow_abbrev=False
    )
    _add_options(parser.add_argument_group("opzioni"))
    found = parser.parse_args(argv)
    return Options(
        port=found.port,
        as_json=found.json,
        data=found.dati,
        open_accounts=found.conti_aperti,
        processing_s=found.elaborazione,
        latency_s=found.latenza,
        dies_with_parent=found.muori_col_padre,
    )


def _add_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("-h", "--help", action="help", help="mostra questo aiuto ed esce")
    add("--port", type=_port, default=0, metavar="N", help="porta su 127.0.0.1; 0 = una libera (predefinita)")
    add("--json", action="store_true", help="stampa una riga JSON con indirizzi e credenziali")
    add("--dati", type=Path, metavar="FILE", help="conserva lo stato in questo file fra un avvio e l’altro")
    add(
        "--conti-aperti",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="ogni ID account pubblicitario che chiedi esiste (predefinito; --no-conti-aperti per spegnerlo)",
    )
    add(
        "--elaborazione",
        type=_seconds,
        metavar="S",
        help="secondi prima che dimensione e stato di un pubblico si aggiornino (predefinito: 5)",
    )
    add("--latenza", type=_seconds, metavar="S", help="secondi di attesa prima di ogni risposta")
    add("--muori-col-padre", action="store_true", help="termina quando termina il processo che l’ha avviato")
