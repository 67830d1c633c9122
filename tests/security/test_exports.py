"""Every file that leaves is one that a spreadsheet only shows: no cell of it is computed."""

import csv
import io
import re

import pytest

from tests.security.names import FORMULA, put_everywhere
from tests.security.test_bad_input import address, rules
from tests.security.walk import ask
from webapp import db
from webapp.access.trail.audit import Action, record

pytestmark = pytest.mark.timeout(900)  # many requests, and the machine may be busy

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-][0-9][0-9 .,]*").fullmatch


def exported(world) -> dict[str, list[list[str]]]:
    """endpoint → the rows of the file it sends, for every endpoint that sends one."""
    owner, found = world.askers["owner"], {}
    for method in ("GET", "POST"):
        for rule in rules(world, method):
            answer = ask(world, owner, method, address(world, rule))
            if answer.mimetype == "text/csv":
                assert re.fullmatch(
                    r'attachment; filename="[\w.-]+\.csv"', answer.headers["Content-Disposition"]
                )
                text = answer.data.decode("utf-8-sig")
                found[rule.endpoint] = list(csv.reader(io.StringIO(text), delimiter=";"))
    return found


def test_no_exported_cell_is_a_formula(world):
    put_everywhere(FORMULA)
    with db.writing() as session:
        record(
            session, Action.FILTER_CREATED, on=FORMULA, detail={"nome": FORMULA}, client_id=world.client.id
        )
    world.keep()

    files = exported(world)

    computed = [
        f"{endpoint}: {cell!r}"
        for endpoint, rows in files.items()
        for row in rows
        for cell in row
        if cell.startswith(RISKY) and not NUMBER(cell)
    ]
    assert computed == []
    assert {"access.trail_csv", "contacts.rejected_rows", "contacts.export_contacts"} <= files.keys()
    assert {"uploads.invalid_csv", "uploads.monitor_csv"} <= files.keys()
    assert any("HYPERLINK" in cell for rows in files.values() for row in rows for cell in row)


def test_every_answer_with_text_says_its_encoding(world):
    silent = []
    for rule in rules(world, "GET"):
        answer = ask(world, world.askers["owner"], "GET", address(world, rule))
        is_text = answer.mimetype.startswith("text/") and answer.data
        if is_text and "charset=utf-8" not in answer.headers["Content-Type"].lower():
            silent.append(f"{rule.endpoint}: {answer.headers['Content-Type']}")

    assert silent == []
