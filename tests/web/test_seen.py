"""Two people, or two tabs, save the same thing: the second is told, keeps what was typed, and decides."""

import pytest
from lxml import html

from tests.conftest import Browser, add_operator
from tests.uploads.screens.building import save
from webapp import db
from webapp.access.models import Client, Role
from webapp.contacts import databases
from webapp.contacts.models import Filter
from webapp.destinations.meta.models import MetaAccount

RULE = {
    "groups": [{"match": "all", "conditions": [{"field": "city", "operator": "is", "values": ["Torino"]}]}],
    "exclude": {"match": "any", "conditions": []},
}
TOLD = "Qualcun altro ha salvato mentre scrivevi"


def of_filter(aurora: Client) -> str:
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, "Clienti negozio")
    saved = Filter(database_id=clienti.id, name="Torino", rule=RULE)
    save(saved)
    return f"/database/{clienti.public_id}/filtri/{saved.public_id}"


def of_database(aurora: Client) -> str:
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, "Clienti negozio")
    return f"/database/{clienti.public_id}/modifica"


def of_account(aurora: Client) -> str:
    account = MetaAccount(client_id=aurora.id, name="Aurora Italia", act_id="1048223941", token=b"x")
    save(account)
    return f"/configura/integrazioni/facebook/{account.public_id}/modifica"


def of_settings(_aurora: Client) -> str:
    return "/configura/impostazioni"


def of_person(aurora: Client) -> str:
    marco = add_operator(aurora, Role.MARKETER, "marco@aurora.example", "Marco Neri")
    return f"/configura/utenti/{marco.public_id}"


def form_of(text: str, field: str) -> html.FormElement:
    return next(one for one in html.fromstring(text).forms if one.method == "POST" and field in one.fields)


@pytest.mark.parametrize(
    ("place", "field", "first", "second"),
    [
        (of_filter, "nome", "Torino e dintorni", "Torino centro"),
        (of_database, "nome", "Clienti di Torino", "Clienti di Milano"),
        (of_account, "nome", "Aurora Nord", "Aurora Sud"),
        (of_settings, "giorni", "30", "60"),
        (of_person, "ruolo", "support", "administrator"),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_the_second_who_saves_is_told_and_decides(
    signed_in: Browser, aurora, place, field, first, second, htmx
):
    page = place(aurora)
    mine, theirs = (form_of(signed_in.get(page).text, field) for _ in range(2))

    assert signed_in.post_form(page, {**dict(mine.form_values()), field: first}).status_code == 303
    refused = signed_in.post_form(page, {**dict(theirs.form_values()), field: second}, htmx=htmx)

    assert refused.status_code == 409
    assert TOLD in refused.text
    again = form_of(refused.text, field)
    assert dict(again.form_values())[field] == second  # as it was typed
    assert dict(form_of(signed_in.get(page).text, field).form_values())[field] == first  # and not saved

    assert signed_in.post_form(page, dict(again.form_values())).status_code == 303
    assert dict(form_of(signed_in.get(page).text, field).form_values())[field] == second


def test_a_button_of_the_builder_forgets_nothing_of_what_was_seen(signed_in: Browser, aurora):
    """The form that comes back with one more condition still tells of who saved before it came."""
    page = of_filter(aurora)
    mine, theirs = (dict(form_of(signed_in.get(page).text, "nome").form_values()) for _ in range(2))
    signed_in.post_form(page, {**mine, "nome": "Torino e dintorni"})
    more = signed_in.post_form(page, {**theirs, "do": "add:g1"}, htmx=True)

    fields = dict(form_of(more.text, "nome").form_values()) | {"g1c2-value": "Milano"}

    assert TOLD in signed_in.post_form(page, fields, htmx=True).text
