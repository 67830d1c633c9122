"""Answers per channel and “da decidere”: shown, corrected by hand, filtered, exported, undone."""

from datetime import date

import pytest
from sqlmodel import select

from tests.contacts.conftest import contacts_of, import_file
from webapp import db
from webapp.contacts import contact_ids, queries
from webapp.contacts.answers import FIELDS, pack_unread
from webapp.contacts.filters.filter_rules import parse
from webapp.contacts.filters.filter_words import by_name, sentence
from webapp.contacts.filters.selection import selected
from webapp.contacts.imports import import_undo, importing
from webapp.contacts.models import CONTACT, Contact, ContactChange
from webapp.contacts.people import contact_export


@pytest.fixture
def anna(clienti) -> str:
    """The page of a contact who said “forse”, no by SMS, and something for phone calls."""
    words = pack_unread({"consent": "forse", "consent_phone:not": "boh"})
    with db.writing() as session:
        contact = Contact(database_id=clienti.id, first_name="Anna", consent_sms=False, consent_unread=words)
        session.add(contact)
    return f"/database/{clienti.public_id}/contatti/{contact_ids.public_id(contact.id)}"


def form_of(tree) -> dict[str, str]:
    form = tree.xpath("//form[@id='contatto']")[0]
    return {name: value or "" for name, value in form.form_values() if name != "csrf_token"}


def stored(clienti) -> tuple[object, ...]:
    (contact,) = contacts_of(clienti)
    return (*(getattr(contact, field) for field in FIELDS), contact.consent_unread)


def words(element) -> str:
    return " ".join(element.text_content().split())


def test_the_page_of_a_contact_says_every_answer_and_whether_it_is_sent(signed_in, page, anna):
    tree = page(signed_in.get(anna))

    section = tree.xpath("//section[@aria-labelledby='consent-title']")[0]
    shown = {words(term): words(term.getnext().find_class("status")[0]) for term in section.iter("dt")}
    assert shown == {"Consenso": "Da decidere", "Consenso SMS": "No", "Consenso telefono": "Da decidere"}
    text = words(section)
    assert "risposta: “forse”" in text and "risposta: “boh”" in text
    assert "Fuori dagli invii per email: c’è una risposta da decidere." in text
    assert "Fuori dagli invii per SMS: ha detto no." in text


def test_the_form_sent_untouched_leaves_every_answer(signed_in, page, clienti, anna):
    before = stored(clienti)
    typed = form_of(page(signed_in.get(f"{anna}/modifica")))
    assert (typed["campo-consent"], typed["campo-consent_sms"], typed["campo-consent_email"]) == (
        "da decidere", "no", "",
    )  # fmt: skip

    assert signed_in.post_form(f"{anna}/modifica", typed).status_code == 303

    assert stored(clienti) == before


def test_an_answer_given_by_hand_clears_the_word_of_its_field_and_no_other(signed_in, page, clienti, anna):
    typed = form_of(page(signed_in.get(f"{anna}/modifica")))

    signed_in.post_form(f"{anna}/modifica", typed | {"campo-consent": "sì", "campo-consent_sms": ""})

    assert stored(clienti) == (True, None, None, None, '{"consent_phone:not":"boh"}')
    assert "consenso: sì, consenso SMS non indicato" in words(page(signed_in.get(anna)))
    with db.reading() as session:
        told = session.exec(select(ContactChange)).one()
    assert (told.consent, told.channel_answers) == ("yes", {"consent_sms": "unset"})


def test_a_contact_is_set_to_undecided_by_hand(signed_in, page, clienti, anna):
    typed = form_of(page(signed_in.get(f"{anna}/modifica")))

    signed_in.post_form(f"{anna}/modifica", typed | {"campo-consent_sms": "da decidere"})

    unread = '{"consent":"forse","consent_phone:not":"boh","consent_sms":"da decidere"}'
    assert stored(clienti) == (None, None, None, None, unread)


