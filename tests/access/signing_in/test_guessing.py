"""What somebody who guesses can learn: neither from words nor from headers nor from time."""

import statistics
import time

import pytest
import time_machine
from argon2 import extract_parameters
from sqlmodel import select

from tests.conftest import TEST_PASSWORD, add_operator, make_app
from webapp import db
from webapp.access.models import LoginAttempt, Role
from webapp.access.signing_in import passwords, throttle
from webapp.config import Settings

WRONG = "una password sbagliata"


def sign_in(client, email, password=WRONG, **more):
    return client.post_form("/accesso", {"email": email, "password": password}, **more)


@pytest.fixture
def paolo(aurora):
    return add_operator(aurora, Role.MARKETER, "paolo@aurora.example", "Paolo Neri", is_active=False)


def test_known_unknown_and_deactivated_get_the_same_answer(client, giulia, paolo):
    emails = ("giulia@aurora.example", "nessuno@aurora.example", "paolo@aurora.example")
    answers = [sign_in(client, email) for email in emails]

    assert {answer.status_code for answer in answers} == {422}
    bodies = {answer.text.replace(email, "…") for answer, email in zip(answers, emails, strict=True)}
    assert len({body.split("csrf_token")[0] + body.split('name="dopo"')[1] for body in bodies}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1


def test_an_account_that_is_not_there_is_slowed_down_like_any_other(app, client, giulia):
    for number in range(30):
        place = {"REMOTE_ADDR": f"198.51.100.{number // 5}"}
        assert sign_in(client, "nessuno@aurora.example", environ_base=place).status_code == 422

    answer = sign_in(app.test_client(), "nessuno@aurora.example")
    assert answer.status_code == 429


def test_who_guesses_elsewhere_does_not_lock_the_owner_of_an_account_out(app, giulia):
    """Ten attempts fill one network; wherever thirty come from, the browser used before still gets in."""
    own, other = app.test_client(), {"REMOTE_ADDR": "198.51.100.7"}
    assert sign_in(own, giulia.email, TEST_PASSWORD).status_code == 303
    for _ in range(11):
        refused = sign_in(app.test_client(), giulia.email, environ_base=other)
    assert refused.status_code == 429
    assert sign_in(app.test_client(), giulia.email, TEST_PASSWORD).status_code == 303
    for number in range(30):
        sign_in(app.test_client(), giulia.email, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})

    assert sign_in(app.test_client(), giulia.email, TEST_PASSWORD).status_code == 429
    own.post_form("/uscita")
    assert sign_in(own, giulia.email, TEST_PASSWORD).status_code == 303


def test_a_known_browser_guesses_no_faster_and_is_known_for_its_own_account_only(app, giulia, aurora):
    add_operator(aurora, Role.MARKETER, "anna@aurora.example", "Anna Neri")
    own = app.test_client()
    sign_in(own, giulia.email, TEST_PASSWORD)
    own.post_form("/uscita")

    answers = [sign_in(own, giulia.email).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    answers = [sign_in(own, "anna@aurora.example").status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


@pytest.mark.parametrize("cookie", ["", "inventata", "x" * 3_000, "\"'<b>"])
def test_nobody_makes_their_browser_known_by_themselves(app, giulia, cookie):
    client = app.test_client()
    client.set_cookie("platea-browser", cookie, domain="127.0.0.1")

    answers = [sign_in(client, giulia.email).status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


def test_a_network_of_ipv6_is_one_place_whatever_host_of_it_asks(app, database):
    """A customer has a /64 at least, and often a /48. Source: RIPE-690, best current practice (2017)."""
    place = "2001:db8:aa:{site:x}::{host:x}"

    def guess(number: int, site: int) -> int:
        address = {"REMOTE_ADDR": place.format(site=site, host=number + 1)}
        email = f"u{site}-{number}@aurora.example"
        return sign_in(app.test_client(), email, environ_base=address).status_code

    assert [guess(number, 1) for number in range(11)] == [422] * 10 + [429]
    for site in range(2, 6):
        assert {guess(number, site) for number in range(10)} == {422}
    assert guess(0, 6) == 429  # the 51st of the /48
    mapped = {"REMOTE_ADDR": "::ffff:203.0.113.5"}
    for number in range(10):
        sign_in(app.test_client(), f"v{number}@aurora.example", environ_base=mapped)
    again = {"REMOTE_ADDR": "203.0.113.5"}
    assert sign_in(app.test_client(), "v@aurora.example", environ_base=again).status_code == 429


@pytest.fixture
def true_price(database: Settings) -> None:
    """Passwords cost what they cost an installation."""
    make_app(database, password_kib=Settings.password_kib, password_passes=Settings.password_passes)


def test_a_password_is_hashed_above_the_floor_of_owasp(true_price):
    """Argon2id, at least 19 MiB, 2 passes, 1 lane. Source: OWASP Password Storage Cheat Sheet.

    And at most 64 MiB and 3 passes, so that a sign-in stays a matter of a tenth of a second.
    """
    figures = extract_parameters(passwords.hash_password("una qualunque"))

    assert (figures.type.name, figures.parallelism) == ("ID", 1)
    assert 19 * 1024 <= figures.memory_cost <= 64 * 1024
    assert 2 <= figures.time_cost <= 3


def test_an_unknown_account_costs_the_processor_what_a_wrong_password_costs(true_price):
    """The reason why both take as long: a hash of the same figures is verified for nobody too."""
    real = passwords.hash_password("quella giusta, per così dire")

    def cost(password_hash: str | None) -> float:
        before = time.process_time()
        assert not passwords.matches(password_hash, WRONG)
        return time.process_time() - before

    known, unknown = zip(*((cost(real), cost(None)) for _ in range(5)), strict=True)
    # Without that hash it would cost a thousandth; two medians of one work differ on a restless machine.
    assert 0.5 < statistics.median(unknown) / statistics.median(known) < 2


def test_after_a_thousand_attempts_everybody_is_slower_and_nobody_is_shut_out(app, giulia):
    """However many accounts and addresses they come from, two from each network are still looked at."""
    overall = throttle.key("overall")
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False):
        with db.writing() as session:
            session.add_all(LoginAttempt(key=overall, at=time.time()) for _ in range(1_000))

        place = {"REMOTE_ADDR": "198.51.100.7"}
        answers = [
            sign_in(app.test_client(), f"u{number}@aurora.example", environ_base=place).status_code
            for number in range(3)
        ]
        assert answers == [422, 422, 429]
        assert sign_in(app.test_client(), giulia.email, TEST_PASSWORD).status_code == 303


def test_old_attempts_are_forgotten(app, giulia):
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as now:
        sign_in(app.test_client(), "giulia@aurora.example")
        now.shift(24 * 3600 + 1)
        sign_in(app.test_client(), "altra@aurora.example")

    with db.reading() as session:
        assert len(session.exec(select(LoginAttempt)).all()) == 4
