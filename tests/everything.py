"""`python -m tests.everything`: all that `make test` runs, on two cores at a time.

    first line    the suite on SQLite, browser included; its output is shown as it comes
    second line   the short chaos run, then what touches the database, on PostgreSQL; shown at the end

Each line is a pytest of its own with its own folders, ports and servers. The exit code is the worst of all.
Ctrl-C ends both.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

CHAOS = "tests/chaos"
SUITE = [sys.executable, "-m", "pytest", f"--ignore={CHAOS}"]
SECOND = (
    ("caos", [sys.executable, "-m", "pytest", CHAOS]),
    ("PostgreSQL", [sys.executable, "-m", "tests.on_postgres", "nucleo"]),
)


def main() -> int:
    with tempfile.TemporaryFile("w+") as output:
        second = subprocess.Popen(
            [sys.executable, "-m", "tests.everything", "second"],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            worst = subprocess.run(SUITE).returncode
            print("\nAspetto i test del caos e di PostgreSQL…", flush=True)
            worst = max(worst, second.wait(), key=abs)
        finally:
            if second.poll() is None:  # we were interrupted: so are they, and clean up after themselves
                os.killpg(second.pid, signal.SIGINT)
                second.wait()
        output.seek(0)
        print(output.read(), flush=True)
    print("Tutto bene." if not worst else "Qualcosa non va: vedi sopra.", flush=True)
    return 1 if worst else 0


def second_line() -> int:
    codes = [_titled(title, command) for title, command in SECOND]
    return max(codes, key=abs)


def _titled(title: str, command: Sequence[str]) -> int:
    print(f"\n—— {title} ——", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, env={**os.environ, "PYTHONUNBUFFERED": "1"}).returncode
    print(f"—— {title}: {time.monotonic() - began:.0f} s, codice {code} ——", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(second_line() if sys.argv[1:] == ["second"] else main())
