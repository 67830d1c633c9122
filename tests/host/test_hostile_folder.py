"""Whoever may write in the folder where `platea web` is started has nothing of theirs run."""

import subprocess

from tests.support.running import environment
from webapp import places
from webapp.host.processes import python

EVIL = "from pathlib import Path\nPath('eseguito').write_text('con le chiavi')\n"


def test_nothing_that_lies_in_the_current_folder_is_run(database, tmp_path):
    folder = tmp_path / "ostile"
    for name in ("gunicorn.conf.py", "flask.py", "gunicorn.py", "sitecustomize.py", "webapp/__init__.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(EVIL, encoding="utf-8")

    done = subprocess.run(
        python(*places.SERVER, "--check-config", "webapp.wsgi:app"),
        cwd=folder,
        env={**environment(database), **places.TO_FIND_US},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert not (folder / "eseguito").exists()
