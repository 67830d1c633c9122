"""Contacts added, corrected, deleted and told of by hand."""

import re

import pytest
from sqlmodel import select

from tests.conftest import add_operator
from tests.contacts.conftest import contacts_of, import_file
from tests.support.ledger import receive, received
from webapp import db
from webapp.access.models import AuditEntry, Client, Role
from webapp.contacts import contact_ids, databases
from webapp.contacts.models import Contact, ContactChange
from webapp.values.emails import read_email

FILE = """\
Codice;Email;Cellulare;Nome;Cognome;Città;Data di nascita;Consenso;Totale speso;VIP
C1;anna@gmial.com;333 1234567;Anna;Rossi;Forlì;14/02/1970;sì;1.459,26;sì
C2;bruno@posta.example.com;;Bruno;Verdi;Torino;;;;
"""


@pytest.fixture
def here(clienti):
    import_file(clienti, FILE)
    return f"/database/{clienti.public_id}/contatti"


def page_of(here, clienti, position=0):
    return f"{here}/{contact_ids.public_id(contacts_of(clienti)[position].id)}"


def form_of(tree) -> dict[str, str]:
    """What the form on the page would send untouched."""
    form = tree.xpath("//form[@id='contatto']")[0]
    return {name: value or "" for name, value in form.form_values() if name != "csrf_token"}


def test_a_contact_is_added_by_hand(signed_in, page, clienti, here):
    tree = page(signed_in.get(f"{here}/nuovo"))
    typed = form_of(tree) | {"campo-email": " Carla@Posta.Example.com ", "campo-first_name": "Carla",
                             "campo-birth_date": "2000-02-29", "campo-consent": "sì",
                             "campo-own-totale_speso": "1.000,5"}  # fmt: skip
    made = signed_in.post_form(f"{here}/nuovo", typed)
    assert made.status_code == 303
    text = page(signed_in.get(made.location)).text_content()
    assert "Aggiunto a mano da Giulia Ferri" in text and "29/02/2000" in text and "1.000,5" in text

    added = contacts_of(clienti)[-1]
    assert (added.email, added.consent, added.own_fields) == (
        "Carla@Posta.Example.com",
        True,
        {"totale_speso": 1000.5},
    )
    assert added.email_sha256 is not None and added.mobile_reason == "phone_empty"


def test_the_form_sent_untouched_changes_nothing(signed_in, page, clienti, here):
    before = [one.model_dump() for one in contacts_of(clienti)]
    for position in range(2):
        url = page_of(here, clienti, position)
        answer = signed_in.post_form(f"{url}/modifica", form_of(page(signed_in.get(f"{url}/modifica"))))
        assert answer.status_code == 303
    assert [one.model_dump() for one in contacts_of(clienti)] == before
    with db.reading() as session:
        assert session.exec(select(ContactChange)).all() == []


def test_a_change_is_written_with_its_digest_and_told(signed_in, page, clienti, here):
    url = page_of(here, clienti)
    typed = form_of(page(signed_in.get(f"{url}/modifica"))) | {
        "campo-email": "anna@posta.example.com",
        "campo-consent": "no",
        "campo-own-totale_speso": "",
        "campo-city": "",
    }
    assert signed_in.post_form(f"{url}/modifica", typed).status_code == 303
    contact = contacts_of(clienti)[0]
    assert read_email(contact.email).value == "anna@posta.example.com"
    assert (contact.consent, contact.city, contact.own_fields) == (False, None, {"vip": True})
    assert contact.created_at < contact.updated_at

    text = page(signed_in.get(url)).text_content()
    assert "Modificato a mano da Giulia Ferri" in text
    assert "email, città, totale speso, consenso: no" in text and "Importato" in text
    with db.reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "contact_changed")).one()
    assert entry.target == "Clienti Italia" and "posta.example" not in str(entry.detail)


