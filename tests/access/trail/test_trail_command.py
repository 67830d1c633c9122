"""`platea registro`: who runs the host checks the chain and takes the trail as a file."""

import json

import pytest
from sqlalchemy import text

from tests.cli.test_once import platea
from tests.support.running import environment
from webapp import db
from webapp.access.trail.audit import Action, record


@pytest.fixture
def env(database) -> dict[str, str]:
    with db.writing() as session:
        for name in ("Torino", "=Forlì", "Milano"):
            record(session, Action.FILTER_CREATED, on=name, client_id=None)
    return environment(database)


def test_a_whole_chain_is_said_with_its_head(env):
    done = platea("registro", "verifica", env=env)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 voci integre, fino alla 3 del ")
    assert "Impronta: 3:" in done.stdout


def test_a_changed_entry_ends_the_command_with_1(env):
    with db.engine().begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        guard = (
            "DROP TRIGGER audit_entry_no_update" if sqlite else "ALTER TABLE audit_entry DISABLE TRIGGER USER"
        )
        connection.execute(text(guard))
        connection.execute(text("UPDATE audit_entry SET who = 'altri' WHERE seq = 2"))

    done = platea("registro", "verifica", env=env)

    assert (done.returncode, done.stdout) == (
        1,
        "La catena è interrotta alla voce 2: 1 voce prima è integra.\n",
    )


def test_what_was_cut_off_is_found_by_the_head_noted_before(env):
    before = json.loads(platea("registro", "verifica", "--json", env=env).stdout)
    with db.engine().begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        guard = (
            "DROP TRIGGER audit_entry_no_delete" if sqlite else "ALTER TABLE audit_entry DISABLE TRIGGER USER"
        )
        connection.execute(text(guard))
        connection.execute(text("DELETE FROM audit_entry WHERE seq = 3"))

    assert platea("registro", "verifica", env=env).returncode == 0
    noted = f"{before['last']}:{before['head']}"
    assert platea("registro", "verifica", "--da", noted, env=env).returncode == 1


def test_the_file_has_every_entry_and_runs_nothing(env, tmp_path):
    done = platea("registro", "esporta", "--in", str(tmp_path / "registro.csv"), env=env)

    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "registro.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 5 and "'=Forlì" in lines[2] and "Registro attività esportato" in lines[4]


def test_a_wrong_note_is_refused_in_words(env):
    assert "--da vuole il numero" in platea("registro", "verifica", "--da", "3", env=env).stderr
