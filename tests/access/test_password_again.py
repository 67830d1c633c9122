"""What does great harm asks for the password again; what was typed before that is not lost (ASVS 7.5.2)."""

import pytest
import time_machine
from lxml import html
from sqlmodel import select

from tests.conftest import TEST_PASSWORD, Browser, add_operator, make_app
from webapp import clock, db
from webapp.access.fresh_guard import ASKED_FOR
from webapp.access.members.views_members import PEOPLE
from webapp.access.models import AuditEntry, Client, Invitation, OpenSession, Operator, Role
from webapp.access.policy import POLICY
from webapp.access.trail.audit import Action

QUARTER_S = 15 * 60
INVITE = f"{PEOPLE}/invita"
TYPED = {"email": "nuova@aurora.example", "ruolo": "marketer"}
ASKED = "Conferma con la tua password"


@pytest.fixture
def later(signed_in):
    """A quarter of an hour after Giulia signed in."""
    with time_machine.travel(clock.epoch() + QUARTER_S + 1, tick=False) as now:
        yield now


def invited() -> list[str]:
    with db.reading() as session:
        return [one.email for one in session.exec(select(Invitation))]


def entries(action: Action) -> list[tuple[str, dict]]:
    with db.reading() as session:
        found = session.exec(select(AuditEntry).where(AuditEntry.action == str(action)))
        return [(one.who, one.detail) for one in found]


def fields_of(answer) -> dict[str, str]:
    form = html.fromstring(answer.text).xpath("//form[@id='conferma-password']")[0]
    return {one.get("name"): one.get("value") for one in form.xpath(".//input[@type='hidden']")}


def give(browser: Browser, url: str, asked, password: str = TEST_PASSWORD):
    return browser.post(url, data={**fields_of(asked), "password_di_adesso": password})


def test_what_was_typed_goes_on_with_the_password_and_then_nobody_asks_for_a_while(signed_in, later, page):
    asked = signed_in.post_form(INVITE, TYPED)

    shown = page(asked, 403)
    assert ASKED in shown.text_content() and "quello che hai scritto non si perde" in shown.text_content()
    assert invited() == [] and "nuova@aurora.example" not in asked.text
    assert give(signed_in, INVITE, asked).status_code == 200
    assert invited() == ["nuova@aurora.example"]
    assert entries(Action.PASSWORD_CONFIRMED) == [("Giulia Ferri", {"pagina": "access.invite"})]
    later.shift(QUARTER_S - 1)
    assert signed_in.post_form(INVITE, {**TYPED, "email": "altra@aurora.example"}).status_code == 200
    later.shift(2)
    assert signed_in.post_form(INVITE, {**TYPED, "email": "terza@aurora.example"}).status_code == 403


def test_a_wrong_password_changes_nothing_loses_nothing_and_is_counted_and_told(signed_in, later, page):
    asked = signed_in.post_form(INVITE, TYPED)
    for number in range(10):
        asked = give(signed_in, INVITE, asked, f"sbagliata {number}")
        assert "Non è la password che usi adesso." in page(asked, 422).text_content()

    slowed = give(signed_in, INVITE, asked)
    assert slowed.status_code == 429 and int(slowed.headers["Retry-After"]) > 0
    assert invited() == [] and len(entries(Action.SIGN_IN_REFUSED)) == 10
    later.shift(301)
    signed_in.get("/profilo")
    assert give(signed_in, INVITE, slowed).status_code == 200
    assert invited() == ["nuova@aurora.example"]


def test_htmx_gets_the_question_in_place_of_the_page(signed_in, later, fragment):
    asked = signed_in.post_form(INVITE, TYPED, htmx=True)

    assert (asked.status_code, asked.headers["HX-Retarget"]) == (403, "#contenuto")
    assert give(signed_in, INVITE, asked).status_code == 200
    assert invited() == ["nuova@aurora.example"]


