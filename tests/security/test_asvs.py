"""The sheet of OWASP ASVS 5.0, level 2 (`asvs.csv`): complete, open about gaps, and its proofs exist.

The requirements are told in our own words. Source: OWASP Application Security Verification Standard 5.0.0,
https://github.com/OWASP/ASVS/tree/v5.0.0, CC BY-SA 4.0.
"""

import ast
import csv
from collections import Counter
from functools import lru_cache
from pathlib import Path

from tests.security import tables
from webapp.config import ROOT

SHEET = Path(__file__).parent / "asvs.csv"
STATES = ("sì", "parziale", "no", "non applicabile")
# Section → the level of each of its requirements in order, as published; what is 3 there is left out here.
LEVELS = {
    "V1.1": "22", "V1.2": "111112222", "V1.3": "11222222222", "V1.4": "222", "V1.5": "12",
    "V2.1": "122", "V2.2": "112", "V2.3": "1222", "V2.4": "2", "V3.2": "11", "V3.3": "1222",
    "V3.4": "112222", "V3.5": "11122", "V3.7": "22", "V4.1": "122", "V4.2": "2", "V4.3": "22",
    "V4.4": "1222", "V5.1": "2", "V5.2": "112", "V5.3": "11", "V5.4": "222", "V6.1": "122",
    "V6.2": "111111112222", "V6.3": "1122", "V6.4": "1122", "V6.5": "22222", "V6.6": "222",
    "V6.8": "2222", "V7.1": "222", "V7.2": "1111", "V7.3": "22", "V7.4": "11222", "V7.5": "22",
    "V7.6": "22", "V8.1": "12", "V8.2": "112", "V8.3": "1", "V8.4": "2", "V9.1": "111", "V9.2": "1222",
    "V10.1": "22", "V10.2": "22", "V10.3": "2222", "V10.4": "11111222222", "V10.5": "22222",
    "V10.6": "22", "V10.7": "222", "V11.1": "22", "V11.2": "222", "V11.3": "112", "V11.4": "1222",
    "V11.5": "2", "V11.6": "2", "V12.1": "122", "V12.2": "11", "V12.3": "2222", "V13.1": "2",
    "V13.2": "22222", "V13.3": "22", "V13.4": "12222", "V14.1": "22", "V14.2": "1222", "V14.3": "122",
    "V15.1": "122", "V15.2": "122", "V15.3": "1222222", "V16.1": "2", "V16.2": "22222", "V16.3": "2222",
    "V16.4": "222", "V16.5": "222", "V17.1": "2", "V17.2": "2222", "V17.3": "22",
}  # fmt: skip


def rows() -> list[dict[str, str]]:
    with SHEET.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@lru_cache
def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def exists(proof: str) -> bool:
    """Whether `tests/x/test_y.py::test_z`, or the file alone, is there."""
    name, _, function = proof.partition("::")
    path = ROOT / name
    return path.is_file() and (not function or function in functions(path))


def test_every_requirement_of_levels_one_and_two_is_there_once():
    published = {
        f"{section}.{number}": level
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, start=1)
    }

    assert len(published) == 253 and Counter(published.values()) == {"1": 70, "2": 183}
    assert {row["id"]: row["livello"] for row in rows()} == published
    assert len(rows()) == 253


def test_every_requirement_has_a_status_and_its_reason():
    silent = [
        row["id"]
        for row in rows()
        if row["stato"] not in STATES
        or not row["requisito"]
        or (row["stato"] in ("no", "non applicabile") and not row["nota"])
        or (row["stato"] in ("sì", "parziale") and not (row["prove"] or row["nota"]))
    ]

    assert silent == []


def test_every_proof_it_names_exists():
    gone = [f"{row['id']}: {proof}" for row in rows() for proof in row["prove"].split() if not exists(proof)]

    assert gone == []


def test_what_is_said_to_be_so_is_shown_by_a_test():
    assert [row["id"] for row in rows() if row["stato"] == "sì" and not row["prove"]] == []


def test_at_least_sixty_requirements_are_shown_by_a_test():
    counted = Counter(row["stato"] for row in rows())
    shown = sum(1 for row in rows() if row["prove"])
    tables.PRINTED["Sicurezza: OWASP ASVS 5.0, livello 2"] = [
        "253 requisiti: " + ", ".join(f"{counted[state]} {state}" for state in STATES),
        f"{shown} con una prova automatica; no: " + ", ".join(r["id"] for r in rows() if r["stato"] == "no"),
    ]

    assert shown >= 60
