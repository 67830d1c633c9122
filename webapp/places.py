"""Where what is no package of ours lies: pages, static files, `worker.py` and the data.

In a tree of the sources they stand beside this package; in a wheel setup.py has put them inside it.
"""

from pathlib import Path

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parent
IS_INSTALLED = (PACKAGE / "templates").is_dir()  # from a wheel, into site-packages
HOME = PACKAGE if IS_INSTALLED else ROOT
# For a child that may start in any folder. An installed package is found from everywhere.
TO_FIND_US = {} if IS_INSTALLED else {"PYTHONPATH": str(ROOT)}
# gunicorn, with its options to follow. Named as the configuration, the module keeps it from running one in
# the current folder, which is not searched for modules either (-P).
SERVER = ("-P", "-m", "webapp.host.serving", "--config", "python:webapp.host.serving")

WORKER_CLASS = "webapp.host.patient_server.Worker"
# Of every site of ours. A line is kept open longer than the three seconds between two looks of a live page:
# gunicorn's own two close it in between.
SERVER_OPTIONS = (
    *("--worker-class", WORKER_CLASS, "--workers", "2", "--threads", "8"),
    *("--keep-alive", "10", "--no-control-socket"),
)


def worker_command() -> tuple[str, ...]:
    """The arguments of Python that start `worker.py`.

    Inside the package its own folder must not be searched first (-P): modules of ours would hide others of
    the same name.
    """
    return (*(("-P",) if IS_INSTALLED else ()), str(HOME / "worker.py"))


def default_data_dir() -> Path:
    """Without PLATEA_DATA: in the tree; installed, in the folder where the command is given."""
    return (Path.cwd() if IS_INSTALLED else ROOT) / "dati"
