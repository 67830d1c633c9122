"""A real worker: what goes wrong in one piece of periodic work leaves the others running, and is seen."""

import os
import subprocess
from dataclasses import replace

import pytest

from tests.support.running import wait_until
from webapp import db, mail, periodic
from webapp import services as platea
from webapp.config import ROOT
from webapp.crypto import new_key
from webapp.host import backup
from webapp.host.processes import python
from webapp.worker_roles import long_tasks, short_tasks


@pytest.fixture
def chores(database, tmp_path):
    """A worker's periodic work beside an e-mail that cannot be opened, because its key is gone."""
    sealed_with_another = replace(
        database, smtp_url="smtp://localhost:1", mail_from="platea@agenzia.example", token_keys=(new_key(),)
    )
    platea.start(sealed_with_another)
    with db.writing() as session:
        mail.post(session, "giulia@aurora.example", "Ciao", "Testo")
    platea.start(database)
    env = {
        **os.environ, "DATABASE_URL": database.database_url, "REDIS_URL": database.redis_url,
        "PLATEA_DATA": str(tmp_path), "PLATEA_SECRET_KEY": database.secret_key,
        "PLATEA_TOKEN_KEYS": ",".join(database.token_keys), "PLATEA_RECONCILE_S": "0.2",
        "SMTP_URL": "smtp://utente:caff%C3%A8@localhost:1", "PLATEA_MAIL_FROM": "platea@agenzia.example",
        "PLATEA_BACKUP_DIR": str(tmp_path / "copie"), "PLATEA_BACKUP_HOURS": "1",
    }  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            python("worker.py", "riconcilia"), cwd=ROOT, env=env, stdout=log, stderr=log
        )
    yield tmp_path
    process.terminate()
    process.wait(30)


def runs() -> dict[str, periodic.PeriodicRun]:
    with db.reading() as session:
        return {run.name: run for run in periodic.runs(session)}


def test_a_poisoned_email_stops_neither_copies_nor_anything_else(chores, database):
    tasks = {task.name for task in (*short_tasks(database), *long_tasks(database))}
    wait_until(lambda: {name for name, run in runs().items() if run.runs} == tasks, 120)
    wait_until(lambda: backup.copies(chores / "copie"), 120)

    again = runs()["uploads"].runs
    wait_until(lambda: runs()["uploads"].runs > again + 2 and runs()["e-mail"].runs > 1, 60)
    assert {name for name, run in runs().items() if not run.is_well} == set()
    assert "email non partita" in (chores / "log").read_text()


def test_copies_that_cannot_be_taken_are_told_and_stop_nothing_else(chores):
    wait_until(lambda: backup.copies(chores / "copie"), 120)
    for copy in backup.copies(chores / "copie"):
        copy.path.unlink()
    (chores / "copie").rmdir()
    (chores / "copie").write_text("qui non c’è posto per una cartella")

    wait_until(lambda: runs()["backup"].failures > 1, 120)

    ill = runs()["backup"]
    assert ill.error.startswith("La copia non è riuscita") and ill.error_code in (chores / "log").read_text()
    again = runs()["uploads"].runs
    wait_until(lambda: runs()["uploads"].runs > again + 2, 60)