@pytest.mark.parametrize(
    "field, typed, said",
    [
        ("campo-birth_date", "31/02/2000", "Scrivi una data che esiste"),
        ("campo-own-totale_speso", "molto", "Scrivi un numero"),
        ("campo-consent", "forse", "Scegli uno dei valori proposti"),
        ("campo-city", "x" * 5000, "Usa al massimo 4096 caratteri"),
        ("campo-code", "C2", "C’è già un contatto con questo codice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(signed_in, page, fragment, clienti, here, field, typed, said):
    url = page_of(here, clienti) + "/modifica"
    before = [one.model_dump() for one in contacts_of(clienti)]
    values = form_of(page(signed_in.get(url))) | {field: typed}
    tree = page(signed_in.post_form(url, values), 422)
    assert said in tree.xpath(f"string(//*[@id='{field}-error'])")
    assert said in fragment(signed_in.post_form(url, values, htmx=True), 422).text_content()
    assert [one.model_dump() for one in contacts_of(clienti)] == before


def test_two_people_at_one_contact_do_not_write_over_each_other(signed_in, page, fragment, clienti, here):
    url = page_of(here, clienti) + "/modifica"
    mine, theirs = form_of(page(signed_in.get(url))), form_of(page(signed_in.get(url)))
    assert signed_in.post_form(url, theirs | {"campo-city": "Cesena"}).status_code == 303
    tree = fragment(signed_in.post_form(url, mine | {"campo-city": "Rimini"}, htmx=True), 409)
    assert "Nel frattempo il contatto è cambiato" in tree.text_content()
    assert contacts_of(clienti)[0].city == "Cesena"
    again = form_of(page(signed_in.post_form(url, mine | {"campo-city": "Rimini"}), 409))
    assert again["campo-city"] == "Cesena"
    assert signed_in.post_form(url, again | {"campo-city": "Rimini"}).status_code == 303
    assert contacts_of(clienti)[0].city == "Rimini"


def test_the_form_says_why_a_detail_is_not_valid(signed_in, page, clienti, here):
    import_file(clienti, "Email;Cellulare;Nome\ncarla@@posta.it;02 1234567;Carla\n", key="none")
    text = page(signed_in.get(page_of(here, clienti, -1) + "/modifica")).text_content()
    assert "c’è più di una chiocciola" in text and "numero fisso" in text


def test_a_contact_that_is_nobody_is_refused(signed_in, page, here, clienti):
    tree = page(signed_in.post_form(f"{here}/nuovo", {"campo-city": "Forlì"}), 422)
    assert "Scrivi almeno un codice" in tree.text_content()
    assert len(contacts_of(clienti)) == 2


def test_odd_characters_never_fail(signed_in, page, here, clienti):
    # An apostrophe before a formula is how a spreadsheet says text: it is taken away, in every reader.
    kept = {"\0a": "a", "'=1+1": "=1+1", "'+39": "+39"}
    for text in (*kept, "=1+1", "\ud7ff￾", "<b>{{7*7}}", "a" * 4096):
        made = signed_in.post_form(f"{here}/nuovo", {"campo-last_name": text})
        assert made.status_code == 303, text
        page(signed_in.get(made.location))
        assert contacts_of(clienti)[-1].last_name == kept.get(text, text)


def test_a_suggestion_is_shown_and_taken_only_when_somebody_says_so(signed_in, page, clienti, here):
    url = page_of(here, clienti)
    assert "forse anna@gmail.com" in page(signed_in.get(here)).text_content()
    tree = page(signed_in.get(url))
    assert "Forse voleva scrivere anna@gmail.com" in tree.text_content()
    assert contacts_of(clienti)[0].email == "anna@gmial.com"

    signed_in.post_form(f"{url}/correggi", {"indirizzo": "altra@gmail.com"})
    assert contacts_of(clienti)[0].email == "anna@gmial.com"
    signed_in.post_form(f"{url}/correggi", {"indirizzo": "anna@gmail.com"})
    corrected = contacts_of(clienti)[0]
    assert corrected.email == "anna@gmail.com" and corrected.own_fields["totale_speso"] == 1459.26
    assert "Forse voleva" not in page(signed_in.get(url)).text_content()


def test_the_page_of_a_contact_names_the_audiences_it_went_into(signed_in, page, clienti, here):
    url = page_of(here, clienti)
    assert "nessuna custom audience" in page(signed_in.get(url)).text_content()
    with db.writing() as session:
        for number, name in enumerate(("VIP <b>", "Natale")):
            receive(session, clienti, str(number), name, [contacts_of(clienti)[0].id])
    assert "Natale, VIP <b>" in page(signed_in.get(url)).text_content()


def test_a_deleted_contact_leaves_its_id_to_nobody_and_the_person_in_the_audience(
    signed_in, page, clienti, here
):
    last = contacts_of(clienti)[-1]
    with db.writing() as session:
        receive(session, clienti, "1", "VIP", [last.id])
    url = page_of(here, clienti, -1)
    tree = page(signed_in.get(f"{url}/elimina"))
    assert "Eliminare Bruno Verdi?" in tree.text_content()
    gone = signed_in.post_form(f"{url}/elimina")
    assert (
        gone.status_code == 303 and "Contatto eliminato" in page(signed_in.get(gone.location)).text_content()
    )
    assert signed_in.get(url).status_code == signed_in.post_form(f"{url}/elimina").status_code == 404
    with db.reading() as session:
        assert received(session) == {last.id}  # until somebody takes the person out there

    signed_in.post_form(f"{here}/nuovo", {"campo-first_name": "Un’altra"})
    assert contacts_of(clienti)[-1].id > last.id


def test_the_columns_somebody_chose_stay_theirs(app, aurora, signed_in, page, clienti, here):
    def heads(browser):
        return [one.strip() for one in page(browser.get(here)).xpath("//th/text()")]

    assert heads(signed_in) == ["Contatto", "Email", "Cellulare", "Città", "Consenso"]
    chosen = ["own:totale_speso", "birth_date", "first_name", "own:che_non_c_e", "'; --"]
    answer = signed_in.post_form(f"{here}/colonne", {"colonna": chosen})
    assert answer.status_code == 303
    assert heads(signed_in) == ["Contatto", "Data di nascita", "Totale speso"]
    assert "1.459,26" in page(signed_in.get(here)).text_content()

    other = app.test_client()
    other.sign_in(add_operator(aurora, Role.MARKETER, "marco@aurora.example"))
    assert heads(other) == ["Contatto", "Email", "Cellulare", "Città", "Consenso"]
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))
    assert support.post_form(f"{here}/colonne", {"colonna": chosen}).status_code == 403
    assert "1.459" not in page(support.get(here)).text_content()
    signed_in.post_form(f"{here}/colonne", {})
    assert heads(signed_in) == ["Contatto", "Email", "Cellulare", "Città", "Consenso"]


def test_a_database_says_by_which_media_its_contacts_can_be_found(signed_in, page, here):
    assert page(signed_in.get(here)).xpath("//p[@class='meta']//span[@class='tag']/text()") == [
        "Email",
        "SMS",
    ]


def test_a_contact_of_another_client_or_database_is_not_there(signed_in, clienti, aurora, here):
    with db.writing() as session:
        other = Client(name="Altra agenzia")
        session.add(other)
        session.flush()
        theirs = databases.create_database(session, other.id, "Loro")
        ours = databases.create_database(session, aurora.id, "Un altro nostro")
        for database in (theirs, ours):
            session.add(Contact(database_id=database.id, first_name="Elena"))
    for database in (theirs, ours):
        hidden = contact_ids.public_id(contacts_of(database)[0].id)
        for path in ("", "/modifica", "/elimina"):
            assert signed_in.get(f"{here}/{hidden}{path}").status_code == 404
        for path in ("/modifica", "/elimina", "/correggi"):
            assert signed_in.post_form(f"{here}/{hidden}{path}").status_code == 404
        assert len(contacts_of(database)) == 1


def test_no_address_holds_a_row_number(signed_in, page, clienti, here):
    import_file(clienti, "Email\n" + "".join(f"n{n}@posta.example.com\n" for n in range(60)))
    tree = page(signed_in.get(here))
    urls = [url for url in tree.xpath("//main//@href") if "/contatti/" in url or "dopo=" in url]
    assert len(urls) > 50
    assert all(re.fullmatch(r".*(/|dopo=)([a-z2-9]{12}|nuovo)", url) for url in urls)
