"""`make bench`: how fast Platea is and how much it takes, beside what it is measured against.

make bench                                 everything, on 100,000 contacts
make bench N=1000000                       everything, on a million
make bench ARGS="import uploads"           some parts only
make bench ARGS="--json misure.json live"  the figures also as a file
"""

import argparse
import json
import os
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.parts import PARTS, Figure

REACHED = {True: "sì", False: "NO", None: ""}


def main() -> None:
    asked = _arguments()
    print(f"{asked.n} contatti, {asked.ripeti} ripetizioni, {_machine()}", flush=True)
    found: dict[str, list[Figure]] = {}
    for name in asked.parti or PARTS:
        print(f"\n{name}", flush=True)
        found[name] = []
        for figure in PARTS[name](asked.n, asked.ripeti):
            found[name].append(figure)
            print(line(figure), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(_report(asked.n, found), ensure_ascii=False, indent=1) + "\n")


def line(figure: Figure) -> str:
    return (
        f"  {figure.what:<58} {figure.measured:>14}  {figure.target:<14} {REACHED[figure.reached]}".rstrip()
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Misura Platea.")
    parser.add_argument("parti", nargs="*", choices=[[], *PARTS], metavar="PARTE", help=", ".join(PARTS))
    parser.add_argument("-n", type=int, default=100_000, help="quanti contatti")
    parser.add_argument("--ripeti", type=int, default=2, help="quante volte ogni misura, a turno")
    parser.add_argument("--json", type=Path, metavar="FILE", help="scrive le misure anche qui")
    return parser.parse_args()


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} core, {memory:.0f} GB di RAM"


def _report(rows: int, found: dict[str, list[Figure]]) -> dict[str, Any]:
    figures = {name: [asdict(figure) for figure in figures] for name, figures in found.items()}
    return {"data": date.today().isoformat(), "contatti": rows, "macchina": _machine(), "misure": figures}


if __name__ == "__main__":
    main()
