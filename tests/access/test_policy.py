"""Who may ask for what: every endpoint has a rule, and the rules are what really happens."""

import pytest

from tests.conftest import TEST_PAGES, add_operator
from tests.web.test_security import example_url
from webapp.access.models import Role
from webapp.access.policy import POLICY, NoRule, Who, who_may

RANKS = {
    Role.SUPPORT: Who.SUPPORT,
    Role.MARKETER: Who.MARKETER,
    Role.ADMINISTRATOR: Who.ADMINISTRATOR,
}


def test_every_endpoint_has_a_rule(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    lines = [f'"{endpoint}": Who.MARKETER,' for endpoint in sorted(endpoints - POLICY.keys())]

    assert lines == [], "add to POLICY in webapp/access/policy.py, with the right Who:\n    " + "\n    ".join(
        lines
    )


def test_every_rule_has_an_endpoint(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert POLICY.keys() - TEST_PAGES.keys() - endpoints == set(), "these rules are for nothing"


def test_an_endpoint_without_a_rule_is_refused_even_to_the_owner(app, aurora):
    app.add_url_rule("/dimenticata", "contacts.forgotten", lambda: "ecco")
    owner = app.test_client()
    owner.sign_in(add_operator(aurora, Role.ADMINISTRATOR, is_owner=True))

    with pytest.raises(NoRule, match=r'webapp/access/policy\.py .* "contacts\.forgotten": Who\.MARKETER'):
        owner.get("/dimenticata")

    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert owner.get("/dimenticata").status_code == 500


def test_each_kind_of_operator_may_do_what_the_ones_before_it_may():
    assert list(Who) == [
        Who.PUBLIC,
        Who.OPERATOR,
        Who.SUPPORT,
        Who.MARKETER,
        Who.ADMINISTRATOR,
        Who.OWNER,
    ]


def requests_of(app):
    """Every method of every address, with ids that belong to nothing."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, example_url(rule)


def ask(browser, method, url):
    return browser.get(url) if method == "GET" else browser.post_form(url)


@pytest.mark.parametrize("role", list(Role))
def test_every_address_is_refused_to_a_role_below_its_rule_and_to_no_other(app, aurora, role):
    operator = add_operator(aurora, role)
    wrong = []
    for endpoint, method, url in requests_of(app):
        if endpoint in ("access.logout", "access.change_password"):
            continue
        browser = app.test_client()
        browser.sign_in(operator)
        answer = ask(browser, method, url)
        below = RANKS[role] < who_may(endpoint)
        if (answer.status_code == 403) != below or answer.status_code >= 500:
            wrong.append(f"{method} {url}: {answer.status_code}")

    assert wrong == []


def test_nobody_gets_past_the_door_without_signing_in(app, client):
    wrong = []
    for endpoint, method, url in requests_of(app):
        answer = ask(client, method, url)
        to_sign_in = answer.status_code == 303 and answer.location.startswith("/accesso")
        if who_may(endpoint) != Who.PUBLIC and not to_sign_in:
            wrong.append(f"{method} {url}: {answer.status_code}")

    assert wrong == []
