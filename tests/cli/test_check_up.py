"""`platea controlla` on an installation that is well, and on installations each broken in its own way."""

import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from tests.support.running import environment
from webapp import clock, db, migrations, workers
from webapp.cli.group import platea
from webapp.crypto import new_key
from webapp.destinations.meta.accounts import accounts


@pytest.fixture
def well(connected, simulator):
    """Settings of an installation that lacks nothing: a database of today, Redis, a worker, Facebook."""
    with db.writing() as session:
        workers.sign(session, "uno", "0.1.0", clock.now())
    return simulator.settings(connected)


def check(settings, **changes: str) -> Result:
    env = {**environment(settings), **changes}
    return CliRunner().invoke(platea, ["controlla"], env=env, catch_exceptions=False)


def line(result: Result, name: str) -> str:
    (found,) = [one for one in result.stdout.splitlines() if one[2:].startswith(f"{name}:")]
    return found


def nobody_listens() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_installation_that_is_well_has_a_tick_on_every_line(well):
    result = check(well)

    assert result.exit_code == 0
    names = [one[2:].partition(":")[0] for one in result.stdout.splitlines()]
    assert names == [
        "Impostazioni", "Versione", "Disco", "Database", "Schema", "Chiavi", "Worker", "Lavori periodici",
        "Orologio", "Redis", "Email", "Facebook",
    ]  # fmt: skip
    assert {one[0] for one in result.stdout.splitlines()} == {"✓"}


def test_scripts_read_the_same_as_json(well):
    result = CliRunner().invoke(platea, ["controlla", "--json"], env=environment(well))

    told = json.loads(result.stdout)
    assert told[-1] == {"nome": "Facebook", "bene": True, "testo": "risponde"}
    assert {one["bene"] for one in told} == {True}


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"PLATEA_URL": "http://platea.example"}, "Impostazioni", "serve https://"),
        ({"REDIS_URL": "redis://127.0.0.1:{nobody}/0"}, "Redis", "controlla REDIS_URL"),
        ({"SMTP_URL": "smtp://127.0.0.1:{nobody}", "PLATEA_MAIL_FROM": "platea@aurora.example"},
         "Email", "non risponde (ConnectionRefusedError)"),
        ({"META_GRAPH_URL": "http://127.0.0.1:{nobody}"}, "Facebook", "firewall"),
        ({"META_GRAPH_URL": "https://non-c-e.invalid"}, "Facebook", "DNS"),
        ({"DATABASE_URL": "postgresql://a:s3greta@127.0.0.1:{nobody}/platea"},
         "Database", "Nessun database risponde"),
        ({"DATABASE_URL": "sqlite:////proc/nessuno/platea.db"}, "Impostazioni", "scrivere nella cartella"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named_with_what_to_do(well, changes, name, words):
    port = str(nobody_listens())

    result = check(well, **{key: value.replace("{nobody}", port) for key, value in changes.items()})

    assert result.exit_code == 1
    assert line(result, name).startswith("✗") and words in line(result, name)
    assert "s3greta" not in result.output and "Traceback" not in result.output


def test_a_database_without_this_version_s_schema_is_told_which_way(well, tmp_path):
    empty = check(well, DATABASE_URL=f"sqlite:///{tmp_path / 'vuoto.db'}")

    assert line(empty, "Schema") == "✗ Schema: lo schema è di una versione precedente: esegui “platea migra”"


def test_a_database_of_a_later_version_stops_everything_with_a_sentence(well):
    with db.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.exec_driver_sql("UPDATE schema_reach SET usable_from = '9998'")

    assert "già di una versione più recente di Platea" in line(check(well), "Schema")
    assert migrations.state(db.engine()) is migrations.State.NEWER
    for command in (["migra"], ["stato"], ["copia"], ["web"], ["worker"]):
        result = CliRunner().invoke(platea, command, env=environment(well))
        assert result.exit_code != 0
        assert "già di una versione più recente di Platea" in result.stderr, command
        assert "Traceback" not in result.output


def test_without_a_worker_somebody_is_told_to_start_one(connected, simulator):
    result = check(simulator.settings(connected))

    assert line(result, "Worker") == "✗ Worker: nessuno è attivo: avviane uno con “platea worker”"


def test_keys_that_open_nothing_are_noticed(well, aurora, simulator):
    accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)
    assert line(check(well), "Chiavi") == "✓ Chiavi: aprono i segreti salvati (provati: 1)"

    result = check(replace(well, token_keys=(new_key(),)))

    assert line(result, "Chiavi").startswith("✗")
    assert "rimetti la chiave di prima in PLATEA_TOKEN_KEYS" in line(result, "Chiavi")


def test_a_redis_that_would_throw_jobs_away_is_refused(well):
    with Redis.from_url(well.redis_url) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            result = check(well)
        finally:
            redis.config_set("maxmemory-policy", "noeviction")

    assert "maxmemory-policy è allkeys-lru" in line(result, "Redis")


@pytest.mark.parametrize("command", [["migra"], ["stato"], ["controlla"], ["operatore", "elenco"]])
def test_a_file_that_is_no_database_is_told_by_every_command(well, tmp_path, command):
    other = tmp_path / "altro.db"
    other.write_bytes(b"non sono un database" * 500)

    result = CliRunner().invoke(
        platea, command, env={**environment(well), "DATABASE_URL": f"sqlite:///{other}"}
    )

    assert result.exit_code != 0 and "Traceback" not in result.output
    assert "non è un database di Platea" in result.output


def test_a_data_folder_that_cannot_be_made_is_told(well, tmp_path):
    (tmp_path / "file").write_text("")

    result = check(well, PLATEA_DATA=str(Path(tmp_path) / "file" / "dati"))

    assert "PLATEA_DATA: la cartella" in line(result, "Impostazioni")
    assert os.strerror(20) in line(result, "Impostazioni")