def test_a_token_that_was_typed_is_not_shown_and_what_was_sealed_is_for_its_own_form(app, signed_in, later):
    url = "/configura/integrazioni/facebook/nuovo"
    asked = signed_in.post_form(url, {"nome": "Conto", "token": "EAABsegreto", "azione": "salva"})
    assert asked.status_code == 403 and "EAABsegreto" not in asked.text

    elsewhere = give(signed_in, INVITE, asked)
    assert elsewhere.status_code == 400 and "non abbiamo cambiato nulla" in elsewhere.text
    other = app.test_client()
    other.sign_in(_marta())
    fields = {**fields_of(asked), "csrf_token": other.csrf_token(), "password_di_adesso": TEST_PASSWORD}
    assert other.post(url, data=fields).status_code == 400


def _marta():
    with db.reading() as session:
        aurora = session.exec(select(Client)).one()
    return add_operator(aurora, Role.ADMINISTRATOR, "marta@aurora.example", "Marta Riva")


def test_the_sealed_form_is_of_the_space_it_was_typed_for(signed_in, later, aurora):
    asked = signed_in.post_form(INVITE, {**TYPED, "spazio": "un-altro"})

    assert asked.status_code == 409


def test_a_file_is_asked_for_again_from_the_page_around(signed_in, later, page):
    around = {"Referer": "http://localhost/configura/registro?chi=giulia"}
    asked = signed_in.get("/configura/registro.csv", headers=around)
    assert ASKED in page(asked, 403).text_content()

    wrong = give(signed_in, "/profilo/conferma", asked, "sbagliata")
    assert "Non è la password" in page(wrong, 422).text_content()
    back = give(signed_in, "/profilo/conferma", wrong)
    assert (back.status_code, back.location) == (303, "/configura/registro?chi=giulia")
    assert "ora puoi scaricare il file" in signed_in.get(back.location).text
    assert signed_in.get("/configura/registro.csv").mimetype == "text/csv"
    assert ("Giulia Ferri", {"pagina": "access.trail_csv"}) in entries(Action.PASSWORD_CONFIRMED)


def test_it_leads_nowhere_else(signed_in, later):
    fields = {"dopo": "https://evil.example/", "pagina": "x", "password_di_adesso": TEST_PASSWORD}

    assert signed_in.post_form("/profilo/conferma", fields).location == "/"


def test_a_password_given_by_a_clock_that_was_ahead_counts_for_nothing(signed_in):
    with db.writing() as session:
        opened = session.exec(select(OpenSession)).one()
        opened.proven_at = clock.epoch() + 600
        session.add(opened)

    assert signed_in.post_form(INVITE, TYPED).status_code == 403


def test_how_long_it_counts_is_set_and_the_demo_has_no_password_to_give(database, aurora, giulia):
    def minutes(app, count: int) -> int:
        browser = app.test_client()
        browser.sign_in(giulia)
        with time_machine.travel(clock.epoch() + count * 60 + 1):
            return browser.post_form(INVITE, {}).status_code

    assert [minutes(make_app(database, confirm_minutes=20), count) for count in (19, 20)] == [422, 403]
    assert minutes(make_app(database, demo=True), 29) == 422


def test_every_page_that_asks_is_there_and_takes_no_file(app):
    assert POLICY.keys() >= ASKED_FOR
    assert not [one for one in ASKED_FOR if getattr(app.view_functions[one], "takes_file", False)]


def test_each_of_them_asks(app, signed_in, giulia, later):
    """With ids that nobody has: who is not asked would get 404, or 422 for an empty form."""
    with db.writing() as session:
        session.get_one(Operator, giulia.id).is_owner = True
    silent = []
    for endpoint in sorted(ASKED_FOR):
        (rule,) = app.url_map.iter_rules(endpoint)
        url = app.url_map.bind("localhost").build(endpoint, dict.fromkeys(rule.arguments, "23456789abcd"))
        answer = (signed_in.get if "GET" in rule.methods else signed_in.post_form)(url)
        if answer.status_code != 403 or ASKED not in answer.text:
            silent.append(endpoint)

    assert silent == []
