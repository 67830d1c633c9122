"""What the builder offers while one types: values that exist, whom an upload would send, no early blame."""

from datetime import date

import pytest

from tests.contacts.conftest import import_file
from tests.contacts.filters.test_filter_screens import typed
from webapp import db
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.filters import suggestions
from webapp.destinations.base import Medium
from webapp.uploads.screens.form.forecast import forecast
from webapp.uploads.screens.sources import Source

FILE = """\
Email;Cellulare;Nome;Città;Data di nascita;Consenso
anna@posta.example.com;3331234567;Anna;Torino;01/02/1980;sì
anna@posta.example.com;;Bruno;TORINO;;
carla@posta.example.com;;Carla;Forlì;;no
dario@posta.example.com;;Dario;torino;;
elsa(at)posta;;Elsa;Torino;;sì
"""


@pytest.fixture
def here(clienti):
    import_file(clienti, FILE)
    return f"/database/{clienti.public_id}/filtri"


def offered(tree) -> list[tuple[str, str]]:
    return [(one.get("value"), (one.text or "").strip()) for one in tree.xpath("//datalist/option")]


def refreshed(signed_in, fragment, here, *conditions):
    return fragment(signed_in.post_form(f"{here}/nuovo", typed(*conditions, do="refresh"), htmx=True))


@pytest.mark.parametrize("operator", ["is", "one_of", "starts_with", "is_not"])
def test_a_town_is_offered_as_contacts_have_it_however_it_is_spelt(signed_in, fragment, here, operator):
    tree = refreshed(signed_in, fragment, here, ("city", operator, ""))

    assert offered(tree) == [("Torino", "4 contatti"), ("Forlì", "1 contatto")]
    names = tree.xpath("//*[@list]/@list")
    assert len(names) == 1 and tree.get_element_by_id(names[0]).tag == "datalist"


def test_a_number_that_only_the_newest_contacts_have_told_is_not_said(signed_in, fragment, here, monkeypatch):
    monkeypatch.setattr(suggestions, "LOOKED_AT", 2)

    assert offered(refreshed(signed_in, fragment, here, ("city", "is", ""))) == [("Torino", "")] * 1


@pytest.mark.parametrize("field", ["email", "mobile", "first_name", "last_name", "code"])
def test_what_names_one_person_is_never_offered(signed_in, fragment, here, field):
    assert offered(refreshed(signed_in, fragment, here, (field, "contains", ""))) == []


def test_the_builder_counts_whom_an_upload_would_send_as_its_form_does(
    signed_in, fragment, page, here, clienti
):
    tree = fragment(signed_in.post_form(f"{here}/conteggio", typed(("email", "is_valid")), htmx=True))
    said = " ".join(tree.xpath("string(//*[@data-may='email'])").split())

    # anna twice, of whom one says yes; dario never answered; carla said no.
    assert said == "di cui con consenso: 1 ha detto sì, 2 non hanno detto no. I doppioni contano una volta."
    with db.reading() as session:
        form = forecast(session, Source(clienti, None), date(2026, 11, 30))
    choices = (ConsentPolicy.GIVEN, ConsentPolicy.NOT_REFUSED)
    assert [form.to_send(Medium.EMAIL, one) for one in choices] == [1, 2]


def test_where_nobody_ever_answered_no_consent_is_counted(signed_in, fragment, clienti):
    import_file(clienti, "Email\nanna@posta.example.com\n")
    here = f"/database/{clienti.public_id}/filtri"

    tree = fragment(signed_in.post_form(f"{here}/conteggio", typed(("email", "is_valid")), htmx=True))

    assert tree.xpath("string(//*[@id='totale'])") == "1" and not tree.xpath("//*[@data-may]")


@pytest.mark.parametrize(
    ("field", "operator", "values"),
    [("birth_date", "is", [""]), ("birth_date", "between", ["", ""]), ("city", "is", [""])],
)
def test_a_condition_nobody_has_filled_in_is_no_mistake_yet(
    signed_in, fragment, here, field, operator, values
):
    tree = refreshed(signed_in, fragment, here, (field, operator, *values))

    assert not tree.xpath("//*[contains(@class, 'error')] | //*[@aria-invalid]")
