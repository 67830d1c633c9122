"""The words of a column about consent, one by one: what it is taken for, what a person says instead."""

import pytest

from tests.contacts.conftest import add_draft, contacts_of, import_file
from tests.contacts.imports.screens.sums import shown
from webapp import db
from webapp.contacts import consent_words
from webapp.contacts.imports import importing
from webapp.contacts.imports.screens.consent_page import words_of

FILE = """\
Codice;Email;Consenso;Blacklist
1;a@posta.example.com;sì;
2;b@posta.example.com;sì;
3;c@posta.example.com;No grazie;
4;d@posta.example.com;forse;sì
5;e@posta.example.com;forse;no
6;f@posta.example.com;da richiamare;03/04/2024
7;g@posta.example.com;;boh
"""


@pytest.fixture
def base(clienti):
    return f"/database/{clienti.public_id}/importazioni"


def listed(tree) -> list[tuple[str, int, str | None]]:
    """(the word, how many, what is chosen) of each row that can be decided."""
    return [
        (
            line.xpath("td[1]//span/text()")[0],
            shown(line.xpath("td[2]")[0]),
            next(iter(line.xpath(".//input[@checked]/@value")), None),
        )
        for line in tree.xpath("//tr[@data-word]")
    ]


def totals(tree) -> list[int]:
    return [shown(one) for one in tree.xpath("//dl[@class='stats']//dd")]


def answers(database) -> list[bool | None]:
    return [one.consent for one in contacts_of(database)]


def test_every_word_is_listed_with_its_rows_undecided_ones_first_and_all_rows_add_up(
    clienti, signed_in, page, base
):
    draft = add_draft(clienti, FILE)
    tree = page(signed_in.get(f"{base}/{draft.public_id}/consenso/2"))

    assert listed(tree) == [
        ("forse", 2, "da-decidere"),
        ("da richiamare", 1, "da-decidere"),
        ("sì", 2, "si"),
    ]
    assert "è un no, e un no resta un no" in tree.text_content()
    assert "2 parole da decidere" in tree.text_content()
    assert "non tocca la risposta già registrata" in tree.text_content()
    assert totals(tree) == [2, 1, 3, 1]
    assert sum(totals(tree)) == 7


def test_a_column_of_who_is_out_says_so_and_its_days_and_noes_are_no_words(clienti, signed_in, page, base):
    draft = add_draft(clienti, FILE)
    tree = page(signed_in.get(f"{base}/{draft.public_id}/consenso/3"))

    assert "Questa colonna dice chi NON vuole: sì vuol dire no" in tree.text_content()
    assert listed(tree) == [("boh", 1, "da-decidere")]
    assert "è un no: da quel giorno" in tree.text_content()
    assert totals(tree) == [0, 2, 1, 4]


def test_what_a_person_says_counts_in_this_import_and_in_the_next_one(clienti, signed_in, page, base):
    draft = add_draft(clienti, FILE, mapping={"0": "code", "1": "email", "2": "consent", "3": "skip"})
    url = f"{base}/{draft.public_id}/consenso/2"
    chosen = {"parola-0": "forse", "vuol-dire-0": "no", "parola-3": "no grazie", "vuol-dire-3": "no"}

    answer = signed_in.post_form(url, chosen)

    assert answer.location.endswith("/colonne")
    assert "1 parola decisa" in page(signed_in.get(answer.location)).text_content()
    importing.run(draft.id)
    assert answers(clienti) == [True, True, False, False, False, None, None]
    again = add_draft(clienti, FILE)
    tree = page(signed_in.get(f"{base}/{again.public_id}/consenso/2"))
    assert ("forse", 2, "no") in listed(tree)


def test_a_yes_that_we_read_is_left_to_decide_when_a_person_says_so_but_a_no_stays_a_no(
    clienti, signed_in, base
):
    draft = add_draft(clienti, FILE, mapping={"0": "code", "1": "email", "2": "consent", "3": "skip"})
    chosen = {
        "parola-0": "no grazie", "vuol-dire-0": "si", "parola-1": "si", "vuol-dire-1": "da-decidere",
    }  # fmt: skip

    signed_in.post_form(f"{base}/{draft.public_id}/consenso/2", chosen)
    importing.run(draft.id)

    found = {one.code: (one.consent, one.consent_unread) for one in contacts_of(clienti)}
    assert found["1"] == (None, '{"consent":"si"}')
    assert found["3"] == (False, None)


def test_only_words_of_the_file_can_be_decided_and_only_what_is_new_is_written_down(clienti, signed_in, base):
    draft = add_draft(clienti, FILE)
    url = f"{base}/{draft.public_id}/consenso/2"
    signed_in.post_form(
        url, {"parola-0": "mai vista", "vuol-dire-0": "si", "parola-1": "si", "vuol-dire-1": "si"}
    )
    with db.reading() as session:
        assert consent_words.meanings(session, clienti.id) == {}


def test_from_the_check_one_goes_back_to_the_check(clienti, signed_in, base):
    draft = add_draft(clienti, FILE)
    answer = signed_in.post_form(f"{base}/{draft.public_id}/consenso/2?da=controlla", {})
    assert answer.location.endswith("/controlla")


def test_a_column_that_holds_no_answers_has_no_such_page(clienti, signed_in, base):
    draft = add_draft(clienti, FILE)
    for column in ("1", "99", "x", "-1"):
        assert signed_in.get(f"{base}/{draft.public_id}/consenso/{column}").status_code == 404


def test_people_with_two_answers_in_the_file_are_counted(clienti, signed_in, page, base):
    rows = "Email;Consenso\na@posta.example.com;sì\nA@posta.example.com;no\nb@posta.example.com;sì\n"
    draft = add_draft(clienti, rows, key="email")
    tree = page(signed_in.get(f"{base}/{draft.public_id}/consenso/1"))
    assert "1 contatto ha due risposte diverse in questo file" in tree.text_content()
    assert "Vale la più recente per data del consenso; senza data, vale il no." in tree.text_content()
    importing.run(draft.id)
    assert answers(clienti) == [False, True]


def test_at_most_fifty_words_are_offered_and_the_rest_is_counted():
    cells = [f"parola {'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}" for n in range(60)] + ["sì"] * 5
    found = words_of(cells, False, {})
    assert len(found.offered) == 50
    assert (found.left, found.left_rows) == (11, 15)
    assert found.yes + found.no + found.undecided + found.none == 65
    assert found.undecided == 60


def test_something_of_a_person_in_the_wrong_column_is_not_shown_whole(clienti, signed_in, page, base):
    rows = "Email;Consenso\na@posta.example.com;sì\nb@posta.example.com;bruna@posta.example.com\n"
    draft = add_draft(clienti, rows, mapping={"0": "email", "1": "consent"})
    tree = page(signed_in.get(f"{base}/{draft.public_id}/consenso/1"))
    assert listed(tree)[0][0] == "b•••@posta.example.com"


def test_a_contact_set_to_undecided_by_hand_is_not_decided_by_a_word(clienti, signed_in, page, base):
    import_file(clienti, "Email\nz@posta.example.com\n")
    draft = add_draft(clienti, "Email;Consenso\na@posta.example.com;da decidere\n")
    url = f"{base}/{draft.public_id}/consenso/1"
    tree = page(signed_in.get(url))
    assert "si decide contatto per contatto" in tree.text_content()
    assert listed(tree) == []
    assert signed_in.post_form(url, {"parola-0": "da decidere", "vuol-dire-0": "si"}).status_code == 303
