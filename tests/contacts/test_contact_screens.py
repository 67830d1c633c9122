"""User databases and the contacts in them, on screen."""

import pytest

from tests.conftest import add_operator
from tests.contacts.conftest import contacts_of, import_file
from webapp import db
from webapp.access.models import Client, Role
from webapp.contacts import contact_ids, databases

FILE = "Codice;Email;Cellulare;Nome;Cognome;Città\n" + "".join(
    f"C{n};utente{n}@posta.example.com;333 12345{n:02d};Anna;Rossi{n};Forlì\n" for n in range(75)
)


@pytest.fixture
def here(clienti):
    return f"/database/{clienti.public_id}/contatti"


def names(tree) -> list[str]:
    return tree.xpath("//td[contains(@class, 'lead')]//*[contains(@class, 't')]/text()")


def test_the_first_database_is_asked_for_then_listed(signed_in, page):
    empty = page(signed_in.get("/database"))
    assert "Crea il primo database utenti" in empty.text_content()

    made = signed_in.post_form("/database/nuovo", {"nome": "Clienti Italia"})
    assert made.status_code == 303 and made.location.endswith("/importazioni/nuova")
    assert names(page(signed_in.get("/database"))) == ["Clienti Italia"]


@pytest.mark.parametrize(
    "name, said",
    [
        ("", "Scrivi un nome"),
        ("  \u200b ", "Scrivi un nome"),
        ("x" * 101, "al massimo 100 caratteri"),
        ("Clienti Italia", "C’è già un database"),
    ],
)
def test_a_name_that_cannot_be_is_refused_at_the_field(signed_in, page, fragment, clienti, name, said):
    assert said in page(signed_in.post_form("/database/nuovo", {"nome": name}), 422).xpath(
        "string(//*[@id='nome-error'])"
    )
    answer = signed_in.post_form("/database/nuovo", {"nome": name}, htmx=True)
    assert said in fragment(answer, 422).text_content()


def test_contacts_come_in_pages_that_go_forth_and_back(signed_in, page, clienti, here):
    import_file(clienti, FILE)
    first = page(signed_in.get(here))
    assert names(first)[0] == "Anna Rossi0" and len(names(first)) == 50
    second = page(signed_in.get(first.xpath("//a[@aria-label='Pagina successiva']/@href")[0]))
    assert names(second)[0] == "Anna Rossi50" and len(names(second)) == 25
    assert not second.xpath("//a[@aria-label='Pagina successiva']")
    back = page(signed_in.get(second.xpath("//a[@aria-label='Pagina precedente']/@href")[0]))
    assert names(back) == names(first)
    assert not back.xpath("//a[@aria-label='Pagina precedente']")


@pytest.mark.parametrize(
    "page_args", ["dopo=-1", "dopo=abc", "prima=1e9", f"dopo={2**63}", "prima=0", "dopo=１２"]
)
def test_a_page_that_is_none_never_fails(signed_in, page, clienti, here, page_args):
    page(signed_in.get(f"{here}?{page_args}"))


@pytest.mark.parametrize(
    "search, found",
    [
        ("UTENTE7@posta.example.com", ["Anna Rossi7"]),
        ("+39 333 1234574", ["Anna Rossi74"]),
        ("C12", ["Anna Rossi12"]),
        ("rossi33", ["Anna Rossi33"]),
        ("anna rossi44", ["Anna Rossi44"]),
        ("forli rossi55", ["Anna Rossi55"]),
        ("%", []),
        ("nessuno", []),
    ],
)
def test_a_contact_is_found_by_what_people_know_of_it(signed_in, page, clienti, here, search, found):
    import_file(clienti, FILE)
    tree = page(signed_in.get(here, query_string={"cerca": search}))
    assert names(tree) == found
    assert bool(found) or "Nessun contatto corrisponde" in tree.text_content()


def test_a_contact_shows_its_fields_and_why_it_is_not_sent(signed_in, page, clienti, here):
    import_file(clienti, "Email;Nome;Speso;Iscritto\nanna@@x.it;Anna;1.234,5;31/12/2025\n")
    contact = contacts_of(clienti)[0]
    text = page(signed_in.get(f"{here}/{contact_ids.public_id(contact.id)}")).text_content()
    assert "c’è più di una chiocciola" in text
    assert "1.234,5" in text and "31/12/2025" in text
    for other in (contact_ids.public_id(contact.id + 1), contact.id, 0, 2**63, "-1"):
        assert signed_in.get(f"{here}/{other}").status_code == 404
    assert signed_in.get(f"{here}/-1").status_code == 404


def test_names_with_markup_are_text(signed_in, page, clienti, here):
    import_file(clienti, 'Email;Nome\na@posta.example.com;"<img src=x onerror=alert(1)>{{7*7}}"\n')
    tree = page(signed_in.get(here))
    assert not tree.xpath("//img")
    assert "<img src=x onerror=alert(1)>{{7*7}}" in tree.text_content()


def test_support_sees_masked_contacts_and_cannot_search(app, page, clienti, aurora, here):
    import_file(clienti, FILE)
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))
    text = page(support.get(f"{here}?cerca=rossi7")).text_content()
    assert "u•••@posta.example.com" in text and "A. R." in text
    assert "utente" not in text and "Rossi" not in text and "333" not in text
    assert support.get(f"{here}/{contact_ids.public_id(contacts_of(clienti)[0].id)}").status_code == 403


def test_another_clients_database_is_not_there(signed_in, clienti):
    with db.writing() as session:
        other = Client(name="Altra agenzia")
        session.add(other)
        session.flush()
        theirs = databases.create_database(session, other.id, "Loro")
    for path in ("contatti", "filtri", "importazioni", "importazioni/nuova", "filtri/nuovo"):
        assert signed_in.get(f"/database/{theirs.public_id}/{path}").status_code == 404
    assert signed_in.get("/database/1%20OR%201=1/contatti").status_code == 404
