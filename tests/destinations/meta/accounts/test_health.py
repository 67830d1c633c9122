"""How the accounts are doing: a worker looks once an hour, the board and the list show what it found."""

from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from rq import Queue
from rq.serializers import JSONSerializer
from sqlmodel import select

from tests.conftest import add_operator
from tests.destinations.meta.accounts.journey import FACEBOOK
from webapp import clock, db, queueing
from webapp.access.models import Client, Membership, Role
from webapp.destinations import hooks
from webapp.destinations.meta.accounts import accounts, pace
from webapp.destinations.meta.health import checking
from webapp.destinations.meta.models import AudienceSize, MetaAccount, MetaHealth

BOARD = f"{FACEBOOK}/salute"


def words(element) -> str:
    return " ".join(element.text_content().split())


def known(account: MetaAccount) -> MetaHealth:
    with db.reading() as session:
        found = session.get_one(MetaHealth, account.id)
        session.expunge_all()
    return found


def now(account: MetaAccount) -> MetaAccount:
    with db.reading() as session:
        found = session.get_one(MetaAccount, account.id)
        session.expunge_all()
    return found


def change(account: MetaAccount, **values: object) -> None:
    with db.writing() as session:
        row = session.get_one(MetaAccount, account.id)
        for name, value in values.items():
            setattr(row, name, value)


def row(tree, account: MetaAccount) -> str:
    return words(tree.get_element_by_id(f"health-{account.public_id}"))


def test_a_look_finds_the_audiences_the_blocked_ones_and_the_limit(save_account, signed_in, page):
    account = save_account()

    checking.check(account.id)

    found = known(account)
    assert (found.has_permission, found.has_terms, found.n_audiences) == (True, True, 3)
    assert found.flagged == ["Pazienti in cura 2025"]
    assert found.usage_percent is not None and 0 <= found.usage_percent < 75
    said = row(page(signed_in.get(BOARD)), account)
    assert "Condizioni accettate" in said and "Permessi completi" in said
    assert "1 bloccataPazienti in cura 2025" in said


def test_the_size_of_each_audience_is_kept_once_a_day(save_account):
    account = save_account()
    checking.check(account.id)
    checking.check(account.id)

    with db.reading() as session:
        assert [one.size for one in session.exec(select(AudienceSize))] == [48_000]


def test_terms_that_were_withdrawn_stand_on_the_account_until_they_are_accepted(
    save_account, simulator, signed_in, page
):
    account = save_account()
    tell(simulator, "account", account=account.act_id, tos_accepted=False)

    checking.check(account.id)

    assert known(account).has_terms is False
    assert "Condizioni d’uso" in (now(account).problem_text or "")
    assert "Condizioni da accettare" in row(page(signed_in.get(BOARD)), account)

    tell(simulator, "account", account=account.act_id, tos_accepted=True)
    checking.check(account.id)
    assert (known(account).has_terms, now(account).problem) == (True, None)


def test_a_permission_that_was_taken_back_is_found(save_account, simulator, signed_in, page):
    account = save_account()
    tell(simulator, "token", scopes=["ads_read"])

    checking.check(account.id)

    assert known(account).has_permission is False
    assert "Manca ads_management" in row(page(signed_in.get(BOARD)), account)


def test_a_token_that_ended_is_found_before_an_upload_needs_it(save_account, simulator, signed_in, page):
    account = save_account()
    tell(simulator, "token", invalid=463)

    checking.check(account.id)

    assert now(account).problem is not None
    assert "Da controllare" in words(page(signed_in.get(FACEBOOK)))


def test_a_row_with_a_known_problem_says_nothing_that_contradicts_it_and_has_its_button(
    save_account, signed_in, page
):
    """The token's day lies ahead, and what was fine when somebody looked is no longer known to be."""
    account = save_account()
    checking.check(account.id)
    change(account, problem="190/463", problem_text="L’autorizzazione di “Aurora Italia” è scaduta.")

    tree = page(signed_in.get(BOARD))
    said = row(tree, account)

    assert "Da controllare" in said and "L’autorizzazione di “Aurora Italia” è scaduta." in said
    for fine in ("giorni", "Valida", "non scade", "Condizioni accettate", "Permessi completi"):
        assert fine not in said
    there = tree.get_element_by_id(f"health-{account.public_id}")
    assert there.xpath(".//form/@action")[0] == f"{FACEBOOK}/{account.public_id}/controlla"
    assert there.xpath(".//*[starts-with(@aria-label, 'autorizza di nuovo')]")


