"""What is changed, deleted or taken away is told in the audit trail: every such address, tried one by one."""

import pytest
from sqlmodel import func, select

from tests.security.test_bad_input import address
from tests.security.walk import ask
from tests.security.world import World
from webapp import db
from webapp.access.models import AuditEntry

pytestmark = pytest.mark.timeout(900)  # many requests, and the machine may be busy
# They change nothing that somebody else would look for: a draft, a choice of one's own, a look again.
QUIET = {
    "home.find",
    *("contacts.count_filter", "contacts.read_again", "contacts.save_columns", "contacts.choose_columns"),
    *("access.give_code", "meta.check_again", "meta.reauthorise", "uploads.open_elsewhere"),
    # With the objects of this world there is nothing left to stop, undo, send or correct.
    *("contacts.undo_import", "uploads.retry"),
    *("contacts.delete_contacts", "contacts.delete_filters"),  # none is ticked
    *("contacts.stop_import", "contacts.apply_suggestion", "access.reactivate_operator"),
    *("contacts.decide_words", "contacts.decide_import_words", "contacts.keep_values"),
}
# Files that hold no person, and so are nobody's secret.
NO_PEOPLE = {"uploads.monitor_csv", "contacts.sample_file"}


def entries() -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(AuditEntry)).one()


def test_what_is_done_is_told(world: World):
    owner, silent, told = world.askers["owner"], [], 0
    for rule in world.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in QUIET:
            continue
        before = entries()
        answer = ask(world, owner, "POST", address(world, rule))
        if answer.status_code < 400:
            told += 1
            if entries() == before:
                silent.append(f"{rule.endpoint}: {answer.status_code}")

    assert not silent, "\n".join(silent)
    assert told >= 15


def test_files_that_leave_are_told(world: World):
    owner, silent = world.askers["owner"], []
    for rule in world.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PEOPLE:
            continue
        before = entries()
        answer = ask(world, owner, "GET", address(world, rule))
        if answer.mimetype == "text/csv" and entries() == before:
            silent.append(rule.endpoint)

    assert silent == []
