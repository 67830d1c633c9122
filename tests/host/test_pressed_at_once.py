"""Each button pressed twenty times at once, on PostgreSQL: one effect, told once, and never a 500."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from tests.conftest import add_operator, make_app
from tests.contacts.conftest import add_draft
from webapp import clock, db, migrations
from webapp.access.members import invitations
from webapp.access.members.operators import OperatorError
from webapp.access.models import AuditEntry, Client, Invitation, LoginAttempt, Operator, Role
from webapp.access.queries import operator_by_email
from webapp.access.signing_in import passwords, resets, second_factor, totp
from webapp.contacts import contact_ids, databases
from webapp.contacts.erasure import overwriting
from webapp.contacts.imports import importing
from webapp.contacts.models import Contact, ErasedPerson, OverwriteDue, UserDatabase
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.accounts.grants import GrantRefused
from webapp.destinations.meta.models import MetaAccount

TIMES = 20


@pytest.fixture
def pressed(settings, create_database):
    """`pressed(path, form)` → how often each status came back, of an administrator's twenty browsers."""
    app = make_app(replace(settings, database_url=create_database("premuti")))
    migrations.upgrade(db.engine())
    app.testing = False
    with db.writing() as session:
        client = Client(name="Studio Aurora")
        session.add(client)
    giulia = add_operator(client, Role.ADMINISTRATOR)
    browsers = [app.test_client() for _ in range(TIMES)]
    for browser in browsers:
        browser.sign_in(giulia)
    ready = Barrier(TIMES)

    def press_all(path: str, form: dict[str, str]) -> Counter[int]:
        def press(browser) -> int:
            ready.wait(60)
            return int(browser.post_form(path, form).status_code)

        with ThreadPoolExecutor(TIMES) as pool:
            return Counter(pool.map(press, browsers))

    press_all.client, press_all.app = client, app
    yield press_all
    db.engine().dispose()


def at_once(work) -> list:
    """What *work* returned, or raised, in each of twenty threads."""
    ready = Barrier(TIMES)

    def one(number: int):
        ready.wait(60)
        try:
            return work(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(one, range(TIMES)))


def count(table, *conditions) -> int:
    with db.reading() as session:
        return int(session.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())


def told(action: str) -> int:
    return count(AuditEntry, col(AuditEntry.action) == action)


def add_people(client: Client) -> tuple[str, str]:
    """The public ids of a database, and of a contact in it, who is in another one too."""
    at = clock.now()
    with db.writing() as session:
        made = [UserDatabase(client_id=client.id, name=name) for name in ("Clienti", "Altri")]
        session.add_all(made)
        session.flush()
        people = [
            Contact(
                database_id=one.id,
                email="anna@posta.example",
                email_sha256=b"a" * 32,
                own_fields={},
                created_at=at,
                updated_at=at,
            )
            for one in made
        ]
        session.add_all(people)
        session.flush()
        return made[0].public_id, contact_ids.public_id(people[0].id)


def test_an_erasure_erases_once_and_is_told_once(pressed):
    database, contact = add_people(pressed.client)

    answers = pressed(f"/database/{database}/contatti/{contact}/cancella", {"gdpr": "1"})

    assert answers[500] == 0 and set(answers) <= {303, 404}
    assert count(Contact) == 0
    assert (count(ErasedPerson), told("contact_deleted")) == (1, 1)
    assert count(OverwriteDue) >= 1  # PostgreSQL overwrites by itself: the worker only takes note
    overwriting.overwrite()
    assert count(OverwriteDue) == 0


def test_an_invitation_is_one_and_its_link_works(pressed):
    answers = pressed("/configura/utenti/invita", {"email": "marta@aurora.example", "ruolo": "marketer"})

    assert set(answers) <= {200, 422} and answers[200] == 1
    assert (count(Invitation), told("operator_invited")) == (1, 1)


def test_a_new_database_is_made_once(pressed):
    answers = pressed("/database/nuovo", {"nome": "Clienti Italia", "paese": "IT"})

    assert set(answers) <= {303, 422} and answers[303] == 1
    assert (count(UserDatabase), told("database_created")) == (1, 1)


