"""Creating operators, as the command line and the demo do."""

import pytest

from webapp import db
from webapp.access.members.operators import OperatorError, create_operator, set_password
from webapp.access.models import Role
from webapp.access.queries import operator_by_email, spaces
from webapp.access.signing_in import passwords
from webapp.access.signing_in.demo import ensure_demo_operator

GOOD = "sette nani e una mela"


def create(**changes):
    given = {
        "email": "Paolo@Aurora.example",
        "name": " Paolo  Neri ",
        "password": GOOD,
        "client_name": "Studio Aurora",
    }
    with db.writing() as session:
        return create_operator(session, **(given | changes))


def test_an_operator_enters_the_client_named_with_them(database):
    created = create(role=Role.MARKETER)

    with db.reading() as session:
        operator = operator_by_email(session, "paolo@aurora.example")
        assert (operator.id, operator.name) == (created.id, "Paolo Neri")
        assert [(client.name, role) for client, role in spaces(session, operator)] == [
            ("Studio Aurora", Role.MARKETER)
        ]


def test_a_second_operator_enters_the_same_client(database):
    create()
    create(email="marta@aurora.example")

    with db.reading() as session:
        clients = [
            spaces(session, operator_by_email(session, f"{name}@aurora.example"))
            for name in ("paolo", "marta")
        ]
    assert clients[0] == clients[1]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": "paolo.aurora"}, "“paolo.aurora” non è un indirizzo email."),
        ({"name": "  "}, "Manca il nome."),
        ({"password": "undici1234!"}, "La password deve avere almeno 12 caratteri."),
        ({"password": "è" * 600}, "La password è troppo lunga: al massimo 1024 byte."),
        (
            {"password": "abababababab"},
            "La password ripete sempre gli stessi caratteri: scegline una più varia.",
        ),
        ({"password": "paolo@aurora.example"}, "La password non può essere il tuo indirizzo email."),
    ],
)
def test_what_cannot_be_is_said_in_italian(database, changes, sentence):
    with pytest.raises(OperatorError) as refused:
        create(**changes)

    assert str(refused.value) == sentence


def test_an_address_can_be_taken_once(database):
    create()

    with pytest.raises(OperatorError) as refused:
        create(email="PAOLO@aurora.example")

    assert str(refused.value) == "C’è già un operatore con l’indirizzo paolo@aurora.example."


def test_a_refused_operator_leaves_nothing_behind(database):
    with pytest.raises(OperatorError):
        create(password="corta")

    with db.reading() as session:
        assert operator_by_email(session, "paolo@aurora.example") is None


def test_a_long_password_with_accents_and_spaces_is_good(database):
    password = "perché no, così è più lunga di sessantaquattro caratteri e nessuno la indovina"
    create(password=password)

    with db.reading() as session:
        assert passwords.matches(operator_by_email(session, "paolo@aurora.example").password_hash, password)


def test_a_new_password_takes_the_place_of_the_old_one(database):
    create()
    with db.writing() as session:
        set_password(session, "paolo@aurora.example", "un’altra, ben più lunga")

    with db.reading() as session:
        kept = operator_by_email(session, "paolo@aurora.example")
        assert not passwords.matches(kept.password_hash, GOOD)


def test_a_password_for_nobody_is_refused(database):
    with db.writing() as session, pytest.raises(OperatorError, match="Nessun operatore ha l’indirizzo"):
        set_password(session, "nessuno@aurora.example", GOOD)


def test_the_demo_operator_is_made_once(database):
    with db.writing() as session:
        first = ensure_demo_operator(session)
    with db.writing() as session:
        again = ensure_demo_operator(session)

    assert first.id == again.id
