"""What Meta says of a token and of an account → what a person is told."""

import pytest

from webapp.destinations.meta.accounts import checks

APP = "871204539916042"
GOOD_TOKEN = {"is_valid": True, "app_id": APP, "scopes": ["ads_management"]}
GOOD_ACCOUNT = {
    "account_status": 1,
    "user_tasks": ["DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"],
    "tos_accepted": {"custom_audience_tos": 1},
}


def whats(node: dict) -> list[str]:
    return [problem.what for problem in checks.account_problems(node, "1029384756102", "Aurora")]


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        (GOOD_TOKEN, None),
        (GOOD_TOKEN | {"app_id": int(APP)}, None),  # a number in old answers
        (GOOD_TOKEN | {"app_id": "1"}, checks.OTHER_APP),
        (GOOD_TOKEN | {"is_valid": False}, checks.INVALID_TOKEN),
        (GOOD_TOKEN | {"app_id": None}, checks.INVALID_TOKEN),
        ({"is_valid": False, "error": {"code": 190}}, checks.INVALID_TOKEN),
        ({}, checks.INVALID_TOKEN),
    ],
)
def test_a_token_has_to_be_valid_and_of_our_app(description, problem):
    assert checks.token_problem(description, APP) == problem


def test_reading_inserts_is_not_enough():
    assert checks.permission_problem({"ads_read", "public_profile"}, "user") == checks.MISSING_PERMISSION
    assert checks.permission_problem({"ads_management"}, "user") is None


@pytest.mark.parametrize("status", [1, 9, 201, None])
def test_an_account_that_delivers_can_be_used(status):
    assert whats(GOOD_ACCOUNT | {"account_status": status}) == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (2, "è disabilitato"),
        (3, "ha un pagamento da saldare"),
        (7, "è in verifica da parte di Facebook"),
        (100, "è in fase di chiusura"),
        (101, "è chiuso"),
        (77, "non è attivo"),
        ("2", "non è attivo"),
    ],
)
def test_an_account_that_does_not_deliver_is_refused_with_the_reason(status, words):
    told = whats(GOOD_ACCOUNT | {"account_status": status})

    assert told == [f"Su Facebook l’account inserzionista di “Aurora” {words}."]


@pytest.mark.parametrize(
    "accepted", [None, {}, [], {"web_custom_audience_tos": 1}, {"custom_audience_tos": 0}]
)
def test_terms_that_nobody_accepted_come_with_the_page_to_accept_them(accepted):
    (problem,) = checks.account_problems(GOOD_ACCOUNT | {"tos_accepted": accepted}, "1029384756102", "Aurora")

    assert problem.what.startswith("Nessuno ha ancora accettato le Condizioni d’uso")
    assert problem.link == "https://business.facebook.com/ads/manage/customaudiences/tos/?act=1029384756102"


def test_who_may_only_look_at_the_account_cannot_upload():
    assert whats(GOOD_ACCOUNT | {"user_tasks": ["ANALYZE"]}) == [checks.NO_TASK.what]
    assert whats(GOOD_ACCOUNT | {"user_tasks": ["ANALYZE", "ADVERTISE"]}) == []
    assert whats({key: value for key, value in GOOD_ACCOUNT.items() if key != "user_tasks"}) == []


def test_everything_that_is_missing_is_told_at_once():
    assert len(whats({"account_status": 2, "user_tasks": ["ANALYZE"], "tos_accepted": {}})) == 3


@pytest.mark.parametrize("code", ["200/1870034", "200/1870090", "2655", "2663", "2664", "condizioni"])
def test_the_codes_of_missing_terms_lead_to_them(code):
    assert (
        checks.terms_url(code, "7") == "https://business.facebook.com/ads/manage/customaudiences/tos/?act=7"
    )


@pytest.mark.parametrize("code", [None, "", "190/463", "100/33"])
def test_other_codes_do_not(code):
    assert checks.terms_url(code, "7") is None