def test_a_client_never_has_more_accounts_than_it_may(pressed):
    with db.writing() as session:
        session.add_all(
            MetaAccount(client_id=pressed.client.id, name=f"Conto {n}", act_id=f"act_{n}") for n in range(9)
        )

    def connect(number: int) -> str:
        with db.writing() as session:
            accounts.hold_client(session, pressed.client.id)
            accounts.refuse_conflicts(session, pressed.client.id, f"act_1{number:02}", None)
            session.add(
                MetaAccount(client_id=pressed.client.id, name=f"Nuovo {number}", act_id=f"act_1{number:02}")
            )
        return "made"

    results = at_once(connect)

    assert results.count("made") == 1
    assert all(one == "made" or isinstance(one, GrantRefused) for one in results)
    assert count(MetaAccount) == 10


def test_a_link_sets_one_password(pressed):
    marta = add_operator(pressed.client, Role.MARKETER, "marta@aurora.example", "Marta Riva")
    with db.writing() as session:
        key = resets.new_link(session, session.merge(marta))

    def choose(number: int) -> bool:
        with db.writing() as session:
            return resets.use(session, key, f"una nuova password, la {number}") is not None

    results = at_once(choose)

    assert results.count(True) == 1 and results.count(False) == TIMES - 1
    with db.reading() as session:
        now = operator_by_email(session, "marta@aurora.example").password_hash
    assert passwords.matches(now, f"una nuova password, la {results.index(True)}")


def test_an_invitation_lets_one_in(pressed):
    with db.writing() as session:
        giulia = operator_by_email(session, "giulia@aurora.example")
        key = invitations.invite(session, pressed.client, giulia, "marta@aurora.example", Role.MARKETER)
    strangers = [pressed.app.test_client() for _ in range(TIMES)]
    for stranger in strangers:
        stranger.get(f"/invito/{key}")

    def accept(number: int) -> int:
        form = {"nome": "Marta Riva", "password": f"tre gatti e il cane numero {number}"}
        return int(strangers[number].post_form("/invito", form).status_code)

    answers = Counter(at_once(accept))

    assert answers[303] == 1 and set(answers) <= {303, 400, 422}
    assert count(Operator, col(Operator.email) == "marta@aurora.example") == 1
    assert told("invitation_accepted") == 1


def test_a_recovery_code_opens_one_session(pressed):
    with db.writing() as session:
        giulia = operator_by_email(session, "giulia@aurora.example")
        second_factor.begin(session, giulia)
        session.flush()
        secret = second_factor.secret_to_show(session, giulia)
        now = totp.code_at(secret, totp.step_at(clock.epoch()))
        codes = second_factor.confirm(session, giulia, now)

    def give(number: int) -> second_factor.Given:
        with db.writing() as session:
            return second_factor.check(session, giulia, codes[0])

    answers = Counter(at_once(give))

    assert answers == {second_factor.Given.RECOVERY: 1, second_factor.Given.NOTHING: TIMES - 1}


def test_a_draft_is_started_once_and_told_once(pressed):
    with db.writing() as session:
        clienti = databases.create_database(session, pressed.client.id, "Clienti")
    draft = add_draft(clienti, b"Email\nanna@posta.example\n")

    results = at_once(lambda number: importing.start(draft.id))

    assert results == [None] * TIMES
    assert told("import_started") == 1


def test_thirty_invitations_an_hour_are_thirty(pressed):
    with db.writing() as session:
        giulia = operator_by_email(session, "giulia@aurora.example")
        for number in range(25):
            invitations.invite(session, pressed.client, giulia, f"u{number}@aurora.example", Role.MARKETER)

    def invite(number: int) -> str:
        with db.writing() as session:
            return invitations.invite(
                session, pressed.client, giulia, f"v{number}@aurora.example", Role.MARKETER
            )

    results = at_once(invite)

    assert sum(isinstance(one, OperatorError) for one in results) == TIMES - 5
    assert count(Invitation) == 30


def test_ten_attempts_to_sign_in_are_ten(pressed):
    strangers = [pressed.app.test_client() for _ in range(TIMES)]

    def guess(number: int) -> int:
        form = {"email": "giulia@aurora.example", "password": "sbagliata di sicuro"}
        return int(strangers[number].post_form("/accesso", form).status_code)

    answers = Counter(at_once(guess))

    assert answers[429] == TIMES - 10 and sum(answers.values()) == TIMES
    assert answers[500] == 0
    assert count(LoginAttempt) == 4 * 10  # for the account here and everywhere, the address and overall
