"""The form “Carica gli utenti”: what it asks, what it refuses, that it sends once. Meta is the simulator."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from tests.conftest import Browser, add_operator, make_app
from tests.support.running import Simulator
from tests.uploads.screens.building import add_contacts, add_upload, save
from webapp import db
from webapp.access.models import Client, Role
from webapp.config import Settings
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import Filter, UserDatabase
from webapp.destinations.base import Medium
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.models import Upload
from webapp.uploads.screens.form.forecast import Forecast, MediumCounts
from webapp.uploads.screens.form.forms import no_contact
from webapp.uploads.status import UploadStatus
from webapp.values.identifiers import new_public_id


def words(element) -> str:
    return " ".join(element.text_content().split())


def url_of(database: UserDatabase) -> str:
    return f"/database/{database.public_id}/custom-audience/carica"


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def by_email(*emails: str) -> list[dict[str, object]]:
    return [{"email": email, "email_sha256": digest(email)} for email in emails]


def by_mobile(*mobiles: str) -> list[dict[str, object]]:
    return [
        {"mobile": mobile, "mobile_sha256": digest(mobile), "email_reason": "email_empty"}
        for mobile in mobiles
    ]


def uploads() -> list[Upload]:
    with db.reading() as session:
        found = list(session.exec(select(Upload)))
        session.expunge_all()
    return found


@pytest.fixture
def browser(connected: Settings, giulia) -> Browser:
    made = make_app(connected).test_client()
    made.sign_in(giulia)
    return made


@pytest.fixture
def account(connected: Settings, aurora: Client, simulator: Simulator) -> MetaAccount:
    """The ad account "Aurora Italia", authorised on the simulator."""
    return accounts.save_with_token(aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token)


@pytest.fixture
def people(clienti: UserDatabase) -> None:
    """Two different e-mails, one of them twice, and a mobile."""
    add_contacts(clienti, *by_email("anna@posta.example", "luca@posta.example", "anna@posta.example"))
    add_contacts(clienti, *by_mobile("393331234567"))


@pytest.fixture
def filled(account: MetaAccount) -> dict[str, str]:
    """The form as it is when nothing is missing."""
    return {
        "token": new_public_id(),
        "medium": "email",
        "account": account.public_id,
        "modo": "nuova",
        "nome": "Clienti, novembre",
        "consenso": "1",
        "ok_numero": "1",
    }


def errors_in(tree) -> list[str]:
    return [words(link) for link in tree.xpath("//*[@data-error-summary]//li")]


def test_the_medium_is_asked_only_when_there_are_both(browser: Browser, account, clienti, page):
    add_contacts(clienti, *by_email("anna@posta.example"))
    assert not page(browser.get(url_of(clienti))).xpath("//input[@name='medium' and @type='radio']")

    add_contacts(clienti, *by_mobile("393331234567"))

    choices = page(browser.get(url_of(clienti))).xpath("//label[.//input[@name='medium']]")
    assert [words(choice) for choice in choices] == [
        "Email 1 contatto con email valida",
        "SMS 1 contatto con cellulare valido",
    ]


def test_the_account_is_asked_only_when_there_are_several(
    browser: Browser, account, aurora, clienti, people, page
):
    assert not page(browser.get(url_of(clienti))).xpath("//select[@name='account']")

    save(MetaAccount(client_id=aurora.id, name="Aurora Spagna", act_id="5647382910564"))

    options = page(browser.get(url_of(clienti))).xpath("//select[@name='account']/option")
    assert [words(option) for option in options] == [
        "Scegli un account",
        "Aurora Italia",
        "Aurora Spagna (da controllare)",
    ]


def test_it_proposes_a_name_made_of_client_source_and_month(
    browser: Browser, account, clienti, inattivi, people, page
):
    url = f"{url_of(clienti)}?filtro={inattivi.public_id}"

    name = page(browser.get(url)).xpath("//input[@name='nome']/@value")[0]

    assert name.startswith("Studio Aurora, Clienti Italia, Inattivi da 90 giorni, ")
    assert name.rsplit(" ", 1)[1].isdecimal()


def test_it_says_how_many_go_before_anybody_presses(
    browser: Browser, account, clienti, people, page, fragment
):
    tree = page(browser.get(url_of(clienti)))
    assert "3 contatti con email valida, 1 duplicato" in words(tree)
    ready = tree.get_element_by_id("ready")
    assert words(ready.xpath(".//*[@id='ready-text']")[0]) == "Per caricare manca: il consenso."

    shown = {"n_email": "2", "n_sms": "1", "account": account.public_id, "nome": "X", "consenso": "1"}
    answer = browser.get(ready.get("hx-get"), query_string={**shown, "medium": "email"})
    assert "Verranno inviati 2 utenti." in words(fragment(answer))
    answer = browser.get(ready.get("hx-get"), query_string={**shown, "medium": "sms"})
    assert "Verrà inviato 1 utente." in words(fragment(answer))


def test_a_right_form_starts_one_upload(browser: Browser, clienti, people, filled):
    response = browser.post_form(url_of(clienti), filled)

    assert (response.status_code, response.location) == (
        303,
        f"/database/{clienti.public_id}/custom-audience",
    )
    [upload] = uploads()
    assert (upload.status, upload.audience_name, upload.medium) == ("queued", "Clienti, novembre", "email")
    assert (upload.is_new_audience, upload.filter_id, upload.started_by) == (True, None, "Giulia Ferri")


def test_a_filters_form_starts_an_upload_of_the_filter(browser: Browser, clienti, inattivi, people, filled):
    response = browser.post_form(url_of(clienti), {**filled, "filtro": inattivi.public_id})

    assert response.location.endswith(f"/filtri/{inattivi.public_id}/custom-audience")
    [upload] = uploads()
    assert (upload.filter_id, upload.filter_name) == (inattivi.id, "Inattivi da 90 giorni")


def test_two_clicks_send_once(browser: Browser, clienti, people, filled, giulia):
    def click(_: int) -> int:
        mine = browser.application.test_client()
        mine.sign_in(giulia)
        return mine.post_form(url_of(clienti), filled).status_code

    with ThreadPoolExecutor(4) as together:
        statuses = list(together.map(click, range(4)))

    assert len(uploads()) == 1
    assert set(statuses) <= {303, 409}


def test_what_is_missing_is_said_at_each_field(browser: Browser, clienti, people, filled, aurora, page):
    save(MetaAccount(client_id=aurora.id, name="Aurora Spagna", act_id="5647382910564"))

    response = browser.post_form(url_of(clienti), {**filled, "account": "", "nome": " ", "consenso": ""})

    tree = page(response, 422)
    assert errors_in(tree) == [
        "Scegli su quale account Facebook caricare gli utenti.",
        "Scrivi un nome per la nuova custom audience.",
        "Conferma di avere il consenso per usare questi dati su Facebook.",
    ]
    for name in ("account", "nome", "consenso"):
        assert tree.xpath(f"//*[@name='{name}']/@aria-invalid") == ["true"]
        assert tree.xpath(f"//a[@href='#{name}']") and tree.get_element_by_id(name) is not None
    assert uploads() == []


def test_to_htmx_a_wrong_form_answers_with_the_form_alone(
    browser: Browser, clienti, people, filled, fragment
):
    response = browser.post_form(url_of(clienti), {**filled, "consenso": ""}, htmx=True)

    form = fragment(response, 422)
    assert form.get("id") == "upload-form"
    assert form.xpath(".//input[@name='token']/@value") == [filled["token"]]


def test_to_htmx_a_right_form_answers_where_to_go(browser: Browser, clienti, people, filled):
    response = browser.post_form(url_of(clienti), filled, htmx=True)

    assert response.status_code == 204
    assert response.headers["HX-Redirect"] == f"/database/{clienti.public_id}/custom-audience"


def test_existing_audiences_are_offered_with_size_and_last_change(
    browser: Browser, account, clienti, people, page
):
    tree = page(browser.get(f"{url_of(clienti)}?modo=esistente"))

    choices = tree.xpath("//fieldset[@id='audience']//label[contains(@class, 'choice')]")
    assert choices
    usable = [choice for choice in choices if not choice.xpath(".//input/@disabled")]
    refused = [choice for choice in choices if choice.xpath(".//input/@disabled")]
    assert all("numerosità" in words(choice) for choice in usable)
    assert all("Non puoi usarla:" in words(choice) for choice in refused)


def test_an_existing_audience_can_be_filled(browser: Browser, account, clienti, people, filled, page):
    tree = page(browser.get(f"{url_of(clienti)}?modo=esistente"))
    chosen = tree.xpath("//input[@name='audience' and not(@disabled)]/@value")[0]

    response = browser.post_form(url_of(clienti), {**filled, "modo": "esistente", "audience": chosen})

    assert response.status_code == 303
    [upload] = uploads()
    assert (upload.audience_id, upload.is_new_audience) == (chosen, False)
    assert upload.audience_name != "Clienti, novembre"


def test_an_audience_of_nobody_is_refused(browser: Browser, clienti, people, filled, page):
    response = browser.post_form(url_of(clienti), {**filled, "modo": "esistente", "audience": "999"})

    assert errors_in(page(response, 422)) == ["Scegli la custom audience su cui caricare gli utenti."]


def test_a_name_that_exists_on_the_account_is_refused(
    browser: Browser, account, clienti, people, filled, page
):
    tree = page(browser.get(f"{url_of(clienti)}?modo=esistente"))
    taken = words(tree.xpath("//fieldset[@id='audience']//strong")[0])

    response = browser.post_form(url_of(clienti), {**filled, "nome": taken.upper()})

    assert errors_in(page(response, 422)) == [
        "Su “Aurora Italia” esiste già una custom audience con questo nome: "
        "scegline un altro oppure usa quella esistente."
    ]


def test_the_same_upload_twice_at_a_time_is_refused(browser: Browser, clienti, people, filled, page):
    browser.post_form(url_of(clienti), filled)

    response = browser.post_form(url_of(clienti), {**filled, "token": new_public_id()})

    tree = page(response, 409)
    assert "Lo stesso caricamento è già in corso" in words(tree)
    assert tree.xpath(f"//a[contains(@href, '/caricamenti/{uploads()[0].public_id}')]")
    assert len(uploads()) == 1


def test_an_upload_of_a_filter_is_not_that_of_the_whole_database(
    browser: Browser, account, clienti, inattivi, people, filled
):
    add_upload(
        clienti,
        saved=inattivi,
        account=account,
        status=UploadStatus.QUEUED,
        prepared=False,
        is_new_audience=True,
        audience_id="",
        audience_name=filled["nome"],
    )

    assert browser.post_form(url_of(clienti), filled).status_code == 303


def test_nobody_to_send_is_said_with_the_medium_that_would_have_somebody():
    reach = {Medium.EMAIL: MediumCounts(0, 0), Medium.SMS: MediumCounts(3, 3)}
    prospect = Forecast(3, reach, (Medium.EMAIL, Medium.SMS))

    assert no_contact(Medium.EMAIL, prospect, ConsentPolicy.NOT_REFUSED) == (
        "Nessun contatto ha un’email valida: non c’è nulla da inviare. Controlla il filtro o scegli SMS."
    )


def test_a_filter_of_people_without_email_says_to_choose_sms(browser: Browser, clienti, people, filled, page):
    rule = {"field": "email", "operator": "is_empty", "values": []}
    saved = Filter(
        database_id=clienti.id,
        name="Senza email",
        rule={"groups": [{"match": "all", "conditions": [rule]}], "exclude": None},
    )
    save(saved)
    form = {**filled, "filtro": saved.public_id}

    [error] = errors_in(page(browser.post_form(url_of(clienti), form), 422))
    assert error.endswith("Controlla il filtro o scegli SMS.")
    assert browser.post_form(url_of(clienti), {**form, "medium": "sms"}).status_code == 303


def test_a_filter_on_a_field_that_is_gone_sends_nothing(browser: Browser, clienti, people, filled, page):
    rule = {"field": "own:punti", "operator": "is", "values": [3]}
    saved = Filter(
        database_id=clienti.id,
        name="Punti",
        rule={"groups": [{"match": "all", "conditions": [rule]}], "exclude": None},
    )
    save(saved)

    response = browser.post_form(url_of(clienti), {**filled, "filtro": saved.public_id})

    assert "Il filtro usa un campo che non esiste più." in words(page(browser.get(response.location)))
    assert uploads() == []


def test_a_database_without_valid_contacts_sends_nothing(browser: Browser, clienti, filled, page):
    add_contacts(clienti, {"email": "anna(at)posta", "email_reason": "email_invalid"})

    response = browser.post_form(url_of(clienti), filled)

    assert errors_in(page(response, 422)) == [
        "Nessun contatto ha un’email valida: non c’è nulla da inviare. Controlla il filtro."
    ]


def test_without_an_account_the_page_leads_to_one(browser: Browser, clienti, people, page):
    tree = page(browser.get(url_of(clienti)))

    assert "Collega il primo account Facebook" in words(tree)
    assert not tree.xpath("//form[@id='upload-form']")


def test_an_account_that_cannot_send_is_refused_with_the_reason(
    browser: Browser, aurora, clienti, people, filled, page
):
    spain = MetaAccount(client_id=aurora.id, name="Aurora Spagna", act_id="5647382910564")
    save(spain)

    [error] = errors_in(page(browser.post_form(url_of(clienti), {**filled, "account": spain.public_id}), 422))

    assert "Aurora Spagna" in error or "autorizza" in error.lower()
    assert uploads() == []


def test_another_clients_account_is_no_choice(browser: Browser, clienti, people, filled, page):
    other = Client(name="Birrificio Nord")
    save(other)
    theirs = MetaAccount(client_id=other.id, name="Birre", act_id="1")
    save(theirs)
    save(MetaAccount(client_id=clienti.client_id, name="Aurora Spagna", act_id="5647382910564"))

    response = browser.post_form(url_of(clienti), {**filled, "account": theirs.public_id})

    assert errors_in(page(response, 422)) == [
        "L’account Facebook che avevi scelto non c’è più: scegline un altro."
    ]


def test_a_meta_that_does_not_answer_is_said_and_a_new_audience_still_goes(
    browser: Browser, account, clienti, people, filled, simulator: Simulator, page
):
    simulator.order(fault="html_500", on="GET /customaudiences", times=None)

    tree = page(browser.get(f"{url_of(clienti)}?modo=esistente"))
    assert tree.xpath("//fieldset[@id='audience']//*[contains(@class, 'alert')]")

    chosen = {**filled, "modo": "esistente", "audience": "1"}
    [error] = errors_in(page(browser.post_form(url_of(clienti), chosen), 422))
    assert error.startswith("Non riusciamo a leggere le custom audience da Facebook.")
    asked = page(browser.post_form(url_of(clienti), filled), 422)
    amber = asked.xpath("//*[@id='verifica']//li[@data-tone='warn']/@data-line")
    assert amber == ["account", "audience", "numero"]
    confirmed = {**filled, "ok_account": "1", "ok_audience": "1"}
    assert browser.post_form(url_of(clienti), confirmed).status_code == 303


def test_support_may_not_upload(connected, aurora, clienti, people):
    support = make_app(connected).test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, email="paolo@aurora.example", name="Paolo Neri"))

    assert support.get(url_of(clienti)).status_code == 403
    assert support.post_form(url_of(clienti)).status_code == 403


def test_no_token_of_the_form_travels_in_an_address(browser: Browser, account, clienti, people, page):
    tree = page(browser.get(url_of(clienti)))

    for element in tree.xpath("//*[@hx-get]"):
        included = element.get("hx-include") or ""
        assert "csrf" not in included and "#upload-form" not in included and "form" not in included


def test_a_name_that_is_taken_is_said_while_it_is_typed(browser: Browser, account, clienti, people, fragment):
    url = f"{url_of(clienti)}/nome?account={account.public_id}&modo=nuova&nome="

    taken = words(fragment(browser.get_htmx(f"{url}clienti%20NEWSLETTER")))
    free = words(fragment(browser.get_htmx(f"{url}Clienti, novembre")))

    assert "Su “Aurora Italia” esiste già una custom audience con questo nome" in taken
    assert free == ""


def test_a_name_facebook_may_block_is_sent_only_when_it_is_confirmed(
    browser: Browser, filled, clienti, people, page
):
    risky = {**filled, "nome": "Pazienti in cura, novembre"}

    tree = page(browser.post_form(url_of(clienti), risky), 422)

    assert "“Pazienti” può far pensare alla salute" in errors_in(tree)[0]
    assert tree.xpath("//input[@name='nome']/@value") == ["Pazienti in cura, novembre"]
    assert tree.xpath("//label[input[@name='nome_confermato']]")
    assert uploads() == []

    assert browser.post_form(url_of(clienti), {**risky, "nome_confermato": "1"}).status_code == 303
    assert [upload.audience_name for upload in uploads()] == ["Pazienti in cura, novembre"]


def test_an_account_that_cannot_send_says_so_before_anything_is_pressed(
    browser: Browser, account, clienti, people, page
):
    with db.writing() as session:
        row = session.get_one(MetaAccount, account.id)
        row.problem, row.problem_text = "190/463", "L’autorizzazione è scaduta: autorizza di nuovo l’account."

    problem = page(browser.get(url_of(clienti))).get_element_by_id("account-problem")

    assert "“Aurora Italia” non può ricevere utentiL’autorizzazione è scaduta" in words(problem)
    assert problem.xpath(".//a/@href") == [f"/configura/integrazioni/facebook/{account.public_id}/modifica"]


def test_a_list_that_cannot_be_read_can_be_asked_for_again(
    browser: Browser, account, clienti, people, simulator, page
):
    simulator.order(fault="unavailable", on="GET /customaudiences", times=None)
    url = f"{url_of(clienti)}?modo=esistente"

    failed = page(browser.get(url)).get_element_by_id("audience")
    assert failed.find_class("alert") and "riprova" in words(failed)

    simulator.reset()


def test_whom_to_send_is_asked_only_when_somebody_has_answered(
    browser, account, clienti, people, filled, page
):
    assert not page(browser.get(url_of(clienti))).xpath("//*[@name='chi']")

    add_contacts(clienti, {**by_email("si@posta.example")[0], "consent": True})
    add_contacts(clienti, {**by_email("no@posta.example")[0], "consent": False})

    tree = page(browser.get(url_of(clienti)))
    assert [words(label) for label in tree.xpath("//fieldset[@id='chi']//label")] == [
        "Tutti tranne chi ha detto no 3 email, 1 SMS Restano fuori anche le risposte da decidere.",
        "Solo chi ha detto sì 1 email, 0 SMS Chi non ha mai risposto resta fuori.",
    ]
    fold = tree.get_element_by_id("chi-ha-detto-no")
    assert (fold.tag, fold.get("open")) == ("details", None)
    assert words(fold.find("summary")) == "Chi ha detto no resta fuori 1 contatto"
    assert "manca" in words(tree.get_element_by_id("ready-text"))


@pytest.mark.parametrize(("chosen", "kept"), [({}, "not_refused"), ({"chi": "given"}, "given")])
def test_the_choice_by_consent_is_kept_with_the_upload(browser, clienti, people, filled, chosen, kept):
    add_contacts(clienti, {**by_email("si@posta.example")[0], "consent": True})

    browser.post_form(url_of(clienti), filled | chosen)

    assert [upload.consent for upload in uploads()] == [kept]


def test_nobody_who_consents_is_an_error_in_words(browser, account, clienti, people, filled, page):
    answer = browser.post_form(url_of(clienti), filled | {"chi": "given"})

    assert errors_in(page(answer, 422)) == [
        "Nessun contatto con un dato valido ha detto sì: non c’è nulla da inviare."
    ]
    assert not uploads()


def test_the_number_at_the_foot_follows_the_choice(browser, clienti, people, account, fragment):
    shown = {"n_email": "9", "n_email_given": "4", "n_sms": "1", "account": account.public_id, "nome": "X"}
    answer = browser.get(
        f"{url_of(clienti)}/pronto",
        query_string={**shown, "consenso": "1", "medium": "email", "chi": "given"},
    )

    assert "Verranno inviati 4 utenti." in words(fragment(answer))


INCLUDING = {"includi_no": "1", "ok_detto-no": "1", "motivo": "Contratto di fornitura, art. 6.1.b"}


@pytest.fixture
def refusals(clienti: UserDatabase, people) -> None:
    add_contacts(clienti, {**by_email("no@posta.example")[0], "consent": False})


def test_an_administrator_includes_who_said_no_with_a_reason(browser, clienti, filled, refusals):
    assert browser.post_form(url_of(clienti), filled | INCLUDING).status_code == 303

    (upload,) = uploads()
    assert (upload.consent, upload.consent_reason, upload.consent_by) == (
        "anyone", "Contratto di fornitura, art. 6.1.b", "Giulia Ferri",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"motivo": "  perché sì "},
            "Scrivi perché puoi includere chi ha detto no: almeno 10 caratteri. "
            "Il motivo resta scritto nel caricamento e nel registro attività.",
        ),
        ({"motivo": "x" * 501}, "Usa al massimo 500 caratteri."),
        (
            {"chi": "given"},
            "Hai scelto solo chi ha detto sì e insieme anche chi ha detto no: "
            "scegli “Tutti tranne chi ha detto no” oppure togli la spunta.",
        ),
    ],
)
def test_who_said_no_is_not_included_by_halves(browser, clienti, filled, refusals, page, asked, said):
    tree = page(browser.post_form(url_of(clienti), filled | INCLUDING | asked), 422)

    assert errors_in(tree) == [said]
    assert tree.get_element_by_id("chi-ha-detto-no").get("open") is not None
    assert not uploads()


@pytest.mark.parametrize("asked", [INCLUDING, {"chi": "anyone", "motivo": INCLUDING["motivo"]}])
def test_nobody_but_an_administrator_includes_who_said_no(
    connected, aurora, clienti, filled, refusals, page, asked
):
    paolo = make_app(connected).test_client()
    paolo.sign_in(add_operator(aurora, Role.MARKETER, "paolo@aurora.example", "Paolo Neri"))

    shown = page(paolo.get(url_of(clienti))).get_element_by_id("chi-ha-detto-no")
    assert (shown.tag, words(shown)) == (
        "p",
        "Chi ha detto no resta fuori: 1 contatto. "
        "Solo un amministratore può includerlo, scrivendo il motivo.",
    )
    tree = page(paolo.post_form(url_of(clienti), filled | asked), 403)
    assert errors_in(tree) == [
        "Includere chi ha detto no può deciderlo solo un amministratore: scegli una delle altre due voci."
    ]
    assert not uploads()


def test_who_waits_for_a_decision_is_counted_with_the_way_to_decide(browser, clienti, filled, people, page):
    add_contacts(clienti, {**by_email("forse@posta.example")[0], "consent_unread": '{"consent":"forse"}'})

    note = page(browser.get(url_of(clienti))).get_element_by_id("da-decidere")

    assert words(note) == "1 contatto da decidere: resta fuori. Decidi che cosa hanno risposto"
    assert next(note.iter("a")).get("href") == f"/database/{clienti.public_id}/consenso"


def test_the_number_at_the_foot_says_how_many_of_them_said_no(browser, clienti, people, account, fragment):
    shown = {"n_email": "9", "n_email_anyone": "8", "n_email_no": "3", "nome": "X", "consenso": "1"}
    asked = {**shown, "account": account.public_id, "medium": "email", **INCLUDING}

    answer = browser.get(f"{url_of(clienti)}/pronto", query_string=asked)

    assert "Verranno inviati 8 utenti, di cui 3 hanno detto no, inclusi da te." in words(fragment(answer))


def test_an_account_that_is_gone_is_not_replaced_unseen_by_the_only_one_left(
    browser: Browser, clienti, people, filled, page
):
    response = browser.post_form(url_of(clienti), {**filled, "account": "abcdefghijkm"})

    tree = page(response, 422)
    assert errors_in(tree) == ["L’account Facebook che avevi scelto non c’è più: scegline un altro."]
    assert tree.xpath("//select[@name='account']")  # and it can be chosen
