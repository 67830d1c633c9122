"""`python -m tests.everything`: all that `make test` runs, two parts at a time, each a pytest of its own.

    python -m tests.everything            every part
    python -m tests.everything veloce     what needs no browser, PostgreSQL, chaos or workers of its own

The part that takes longest begins first, and whoever is free takes the next: so both lines end together.
Parts share nothing: each has its own folders, ports and servers. What a part says is shown when it is over.
At the end stands what each one took, in minutes of the clock and of the processor; the latter counts every
process it waited for, and is what grows when the tests do. Ctrl-C ends both lines. Exit code 1 if one failed.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

AT_A_TIME = 2
REMIND_EVERY_S = 60.0
QUICK = "veloce"
CHAOS = "tests/chaos"
# Title → folders. What no part names is run by the last one of these, "il resto".
FOLDERS = {
    "pagine": ("tests/web",),
    "contatti": ("tests/contacts",),
    "caricamenti": ("tests/uploads",),
    "host e comandi": ("tests/host", "tests/cli"),
    "accessi e sicurezza": ("tests/access", "tests/security"),
    "Meta": ("tests/destinations",),
}
PYTEST = [sys.executable, "-m", "pytest", "-q"]
WITHOUT_SERVERS = ["-m", "not browser and not postgres and not processes"]


def _scratch() -> IO[str]:
    return tempfile.TemporaryFile("w+")


@dataclass
class Part:
    """A command that is running or has run, what it printed, and what it took in seconds."""

    title: str
    command: Sequence[str]
    output: IO[str] = field(default_factory=_scratch)
    process: "subprocess.Popen[bytes] | None" = None
    began: float = 0.0
    clock_s: float = 0.0
    processor_s: float = 0.0
    code: int | None = None

    def start(self) -> None:
        self.began = time.monotonic()
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process compiles everything again
        self.process = subprocess.Popen(
            self.command, stdout=self.output, stderr=self.output, env=environment, start_new_session=True
        )

    def wait(self) -> None:
        assert self.process is not None
        _, status, used = os.wait4(self.process.pid, 0)
        self._end(status, used.ru_utime + used.ru_stime)

    def ended(self) -> bool:
        """Whether it is over; then its code and what it took are known."""
        assert self.process is not None
        pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
        if pid:
            self._end(status, used.ru_utime + used.ru_stime)
        return bool(pid)

    def _end(self, status: int, processor_s: float) -> None:
        assert self.process is not None
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.clock_s, self.processor_s = time.monotonic() - self.began, processor_s

    def line(self) -> str:
        outcome = "bene" if self.code == 0 else f"codice {self.code}"
        return f"{self.title:<22}{self.clock_s / 60:8.1f} min{self.processor_s / 60:14.1f} min   {outcome}"


def parts(quick: bool) -> list[Part]:
    """What is to run, the longest first."""
    more = WITHOUT_SERVERS if quick else []
    suite = [Part(title, [*PYTEST, *folders, *more]) for title, folders in FOLDERS.items()]
    named = [folder for folders in FOLDERS.values() for folder in folders]
    rest = [f"--ignore={folder}" for folder in (*named, CHAOS)]
    suite.append(Part("il resto", [*PYTEST, *rest, *more]))
    if quick:
        return suite
    servers = [
        Part("PostgreSQL", [sys.executable, "-m", "tests.on_postgres", "nucleo"]),
        Part("caos", [*PYTEST, CHAOS]),
    ]
    return [suite[0], *servers, *suite[1:]]


def main(arguments: Sequence[str]) -> int:
    waiting = parts(quick=QUICK in arguments)
    every = list(waiting)
    print(
        f"{len(every)} parti, {AT_A_TIME} alla volta; ciò che dice una parte si vede quando è finita.",
        flush=True,
    )
    with _ended_with_us(every):
        running: list[Part] = []
        reminded = time.monotonic()
        while waiting or running:
            while waiting and len(running) < AT_A_TIME:
                running.append(waiting.pop(0))
                running[-1].start()
                print(f"Comincia: {running[-1].title}", flush=True)
            time.sleep(0.1)
            if time.monotonic() - reminded > REMIND_EVERY_S:
                reminded = time.monotonic()
                print(f"Ancora in corso: {', '.join(map(_so_far, running))}", flush=True)
            for part in [one for one in running if one.ended()]:
                running.remove(part)
                _show(part)
    return _summary(every)


@contextmanager
def _ended_with_us(every: Sequence[Part]) -> Iterator[None]:
    """When we are interrupted so are they, and clean up after themselves."""
    try:
        yield
    finally:
        for part in every:
            if part.process is not None and part.code is None:
                os.killpg(part.process.pid, signal.SIGINT)
                part.wait()
                _show(part)


def _so_far(part: Part) -> str:
    return f"{part.title} (da {(time.monotonic() - part.began) / 60:.0f} min)"


def _show(part: Part) -> None:
    part.output.seek(0)
    print(f"\n—— {part.title} ——\n{part.output.read()}", flush=True)
    part.output.close()


def _summary(every: Sequence[Part]) -> int:
    print(f"\n{'parte':<22}{'orologio':>12}{'processore':>18}")
    for part in every:
        print(part.line())
    print(f"{'in tutto':<22}{'':12}{sum(part.processor_s for part in every) / 60:14.1f} min")
    failed = [part.title for part in every if part.code != 0]
    print(f"\nQualcosa non va, vedi sopra: {', '.join(failed)}." if failed else "\nTutto bene.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
