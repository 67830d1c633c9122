"""A forgotten password: the same answer for everybody, and a link that works once."""

import re
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlmodel import select

from tests.access.test_second_factor import switch_on
from tests.conftest import TEST_PASSWORD, add_operator, make_app
from tests.support.smtp_server import mail_server
from webapp import db, mail
from webapp.access.models import OpenSession, PasswordReset, Role
from webapp.mail import OutgoingMail

ASK = "/accesso/password-dimenticata"
NEW = "sette nani e una mela"
NOT_VALID = "Questo link non vale"


@pytest.fixture
def mailbox():
    with mail_server() as found:
        yield found


@pytest.fixture
def app(database, mailbox):
    """An installation with a mail server."""
    return make_app(database, smtp_url=f"smtp://localhost:{mailbox.port}", mail_from="platea@agenzia.example")


def ask(client, email="giulia@aurora.example", **more):
    return client.post_form(ASK, {"email": email}, **more)


def link_in(mailbox) -> str:
    mail.send_due()
    text = mailbox.messages[-1].get_content()
    return urlsplit(re.search(r"http://127\.0\.0\.1:8000/nuova-password/\S+", text)[0]).path


def choose(client, password=NEW):
    return client.post_form("/nuova-password", {"password": password})


def opens_with(app, password) -> bool:
    form = {"email": "giulia@aurora.example", "password": password}
    return app.test_client().post_form("/accesso", form).status_code == 303


def test_the_link_that_is_mailed_sets_a_new_password(app, client, giulia, mailbox, page):
    assert "tra poco arriva un’email" in page(ask(client)).text_content()
    link = link_in(mailbox)
    assert mailbox.recipients == ["giulia@aurora.example"]

    assert client.get(link).location == "/nuova-password"
    field = page(client.get("/nuova-password")).get_element_by_id("password")
    assert field.get("autocomplete") == "new-password"
    assert choose(client).location == "/accesso"

    assert "Password cambiata. Ora entra con quella nuova." in client.get("/accesso").text
    assert opens_with(app, NEW) and not opens_with(app, TEST_PASSWORD)


def test_it_ends_every_open_session_and_signs_nobody_in(app, signed_in, giulia, mailbox):
    client = app.test_client()
    ask(client)
    client.get(link_in(mailbox))
    choose(client)

    assert signed_in.get("/").location == "/accesso"
    assert client.get("/").location == "/accesso"
    with db.reading() as session:
        assert session.exec(select(OpenSession)).all() == []


def test_known_unknown_and_deactivated_get_the_same_answer(client, giulia, aurora, mailbox):
    add_operator(aurora, Role.MARKETER, "fuori@aurora.example", "Fuori", is_active=False)
    emails = ("giulia@aurora.example", "nessuno@aurora.example", "fuori@aurora.example")
    answers = [ask(client, email) for email in emails]

    assert {answer.status_code for answer in answers} == {200}
    assert len({re.sub(r"[\w.]+@aurora\.example", "…", answer.text) for answer in answers}) == 1
    assert {tuple(sorted(answer.headers.keys())) for answer in answers} == {
        tuple(sorted(answers[0].headers.keys()))
    }
    assert mail.send_due() == 1
    assert mailbox.recipients == ["giulia@aurora.example"]


def test_the_page_that_asks_does_not_wait_for_the_mail_server(client, giulia):
    """The e-mail waits in the database: how long the answer takes says nothing of the address."""
    ask(client)

    with db.reading() as session:
        assert len(session.exec(select(OutgoingMail)).all()) == 1


def test_a_link_works_once(app, giulia, mailbox, page):
    first, second = app.test_client(), app.test_client()
    ask(first)
    link = link_in(mailbox)
    first.get(link)
    second.get(link)
    choose(first)

    assert NOT_VALID in page(choose(second, "un’altra, di chi è arrivato dopo"), 400).text_content()
    assert opens_with(app, NEW)


