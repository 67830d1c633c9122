"""Two answers of one person: of a file over what is stored, and in two rows of one file."""

import pytest

from tests.contacts.conftest import add_draft, contacts_of, import_file
from webapp.contacts.imports import import_run, importing

HEAD = "Codice;Email;Consenso;Data del consenso"


def rows(*answers: str) -> str:
    return "\n".join([HEAD, *(f"1;a@posta.example.com;{one}" for one in answers), ""])


def answer(database) -> tuple:
    (contact,) = contacts_of(database)
    day = contact.consent_date.isoformat() if contact.consent_date else None
    return contact.consent, day, contact.consent_unread


# stored, then of a file → (answer, day, unread word)
OVER = [
    ("no;", "sì;", (True, None, None)),
    ("no;", ";", (False, None, None)),
    ("no;", "boh;", (False, None, '{"consent":"boh"}')),
    ("sì;", "boh;", (True, None, '{"consent":"boh"}')),
    ("boh;", "sì;", (True, None, None)),
    ("no;01/03/2025", "sì;01/02/2025", (False, "2025-03-01", None)),
    ("no;01/03/2025", "sì;01/04/2025", (True, "2025-04-01", None)),
    ("sì;15/03/2025", "no;15/03/2025", (False, "2025-03-15", None)),
    ("no;15/03/2025", "sì;15/03/2025", (False, "2025-03-15", None)),
    ("sì;15/03/2025", "no;14/03/2025", (True, "2025-03-15", None)),
    # an answer that changes does not keep the day of the former
    ("sì;15/03/2025", "no;", (False, None, None)),
    ("no;15/03/2025", ";16/03/2025", (False, "2025-03-15", None)),
]


@pytest.mark.parametrize("stored, later, told", OVER)
def test_a_stored_answer_changes_only_by_an_explicit_one_that_is_not_older(clienti, stored, later, told):
    import_file(clienti, rows(stored))
    import_file(clienti, rows(later), key="code")
    assert answer(clienti) == told


# two rows of one file → (answer, day, unread word)
IN_ONE_FILE = [
    (("no;", "sì;"), (False, None, None)),
    (("sì;", "no;"), (False, None, None)),
    (("no;", ";"), (False, None, None)),
    (("no;15/03/2025", "sì;16/03/2025"), (True, "2025-03-16", None)),
    (("no;15/03/2025", "sì;"), (False, "2025-03-15", None)),
    (("sì;16/03/2025", "no;15/03/2025"), (True, "2025-03-16", None)),
    (("boh;", "sì;"), (None, None, '{"consent":"boh"}')),
    (("boh;", "no;"), (False, None, None)),
]


@pytest.mark.parametrize("block_rows", [1, 1_000])
@pytest.mark.parametrize("two, told", IN_ONE_FILE)
def test_of_two_rows_the_later_day_rules_and_without_days_the_no(clienti, two, told, block_rows):
    draft = add_draft(clienti, rows(*two), key="code")
    importing.start(draft.id)
    import_run.run_until_final(draft.id, block_rows)
    assert answer(clienti) == told


def test_thousands_of_different_words_offer_fifty(clienti):
    many = "\n".join(f"a{n}@posta.example.com;parola {n}" for n in range(2_000))
    done = import_file(clienti, f"Email;Consenso\n{many}\n")
    assert len(done.unread_words) == 50
    assert {one["codice"]: one["quanti"] for one in done.alerts} == {
        "undecided_words": 2_000,
        "nobody_to_send": 2_000,
    }
