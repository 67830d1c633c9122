"""Shared by the commands: settings of this installation, errors in Italian, output for people or scripts."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session, select

from webapp import config, data_keys, migrations, places, services, wiring
from webapp.access.models import Client
from webapp.db import engine
from webapp.host import database_words

BAD, WRONG, WAITS = 1, 2, 3
SECRET_KEY_NAMES = ("PLATEA_SECRET_KEYS", "PLATEA_SECRET_KEY")

as_json = click.option("--json", "as_json", is_flag=True, help="Scrive JSON invece di frasi.")
client_option = click.option("--cliente", metavar="NOME", help="Lo spazio cliente, se ce n’è più di uno.")


class Stop(click.ClickException):
    """Ends the command with an Italian sentence on standard error."""

    def __init__(self, message: str, code: int = WRONG) -> None:
        super().__init__(message)
        setattr(self, "exit_code", code)  # noqa: B010 (Click declares it on the class only)


def print_json(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_UTC_Z).decode())


def start() -> config.Settings:
    """Open this installation: the one of the environment or, when it says nothing, the local demo's."""
    with told_in_italian():
        here = settings()
        services.start(here)
        wiring.register_hooks()
        state = migrations.state(engine())
        if state is migrations.State.NEWER:
            raise migrations.NewerSchema
        if state is migrations.State.OLDER:
            raise Stop("lo schema del database non è aggiornato: esegui “platea migra”.")
        data_keys.make()
    return here


@contextmanager
def told_in_italian() -> Iterator[None]:
    """What keeps an installation from opening ends the command with a sentence, never with a traceback."""
    try:
        yield
    except (config.WrongSetting, data_keys.KeysLost) as error:
        raise Stop(str(error)) from None
    except migrations.NewerSchema:
        raise Stop(database_words.NEWER_SCHEMA) from None
    except DBAPIError as error:
        raise Stop(database_words.why_not(error.orig), BAD) from None
    except SQLAlchemyError:
        raise Stop(database_words.UNKNOWN, BAD) from None


def settings() -> config.Settings:
    """The settings of this installation, before anything is opened. Raises WrongSetting."""
    return config.from_environment(_environment())


def client_id(session: Session, name: str | None) -> int:
    """The client of that name; without a name, the only one there is."""
    found = session.exec(select(Client).order_by(Client.name)).all()
    chosen = [client for client in found if name is None or client.name == name]
    if len(chosen) == 1 and chosen[0].id is not None:
        return chosen[0].id
    if not found:
        raise Stop("non c’è ancora nessuno spazio cliente: lo crea “platea operatore crea”.")
    names = ", ".join(f"“{client.name}”" for client in found)
    if name is None:
        raise Stop(f"ci sono più spazi cliente: scegline uno con --cliente. Sono {names}.")
    raise Stop(f"lo spazio cliente “{name}” non esiste. Ci sono {names}.")


def _environment() -> Mapping[str, str]:
    if any(os.environ.get(name + end) for name in SECRET_KEY_NAMES for end in ("", "_FILE")):
        return os.environ
    local = Path(os.environ.get("PLATEA_DATA") or places.default_data_dir()) / "ambiente.json"
    if not local.exists():
        return os.environ
    return {**os.environ, **json.loads(local.read_text(encoding="utf-8"))}
