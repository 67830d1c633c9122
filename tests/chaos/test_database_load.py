"""Several processes that write at once: no change is lost, and nobody is told that the database is locked."""

import json
import subprocess

from sqlalchemy import text

from tests.chaos.conftest import IS_LONG
from tests.support.running import PLATEA, environment
from webapp import db
from webapp.config import ROOT
from webapp.host.processes import python

PROCESSES, CHANGES = 4, 500
IMPORTED_ROWS = 200_000 if IS_LONG else 10_000

# Reads a number and writes it back plus one, as long as it is told; prints how it went.
WRITER = """
import json, sys, time
from pathlib import Path
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from webapp import db

url, name, changes, stop_at = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
engine = db.connect(url)
lock = " FOR UPDATE" if engine.dialect.name == "postgresql" else ""
times, refused = [], 0
while len(times) < changes and not stop_at.exists():
    start = time.monotonic()
    try:
        with db.writing() as session:
            query = text("SELECT pid FROM worker_signal WHERE name = :name" + lock)
            n = session.execute(query, {"name": name}).scalar_one()
            change = text("UPDATE worker_signal SET pid = :n WHERE name = :name")
            session.execute(change, {"name": name, "n": n + 1})
    except OperationalError:
        refused += 1
    else:
        times.append(time.monotonic() - start)
    if changes > 10_000:  # beside an import: two hundred times a second are plenty
        time.sleep(0.005)
times.sort()
slow = {"p99": times[len(times) * 99 // 100], "max": times[-1]}
print(json.dumps({"changes": len(times), "refused": refused, **slow}))
"""


def test_four_processes_that_change_one_number_five_hundred_times_lose_no_change(
    database, tmp_path, report, kind
):
    _make_number("x")

    writers = [_writer(database.database_url, "x", CHANGES, tmp_path / "never") for _ in range(PROCESSES)]
    told = [_told(writer) for writer in writers]

    number = _number("x")
    report.add(
        "Quattro processi, 500 modifiche ciascuno dello stesso numero",
        database=kind,
        modifiche=PROCESSES * CHANGES,
        perse=PROCESSES * CHANGES - number,
        rifiutate=sum(one["refused"] for one in told),
    )
    assert number == PROCESSES * CHANGES


def test_nobody_finds_the_database_locked_while_a_large_file_is_imported(
    database, aurora, tmp_path, report, kind
):
    file, done = tmp_path / "clienti.csv", tmp_path / "done"
    rows = (f"persona{n}@posta.com;333{n:07};Milano" for n in range(IMPORTED_ROWS))
    file.write_text("Email;Cellulare;Città\n" + "\n".join(rows), encoding="utf-8")
    for number in range(PROCESSES):
        _make_number(f"w{number}")

    writers = [_writer(database.database_url, f"w{n}", 10**9, done) for n in range(PROCESSES)]
    command = [*PLATEA, "importa", str(file), "--database", "Grande", "--json"]
    imported = subprocess.run(command, env=environment(database), capture_output=True, text=True, timeout=600)
    done.touch()
    told = [_told(writer) for writer in writers]

    report.add(
        f"Quattro processi scrivono durante l’importazione di {IMPORTED_ROWS} righe",
        database=kind,
        scritture=sum(one["changes"] for one in told),
        rifiutate=sum(one["refused"] for one in told),
        ms_al_99_per_cento=max(one["p99"] for one in told) * 1000,
        ms_al_più=max(one["max"] for one in told) * 1000,
    )
    assert imported.returncode == 0, imported.stderr
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM contact")).scalar_one() == IMPORTED_ROWS
    assert sum(one["refused"] for one in told) == 0
    assert [_number(f"w{n}") for n in range(PROCESSES)] == [one["changes"] for one in told]


def _writer(url: str, name: str, changes: int, stop_at) -> "subprocess.Popen[str]":
    command = python("-c", WRITER, url, name, str(changes), str(stop_at))
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _told(writer: "subprocess.Popen[str]") -> dict:
    output, _ = writer.communicate(timeout=120)
    assert writer.returncode == 0
    return json.loads(output)


def _make_number(name: str) -> None:
    row = "INSERT INTO worker_signal (name, host, pid, version, started_at, seen_at)"
    with db.writing() as session:
        session.execute(text(f"{row} VALUES (:name, '', 0, '', '2026-01-01', '2026-01-01')"), {"name": name})


def _number(name: str) -> int:
    with db.reading() as session:
        query = text("SELECT pid FROM worker_signal WHERE name = :name")
        return session.execute(query, {"name": name}).scalar_one()