def test_a_facebook_that_does_not_answer_keeps_what_was_known(save_account, simulator, signed_in, page):
    account = save_account()
    checking.check(account.id)
    simulator.order(fault="unavailable", on="GET /account", times=None)

    checking.check(account.id)

    found = known(account)
    assert found.n_audiences == 3 and found.trouble
    assert now(account).problem is None
    assert found.trouble in row(page(signed_in.get(BOARD)), account)


def test_nobody_is_asked_twice_in_an_hour(save_account, connected):
    account = save_account()
    checking.enqueue_due()
    assert account.id not in enqueued(connected)  # saving it asked everything a moment ago

    with db.writing() as session:
        session.get_one(MetaHealth, account.id).asked_at = clock.now() - timedelta(minutes=61)
    checking.enqueue_due()
    checking.enqueue_due()

    assert enqueued(connected) == [account.id]


def test_an_account_that_rests_is_left_alone(save_account, connected):
    account = save_account()
    with db.writing() as session:
        session.get_one(MetaHealth, account.id).asked_at = None
    pace.rest(account.id, 600)

    checking.enqueue_due()

    assert enqueued(connected) == []


def test_an_account_without_a_token_is_not_looked_at(save_account, simulator):
    account = save_account()
    change(account, token=None)
    before = len(simulator.calls())

    checking.check(account.id)

    assert len(simulator.calls()) == before


def test_an_account_deleted_meanwhile_is_no_error(save_account):
    account = save_account()
    assert accounts.delete(account)

    checking.check(account.id)

    with db.reading() as session:
        assert session.exec(select(MetaHealth)).all() == []


def test_the_list_says_how_many_audiences_and_when_it_was_last_used(save_account, signed_in, page):
    account = save_account()
    checking.check(account.id)

    said = words(page(signed_in.get(FACEBOOK)).get_element_by_id(f"account-{account.public_id}"))

    assert " 3 nessuno " in said


@pytest.mark.parametrize(
    ("days", "said"),
    [(40, "40 giorni"), (13, "13 giorni"), (6, "6 giorni"), (1, "1 giorno"), (0, "Scade oggi")],
)
def test_the_board_counts_the_days_to_the_end_of_a_token(save_account, signed_in, page, days, said):
    account = save_account()
    change(account, token_expires_at=clock.now() + timedelta(days=days, hours=2))

    assert said in row(page(signed_in.get(BOARD)), account)


def test_support_sees_the_accounts_of_every_client_it_follows(app, aurora, save_account, page):
    ours = save_account()
    with db.writing() as session:
        nord = Client(name="Birrificio Nord")
        session.add(nord)
        session.flush()
        theirs = MetaAccount(client_id=nord.id, name="Nord", act_id="77", token=b"x")
        session.add(theirs)
    paolo = add_operator(aurora, Role.SUPPORT, "paolo@aurora.example", "Paolo Neri")
    with db.writing() as session:
        session.add(Membership(operator_id=paolo.id, client_id=nord.id, role=Role.SUPPORT))
    browser = app.test_client()
    browser.sign_in(paolo)

    tree = page(browser.get(BOARD))

    assert "Studio Aurora" in row(tree, ours)
    assert "Birrificio Nord" in row(tree, theirs) and "Condizioni da controllare" in row(tree, theirs)


def test_without_accounts_the_board_says_what_it_is_for(signed_in, page):
    assert "Nessun account da controllare" in words(page(signed_in.get(BOARD)))


def test_opening_the_board_asks_facebook_nothing(save_account, signed_in, simulator):
    save_account()
    before = len(simulator.calls())

    signed_in.get(BOARD)

    assert len(simulator.calls()) == before


def tell(simulator, what: str, **values: object) -> None:
    assert requests.post(f"{simulator.graph_url}/_sim/{what}", json=values, timeout=30).ok


def enqueued(settings) -> list[int]:
    """The accounts whose look is waiting for a worker."""
    with queueing.connection(settings.redis_url) as redis:
        queue = Queue(queueing.QUEUE, connection=redis, serializer=JSONSerializer, job_class=queueing.SafeJob)
        return [job.args[0] for job in queue.jobs if job.func_name == checking.JOB]


def test_an_account_that_was_used_since_is_looked_at_sooner(save_account, connected):
    account = save_account()
    with db.writing() as session:
        session.get_one(MetaHealth, account.id).asked_at = clock.now() - timedelta(minutes=15)
    checking.enqueue_due()
    assert enqueued(connected) == []

    before = hooks.registered()
    used = {account.id: clock.now() - timedelta(minutes=3)}
    hooks.register(replace(before, last_account_uses=lambda session, kind, owners: used))
    try:
        checking.enqueue_due()
    finally:
        hooks.register(before)

    assert enqueued(connected) == [account.id]
