"""The number of contacts is kept from one page to the next, and never says what is no longer so."""

import pytest
from sqlalchemy import event

from tests.contacts.conftest import contacts_of, import_file
from webapp import db
from webapp.contacts import contact_ids
from webapp.contacts.imports import import_undo, importing
from webapp.contacts.people import contact_counts


@pytest.fixture
def counted(clienti):
    """How many contacts the page says, every number being worth keeping."""

    def ask() -> int:
        with db.reading() as session:
            return contact_counts.count_contacts(session, clienti.id, worth_s=0)

    return ask


def file_of(*codes: int) -> str:
    return "Codice;Email\n" + "".join(f"C{code};c{code}@posta.example.com\n" for code in codes)


def test_a_number_that_still_holds_is_not_counted_again(clienti, counted):
    import_file(clienti, file_of(1, 2, 3))
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    assert counted() == 3
    event.listen(db.engine(), "before_cursor_execute", note)
    assert counted() == 3
    event.remove(db.engine(), "before_cursor_execute", note)
    assert not [one for one in statements if "count(" in one]


def test_whatever_brings_or_takes_contacts_is_seen_at_once(signed_in, clienti, counted):
    here = f"/database/{clienti.public_id}/contatti"
    assert counted() == 0
    import_file(clienti, file_of(1, 2, 3), key="code")
    assert counted() == 3
    second = import_file(clienti, file_of(3, 4, 5), key="code")
    assert counted() == 5

    importing.undo(second.id, "Giulia Ferri")
    import_undo.run_until_final(second.id)
    assert counted() == 3

    first, middle, _ = contacts_of(clienti)
    signed_in.post_form(f"{here}/{contact_ids.public_id(first.id)}/elimina")
    assert counted() == 2
    signed_in.post_form(f"{here}/{contact_ids.public_id(middle.id)}/cancella")
    assert counted() == 1
