"""What happens to a login is told to the person by e-mail: who is in their place finds out."""

import re

import pytest

from tests.access.test_reset import NEW, ask, choose, link_in
from tests.access.test_second_factor import give, switch_on
from tests.conftest import TEST_PASSWORD, add_operator, make_app
from tests.support.smtp_server import mail_server
from webapp import mail
from webapp.access.models import Role

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}


@pytest.fixture
def mailbox():
    with mail_server() as found:
        yield found


@pytest.fixture
def app(database, mailbox):
    """An installation with a mail server."""
    return make_app(database, smtp_url=f"smtp://localhost:{mailbox.port}", mail_from="platea@agenzia.example")


def subjects(mailbox) -> list[str]:
    mail.send_due()
    return [message["Subject"] for message in mailbox.messages]


def sign_in(client, password=TEST_PASSWORD, **more):
    form = {"email": "giulia@aurora.example", "password": password}
    return client.post_form("/accesso", form, **more)


def test_a_sign_in_with_a_new_browser_is_told_and_with_a_known_one_not(app, giulia, mailbox):
    own = app.test_client()
    for _ in range(2):  # the first time ever is no news, and then the browser is known
        sign_in(own)
        own.post_form("/uscita")
    assert subjects(mailbox) == []

    sign_in(app.test_client(), headers=FIREFOX, environ_base={"REMOTE_ADDR": "203.0.113.77"})

    assert subjects(mailbox) == ["Nuovo accesso a Platea"]
    text = mailbox.messages[0].get_content()
    assert "con Firefox su Linux, dalla rete 203.0.113.0/24" in text
    assert "/accesso/password-dimenticata" in text


def test_a_new_password_is_told(client, giulia, mailbox):
    ask(client)
    client.get(link_in(mailbox))
    choose(client)

    assert subjects(mailbox)[-1] == "La tua password di Platea è cambiata"
    assert NEW not in mailbox.messages[-1].get_content()


def test_a_second_factor_is_told_of_and_each_recovery_code_that_is_used(
    app, giulia, mailbox, signed_in, page
):
    _, codes = switch_on(signed_in, page)
    browser = app.test_client()
    sign_in(browser)
    give(browser, codes[0])

    told = subjects(mailbox)

    assert told.count("Secondo fattore attivo") == 1
    used = [one for one in mailbox.messages if one["Subject"] == "Codice di recupero usato"]
    assert len(used) == 1 and "Ne restano 9." in used[0].get_content()
    assert not any(code in one.get_content() for one in mailbox.messages for code in codes)


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("", {"ruolo": "support"}, "in “Studio Aurora” ora il tuo ruolo è: assistenza, sola lettura."),
        ("/disattiva", {}, "in “Studio Aurora” non puoi più entrare."),
        ("/togli", {}, "in “Studio Aurora” non hai più un ruolo."),
    ],
)
def test_another_role_is_told_to_who_has_it(signed_in, aurora, mailbox, path, form, said):
    marta = add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Neri")

    signed_in.post_form(f"/configura/utenti/{marta.public_id}{path}", form)

    assert subjects(mailbox) == ["Il tuo ruolo in Platea è cambiato"]
    (message,) = mailbox.messages
    assert message["To"] == "marta@aurora.example" and said in re.sub(r"\s+", " ", message.get_content())
