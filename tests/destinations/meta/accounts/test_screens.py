"""The pages under Configura > Integrazioni > Facebook, as people with each role see them."""

from dataclasses import replace

import pytest

from tests.conftest import add_operator, make_app
from tests.destinations.meta.accounts.journey import FACEBOOK, drafts, saved
from webapp import db
from webapp.access.models import Client, Role
from webapp.destinations import hooks
from webapp.destinations.meta.accounts.forms import MASK
from webapp.destinations.meta.models import KIND, MetaAccount

EMPTY = "Collega il primo account Facebook"
CREATE = "Configura un account Facebook"
LIMIT = "Hai raggiunto 10 account su 10. Per aggiungerne uno, elimina un account che non usi più."


@pytest.fixture
def ten_accounts(app, aurora):
    with db.writing() as session:
        for number in range(10):
            row = MetaAccount(client_id=aurora.id, name=f"Aurora {number}", act_id=f"10293847561{number:02}")
            session.add(row)


@pytest.fixture
def marketer(app, aurora):
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, Role.MARKETER, "paolo@aurora.example", "Paolo Neri"))
    return browser


@pytest.fixture
def stranger(app):
    """An administrator of another client."""
    with db.writing() as session:
        other = Client(name="Bottega Ferri")
        session.add(other)
    browser = app.test_client()
    browser.sign_in(add_operator(other, Role.ADMINISTRATOR, "anna@ferri.example", "Anna Riva"))
    return browser


def test_at_first_the_list_is_empty_and_says_what_is_needed(signed_in, page):
    main = page(signed_in.get(FACEBOOK)).get_element_by_id("contenuto")

    assert EMPTY in main.text_content()
    assert [link.text_content().strip() for link in main.xpath(".//a[contains(@class, 'primary')]")] == [
        CREATE
    ]


def test_the_integrations_page_leads_to_facebook(signed_in, page):
    tree = page(signed_in.get("/configura/integrazioni"))

    assert tree.xpath("//main//a[@href='/configura/integrazioni/facebook']")
    assert "0 account inserzionisti su 10" in tree.text_content()


def test_a_connected_account_is_listed_with_name_id_and_state(signed_in, save_account, simulator, page):
    account = save_account("Aurora Italia")

    tree = page(signed_in.get(FACEBOOK))

    row = tree.get_element_by_id(f"account-{account.public_id}")
    words = " ".join(row.text_content().split())
    assert words.startswith(f"Aurora Italia {simulator.account_id} Valida concessa da Giulia Ferri")
    assert [link.text_content().strip() for link in row.xpath(".//a | .//button[@type='submit']")] == [
        "Aurora Italia",
        "Info",
        "Modifica",
        "Autorizza di nuovo",
        "Elimina",
    ]
    assert "1 account inserzionista su 10" in tree.text_content() and EMPTY not in tree.text_content()


def test_the_tenth_account_disables_the_button_and_says_why(signed_in, ten_accounts, page):
    tree = page(signed_in.get(FACEBOOK))

    (button,) = tree.xpath(f"//main//button[contains(., '{CREATE}')]")
    assert button.get("disabled") is not None
    assert tree.get_element_by_id(button.get("aria-describedby")).text_content() == LIMIT
    assert "10 account inserzionisti su 10" in tree.text_content()


def test_the_form_for_an_eleventh_account_says_at_once_that_there_is_no_room(signed_in, ten_accounts, page):
    tree = page(signed_in.get(f"{FACEBOOK}/nuovo"))

    assert LIMIT in tree.text_content() and not tree.xpath("//form[@id='account-form']")


def test_the_eleventh_account_is_refused_whatever_the_page_showed(
    signed_in, ten_accounts, simulator, fragment
):
    fields = {"nome": "Undici", "account_id": "555", "token": simulator.access_token}

    form = fragment(signed_in.post_form(f"{FACEBOOK}/nuovo", fields, htmx=True), 422)

    assert LIMIT in form.text_content() and len(saved()) == 10
    assert simulator.calls("act_555") == []


def test_an_account_is_connected_once(signed_in, save_account, simulator, page):
    save_account("Aurora Italia")
    fields = {"nome": "Un’altra", "account_id": simulator.account_id, "token": simulator.access_token}

    tree = page(signed_in.post_form(f"{FACEBOOK}/nuovo", fields), 422)

    assert "Questo Account ID è già configurato come “Aurora Italia”." in tree.text_content()
    assert len(saved()) == 1


