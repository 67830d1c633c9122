"""The package as it is built from a copy of the tree: what an earlier build has left would go into it."""

import shutil
import subprocess
from pathlib import Path

from webapp.config import ROOT
from webapp.host.processes import python

SOURCES = ("setup.py", "pyproject.toml", "worker.py", "README.md", "webapp", "templates", "static")


def build(folder: Path) -> Path:
    """The wheel, built in *folder* with what is installed here: nothing is fetched."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    out = folder / "fatto"
    command = python("-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w")
    subprocess.run([*command, str(out)], cwd=folder, check=True)
    (made,) = out.glob("*.whl")
    return made
