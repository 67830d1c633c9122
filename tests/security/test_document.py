"""docs/sicurezza.md says what the code does: every table, every way in, every use of cryptography."""

import ast
import re
from collections import Counter
from functools import cache

import pytest
from sqlmodel import SQLModel

from tests.security.test_asvs import STATES, rows
from webapp.access.policy import POLICY, Who
from webapp.access.trail.audit_words import GROUPS
from webapp.cli.keys import know_every_table
from webapp.config import ROOT

CRYPTOGRAPHY = {"cryptography", "argon2", "hmac", "itsdangerous"}
NETWORK = {"requests", "smtplib", "socket", "urllib3", "redis", "psycopg", "rq", "authlib", "http", "dns"}
# Signs with what is in the inventory already, or says in words what was read elsewhere.
ELSEWHERE = {
    "webapp/contacts/filters/scan_cursor.py",
    "webapp/destinations/meta/accounts/callbacks.py",
    "webapp/access/signing_in/demo.py",
}


@cache
def document() -> str:
    return (ROOT / "docs" / "sicurezza.md").read_text(encoding="utf-8")


def part(title: str) -> str:
    return document().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_table_has_a_class_and_is_there_once():
    know_every_table()
    rows = [line for line in part("Che cosa c’è da proteggere").splitlines() if line.startswith("| `")]
    named = [name for line in rows for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])]

    assert sorted(named) == sorted(SQLModel.metadata.tables)
    assert {line.split("|")[2].strip() for line in rows} == {"A", "B", "C", "D"}


def test_what_is_sealed_or_kept_as_a_keyed_hash_is_of_the_class_of_secrets():
    know_every_table()
    secrets = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if "sealed" in column.info or column.name in ("key_hash", "code_hash")
    }
    rows = part("Che cosa c’è da proteggere").splitlines()
    told = {name for line in rows if "| A |" in line for name in re.findall(r"`([a-z_]+)`", line)}

    assert secrets == told


def test_every_way_in_without_a_session_is_told(app):
    ways = part("Le vie di accesso")
    untold = [
        f"{rule.endpoint}: {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and POLICY[rule.endpoint] == Who.PUBLIC
        if f"`{rule.rule.partition('/<')[0]}`" not in ways
    ]

    assert untold == []


def test_every_module_that_uses_cryptography_is_in_the_inventory():
    inventory = part("Inventario crittografico")
    using = {name for name, roots in imports_of_ours() if roots & CRYPTOGRAPHY} - ELSEWHERE

    assert [one for one in sorted(using) if f"`{one}`" not in inventory] == []
    assert [one for one in re.findall(r"`(webapp/[^`]+)`", document()) if not (ROOT / one).is_file()] == []


def test_every_module_that_may_reach_another_computer_says_whom_it_asks():
    """ASVS 5.0, 13.2.4 and 13.2.5: whom Platea may ask is a list, and each stands in the settings."""
    asking = {name for name, roots in imports_of_ours() if roots & NETWORK}
    told = set(re.findall(r"`(webapp/[^`]+)`", part("Con chi parla Platea")))

    assert asking == told


def imports_of_ours() -> list[tuple[str, set[str]]]:
    """Every module of ours, without the simulator: its path, and the roots of what it imports."""
    found = []
    for path in (ROOT / "webapp").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        found.append((str(path.relative_to(ROOT)), {name.partition(".")[0] for name in names}))
    return [(name, roots) for name, roots in found if "/simulator/" not in name]


@pytest.mark.parametrize("setting", ["PLATEA_SECRET_KEYS", "PLATEA_TOKEN_KEYS", "PLATEA_BACKUP_KEY"])
def test_every_key_says_where_it_is_and_when_it_is_changed(setting):
    (row,) = (line for line in part("Le chiavi").splitlines() if line.startswith(f"| `{setting}`"))

    assert all(cell.strip() for cell in row.split("|")[1:-1]) and row.count("|") == 5


def test_what_the_trail_tells_has_words():
    assert {"Accessi", "Operatori e ruoli", "Installazione"} <= GROUPS.keys()
    for word in ("accessi", "rifiuti", "rallentamenti", "ruoli", "esportazioni", "passaggi di spazio"):
        assert word in part("Che cosa si registra")


def test_how_soon_a_flaw_is_mended_is_said():
    times = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    assert "entro 7 giorni" in times and "entro 30 giorni" in times and "pip-audit --strict" in times


def test_the_counts_of_the_sheet_are_those_of_the_sheet():
    counted = Counter(row["stato"] for row in rows())
    now = ", ".join(f"{counted[state]} {state}" for state in STATES)

    assert now in " ".join(part("Le prove, provate").split())


def test_every_proof_the_document_names_is_there():
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", document()))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert len(named) > 60
    assert sorted(named - there) == []
