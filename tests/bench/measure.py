"""A piece of work in a fresh process, and what it cost there: seconds, processor seconds, memory.

    measured("tests.bench.imports:ours", world.env, n=1000)

The function runs after its module was imported, so that start-up is nobody's cost.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from webapp.config import ROOT
from webapp.life import die_with_parent


@dataclass(frozen=True)
class Cost:
    """*value* is what the function returned; *peak_mb* the most memory its process ever held."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    value: Any = None


def measured(target: str, env: Mapping[str, str], **arguments: Any) -> Cost:
    """Run *target* (`module:function`) in a process with the environment *env*."""
    argv = [sys.executable, "-m", "tests.bench.measure", target, json.dumps(arguments)]
    paths = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    done = subprocess.run(argv, env={**paths, **env}, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def interleaved(works: Mapping[str, Callable[[], Cost]], repeats: int) -> dict[str, list[Cost]]:
    """Every work *repeats* times, in turn: what disturbs the machine disturbs all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            costs[name].append(work())
    return costs


def best(costs: Sequence[Cost], what: str = "wall_s") -> float:
    """The least of the repeats: what the work costs when nothing else takes part."""
    return min(getattr(cost, what) for cost in costs)


def paired_ratio(ours: Sequence[Cost], theirs: Sequence[Cost], what: str = "wall_s") -> float:
    """How many times *theirs* is *ours*: the median over pairs that ran one after the other."""
    pairs = zip(ours, theirs, strict=True)
    return median(getattr(their, what) / getattr(our, what) for our, their in pairs)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _main(target: str, arguments: str) -> None:
    die_with_parent()
    module, _, name = target.partition(":")
    function = getattr(import_module(module), name)
    gc.freeze()  # as a worker does before a job
    started, used = time.perf_counter(), time.process_time()
    value = function(**json.loads(arguments))
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mb": _peak_mb(), "value": value}))


def _peak_mb() -> float:
    """The high-water mark of this program. `getrusage` would begin with that of the parent it came from."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024  # macOS counts bytes


if __name__ == "__main__":
    _main(*sys.argv[1:])