def test_autorizza_sends_nobody_to_facebook_for_an_account_that_is_there(
    signed_in, save_account, simulator, page
):
    save_account("Aurora Italia")
    fields = {"nome": "Un’altra", "account_id": simulator.account_id, "azione": "autorizza"}

    tree = page(signed_in.post_form(f"{FACEBOOK}/nuovo", fields), 422)

    assert "è già configurato come “Aurora Italia”" in tree.text_content()


def test_two_clients_may_use_the_same_ad_account(save_account, stranger, simulator):
    save_account()
    fields = {"nome": "Ferri", "account_id": simulator.account_id, "token": simulator.access_token}

    assert stranger.post_form(f"{FACEBOOK}/nuovo", fields).status_code == 303
    assert len({account.client_id for account in saved()}) == 2


def test_errors_stand_at_their_fields_and_what_was_typed_stays(signed_in, fragment):
    fields = {"nome": "Aurora", "account_id": "act_x12", "azione": "autorizza"}

    form = fragment(signed_in.post_form(f"{FACEBOOK}/nuovo", fields, htmx=True), 422)

    (field,) = form.xpath(".//input[@name='account_id']")
    assert (field.get("value"), field.get("aria-invalid")) == ("act_x12", "true")
    assert form.xpath(".//*[@data-error-summary]//a/@href") == ["#account_id"]
    assert form.xpath(".//input[@name='nome']/@value") == ["Aurora"]


def test_salva_without_a_token_says_to_click_autorizza_first(signed_in, page):
    answer = signed_in.post_form(f"{FACEBOOK}/nuovo", {"nome": "Aurora", "account_id": "1029384756102"})

    assert (
        "Prima di salvare, clicca su autorizza: senza access token non possiamo caricare utenti."
        in page(answer, 422).text_content()
    )
    assert saved() == []


def test_the_form_warns_that_the_token_belongs_to_who_is_on_facebook(signed_in, page):
    text = page(signed_in.get(f"{FACEBOOK}/nuovo")).text_content()

    assert "Il token resta legato all’utente Facebook che autorizza." in text


def test_a_new_name_is_saved_without_asking_facebook(signed_in, save_account, simulator):
    account = save_account("Aurora")
    before = len(simulator.calls())

    answer = signed_in.post_form(f"{FACEBOOK}/{account.public_id}/modifica", {"nome": "Aurora Italia"})

    assert answer.status_code == 303 and len(simulator.calls()) == before
    (changed,) = saved()
    assert (changed.name, changed.token) == ("Aurora Italia", account.token)


def test_the_id_of_an_authorised_account_cannot_change(signed_in, save_account, simulator, page):
    account = save_account()
    address = f"{FACEBOOK}/{account.public_id}/modifica"
    (field,) = page(signed_in.get(address)).xpath("//input[@name='account_id']")
    assert field.get("readonly") is not None

    signed_in.post_form(address, {"nome": "Aurora", "account_id": "999"})

    assert saved()[0].act_id == simulator.account_id


def test_a_system_users_token_is_masked_and_the_mask_keeps_it(signed_in, save_account, simulator, page):
    account = save_account(kind="system_user")
    address = f"{FACEBOOK}/{account.public_id}/modifica"
    form = page(signed_in.get(address)).get_element_by_id("account-form")

    assert form.xpath(".//input[@name='token']/@value") == [MASK]
    assert form.xpath(".//input[@name='token']/@type") == ["password"]
    signed_in.post_form(address, {"nome": "Aurora", "token": MASK})
    assert saved()[0].token == account.token


def test_the_id_of_an_account_that_lost_its_token_may_be_corrected(signed_in, ten_accounts, simulator):
    account = saved()[0]
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "token": simulator.access_token}

    assert signed_in.post_form(f"{FACEBOOK}/{account.public_id}/modifica", fields).status_code == 303
    assert saved()[0].act_id == simulator.account_id


def test_deleting_asks_first_and_says_what_is_lost(signed_in, save_account, page):
    account = save_account("Aurora Outlet")
    address = f"{FACEBOOK}/{account.public_id}/elimina"

    (button,) = page(signed_in.get(FACEBOOK)).xpath(f"//button[@hx-post='{address}']")
    assert button.get("hx-confirm") == (
        "Eliminare “Aurora Outlet”?|Le custom audience restano su Facebook. Qui perdi il collegamento e non"
        " potrai più caricare utenti.|elimina l’account|tienilo"
    )
    assert "Le custom audience restano su Facebook." in page(signed_in.get(address)).text_content()
    assert len(saved()) == 1
    assert signed_in.post_form(address, htmx=True).headers["HX-Redirect"] == FACEBOOK
    assert saved() == []


