"""`platea` on the command line: the same things the screens do, for scripts and for who runs the host.

Exit codes: 0 done · 1 it ended badly or was stopped · 2 wrong request or settings · 3 it waits for a person.
"""

from webapp.cli import language  # first: click reads its words when it is imported

language.speak_italian()

from webapp import config, postgresql  # noqa: E402
from webapp.cli.group import platea  # noqa: E402


def main() -> None:
    config.keep_files_private()
    postgresql.let_its_clock_rule()
    platea(prog_name="platea")
