"""`python -m tests.on_postgres`: the tests of everything that reads or writes the database, on PostgreSQL.

The server is the one of TEST_DATABASE_URL, else one that is started for the run (tests/support/postgres.py).
Arguments go to pytest; without any, whole rooms are run; with “nucleo” alone, as in `make test`, only what
depends on how the database locks, sorts and counts, and does not run on both databases anyway.
"""

import os
import subprocess
import sys

from tests.support.postgres import running_server

ROOMS = [
    *("tests/test_db.py", "tests/access", "tests/contacts", "tests/home", "tests/uploads"),
    "tests/destinations/meta/accounts",
]
CORE = [
    *("tests/test_db.py", "tests/access/trail/test_audit.py", "tests/access/test_people.py"),
    *(f"tests/contacts/test_{name}.py" for name in ("database_removal", "erasure")),
    *(f"tests/contacts/imports/test_{name}.py" for name in ("import_run", "import_undo", "same_file_again")),
    *(f"tests/contacts/filters/test_{name}.py" for name in ("selection", "word_index")),
    *("tests/uploads", "--ignore=tests/uploads/screens"),
]
# Hours at Facebook on a clock that is moved: what they ask of the database, the tests of sending, retrying
# and pausing ask of it as well.
LONG_OUTAGES = [
    f"--deselect=tests/uploads/engine/test_outages.py::test_{name}"
    for name in (
        "an_outage_costs_few_calls_and_is_over_within_a_minute",
        "no_batch_becomes_smaller_than_500_rows",
        "a_batch_alone_that_is_always_refused_is_set_aside_within_a_day_and_says_so",
    )
]
# Real workers on PostgreSQL are killed in tests/chaos, and one of them here; the rest of that file is about
# signals, Redis and the queue.
OTHER_WORKERS = [
    f"--deselect=tests/uploads/engine/test_workers.py::test_{name}"
    for name in (
        "a_running_worker_is_seen_alive_and_a_stopped_one_ends_quickly",
        "an_upload_runs_through_by_the_bell_alone",
        "an_upload_started_while_redis_is_away_starts_by_itself",
        "contacts_that_a_worker_deletes_leave_the_queue_as_well",
    )
]
# A test that runs on both databases whoever starts it is a test of the other parts of `make test`.
OF_BOTH = ["-m", "not browser and not postgres", "-k", "not sqlite"]
# A browser shows the same page whatever database is below it; the drill breaks a SQLite file on purpose.
WITHOUT = [
    "--ignore=tests/uploads/engine/test_restore_drill.py",
    "--ignore-glob=*browser*",
    "-m",
    "not browser",
]


def main(arguments: list[str]) -> int:
    if os.environ.get("TEST_DATABASE_URL", "").startswith("postgres"):
        return _run(os.environ["TEST_DATABASE_URL"], arguments)
    with running_server() as server:
        return _run(server.create_database("platea_prova"), arguments)


def _run(url: str, arguments: list[str]) -> int:
    if arguments in ([], ["nucleo"]):
        core = [*CORE, *WITHOUT, *LONG_OUTAGES, *OTHER_WORKERS, *OF_BOTH]
        arguments = core if arguments else [*ROOMS, *WITHOUT]
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, env={**os.environ, "TEST_DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