def test_an_account_with_a_running_upload_is_not_deleted(signed_in, save_account, page):
    account = save_account()
    address = f"{FACEBOOK}/{account.public_id}/elimina"
    before = hooks.registered()
    busy = (KIND, account.client_id, account.id)
    hooks.register(replace(before, is_account_busy=lambda session, *asked: asked == busy))
    try:
        assert "c’è un caricamento in corso" in page(signed_in.post_form(address), 409).text_content()
        refused = signed_in.post_form(address, htmx=True)
    finally:
        hooks.register(before)

    assert refused.status_code == 409 and refused.headers["HX-Reswap"] == "none"
    assert len(saved()) == 1


def test_a_name_with_a_bar_does_not_break_the_question(signed_in, save_account, page):
    save_account("Uno | due")

    (question,) = page(signed_in.get(FACEBOOK)).xpath("//@hx-confirm")

    assert question.count("|") == 3


def test_a_marketer_sees_accounts_but_cannot_change_them(marketer, save_account, page):
    account = save_account()
    tree = page(marketer.get(FACEBOOK))

    assert account.name in tree.text_content()
    assert not tree.xpath("//main//form | //main//a[contains(@href, 'nuovo')]")
    for address in (f"{FACEBOOK}/nuovo", f"{FACEBOOK}/{account.public_id}/modifica"):
        assert marketer.get(address).status_code == 403
        assert marketer.post_form(address).status_code == 403
    assert marketer.post_form(f"{FACEBOOK}/{account.public_id}/elimina").status_code == 403
    assert len(saved()) == 1


@pytest.mark.parametrize("page_of", ["modifica", "elimina", "info", "info/audience"])
def test_another_clients_account_is_not_there(stranger, save_account, page_of):
    assert stranger.get(f"{FACEBOOK}/{save_account().public_id}/{page_of}").status_code == 404


@pytest.mark.parametrize("action", ["modifica", "elimina", "autorizza", "controlla"])
def test_another_clients_account_cannot_be_touched(stranger, save_account, action):
    account = save_account()

    assert stranger.post_form(f"{FACEBOOK}/{account.public_id}/{action}").status_code == 404
    assert saved()[0].token == account.token


@pytest.mark.parametrize(
    "public_id", ["1", "0", "-1", str(2**63), "1%20OR%201=1", "%00", "..%2f", "x" * 4000]
)
def test_an_id_that_is_none_of_ours_is_not_there(signed_in, public_id):
    answer = signed_in.get(f"{FACEBOOK}/{public_id}/info", follow_redirects=True)

    assert answer.status_code == 404


def test_another_operators_draft_is_not_taken(start, signed_in, app, aurora, page):
    start("Segreto")
    other = app.test_client()
    other.sign_in(add_operator(aurora, Role.ADMINISTRATOR, "luca@aurora.example", "Luca Bo"))

    shown = other.get(f"{FACEBOOK}/nuovo?bozza={drafts()[0].public_id}")

    assert "Segreto" not in page(shown).text_content()


def test_without_an_app_of_meta_only_the_pasted_token_is_offered(meta_settings, giulia, page):
    app = make_app(meta_settings, meta_app_id="", meta_app_secret="")
    browser = app.test_client()
    browser.sign_in(giulia)

    tree = page(browser.get(f"{FACEBOOK}/nuovo"))
    assert "META_APP_ID e META_APP_SECRET" in tree.text_content()
    assert not tree.xpath("//button[@value='autorizza']") and tree.xpath("//input[@name='token']")
    refused = browser.post_form(f"{FACEBOOK}/nuovo", {"nome": "A", "account_id": "1", "azione": "autorizza"})
    assert "non è disponibile" in page(refused, 422).text_content()


def test_without_an_app_of_meta_a_pasted_token_connects_the_account(meta_settings, giulia, simulator):
    app = make_app(meta_settings, meta_app_id="", meta_app_secret="")
    browser = app.test_client()
    browser.sign_in(giulia)
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "token": simulator.access_token}

    assert browser.post_form(f"{FACEBOOK}/nuovo", fields).status_code == 303
    assert saved()[0].token_kind == "system_user"


def test_fields_that_are_not_in_the_form_change_nothing(signed_in, save_account, aurora):
    account = save_account()

    fields = {"nome": "Aurora", "client_id": "99", "id": "99", "token_kind": "x", "public_id": "y"}
    signed_in.post_form(f"{FACEBOOK}/{account.public_id}/modifica", fields)

    (same,) = saved()
    assert (same.client_id, same.id, same.token_kind) == (aurora.id, account.id, "user")
