"""Who is already present is recognised by the field that was chosen, while a code stays of one contact."""

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from tests.contacts.conftest import add_draft, contacts_of, import_file, read_import
from webapp import db
from webapp.contacts import jobs
from webapp.contacts.databases import create_database
from webapp.contacts.imports import dry_run, import_run, importing, rejected_rows
from webapp.contacts.models_imports import ImportStatus, RejectedRow

FIRST = """\
Codice;Email;Cellulare;Nome
C1;anna@posta.example.com;333 1234567;Anna
C2;bruno@posta.example.com;333 7654321;Bruno
"""
NUMBERS = count()
# The same Anna under each key, somebody new, and of Bruno nothing.
SECOND = {
    "code": """\
Codice;Email;Cellulare;Nome
C1;altra@posta.example.com;333 1111111;A2
C9;c@posta.example.com;;Carla
""",
    "email": """\
Codice;Email;Cellulare;Nome
C8;ANNA@posta.example.com;333 1111111;A2
C9;c@posta.example.com;;Carla
""",
    "mobile": """\
Codice;Email;Cellulare;Nome
C8;altra@posta.example.com;+393331234567;A2
C9;c@posta.example.com;333 2222222;Carla
""",
}
COUNTS = {"create_and_update": (1, 1, 0), "create_only": (1, 0, 1), "update_only": (0, 1, 1)}
NAMES = {
    "create_and_update": ["A2", "Bruno", "Carla"],
    "create_only": ["Anna", "Bruno", "Carla"],
    "update_only": ["A2", "Bruno"],
}


def state(database) -> list[tuple]:
    return [(one.code, one.email, one.mobile, one.first_name) for one in contacts_of(database)]


def foreseen(draft) -> tuple[int, int, int, int]:
    with db.reading() as session:
        found = dry_run.forecast(session, draft)
    return found.new, found.updated, found.skipped, found.rejected


def done_by(job) -> tuple[int, int, int, int]:
    return job.rows_new, job.rows_updated, job.rows_skipped, job.rows_rejected


@pytest.mark.parametrize("mode", COUNTS)
@pytest.mark.parametrize("key", SECOND)
def test_each_key_and_each_rule_recognise_who_is_present(clienti, key, mode):
    import_file(clienti, FIRST)
    draft = add_draft(clienti, SECOND[key], key=key, mode=mode)
    assert foreseen(draft) == (*COUNTS[mode], 0)

    importing.run(draft.id)

    done = read_import(draft.id)
    assert done_by(done) == (*COUNTS[mode], 0)
    assert [contact.first_name for contact in contacts_of(clienti)] == NAMES[mode]


@pytest.mark.parametrize("key", SECOND)
def test_the_same_file_again_changes_nothing(clienti, key):
    import_file(clienti, FIRST)
    import_file(clienti, SECOND[key], key=key)
    once = state(clienti)

    again = import_file(clienti, SECOND[key], key=key)

    assert state(clienti) == once
    assert (again.rows_new, again.rows_updated, again.rows_rejected) == (0, 2, 0)


def test_a_code_that_is_anothers_is_a_rejected_row_with_its_reason(clienti):
    import_file(clienti, FIRST)
    rows = "Codice;Email;Nome\nC2;carla@posta.example.com;Carla\nC3;dario@posta.example.com;Dario\n"

    done = import_file(clienti, rows, key="email")

    assert done.status == ImportStatus.COMPLETED_WITH_WARNINGS
    assert done_by(done) == (1, 0, 0, 1)
    assert [one.first_name for one in contacts_of(clienti)] == ["Anna", "Bruno", "Dario"]
    with db.reading() as session:
        kept = session.exec(select(RejectedRow).where(RejectedRow.import_id == done.id)).one()
        told = rejected_rows.by_reason(session, done)
    assert (kept.line, kept.cells) == (2, ["C2", "carla@posta.example.com", "Carla"])
    assert told == [("il codice è già di un altro contatto, con un’altra email o un altro cellulare", 1)]


def test_two_contacts_may_exchange_their_codes_and_an_undo_gives_them_back(clienti):
    import_file(clienti, FIRST)
    before = state(clienti)
    rows = (
        "Codice;Email\nC0;anna@posta.example.com\nC1;bruno@posta.example.com\nC2;anna@posta.example.com\n"
        "C7;bruno@posta.example.com\nC1;nuova@posta.example.com\n"
    )

    done = import_file(clienti, rows, key="email")

    assert done_by(done) == (1, 4, 0, 0)
    assert [(one.code, one.email.split("@")[0]) for one in contacts_of(clienti)] == [
        ("C2", "anna"),
        ("C7", "bruno"),
        ("C1", "nuova"),
    ]
    assert importing.undo(done.id, "Giulia Ferri") is None
    jobs.run_import(done.id)
    assert state(clienti) == before


def test_of_two_contacts_with_one_email_the_code_tells_which(clienti):
    import_file(clienti, "Codice;Email;Nome\nC1;x@posta.example.com;Uno\nC2;x@posta.example.com;Due\n")

    import_file(clienti, "Codice;Email;Nome\nC2;x@posta.example.com;Due bis\n", key="email")

    assert [(one.code, one.first_name) for one in contacts_of(clienti)] == [("C1", "Uno"), ("C2", "Due bis")]


def test_a_row_without_email_is_recognised_by_its_code(clienti):
    other = "C9;z@posta.example.com;Altra\n"  # a column without any address is not the one of e-mails
    import_file(clienti, f"Codice;Email;Nome\n{other}C1;;Senza\n;;Nessuno\n", key="email")

    again = import_file(clienti, f"Codice;Email;Nome\n{other}C1;;Ancora\n", key="email")

    assert (again.rows_new, again.rows_updated, again.rows_unchanged) == (0, 2, 1)


def test_every_row_new_is_no_choice_for_a_file_with_codes(clienti):
    import_file(clienti, FIRST, key="none")
    assert import_file(clienti, FIRST, key="none").rows_updated == 2


cell = st.tuples(
    st.sampled_from(["", "C1", "C2", "C3"]),
    st.sampled_from(["", "a@posta.example.com", "b@posta.example.com", "c@posta.example.com"]),
)


SURE = ("C9", "z@posta.example.com")  # a column without any address is not the one of e-mails


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(cell, min_size=1, max_size=6),
    second=st.lists(cell, min_size=1, max_size=10),
    mode=st.sampled_from(list(COUNTS)),
    block=st.integers(1, 4),
)
def test_what_is_foreseen_happens_whatever_the_blocks(aurora, first, second, mode, block):
    with db.writing() as session:
        whole, parts = (create_database(session, aurora.id, f"{name}{next(NUMBERS)}") for name in "AB")
    job = {}
    for database, rows_each in ((whole, 10_000), (parts, block)):
        for rows, how in (([SURE, *first], "create_and_update"), ([SURE, *second], mode)):
            text = "Codice;Email;Nome\n" + "".join(f"{c};{e};N{n}\n" for n, (c, e) in enumerate(rows))
            draft = add_draft(database, text, key="email", mode=how)
            told = foreseen(draft)
            importing.start(draft.id)
            import_run.run_until_final(draft.id, rows_each)
            job[database.id] = read_import(draft.id)
            assert done_by(job[database.id]) == told
            assert job[database.id].rows_read == sum(told)
    assert state(whole) == state(parts)
    codes = [code for code, *_ in state(whole) if code]
    assert len(codes) == len(set(codes))
