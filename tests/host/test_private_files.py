"""What Platea keeps is readable by its own account alone, on a machine that others use too."""

import stat
import subprocess
import sys
from pathlib import Path

from tests.support.running import environment
from webapp import db


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_database_that_everybody_could_read_is_closed_when_it_is_opened(tmp_path):
    path = tmp_path / "platea.db"
    path.touch()
    path.chmod(0o644)

    engine = db.make_engine(f"sqlite:///{path}", pooled=False)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("CREATE TABLE one (id INTEGER)")
        assert {file.name: mode(file) for file in tmp_path.iterdir()} == {
            "platea.db": 0o600,
            "platea.db-wal": 0o600,
            "platea.db-shm": 0o600,
        }
    engine.dispose()


def test_a_command_leaves_only_files_of_its_own_account(settings, tmp_path):
    """Whatever the umask of who runs it; web server and worker begin with the same line."""
    folder = tmp_path / "dati"
    folder.mkdir(mode=0o755)
    env = environment(settings) | {"PLATEA_DATA": str(folder), "DATABASE_URL": ""}
    code = "import os; os.umask(0o022); from webapp.cli import main; main()"

    subprocess.run(
        [sys.executable, "-c", code, "migra"], env=env, check=True, capture_output=True, timeout=120
    )

    found = {path.name: mode(path) for path in folder.iterdir() if path.is_file()}
    assert found and set(found.values()) == {0o600}
