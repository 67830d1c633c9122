"""The world in a file, so that a demo started again goes on from its data."""

import threading
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from ..settings import Settings
from ..state import AdAccount, App, Audience, Code, Person, Replace, Simulation, Token, UploadSession, World

FORMAT = 1
QUIET_S, LATEST_S = 1.0, 15.0


class UnreadableData(Exception):
    """The file is not one of ours. `str()` is an Italian sentence."""


def dump(sim: Simulation) -> bytes:
    with sim.lock:
        return orjson.dumps({"format": FORMAT, "world": sim.world}, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return list(value)
    raise TypeError(f"cannot keep {type(value)}")


def load(data: bytes) -> World:
    """Raises UnreadableData for anything that `dump` did not write."""
    try:
        kept = orjson.loads(data)
        if kept["format"] != FORMAT:
            raise UnreadableData("il file dei dati viene da un’altra versione del simulatore")
        return _world(kept["world"])
    except (ValueError, KeyError, TypeError):
        raise UnreadableData("il file dei dati non è leggibile") from None


def _world(kept: dict[str, Any]) -> World:
    known = {field.name for field in fields(World)}
    world = World(**{key: value for key, value in kept.items() if key in known})
    world.app = App(**kept["app"])
    world.settings = Settings(**kept["settings"])
    world.people = {key: Person(**value) for key, value in kept["people"].items()}
    world.tokens = {key: Token(**value) for key, value in kept["tokens"].items()}
    world.codes = {key: Code(**value) for key, value in kept["codes"].items()}
    world.accounts = {key: AdAccount(**value) for key, value in kept["accounts"].items()}
    world.sessions = {key: UploadSession(**value) for key, value in kept["sessions"].items()}
    world.audiences = {key: _audience(value) for key, value in kept["audiences"].items()}
    return world


def _audience(kept: dict[str, Any]) -> Audience:
    audience = Audience(**kept)
    audience.members = _sets(kept["members"])
    audience.removed = _sets(kept["removed"])
    if kept["replace"] is not None:
        audience.replace = Replace(**kept["replace"])
        audience.replace.rows = _sets(kept["replace"]["rows"])
    return audience


def _sets(kept: dict[str, list[str]]) -> dict[str, set[str]]:
    return {name: set(rows) for name, rows in kept.items()}


def save(sim: Simulation, path: Path) -> None:
    """Written beside and moved into place: a file half written is never found."""
    sim.changed.clear()
    beside = path.with_name(path.name + ".parte")
    beside.touch(mode=0o600, exist_ok=True)
    beside.write_bytes(dump(sim))
    beside.replace(path)


def keep_saving(sim: Simulation, path: Path) -> threading.Thread:
    """Save soon after changes: once it has been quiet for a second, at the latest after 15."""
    thread = threading.Thread(target=_saver, args=(sim, path), daemon=True, name="salvataggio")
    thread.start()
    return thread


def _saver(sim: Simulation, path: Path) -> None:
    while not sim.stopping.is_set():
        if not sim.changed.wait(0.5):
            continue
        since = time.monotonic()
        while not sim.stopping.is_set() and time.monotonic() - since < LATEST_S:
            sim.changed.clear()
            if not sim.changed.wait(QUIET_S):
                break
        save(sim, path)
