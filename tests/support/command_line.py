"""`platea` in this process, as a script calls it, on a test's installation; the workers' jobs by hand."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner, Result

from tests.support.running import Simulator, environment

if TYPE_CHECKING:
    from webapp.config import Settings


OURS = ("PLATEA_", "DATABASE_URL", "REDIS_URL", "META_")  # the variables that are read as settings


@dataclass
class Told:
    """How a command ended: its exit code, what it printed as JSON, what it complained about."""

    code: int
    json: Any
    complaint: str

    @property
    def alerts(self) -> dict[str, int]:
        return {one["codice"]: one["quanti"] for one in self.json["avvisi"]} if self.json else {}


def platea(
    *arguments: str, env: Mapping[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """How the command ended and what it wrote, as if it were a process; without *env* nothing is set up.

    What only a process has, its start, signals and what it leaves behind, is tested with `running.PLATEA`.
    """
    from webapp.cli.group import platea as group

    nothing = {name: None for name in os.environ if name.startswith(OURS)}
    given = {**nothing, **(env or {"PLATEA_DATA": "/nonexistent"})}
    done: Result = CliRunner().invoke(group, [*arguments], input=typed, env=given, prog_name="platea")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(["platea", *arguments], done.exit_code, done.stdout, done.stderr)


class CommandLine:
    """Commands on one installation that has one client and one account."""

    def __init__(self, settings: Settings, simulator: Simulator) -> None:
        self._env = environment(settings)
        self._simulator = simulator

    @property
    def account_id(self) -> str:
        return self._simulator.account_id

    def run(self, *arguments: str) -> Told:
        """One command with `--json`; AssertionError when it ends by anything but an exit code of its own."""
        from webapp.cli.group import platea

        result: Result = CliRunner().invoke(platea, [*arguments, "--json"], env=self._env, prog_name="platea")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        said = json.loads(result.stdout) if result.stdout.strip() else None
        return Told(result.exit_code, said, result.stderr)

    def importa(self, file: Path, database: str, *options: str) -> Told:
        return self.run("importa", str(file), "--database", database, *options)

    def erase(self, who: str) -> int:
        """`cancella` of a person, confirmed. Returns its exit code."""
        from webapp.cli.group import platea

        return CliRunner().invoke(platea, ["cancella", "--si"], input=f"{who}\n", env=self._env).exit_code

    def received(self, database: str, medium: str, *options: str) -> tuple[set[str], int]:
        """The SHA-256 that Meta holds after `carica` has put *database* in an audience, and "sent".

        A database with nobody to send is refused before anything is started.
        """
        from sqlmodel import select

        from webapp import db
        from webapp.uploads import jobs
        from webapp.uploads.engine.reconcile import reconcile
        from webapp.uploads.models import Upload

        audience = f"{database} {medium}"
        before = self.run("stato").json
        begun = self.run(
            *("carica", "--database", database, "--account", self._simulator.account_id),
            *("--audience", audience, "--medium", medium, *options),
        )
        if begun.complaint.startswith("Errore: Non c’è nessuno da inviare."):
            assert (begun.code, self.run("stato").json) == (1, before)
            return set(), 0
        assert begun.code == 0, begun.complaint
        with db.reading() as session:
            upload_id = session.exec(select(Upload.id).where(Upload.public_id == begun.json["id"])).one()
        jobs.prepare_upload(upload_id)
        jobs.send_upload(upload_id)
        reconcile()
        with db.reading() as session:
            ended = session.get_one(Upload, upload_id)
        held = self._simulator.received(ended.audience_id) if ended.audience_id else set()
        return held, self.run("stato", begun.json["id"]).json["sent"]