def test_a_link_works_for_an_hour(app, giulia, mailbox, page):
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now:
        client = app.test_client()
        ask(client)
        client.get(link_in(mailbox))
        now.shift(3601)

        assert NOT_VALID in page(choose(client), 400).text_content()
    assert opens_with(app, TEST_PASSWORD)


def test_asking_again_makes_the_first_link_worthless(app, client, giulia, mailbox, page):
    ask(client)
    first = link_in(mailbox)
    ask(client)
    second = link_in(mailbox)

    client.get(first)
    page(client.get("/nuova-password"), 400)
    client.get(second)
    page(client.get("/nuova-password"))


def test_changing_the_password_makes_the_link_worthless(app, signed_in, giulia, mailbox, page):
    client = app.test_client()
    ask(client)
    client.get(link_in(mailbox))
    signed_in.post_form("/profilo/password", {"attuale": TEST_PASSWORD, "nuova": NEW})

    page(choose(client, "una terza password ancora"), 400)
    assert opens_with(app, NEW)


@pytest.mark.parametrize("key", ["x", "a" * 43, "%00", "è", "a" * 4000])
def test_any_other_link_gets_the_same_answer(client, page, key, database):
    client.get(f"/nuova-password/{key}")

    assert NOT_VALID in page(client.get("/nuova-password"), 400).text_content()


def test_an_invitation_is_no_link_for_a_password(app, signed_in, client, page, mailbox):
    signed_in.post_form("/configura/utenti/invita", {"email": "m@aurora.example", "ruolo": "support"})
    mail.send_due()
    key = re.search(r"/invito/([\w-]+)", mailbox.messages[0].get_content())[1]
    client.get(f"/nuova-password/{key}")

    page(client.get("/nuova-password"), 400)


def test_a_weak_password_is_refused_and_the_link_still_works(app, client, giulia, mailbox, page):
    ask(client)
    client.get(link_in(mailbox))

    tree = page(choose(client, "corta"), 422)
    assert "La password deve avere almeno 12 caratteri." in tree.text_content()
    assert choose(client).status_code == 303


def test_the_second_factor_is_still_asked_for(app, giulia, mailbox, signed_in, page):
    switch_on(signed_in, page)
    client = app.test_client()
    ask(client)
    client.get(link_in(mailbox))
    choose(client)

    form = {"email": giulia.email, "password": NEW}
    assert client.post_form("/accesso", form).location == "/accesso/codice"


def test_one_address_gets_three_emails_an_hour_and_nobody_learns_it(app, giulia, mailbox):
    answers = [ask(app.test_client()) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert mail.send_due() == 3


def test_one_visitor_cannot_ask_for_everybody(client, giulia):
    for number in range(10):
        assert ask(client, f"tentativo{number}@aurora.example").status_code == 200

    assert ask(client).status_code == 429


def test_what_is_no_address_is_said_at_its_field(client, page, database):
    assert "“giulia” non è un indirizzo email." in page(ask(client, "giulia"), 422).text_content()


def test_the_database_holds_no_link(client, giulia, mailbox):
    ask(client)
    key = link_in(mailbox).rpartition("/")[2]

    with db.reading() as session:
        assert key not in str(session.exec(select(PasswordReset)).one())


def test_without_a_mail_server_the_page_says_what_to_do(database, page):
    client = make_app(database).test_client()

    assert "platea operatore reimposta-password" in page(client.get(ASK)).text_content()
    assert ask(client).status_code == 404


def test_an_invitation_is_mailed_and_its_link_shown_to_nobody(app, signed_in, mailbox):
    answer = signed_in.post_form(
        "/configura/utenti/invita", {"email": "m@aurora.example", "ruolo": "support"}
    )
    assert "Lo abbiamo mandato a m@aurora.example" in answer.text
    mail.send_due()

    (message,) = mailbox.messages
    assert message["Subject"] == "Giulia Ferri ti invita in “Studio Aurora” su Platea"
    assert re.search(r"/invito/[\w-]+", message.get_content())[0] not in answer.text
