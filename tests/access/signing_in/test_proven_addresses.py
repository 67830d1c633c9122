"""An invitation lets in who reads the mailbox, as long as who invited may still do so."""

import re

import pytest
from sqlalchemy import update
from sqlmodel import col

from tests.access.test_invitations import accept
from tests.conftest import TEST_PASSWORD, add_operator, make_app
from tests.support.smtp_server import mail_server
from webapp import db, mail
from webapp.access.members import invitations
from webapp.access.models import Membership, Operator, Role
from webapp.access.queries import operator_by_email

PEOPLE = "/configura/utenti"
MARTA = {"email": "marta@agenzia.example", "ruolo": "marketer"}
NEW = "quattro gatti sul tetto di Vigevano"


@pytest.fixture
def mailbox():
    with mail_server() as found:
        yield found


def mailing(database, mailbox):
    """The installation with a mail server from now on."""
    return make_app(database, smtp_url=f"smtp://localhost:{mailbox.port}", mail_from="platea@agenzia.example")


def key_in(text: str) -> str | None:
    found = re.search(r"/invito/([\w-]{20,})", text)
    return found and found[1]


def is_proven(email: str = MARTA["email"]) -> bool:
    with db.reading() as session:
        return operator_by_email(session, email).has_proven_address


def test_only_who_reads_the_mailbox_gets_the_link(database, giulia, mailbox, page):
    """Else who invites could take the place of somebody another client is going to invite."""
    app = mailing(database, mailbox)
    browser = app.test_client()
    browser.sign_in(giulia)

    shown = page(browser.post_form(f"{PEOPLE}/invita", MARTA)).text_content()

    assert key_in(shown) is None and "Lo abbiamo mandato a marta@agenzia.example" in shown
    mail.send_due()
    marta = app.test_client()
    marta.get(f"/invito/{key_in(mailbox.messages[0].get_content())}")
    accept(marta, password=NEW)
    assert is_proven()


def test_a_login_made_with_a_link_that_was_shown_is_marked_until_the_mailbox_is_proven(
    app, database, signed_in, page, mailbox
):
    marta = app.test_client()
    marta.get(f"/invito/{key_in(signed_in.post_form(f'{PEOPLE}/invita', MARTA).text)}")
    accept(marta, password=TEST_PASSWORD)

    assert not is_proven()
    assert "indirizzo non verificato" in page(signed_in.get(PEOPLE)).text_content()

    marta = mailing(database, mailbox).test_client()
    marta.post_form("/accesso/password-dimenticata", {"email": MARTA["email"]})
    mail.send_due()
    link = re.search(r"(/nuova-password/[\w-]+)", mailbox.messages[0].get_content())[1]
    marta.get(link)
    marta.post_form("/nuova-password", {"password": NEW})
    assert is_proven()


@pytest.fixture
def paolo(aurora):
    return add_operator(aurora, Role.ADMINISTRATOR, "paolo@aurora.example", "Paolo Neri")


def change(operator: Operator, **values) -> None:
    with db.writing() as session:
        theirs = col(Membership.operator_id) == operator.id
        session.execute(update(Membership).where(theirs).values(**values))


@pytest.mark.parametrize("lost", [{"role": Role.MARKETER}, {"is_active": False}, None])
def test_an_invitation_ends_with_the_rights_of_who_made_it(app, aurora, signed_in, paolo, page, lost):
    inviting = app.test_client()
    inviting.sign_in(paolo)
    key = key_in(inviting.post_form(f"{PEOPLE}/invita", MARTA).text)
    if lost is None:
        signed_in.post_form(f"{PEOPLE}/{paolo.public_id}/togli")
    else:
        change(paolo, **lost)

    marta = app.test_client()
    marta.get(f"/invito/{key}")

    assert "Questo link d’invito non vale" in page(marta.get("/invito"), 400).text_content()
    listed = page(signed_in.get(PEOPLE)).text_content()
    assert "non vale più: chi l’ha fatto non amministra più questo spazio" in listed


def test_nobody_writes_to_the_whole_world_in_our_name(signed_in, aurora, page):
    for number in range(30):
        form = {"email": f"u{number}@agenzia.example", "ruolo": "marketer"}
        assert signed_in.post_form(f"{PEOPLE}/invita", form).status_code == 200

    answer = page(signed_in.post_form(f"{PEOPLE}/invita", MARTA), 422)

    assert "al massimo 30 inviti all’ora per ogni persona. Riprova tra 60 minuti." in answer.text_content()
    with db.reading() as session:
        assert len(invitations.pending(session, aurora.id)) == 30


def test_the_sessions_of_somebody_who_lost_a_computer_are_closed(app, aurora, signed_in, page):
    marta = add_operator(aurora, Role.MARKETER, MARTA["email"], "Marta Riva")
    hers = app.test_client()
    hers.sign_in(marta)
    assert hers.get("/").status_code == 200

    answer = signed_in.post_form(f"{PEOPLE}/{marta.public_id}/sessioni")

    assert answer.location == PEOPLE
    assert "Sessioni chiuse di Marta Riva: 1." in page(signed_in.get(PEOPLE)).text_content()
    assert hers.get("/").location.startswith("/accesso")
    form = {"email": MARTA["email"], "password": TEST_PASSWORD}
    assert hers.post_form("/accesso", form).status_code == 303
    assert signed_in.get("/").status_code == 200
