"""Clients (spazi cliente): which one is open, changing it, and what each role may do in it."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import Browser, add_operator
from webapp import db
from webapp.access.current import current_client, current_role, may
from webapp.access.models import AuditEntry, Client, Membership, Role


@pytest.fixture
def bottega(aurora):
    with db.writing() as session:
        client = Client(name="Bottega Verdi")
        session.add(client)
    return client


@pytest.fixture
def where(app: Flask):
    """A page that says which client is open and as what."""
    app.add_url_rule("/dove", "dove", lambda: f"{current_client().name}: {current_role()}")
    app.add_url_rule("/per-marketer", "per_marketer", lambda: "fatto")
    app.add_url_rule("/per-chi-amministra", "per_chi", lambda: "fatto")
    app.add_url_rule("/posso", "posso", lambda: str(may(Role.MARKETER)))
    return app


def browser(app, operator) -> Browser:
    client = app.test_client()
    client.sign_in(operator)
    return client


def test_the_only_client_is_the_current_one(where, giulia, bottega):
    assert browser(where, giulia).get("/dove").text == "Studio Aurora: administrator"


def test_one_client_needs_no_switcher(where, giulia):
    assert "cambia spazio cliente" not in browser(where, giulia).get("/stile").text


def test_who_works_for_two_clients_can_change(where, giulia, bottega, page):
    with db.writing() as session:
        session.add(Membership(operator_id=giulia.id, client_id=bottega.id, role=Role.MARKETER))
    client = browser(where, giulia)
    assert client.get("/dove").text == "Bottega Verdi: marketer"  # by name

    aurora_form = page(client.get("/stile")).xpath("//form[starts-with(@action, '/spazio/')]")[1]
    answer = client.post_form(aurora_form.get("action"))

    assert answer.location == "/"
    assert client.get("/dove").text == "Studio Aurora: administrator"


def test_a_client_one_does_not_work_for_cannot_be_chosen(where, giulia, bottega):
    client = browser(where, giulia)

    assert client.post_form(f"/spazio/{bottega.public_id}").status_code == 404
    assert client.get("/dove").text == "Studio Aurora: administrator"


def test_a_client_that_is_lost_is_no_longer_open(where, giulia, aurora, bottega):
    with db.writing() as session:
        session.add(Membership(operator_id=giulia.id, client_id=bottega.id, role=Role.MARKETER))
    client = browser(where, giulia)
    client.post_form(f"/spazio/{bottega.public_id}")
    with db.writing() as session:
        session.execute(Membership.__table__.delete().where(Membership.client_id == bottega.id))

    assert client.get("/dove").text == "Studio Aurora: administrator"


def test_the_owner_of_the_installation_enters_every_client(where, aurora, bottega):
    owner = add_operator(None, Role.ADMINISTRATOR, "chiara@agenzia.example", "Chiara Rossi", is_owner=True)

    assert browser(where, owner).get("/dove").text == "Bottega Verdi: administrator"


def test_an_entry_of_the_owner_belongs_to_the_client_of_the_object(app, aurora, bottega):
    """Also when the pages of another client, or of none, were open before."""
    owner = browser(
        app,
        add_operator(None, Role.ADMINISTRATOR, "chiara@agenzia.example", "Chiara Rossi", is_owner=True),
    )

    owner.post_form("/database/nuovo", {"nome": "Clienti"})  # Bottega Verdi: the first by name
    owner.post_form(f"/spazio/{aurora.public_id}")
    owner.post_form("/database/nuovo", {"nome": "Clienti"})
    owner.post_form(f"/configura/clienti/{bottega.public_id}", {"nome": "Bottega Blu"})
    owner.post_form("/uscita")

    with db.reading() as session:
        query = select(AuditEntry.action, AuditEntry.client_id).order_by(AuditEntry.seq)
        assert [tuple(row) for row in session.execute(query)] == [
            ("database_created", bottega.id),
            ("client_entered", aurora.id),
            ("database_created", aurora.id),
            ("client_renamed", bottega.id),
            ("signed_out", None),
        ]


def test_who_has_no_client_yet_is_told_whom_to_ask(where, aurora, page):
    nobody = add_operator(None, Role.MARKETER)

    tree = page(browser(where, nobody).get("/dove"), 403)

    assert "Non hai ancora uno spazio cliente." in tree.text_content()


@pytest.mark.parametrize(
    ("role", "marketer_page", "administrator_page"),
    [(Role.SUPPORT, 403, 403), (Role.MARKETER, 200, 403), (Role.ADMINISTRATOR, 200, 200)],
)
def test_each_role_may_do_what_the_ones_before_it_may(where, aurora, role, marketer_page, administrator_page):
    client = browser(where, add_operator(aurora, role))

    assert client.get("/per-marketer").status_code == marketer_page
    assert client.get("/per-chi-amministra").status_code == administrator_page


def test_who_is_refused_learns_whom_to_ask(where, aurora, giulia, page):
    add_operator(aurora, Role.ADMINISTRATOR, "paolo@aurora.example", "Paolo Neri")
    marketer = add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva")

    tree = page(browser(where, marketer).get("/per-chi-amministra"), 403)

    assert (
        "Il tuo ruolo non permette questa operazione. "
        "Chiedi a chi amministra lo spazio: Giulia Ferri, Paolo Neri." in tree.text_content()
    )
