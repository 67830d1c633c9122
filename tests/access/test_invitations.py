"""Inviting a colleague: the link, the page behind it, and that it lets in one person once."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlmodel import select

from tests.conftest import TEST_PASSWORD, add_operator
from tests.support.smtp_server import mail_server
from webapp import db, mail
from webapp import services as platea
from webapp.access.members import invitations
from webapp.access.models import Client, Invitation, Operator, Role
from webapp.access.queries import operator_by_email, spaces

GOOD = "sette nani e una mela"
NOT_VALID = "Questo link d’invito non vale"


def invite(browser, email="marta@aurora.example", role="marketer", **more) -> str:
    """The path of the link that the page shows."""
    answer = browser.post_form("/configura/utenti/invita", {"email": email, "ruolo": role}, **more)
    assert answer.status_code == 200, answer.text[:500]
    link = re.search(r'value="(http[^"]+/invito/[^"]+)"', answer.text)[1]
    return urlsplit(link).path


def accept(browser, name="Marta Riva", password=GOOD):
    return browser.post_form("/invito", {"nome": name, "password": password})


def operator(email="marta@aurora.example") -> Operator | None:
    with db.reading() as session:
        return operator_by_email(session, email)


def test_the_link_is_shown_once_with_the_address_people_use(signed_in, page):
    answer = signed_in.post_form(
        "/configura/utenti/invita", {"email": "marta@aurora.example", "ruolo": "marketer"}
    )

    link = page(answer).get_element_by_id("link-invito").get("value")
    assert link.startswith("http://127.0.0.1:8000/invito/") and len(link.rpartition("/")[2]) >= 43
    listed = page(signed_in.get("/configura/utenti")).text_content()
    assert "marta@aurora.example" in listed and link not in listed


def test_the_database_does_not_hold_the_link(signed_in):
    key = invite(signed_in).rpartition("/")[2]

    with db.reading() as session:
        assert key not in str(session.exec(select(Invitation)).one())


def test_who_opens_the_link_chooses_a_name_and_a_password_and_is_in(app, signed_in, client, page, aurora):
    link = invite(signed_in)

    answer = client.get(link)
    assert (answer.status_code, answer.location) == (303, "/invito")  # the key leaves the address
    tree = page(client.get("/invito"))
    assert "Entra in “Studio Aurora”" in tree.text_content()
    assert "Marketer" in tree.text_content()
    assert tree.get_element_by_id("password").get("autocomplete") == "new-password"
    answer = accept(client)

    assert answer.location == "/"
    assert "Ora fai parte di “Studio Aurora”." in client.get("/stile").text
    with db.reading() as session:
        made = operator_by_email(session, "marta@aurora.example")
        assert [(space.id, role) for space, role in spaces(session, made)] == [(aurora.id, Role.MARKETER)]
    again = app.test_client()
    form = {"email": "marta@aurora.example", "password": GOOD}
    assert again.post_form("/accesso", form).location == "/"


def test_a_link_works_once(app, signed_in, page):
    link = invite(signed_in)
    first, second = app.test_client(), app.test_client()
    first.get(link)
    second.get(link)
    accept(first)

    assert NOT_VALID in page(accept(second, "Ladra"), 400).text_content()
    assert operator().name == "Marta Riva"


def test_a_link_works_for_seven_days(app, signed_in, client, page):
    with time_machine.travel("2026-11-16T08:00:00+00:00", tick=False) as now:
        browser = app.test_client()
        browser.sign_in(operator("giulia@aurora.example"))
        link = invite(browser)
        now.shift(7 * 24 * 3600 - 1)
        client.get(link)
        page(client.get("/invito"))
        now.shift(2)

        assert NOT_VALID in page(accept(client), 400).text_content()


@pytest.mark.parametrize("key", ["x", "a" * 43, "..%2F", "%00", "è", "a" * 4000])
def test_any_other_link_gets_the_same_answer(client, page, key, aurora):
    client.get(f"/invito/{key}")

    assert NOT_VALID in page(client.get("/invito"), 400).text_content()


def test_an_invitation_that_was_taken_back_lets_nobody_in(signed_in, client, page):
    link = invite(signed_in)
    form = page(signed_in.get("/configura/utenti")).xpath("//form[contains(@action, '/annulla')]")[0]
    signed_in.post_form(form.get("action"))
    client.get(link)

    assert NOT_VALID in page(client.get("/invito"), 400).text_content()


def test_a_new_link_makes_the_old_one_worthless(signed_in, client, page):
    old = invite(signed_in)
    form = page(signed_in.get("/configura/utenti")).xpath("//form[contains(@action, '/rinnova')]")[0]
    new = re.search(r"/invito/[\w-]+", signed_in.post_form(form.get("action")).text)[0]

    client.get(old)
    page(client.get("/invito"), 400)
    client.get(new)
    page(client.get("/invito"))


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("", GOOD, "Manca il nome."),
        ("Marta Riva", "corta", "La password deve avere almeno 12 caratteri."),
        (
            "Marta Riva",
            "marta@aurora.example",
            "La password non può essere il tuo indirizzo email.",
        ),
    ],
)
def test_what_cannot_be_is_said_and_the_link_still_works(signed_in, client, page, name, password, sentence):
    client.get(invite(signed_in))

    tree = page(accept(client, name, password), 422)

    assert sentence in tree.text_content()
    assert password not in tree.xpath("//input[@type='password']/@value")
    assert operator() is None
    assert accept(client).location == "/"


@pytest.mark.parametrize(
    ("email", "role", "sentence"),
    [
        ("  ", "marketer", "Scrivi un indirizzo email."),
        ("marta.aurora", "marketer", "“marta.aurora” non è un indirizzo email."),
        ("marta@aurora.example", "", "Scegli un ruolo."),
        ("marta@aurora.example", "owner", "Scegli un ruolo."),
        ("GIULIA@aurora.example", "support", "giulia@aurora.example fa già parte di questo spazio cliente."),
    ],
)
def test_a_wrong_invitation_is_refused_beside_its_field(signed_in, fragment, email, role, sentence):
    answer = signed_in.post_form("/configura/utenti/invita", {"email": email, "ruolo": role}, htmx=True)

    assert sentence in fragment(answer, 422).text_content()
    with db.reading() as session:
        assert session.exec(select(Invitation)).all() == []


@pytest.fixture
def bottega(database):
    with db.writing() as session:
        client = Client(name="Bottega Verdi")
        session.add(client)
    return client


@pytest.fixture
def vera(bottega):
    """Somebody who has a login already, for another client."""
    return add_operator(bottega, Role.ADMINISTRATOR, "vera@verdi.example", "Vera Verdi")


def test_who_has_a_login_signs_in_and_accepts(signed_in, client, vera, aurora, page):
    client.get(invite(signed_in, vera.email, "support"))
    tree = page(client.get("/invito"))
    assert "C’è già un accesso per vera@verdi.example" in tree.text_content()
    assert tree.xpath("//input[@type='password']") == []

    assert client.post_form("/invito").location == "/accesso?dopo=/invito"
    form = {"email": vera.email, "password": TEST_PASSWORD, "dopo": "/invito"}
    assert client.post_form("/accesso", form).location == "/invito"
    page(client.get("/invito"))
    assert client.post_form("/invito").location == "/"

    with db.reading() as session:
        found = {space.name: role for space, role in spaces(session, vera)}
    assert found == {"Bottega Verdi": Role.ADMINISTRATOR, "Studio Aurora": Role.SUPPORT}


def test_the_link_of_somebody_else_sets_nobodys_password(signed_in, client, vera, page):
    client.get(invite(signed_in, vera.email))

    answer = accept(client, "Vera Verdi", "una password di chi non è Vera")

    assert answer.location.startswith("/accesso")
    assert operator(vera.email).password_hash == vera.password_hash


def test_somebody_else_cannot_accept_it(app, signed_in, vera, aurora, page):
    add_operator(aurora, Role.MARKETER, "paolo@aurora.example", "Paolo Neri")
    paolo = app.test_client()
    paolo.sign_in(operator("paolo@aurora.example"))
    paolo.get(invite(signed_in, vera.email, "administrator"))

    assert "Questo invito è per vera@verdi.example" in page(paolo.post_form("/invito"), 422).text_content()
    with db.reading() as session:
        assert [space.name for space, _ in spaces(session, vera)] == ["Bottega Verdi"]


def test_the_key_is_not_in_the_log(signed_in, client, capsys):
    link = invite(signed_in)
    capsys.readouterr()

    client.get(link)
    client.get("/invito")

    assert link.rpartition("/")[2] not in capsys.readouterr().out


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?a=0d=0aBcc=3ax=40evil.it?=@esempio.it",
        "=?utf-8?q?victim=40evil.com=3e_?=@esempio.it",
    ],
)
def test_an_address_that_hides_a_header_is_none(signed_in, page, address):
    answer = signed_in.post_form("/configura/utenti/invita", {"email": address, "ruolo": "marketer"})

    assert "non è un indirizzo email" in page(answer, 422).text_content()
    with db.reading() as session:
        assert session.exec(select(Invitation)).all() == []


def test_who_invited_sees_that_the_email_did_not_leave(database, signed_in, page, aurora, giulia):
    with mail_server() as mailbox, time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now:
        platea.start(
            replace(database, smtp_url=f"smtp://localhost:{mailbox.port}", mail_from="platea@agenzia.example")
        )
        with db.writing() as session:
            key = invitations.invite(session, aurora, giulia, " Marta@Aurora.example ", Role.MARKETER)
            invitations.post(session, aurora, "marta@aurora.example", f"http://x/{key}", "Giulia")
        mailbox.refusal = b"550 non esiste"
        for _ in range(5):
            mail.send_due()
            now.shift(3600)

    listed = page(signed_in.get("/configura/utenti")).text_content()
    assert "Email non partita" in listed
    assert "il server di posta rifiuta questo destinatario: dagli tu il link" in listed
