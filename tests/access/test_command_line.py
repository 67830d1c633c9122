"""`platea operatore`, in another process, on the database that the pages use."""

import json
import re

import pytest

from tests.access.test_second_factor import switch_on
from tests.cli.test_once import platea
from tests.conftest import TEST_PASSWORD, add_operator
from tests.support.running import environment
from webapp import db
from webapp.access.models import Client, Membership, Role
from webapp.access.queries import operator_by_email

NEW = "sette nani e una mela"


@pytest.fixture
def run(database):
    """`run("elenco", "--json")`: that command on this test's installation."""
    env = environment(database)

    def command(*arguments: str, **more: str):
        return platea("operatore", *arguments, env={**env, **more})

    return command


def opens_with(app, password, email="giulia@aurora.example"):
    return app.test_client().post_form("/accesso", {"email": email, "password": password}).location


def test_the_first_operator_owns_the_installation_and_the_second_does_not(run, database):
    for name in ("anna", "luca"):
        done = run(
            *("crea", "--email", f"{name}@studio.example", "--nome", name, "--cliente", "Studio"),
            PLATEA_PASSWORD=NEW,
        )
        assert done.returncode == 0, done.stderr

    with db.reading() as session:
        owners = [operator_by_email(session, f"{name}@studio.example").is_owner for name in ("anna", "luca")]
    assert owners == [True, False]


def test_an_operator_becomes_owner_and_is_one_no_more(run, signed_in):
    assert signed_in.get("/configura/clienti").status_code == 403

    run("proprietario", "--email", "giulia@aurora.example")
    assert signed_in.get("/configura/clienti").status_code == 200

    run("proprietario", "--email", "giulia@aurora.example", "--togli")
    assert signed_in.get("/configura/clienti").status_code == 403


def test_the_list_says_who_enters_where(run, giulia):
    told = json.loads(run("elenco", "--json").stdout)

    assert told[0]["email"] == giulia.email and told[0]["roles"] == {"Studio Aurora": "administrator"}
    assert run("elenco").stdout == (
        "Giulia Ferri (giulia@aurora.example): Amministratore di “Studio Aurora”, mai entrato\n"
    )


def test_a_link_from_the_command_line_sets_a_new_password_once(run, app, giulia, client, page):
    done = run("reimposta-password", "--email", giulia.email)
    path = re.fullmatch(r"http://127\.0\.0\.1:8000(/nuova-password/[\w-]+)\n", done.stdout)[1]

    client.get(path)
    client.post_form("/nuova-password", {"password": NEW})
    client.get(path)

    assert opens_with(app, NEW) == "/"
    page(client.get("/nuova-password"), 400)


def test_the_group_may_be_called_in_the_plural_too(database, giulia):
    done = platea("operatori", "reimposta-password", "--email", giulia.email, env=environment(database))

    assert "/nuova-password/" in done.stdout


@pytest.mark.parametrize(
    "command", ["reimposta-password", "togli-secondo-fattore", "disattiva", "riattiva", "password"]
)
def test_somebody_who_is_not_there_is_said_with_exit_code_2(run, command):
    done = run(command, "--email", "nessuno@aurora.example", PLATEA_PASSWORD=NEW)

    assert done.returncode == 2
    assert "Nessun operatore ha l’indirizzo nessuno@aurora.example." in done.stderr


def test_a_lost_phone_is_no_end(run, app, signed_in, page):
    switch_on(signed_in, page)

    assert run("togli-secondo-fattore", "--email", "giulia@aurora.example").returncode == 0

    assert opens_with(app, TEST_PASSWORD) == "/"
    assert signed_in.get("/").location == "/accesso"


def test_who_is_deactivated_enters_nowhere_until_reactivated(run, app, giulia, aurora):
    add_operator(aurora, Role.ADMINISTRATOR, "paolo@aurora.example", "Paolo Neri")
    paolo = app.test_client()
    paolo.post_form("/accesso", {"email": "paolo@aurora.example", "password": TEST_PASSWORD})

    assert run("disattiva", "--email", "paolo@aurora.example").returncode == 0

    assert paolo.get("/").location == "/accesso"
    assert opens_with(app, TEST_PASSWORD, "paolo@aurora.example") is None
    run("riattiva", "--email", "paolo@aurora.example")
    assert opens_with(app, TEST_PASSWORD, "paolo@aurora.example") == "/"


def test_the_last_administrator_of_any_client_stays(run, app, giulia, aurora):
    paolo = add_operator(aurora, Role.ADMINISTRATOR, "paolo@aurora.example", "Paolo Neri")
    with db.writing() as session:
        bottega = Client(name="Bottega Verdi")
        session.add(bottega)
        session.flush()
        session.add(Membership(operator_id=paolo.id, client_id=bottega.id, role=Role.ADMINISTRATOR))

    done = run("disattiva", "--email", "paolo@aurora.example")

    assert done.returncode == 2
    assert "È l’unica persona che amministra uno spazio cliente" in done.stderr
    assert opens_with(app, TEST_PASSWORD, "paolo@aurora.example") == "/"
