"""After "autorizza": the ad accounts that the token reaches, to choose from. Meta is the simulator."""

import pytest
import requests

from tests.destinations.meta.accounts.journey import FACEBOOK, come_back, saved


def tell(simulator, what: str, **values: object) -> None:
    assert requests.post(f"{simulator.graph_url}/_sim/{what}", json=values, timeout=30).ok


@pytest.fixture
def chosen_later(start, signed_in, page):
    """The form as Facebook leads back to it, when no number was typed before; and its fields."""
    back = come_back(signed_in, start("Aurora Outlet", account_id="").grant())
    form = page(signed_in.get(back.headers["Location"])).get_element_by_id("account-form")
    return form, dict(form.form_values())


def choices(browser, form, fragment) -> list[tuple[str, str, bool]]:
    [field] = form.xpath("//*[@id='account-id-field']")
    shown = fragment(browser.get_htmx(field.get("hx-get")))
    return [
        (option.get("value"), " ".join(option.text_content().split()), "disabled" in option.attrib)
        for option in shown.xpath("//select[@name='account_id']/option")
    ]


def test_the_account_is_chosen_from_those_the_token_reaches(chosen_later, signed_in, simulator, fragment):
    form, fields = chosen_later
    offered = choices(signed_in, form, fragment)

    assert offered[0] == ("", "Scegli l’account", False)
    assert simulator.account_id in [value for value, _, _ in offered]
    fields.pop("csrf_token")
    missing = signed_in.post_form(f"{FACEBOOK}/nuovo", {**fields, "account_id": ""})
    assert missing.status_code == 422  # it is chosen before "salva", not guessed
    answer = signed_in.post_form(f"{FACEBOOK}/nuovo", {**fields, "account_id": simulator.account_id})
    assert answer.headers["Location"] == FACEBOOK
    assert [one.act_id for one in saved()] == [simulator.account_id]


def test_every_page_is_read_however_small(chosen_later, signed_in, simulator, fragment):
    form, _ = chosen_later
    whole = choices(signed_in, form, fragment)
    # Graph finds pages too heavy until they hold one account each. Source: Meta sheet §3.2.
    simulator.order(fault="1/reduce", on="GET /me/adaccounts", times=7)

    assert choices(signed_in, form, fragment) == whole
    assert len(whole) > 2  # of "Scegli l’account" and at least two accounts


def test_one_that_is_connected_already_is_shown_and_cannot_be_chosen(
    chosen_later, save_account, signed_in, simulator, fragment
):
    save_account("Aurora Italia")

    [words] = [
        words
        for value, words, disabled in choices(signed_in, chosen_later[0], fragment)
        if value == simulator.account_id and disabled
    ]
    assert words.endswith("(già configurato: “Aurora Italia”)")


def test_a_number_that_was_typed_stays_chosen(start, signed_in, simulator, page, fragment):
    back = come_back(signed_in, start("Aurora Outlet", act_id="act_77").grant())
    form = page(signed_in.get(back.headers["Location"])).get_element_by_id("account-form")

    second = choices(signed_in, form, fragment)[1]

    assert second == ("77", "77 (scritto da te: chi ha autorizzato non lo raggiunge)", False)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"fault": "html_500"}, "Puoi scrivere il numero dell’account."),
        ({"fault": "190/463"}, "Puoi scrivere il numero dell’account."),
    ],
)
def test_while_facebook_does_not_answer_the_number_is_typed(
    chosen_later, signed_in, simulator, fragment, order, said
):
    form, _ = chosen_later
    simulator.order(on="GET /me/adaccounts", **order)
    [field] = form.xpath("//*[@id='account-id-field']")

    shown = fragment(signed_in.get_htmx(field.get("hx-get")))

    assert shown.xpath("//input[@name='account_id']") and said in shown.text_content()


def test_who_reaches_none_is_told_what_to_do(chosen_later, signed_in, simulator, fragment):
    form, _ = chosen_later
    [field] = form.xpath("//*[@id='account-id-field']")
    for value, _, _ in choices(signed_in, form, fragment)[1:]:
        tell(simulator, "account", account=value, assigned=False)

    shown = fragment(signed_in.get_htmx(field.get("hx-get")))

    assert "fatti assegnare quello che ti serve" in shown.text_content()


def test_a_draft_of_nobody_or_without_authorisation_lists_nothing(signed_in):
    assert signed_in.get_htmx(f"{FACEBOOK}/nuovo/scelta").status_code == 404
    assert signed_in.get_htmx(f"{FACEBOOK}/nuovo/scelta?bozza=abcdefghjkmn").status_code == 404


def test_what_was_taken_off_the_number_is_said(start, signed_in, simulator, page):
    typed = f"act_{simulator.account_id}"
    back = come_back(signed_in, start("Aurora Outlet", act_id=typed).grant())
    fields = dict(
        page(signed_in.get(back.headers["Location"])).get_element_by_id("account-form").form_values()
    )
    fields.pop("csrf_token")

    answer = signed_in.post_form(f"{FACEBOOK}/nuovo", {**fields, "account_id": typed})

    told = page(signed_in.get(answer.headers["Location"])).text_content()
    assert "L’Account ID è fatto di sole cifre: abbiamo tolto il resto." in told
    assert [one.act_id for one in saved()] == [simulator.account_id]
