"""The whole round trip of "autorizza", over real HTTP against the simulated Facebook."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from tests.conftest import add_operator
from tests.destinations.meta.accounts.journey import FACEBOOK, Dialog, come_back, drafts, saved
from tests.uploads.screens.building import add_upload, save
from webapp import clock, db
from webapp.access.models import Role
from webapp.contacts.models import UserDatabase
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.status import BatchStatus, UploadStatus

NOW = "2026-11-24 10:00:00 +00:00"


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def token_requests(simulator) -> list[dict]:
    return simulator.calls("/oauth/access_token")


def test_the_dialog_is_asked_for_what_uploads_need_and_nothing_else(start, simulator):
    asked = query(start().url)

    assert asked.pop("state") and asked == {
        "response_type": "code",
        "client_id": simulator.app_id,
        "redirect_uri": "http://127.0.0.1:8000/configura/integrazioni/facebook/ritorno",
        "scope": "ads_management",
    }


def test_autorizza_then_salva_connects_the_account(start, signed_in, simulator, page):
    back = come_back(signed_in, start("Aurora Outlet").grant())
    assert back.status_code == 303 and "code" not in query(back.headers["Location"])
    form = page(signed_in.get(back.headers["Location"])).get_element_by_id("account-form")

    assert "Autorizzato come Giulia Ferri. Ora clicca su salva." in form.text_content()
    fields = dict(form.form_values())
    assert (fields["nome"], fields["account_id"]) == ("Aurora Outlet", simulator.account_id)
    fields.pop("csrf_token")
    answer = signed_in.post_form(f"{FACEBOOK}/nuovo", fields)
    assert answer.headers["Location"] == FACEBOOK
    (account,) = saved()
    assert (account.name, account.act_id, account.facebook_user_name, account.token_kind) == (
        "Aurora Outlet",
        simulator.account_id,
        "Giulia Ferri",
        "user",
    )
    assert drafts() == []


def test_the_kept_token_is_the_long_lived_one(start, signed_in, simulator):
    come_back(signed_in, start().grant())

    (draft,) = drafts()
    assert (draft.token_expires_at - draft.authorised_at).days in (59, 60)
    assert [call["method"] for call in token_requests(simulator)] == ["POST", "POST"]  # code, then exchange


def test_a_permission_that_was_unticked_is_named_and_asked_for_again(start, signed_in, page):
    back = come_back(signed_in, start().grant("public_profile"))
    form = page(signed_in.get(back.headers["Location"])).get_element_by_id("account-form")

    assert "Manca il permesso di gestire le inserzioni (ads_management)" in form.text_content()
    assert drafts()[0].token is None
    again = start(bozza=dict(form.form_values())["bozza"])
    assert query(again.url)["auth_type"] == "rerequest"
    assert "ads_management" in again.offered()
    back = come_back(signed_in, again.grant())
    assert "Ora clicca su salva" in signed_in.get(back.headers["Location"]).text


def test_who_declines_finds_what_was_typed_and_how_to_go_on(start, signed_in, simulator, page):
    back = come_back(signed_in, start("Aurora Outlet").decline())
    form = page(signed_in.get(back.headers["Location"])).get_element_by_id("account-form")

    assert (
        "Facebook non ha concesso l’accesso. Clicca di nuovo su autorizza e accetta i permessi richiesti."
        in form.text_content()
    )
    assert dict(form.form_values())["nome"] == "Aurora Outlet"
    assert token_requests(simulator) == [] and drafts()[0].token is None


def test_an_error_wins_over_a_code_that_comes_with_it(start, signed_in, simulator):
    address = start().grant()

    come_back(signed_in, f"{address.partition('#')[0]}&error=access_denied")

    assert token_requests(simulator) == [] and drafts()[0].token is None


@pytest.mark.parametrize("more", ["", "&state=", "&state=a", "&state=" + "x" * 43, "&state=" + "x" * 10_000])
def test_an_answer_without_our_state_is_refused_before_meta_hears_of_it(start, signed_in, simulator, more):
    start()

    answer = signed_in.get(f"{FACEBOOK}/ritorno?code=AQabc{more}")

    assert answer.status_code == 400 and "clicca di nuovo su autorizza" in answer.text
    assert token_requests(simulator) == []


def test_a_state_works_once(start, signed_in, simulator):
    address = start().grant()
    assert come_back(signed_in, address).status_code == 303
    before = token_requests(simulator)

    assert come_back(signed_in, address).status_code == 400
    assert token_requests(simulator) == before


def test_a_state_is_over_after_ten_minutes(start, signed_in, giulia, simulator):
    with time_machine.travel(NOW, tick=False) as clock:
        signed_in.sign_in(giulia)  # at that moment, or the session itself would be too old or not yet begun
        address = start().grant()
        clock.shift(11 * 60)

        assert come_back(signed_in, address).status_code == 400
    assert token_requests(simulator) == []


def test_another_browser_of_the_same_person_cannot_bring_the_answer(start, signed_in, app, giulia, simulator):
    address = start().grant()
    other = app.test_client()
    other.sign_in(giulia)

    assert come_back(other, address).status_code == 400
    assert token_requests(simulator) == []
    assert come_back(signed_in, address).status_code == 303  # it was not used up by the stranger


def test_somebody_elses_answer_is_not_taken(start, app, aurora, simulator):
    """The attack: have a victim's browser finish the attacker's authorisation."""
    victim = app.test_client()
    victim.sign_in(add_operator(aurora, Role.ADMINISTRATOR, "paolo@aurora.example", "Paolo Neri"))

    assert come_back(victim, start().grant()).status_code == 400
    assert token_requests(simulator) == []


def test_an_answer_without_a_session_is_refused(start, client, simulator):
    assert come_back(client, start().grant()).status_code == 400
    assert token_requests(simulator) == []


def test_a_repeated_parameter_is_refused(start, signed_in, simulator):
    address = start().grant().partition("#")[0]

    assert come_back(signed_in, address + "&state=altro").status_code == 400
    assert token_requests(simulator) == []


@pytest.mark.parametrize("code", ["", "x" * 10_000])
def test_a_code_that_is_none_is_never_sent_on(start, signed_in, simulator, code):
    state = query(start().grant())["state"]

    answer = signed_in.get(f"{FACEBOOK}/ritorno?state={state}&code={code}")

    assert answer.status_code == 303 and token_requests(simulator) == []
    assert "La risposta di Facebook non è completa." in signed_in.get(answer.headers["Location"]).text


def test_a_code_facebook_does_not_know_is_told_in_italian(start, signed_in):
    state = query(start().grant())["state"]

    answer = signed_in.get(f"{FACEBOOK}/ritorno?state={state}&code=AQinventato")

    shown = signed_in.get(answer.headers["Location"]).text
    assert "Il codice di autorizzazione non vale più." in shown and "verification" not in shown


def test_facebook_out_of_order_is_told_and_nothing_is_kept(start, signed_in, simulator):
    address = start().grant()
    simulator.order(fault="html_500", on="GET /oauth/access_token", times=1)

    answer = come_back(signed_in, address)

    assert "Riprova tra un minuto." in signed_in.get(answer.headers["Location"]).text
    assert drafts()[0].token is None


def test_autorizza_through_htmx_says_where_to_go(signed_in, simulator):
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "azione": "autorizza"}

    answer = signed_in.post_form(f"{FACEBOOK}/nuovo", fields, htmx=True)

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith(simulator.dialog_url + "?")


def test_the_plain_form_may_end_at_the_dialog(signed_in, simulator):
    policy = signed_in.get(f"{FACEBOOK}/nuovo").headers["Content-Security-Policy"]

    assert f"form-action 'self' {simulator.graph_url}" in policy


def test_the_redirect_address_does_not_follow_the_host_header(signed_in, simulator):
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "azione": "autorizza"}
    answer = signed_in.post_form(f"{FACEBOOK}/nuovo", fields, headers={"Host": "localhost:9"})

    assert query(answer.headers["Location"])["redirect_uri"].startswith("http://127.0.0.1:8000/")


def test_an_account_can_be_authorised_again_from_the_list(signed_in, save_account, http, page):
    account = save_account()
    answer = signed_in.post_form(f"{FACEBOOK}/{account.public_id}/autorizza")
    dialog = Dialog(answer.headers["Location"], http)

    assert query(dialog.url)["auth_type"] == "rerequest"
    back = come_back(signed_in, dialog.grant())
    assert urlsplit(back.headers["Location"]).path == FACEBOOK  # no second “salva” is asked for
    assert "Account autorizzato di nuovo" in page(signed_in.get(FACEBOOK)).text_content()
    (again,) = saved()
    assert again.token != account.token and again.public_id == account.public_id and drafts() == []


def test_the_overview_and_the_upload_lead_to_facebook_itself(signed_in, save_account, aurora, page):
    account, clienti = save_account(), UserDatabase(client_id=aurora.id, name="Clienti")
    save(clienti)
    with db.writing() as session:
        session.get_one(MetaAccount, account.id).token_expires_at = clock.now() - timedelta(days=1)
    more = {"reason": "L’autorizzazione è scaduta.", "status": UploadStatus.PAUSED, "reason_code": "190/463"}
    upload = add_upload(clienti, [(BatchStatus.PENDING, 5, 0)], account=account, **more)
    action = f"{FACEBOOK}/{account.public_id}/autorizza"

    for address, box in (("/", "to-check"), (f"/caricamenti/{upload.public_id}", "reason")):
        form = page(signed_in.get(address)).get_element_by_id(box).xpath(".//form[@action=$to]", to=action)[0]
        assert form.get("method") == "post"
        assert form.xpath("string(.//button)").strip() == "autorizza di nuovo"


def test_a_new_name_typed_before_authorising_again_waits_for_salva(signed_in, save_account, http, page):
    account = save_account()
    form = {"nome": "Aurora nuova", "account_id": account.act_id, "azione": "autorizza"}
    answer = signed_in.post_form(f"{FACEBOOK}/{account.public_id}/modifica", form)

    back = come_back(signed_in, Dialog(answer.headers["Location"], http).grant())

    assert urlsplit(back.headers["Location"]).path == f"{FACEBOOK}/{account.public_id}/modifica"
    assert [(one.name, one.token) for one in saved()] == [(account.name, account.token)]


def test_autorizza_is_a_post_with_csrf_by_an_administrator(signed_in, app, aurora, save_account):
    url = f"{FACEBOOK}/{save_account().public_id}/autorizza"
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "marta@aurora.example", "Marta Riva"))

    assert signed_in.get(url).status_code == 405
    assert signed_in.post(url).status_code == 400
    assert support.post_form(url).status_code == 403
    assert support.post_form(f"{FACEBOOK}/nuovo").status_code == 403
