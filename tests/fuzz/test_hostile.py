"""Thousands of files made to do harm, sent and looked at: no process lost, no slow answer, nothing left.

FUZZ_FILES says how many (`make fuzz`: 5,000), FUZZ_SEED which; a failure names the seed and the file.
"""

import os
import random

import pytest
from sqlalchemy import select

from tests.fuzz.hostile import hostile_file
from tests.support.hostile_files import processor_s, reader_pid, readers
from tests.support.in_time import LONGEST_S
from tests.support.multipart import CONTENT_TYPE, form_with_file
from tests.support.running import wait_until
from webapp import db
from webapp.contacts.imports import importing
from webapp.contacts.models_imports import ContactImport

FILES = int(os.environ.get("FUZZ_FILES", "40"))
SEED = int(os.environ.get("FUZZ_SEED", "20261130"))
SLOW_S = float(os.environ.get("FUZZ_SLOW_S", LONGEST_S))  # of processor time, here and in the readers


def take(browser, base: str, name: str, content: bytes) -> str:
    """Send the file, look at it in every way the wizard offers, throw it away: "refused" or "taken"."""

    def ask(method: str, *args, **more):
        began = processor_s()
        answer = getattr(browser, method)(*args, **more)
        assert processor_s() - began < SLOW_S, f"{args[0]} took {processor_s() - began:.1f} s"
        assert answer.status_code < 500, f"{answer.status_code} for {args[0]}"
        return answer

    body = form_with_file(browser.csrf_token(), name, content)
    sent = ask("post", f"{base}/nuova", data=body, content_type=CONTENT_TYPE)
    if sent.status_code == 422:
        assert 'id="file-error"' in sent.text, "refused without saying why"
        return "refused"
    here = sent.location.rpartition("/")[0]
    for page in ("lettura", "colonne"):
        assert ask("get", f"{here}/{page}").status_code in (200, 303)
    with db.writing() as session:
        importing.discard(session, session.execute(select(ContactImport)).scalar_one())
    return "taken"


@pytest.mark.timeout(120 + 4 * FILES)
def test_no_file_made_to_do_harm_does_any(signed_in, clienti, capsys):
    dice, became = random.Random(SEED), {"refused": 0, "taken": 0}
    pid = reader_pid()
    for number in range(FILES):
        file = hostile_file(dice)
        try:
            became[
                take(signed_in, f"/database/{clienti.public_id}/importazioni", file.name, file.content)
            ] += 1
            assert not importing.stored_files.kept(), "a file was left behind"
            assert reader_pid() == pid, "the process that forks the readers was lost"
        except Exception as error:
            error.add_note(
                f"FUZZ_SEED={SEED}, file {number}: {file.name} {file.kinds} {file.content[:300]!r}"
            )
            raise
    with capsys.disabled():
        print(f"\nFUZZ_SEED={SEED}: {FILES} file ostili, {became}")

    wait_until(lambda: not readers())
    assert min(became.values()) > FILES / 20, "files that are all refused, or all taken, prove little"
