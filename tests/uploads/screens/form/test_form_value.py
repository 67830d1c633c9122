"""“Valore di ogni persona”: chosen in the form, counted in its foot, never mixed."""

import pytest

from tests.conftest import Browser
from tests.uploads.screens.building import add_contacts, save
from tests.uploads.screens.form.test_form_ways import filled
from tests.uploads.screens.test_upload_form import by_email, errors_in, uploads, url_of, words
from webapp.contacts.models import OwnField
from webapp.destinations.meta.destination import MetaDestination

SPENT = "own:totale_speso"


@pytest.fixture
def spent(clienti) -> None:
    """Anna has spent something, Luca nothing that anybody knows of."""
    field = OwnField(database_id=clienti.id, key="totale_speso", label="Totale speso", type="number")
    save(field, OwnField(database_id=clienti.id, key="negozio", label="Negozio"))
    anna, luca = by_email("anna@posta.example", "luca@posta.example")
    add_contacts(clienti, {**anna, "own_fields": {"totale_speso": 44.5}}, luca)


def offered(tree) -> list[str]:
    return [words(one) for one in tree.xpath("//select[@id='valore']/option")]


def test_only_numbers_of_the_databases_own_can_be_a_value(browser: Browser, account, clienti, spent, page):
    assert offered(page(browser.get(url_of(clienti)))) == ["Nessun valore", "Totale speso"]


def test_without_such_a_field_nothing_is_asked(browser: Browser, account, clienti, page):
    add_contacts(clienti, *by_email("anna@posta.example"))

    assert offered(page(browser.get(url_of(clienti)))) == []


def test_the_foot_counts_who_has_a_value(browser: Browser, account, clienti, spent, page):
    """The counts come back as they were shown, until another field is chosen."""
    chosen = {"medium": "email", "account": account.public_id, "modo": "nuova", "nome": "X", "consenso": "1"}
    shown = {"n_email": "2", "n_email_given": "0", "n_valore": ""}
    ready = f"{url_of(clienti)}/pronto"

    without = browser.get(ready, query_string=chosen | shown)
    having = browser.get(ready, query_string=chosen | shown | {"valore": SPENT})

    assert "Verranno inviati 2 utenti." in without.text
    assert "Verrà inviato 1 utente. Solo chi ha un numero in “Totale speso”." in " ".join(having.text.split())
    assert '"n_email": "1"' in having.text.replace("&#34;", '"')


def test_the_form_starts_an_upload_with_the_value(browser: Browser, account, clienti, spent):
    browser.post_form(url_of(clienti), filled(account, valore=SPENT))

    [upload] = uploads()
    assert (upload.value_field, upload.value_name) == (SPENT, "Totale speso")


@pytest.mark.parametrize("field", ["own:negozio", '"]}x'])
def test_a_field_that_is_no_number_is_refused(browser: Browser, account, clienti, spent, page, field):
    answer = browser.post_form(url_of(clienti), filled(account, valore=field))

    assert answer.status_code == 422
    assert errors_in(page(answer, status=422)) == [
        "Il campo del valore non c’è più, o non è più un numero: sceglilo di nuovo."
    ]
    assert uploads() == []


def test_an_audience_takes_values_always_or_never(browser: Browser, account, aurora, clienti, spent, page):
    connection = MetaDestination().connect(aurora.id, account.id)
    by_value = connection.create_audience("Per valore", "segno-uno", by_value=True)
    plain = connection.create_audience("Senza valore", "segno-due")
    connection.close()
    there = {"modo": "esistente"}

    wrong = [
        browser.post_form(url_of(clienti), filled(account, audience=by_value, **there)),
        browser.post_form(url_of(clienti), filled(account, audience=plain, valore=SPENT, **there)),
    ]

    assert [words_of for answer in wrong for words_of in errors_in(page(answer, status=422))] == [
        "È una custom audience basata sul valore, e questo caricamento non ne invia: "
        "scegli il campo del valore, oppure un’altra custom audience.",
        "È nata senza il valore, e Facebook non le permette di riceverlo: "
        "togli il campo del valore, oppure crea una custom audience nuova.",
    ]
    browser.post_form(url_of(clienti), filled(account, audience=by_value, valore=SPENT, **there))
    browser.post_form(url_of(clienti), filled(account, audience=plain, come="remove", valore=SPENT, **there))
    assert [(one.audience_id, one.value_field) for one in uploads()] == [(by_value, SPENT), (plain, None)]
