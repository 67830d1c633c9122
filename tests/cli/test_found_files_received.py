"""Every file of tests/data/found through the command line: whom Meta received, by e-mail and by SMS.

`platea importa` and `platea carica` as a script calls them, the simulator behind; what arrived is compared
with people written down by hand (`tests.support.found_files`). A table of all files is printed at the end.
"""

import json
import subprocess

import pytest

from tests.cli import received
from tests.support.command_line import CommandLine
from tests.support.found_files import FOUND, MUST_NOT, ONE_AFTER_ANOTHER, REFUSED, TABLE, TO_CONFIRM, hashed
from tests.support.running import PLATEA

MEDIA = ("email", "sms")
NOT_AFTER = {f"consent/{then}" for _, then in ONE_AFTER_ANOTHER}


@pytest.mark.parametrize("file", TABLE)
def test_meta_receives_whom_the_file_allows_and_nobody_else(cli, file):
    done = cli.importa(FOUND / file, "Clienti")
    if file in TO_CONFIRM:
        assert (done.code, done.json["status"]) == (2, "to_confirm")
        assert TO_CONFIRM[file].items() <= done.alerts.items()
        done = cli.importa(FOUND / file, "Clienti", "--conferma-avvisi")
    assert done.code == 0, done.complaint
    for medium, right, wrong in zip(MEDIA, TABLE[file], MUST_NOT.get(file, (set(), set())), strict=True):
        check(cli, file, medium, right, wrong)


@pytest.mark.parametrize("first, again", ONE_AFTER_ANOTHER)
def test_a_second_file_takes_no_refusal_away(cli, first, again):
    assert cli.importa(FOUND / "consent" / first, "Clienti", "--conferma-avvisi").code == 0
    options = ("--chiave", "email", "--conferma-avvisi")
    assert cli.importa(FOUND / "consent" / again, "Clienti", *options).code == 0
    refused = MUST_NOT[f"consent/{first}"]
    for medium, right, wrong in zip(MEDIA, ONE_AFTER_ANOTHER[first, again], refused, strict=True):
        check(cli, f"consent/{first} → {again}", medium, right, wrong)


@pytest.mark.parametrize("file", REFUSED)
def test_a_file_that_is_no_table_says_what_to_do(cli, file):
    done = cli.importa(FOUND / file, "Clienti")
    assert (done.code, done.json) == (2, None)
    assert REFUSED[file] in done.complaint
    received.note(file, "–", 0, set(), set())


def test_every_file_has_its_result():
    found = {str(path.relative_to(FOUND)) for path in FOUND.rglob("*") if path.is_file()}
    assert found - NOT_AFTER == {*TABLE, *REFUSED}


@pytest.mark.processes
@pytest.mark.parametrize("file, medium", [("consent/10-klaviyo.csv", "sms")])
def test_the_same_in_one_process_of_its_own(file, medium, tmp_path):
    """Answers to the consent; tests/host/test_demo.py tells of a shop's file."""
    out = tmp_path / "ricevuti.txt"
    whole_way = ["demo", "--una-volta", str(FOUND / file), "--medium", medium, "--consenso", "non-negato"]
    env = {"PATH": "/usr/bin:/bin", "PLATEA_DATA": "/nonexistent", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [*PLATEA, *whole_way, "--ricevuti", str(out), "--json"],
        capture_output=True, text=True, timeout=90, env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    right = {one.hex() for one in hashed(TABLE[file][MEDIA.index(medium)])}
    assert set(out.read_text().split()) == right
    assert json.loads(done.stdout)["sent"] == len(right)


def check(cli: CommandLine, file: str, medium: str, right: set[str], wrong: set[str]) -> None:
    """Upload the database by *medium*, write a line of the table, compare what Meta holds."""
    held, sent = cli.received("Clienti", medium)
    wanted = {one.hex() for one in hashed(right)}
    received.note(file, medium, sent, held, wanted)
    assert not held & {one.hex() for one in hashed(wrong)}
    assert held == wanted
    assert sent == len(wanted)
