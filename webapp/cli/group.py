"""The group of commands; each is imported when it is asked for, so that `--help` is quick."""

from importlib import import_module

import click

from webapp.config import VERSION

COMMANDS = {
    "demo": "webapp.cli.demo:demo",
    "importa": "webapp.cli.imports:importa",
    "esporta": "webapp.cli.contacts:esporta",
    "cancella": "webapp.cli.contacts:cancella",
    "dove": "webapp.cli.privacy:dove",
    "carica": "webapp.cli.uploads:carica",
    "stato": "webapp.cli.upload_state:stato",
    "operatore": "webapp.cli.operators:operatore",
    "normalizza": "webapp.cli.meta:normalizza",
    "simulatore": "webapp.cli.meta:simulatore",
    "controlla": "webapp.cli.check_up:controlla",
    "web": "webapp.cli.host:web",
    "worker": "webapp.cli.host:worker",
    "migra": "webapp.cli.host:migra",
    "pulizia": "webapp.cli.cleaning:pulizia",
    "copia": "webapp.cli.backup:copia",
    "ripristina": "webapp.cli.backup:ripristina",
    "apri-copia": "webapp.cli.backup:apri_copia",
    "trasloca": "webapp.cli.moving:trasloca",
    "chiavi": "webapp.cli.keys:chiavi",
    "registro": "webapp.cli.trail:registro",
}
ALSO_CALLED = {"operatori": "operatore"}


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = ALSO_CALLED.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        command.options_metavar = "[OPZIONI]"
        return command


@click.command(
    cls=LazyGroup,
    options_metavar="[OPZIONI]",
    subcommand_metavar="COMANDO …",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, prog_name="Platea")
def platea() -> None:
    """Platea: da un database utenti a una custom audience di Facebook."""
