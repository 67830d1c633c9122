"""Click's own words in Italian, through gettext as Click foresees it."""

import gettext
import os
from pathlib import Path

FOLDER = Path(__file__).parent / "lingua"


def speak_italian() -> None:
    """Before Click is imported. gettext looks for the language in the environment and nowhere else."""
    os.environ["LANGUAGE"] = "it"
    gettext.bindtextdomain("messages", str(FOLDER))
    gettext.textdomain("messages")
