"""A file that comes again writes over those it changes and leaves everybody else as they are."""

import pytest

from tests.contacts.conftest import contacts_of, import_file

COLUMNS = (
    "Codice;Email;Cellulare;Nome;Città;Nato il;Consenso;Data del consenso;Speso;Ultimo acquisto;Tessera;Vip"
)
ANNA = "1;anna@posta.example.com;347 1234567;Anna;Forlì;14/02/1970;sì;01/03/2025;1.234,50;02/01/2026;Oro;sì"
LUCA = "2;LUCA@posta.example.com;;Luca;;;no;;12;;Argento;no"
EVA = "3;eva@posta.example.com;348 7654321;Eva;Cantù;;;;;;;"


def file_of(*rows: str) -> str:
    return "\n".join([COLUMNS, *rows, ""])


def test_the_same_file_again_counts_everybody_and_writes_nobody(clienti):
    import_file(clienti, file_of(ANNA, LUCA, EVA))
    before = contacts_of(clienti)

    again = import_file(clienti, file_of(ANNA, LUCA, EVA), key="code")

    assert (again.rows_read, again.rows_new, again.rows_updated, again.rows_rejected) == (3, 0, 3, 0)
    assert again.rows_unchanged == 3
    assert contacts_of(clienti) == before


@pytest.mark.parametrize(
    "former, later",
    [
        ("anna@posta", "anna.bis@posta"),
        ("anna@posta", "ANNA@posta"),
        ("347 1234567", "347 1234568"),
        ("Anna", "Ànna"),
        ("14/02/1970", "15/02/1970"),
        ("sì;01/03/2025", "no;01/03/2025"),
        ("01/03/2025", "02/03/2025"),
        ("1.234,50", "1.234,51"),
        ("02/01/2026", "03/01/2026"),
        ("Oro", "Argento"),
        ("Oro;sì", "Oro;no"),
    ],
)
def test_whoever_a_cell_changes_is_written_over_and_nobody_else(clienti, former, later):
    assert former in ANNA
    import_file(clienti, file_of(ANNA, LUCA, EVA))
    anna, *others = contacts_of(clienti)

    again = import_file(clienti, file_of(ANNA.replace(former, later, 1), LUCA, EVA), key="code")

    assert (again.rows_updated, again.rows_unchanged) == (3, 2)
    anna_now, *others_now = contacts_of(clienti)
    assert others_now == others
    assert anna_now.updated_at > anna.updated_at
    assert told(anna_now) != told(anna)


EMPTIED = [("347 1234567", ""), ("Forlì", ""), ("14/02/1970", ""), ("1.234,50", ""), ("Oro;sì", "Oro;")]
UNREADABLE = [("anna@posta", "anna posta"), ("347 1234567", "3,47E+09"), ("14/02/1970", "31/02/1970")]


@pytest.mark.parametrize("former, later", [*EMPTIED, *UNREADABLE, ("sì;01/03/2025", ";01/03/2026")])
def test_an_empty_or_unreadable_cell_leaves_what_there_is(clienti, former, later):
    import_file(clienti, file_of(ANNA, LUCA, EVA))
    before = contacts_of(clienti)

    again = import_file(clienti, file_of(ANNA.replace(former, later, 1), LUCA, EVA), key="code")

    assert (again.rows_updated, again.rows_unchanged) == (3, 3)
    assert contacts_of(clienti) == before


@pytest.mark.parametrize("former, later", EMPTIED)
def test_an_empty_cell_empties_the_field_when_that_is_asked_for(clienti, former, later):
    import_file(clienti, file_of(ANNA, LUCA, EVA))
    anna, *others = contacts_of(clienti)
    file = file_of(ANNA.replace(former, later, 1), LUCA, EVA)

    again = import_file(clienti, file, key="code", blank_cells="clear")

    assert (again.rows_updated, again.rows_unchanged) == (3, 2)
    anna_now, *others_now = contacts_of(clienti)
    assert others_now == others
    assert told(anna_now) != told(anna)
    assert [one["quanti"] for one in again.alerts if one["codice"] == "values_lost"] == [1]


@pytest.mark.parametrize("former, later", [*UNREADABLE, ("sì;01/03/2025", ";")])
def test_not_even_then_it_empties_a_consent_nor_does_an_unreadable_cell(clienti, former, later):
    import_file(clienti, file_of(ANNA, LUCA, EVA))
    before = contacts_of(clienti)
    file = file_of(ANNA.replace(former, later, 1), LUCA, EVA)

    import_file(clienti, file, key="code", blank_cells="clear")

    assert contacts_of(clienti) == before


def test_fields_the_file_lacks_change_nobody(clienti):
    import_file(clienti, file_of(ANNA, LUCA, EVA))
    before = contacts_of(clienti)

    import_file(
        clienti,
        "Codice;Email;Tessera\n1;anna@posta.example.com;Oro\n2;LUCA@posta.example.com;Argento\n",
        key="code",
    )

    assert contacts_of(clienti) == before


def told(contact) -> dict:
    return contact.model_dump(exclude={"updated_at"})