def test_a_form_opened_before_a_word_was_decided_writes_nothing(signed_in, page, clienti, anna):
    typed = form_of(page(signed_in.get(f"{anna}/modifica")))
    with db.writing() as session:
        contact = session.exec(select(Contact)).one()
        contact.consent, contact.consent_unread = False, None

    assert signed_in.post_form(f"{anna}/modifica", typed).status_code == 409

    assert stored(clienti) == (False, None, False, None, None)


PEOPLE = {
    "A": {"consent": True},
    "B": {"consent": False, "consent_unread": '{"consent":"forse"}'},
    "C": {"consent": True, "consent_unread": '{"consent":"forse"}'},
    "D": {"consent_email": True, "consent_unread": '{"consent_sms:not":"boh"}'},
    "E": {},
}


@pytest.fixture
def people(clienti) -> None:
    with db.writing() as session:
        session.add_all(
            Contact(database_id=clienti.id, first_name=name, **values) for name, values in PEOPLE.items()
        )


@pytest.mark.parametrize(
    ("field", "operator", "found", "said"),
    [
        ("consent", "is_yes", "A", "che hanno detto sì al consenso"),
        ("consent", "is_no", "B", "che hanno detto no al consenso"),
        ("consent", "is_undecided", "C", "con una risposta da decidere sul consenso"),
        ("consent", "is_empty", "DE", "che non hanno mai risposto sul consenso"),
        ("consent_email", "is_yes", "D", "che hanno detto sì alle email"),
        ("consent_sms", "is_undecided", "D", "con una risposta da decidere sugli SMS"),
        ("consent_phone", "is_empty", "ABCDE", "che non hanno mai risposto sulle telefonate"),
    ],
)
def test_filters_ask_for_answers_as_they_are_shown(clienti, people, field, operator, found, said):
    asked = [{"field": field, "operator": operator, "values": []}]
    rule = {"groups": [{"match": "all", "conditions": asked}]}
    with db.reading() as session:
        fields = queries.fields_of(session, clienti.id)
        types = queries.field_types(session, clienti.id)
        chosen = selected(clienti.id, rule, types, date(2026, 11, 30))
        names = session.execute(select(CONTACT.c.first_name).where(chosen).order_by(CONTACT.c.id)).scalars()

    assert "".join(names) == found
    assert sentence(parse(rule, types), by_name(fields)) == f"Contatti {said}."


def test_the_exported_file_says_words_nobody_could_read_as_they_were(clienti, people):
    with db.reading() as session:
        fields = queries.fields_of(session, clienti.id)
    head, *rows = contact_export.rows(CONTACT.c.database_id == clienti.id, fields)

    places = [
        head.index(name) for name in ("Consenso", "Consenso email", "Consenso SMS", "Consenso telefono")
    ]
    assert [[row[place] for place in places] for row in rows] == [
        ["sì", "", "", ""],
        ["no", "", "", ""],  # a no stays one, whatever was written beside it
        ["forse", "", "", ""],
        ["", "sì", "da decidere", ""],  # its column said who is out: it would be read the other way round
        ["", "", "", ""],
    ]


def test_the_undo_of_an_import_gives_every_answer_back(clienti):
    import_file(clienti, "Codice;Email;Nome\n1;anna@posta.example;Anna\n")
    with db.writing() as session:
        contact = session.exec(select(Contact)).one()
        contact.consent_email, contact.consent_sms, contact.consent_phone = True, False, True
        contact.consent_unread = '{"consent":"forse"}'
    before = stored(clienti)
    made = import_file(clienti, "Codice;Email;Nome\n1;anna@posta.example;Annamaria\n", key="code")
    with db.writing() as session:
        contact = session.exec(select(Contact)).one()
        contact.consent_email = contact.consent_sms = contact.consent_phone = contact.consent_unread = None

    assert importing.undo(made.id, "Giulia Ferri") is None
    import_undo.run_until_final(made.id)

    assert contacts_of(clienti)[0].first_name == "Anna"
    assert stored(clienti) == before
