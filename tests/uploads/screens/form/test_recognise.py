"""“Riconosci più persone”: off by default, counted when opened, sent when chosen, remembered."""

import pytest
import requests

from tests.uploads.screens.building import add_contacts, save
from tests.uploads.screens.test_upload_form import digest, uploads, url_of, words
from webapp import db
from webapp.contacts.models import Filter, UserDatabase
from webapp.uploads import jobs
from webapp.uploads.commands import repeat_upload
from webapp.uploads.screens.form.recognise import share
from webapp.values.identifiers import new_public_id


@pytest.fixture
def people(clienti: UserDatabase) -> None:
    """Four users by e-mail; Anna stands there twice, and her first row tells less of her."""
    add_contacts(
        clienti,
        {"email": "anna@posta.example", "email_sha256": digest("anna@posta.example"), "city": "Milano"},
        {"email": "anna@posta.example", "email_sha256": digest("anna@posta.example"), "first_name": "Anna"},
        {"email": "bea@posta.example", "email_sha256": digest("bea@posta.example"), "first_name": "Bea"},
        {
            "email": "ciro@posta.example",
            "email_sha256": digest("ciro@posta.example"),
            "mobile": "333 1111111",
            "mobile_sha256": digest("393331111111"),
            "consent_sms": False,
            "consent_email": True,
        },
        {
            "email": "dora@posta.example",
            "email_sha256": digest("dora@posta.example"),
            "mobile": "333 2222222",
            "mobile_sha256": digest("393332222222"),
        },
        {"email": "no@posta.example", "email_sha256": digest("no@posta.example"), "consent": False},
    )


def hexed(text: str) -> str:
    return digest(text).hex()


def shares(tree) -> dict[str, str]:
    rows = tree.xpath("//ul[@class='picks']//label")
    return {
        words(row.xpath("span[1]")[0]): "".join(map(words, row.xpath("span[@class='num']"))) for row in rows
    }


def test_it_is_closed_and_nothing_is_chosen_until_somebody_does(browser, account, clienti, people, page):
    tree = page(browser.get(url_of(clienti)))

    [fold] = tree.xpath("//details[@id='riconosci']")
    assert "open" not in fold.attrib
    assert not fold.xpath(".//input[@type='checkbox' and @checked]")
    assert [*shares(tree)] == [
        "Cellulare", "Nome", "Cognome", "Sesso", "Data di nascita", "Città", "Provincia", "CAP",
        "Paese solo di chi lo ha scritto",
        "Codice cliente parte com’è, non come impronta: serve se lo invia anche il tuo sito",
    ]  # fmt: skip
    assert set(shares(tree).values()) == {""}  # nobody has counted yet


def test_each_datum_says_how_many_of_those_who_go_have_it(browser, account, clienti, people, fragment):
    counted = fragment(browser.get(f"{url_of(clienti)}/dati?medium=email&riconosci=1&riconosci_city=1"))

    assert words(counted.xpath("//legend")[0]) == "Aggiungi all’email (quanti dei 4 utenti ce l’hanno)"
    said = shares(counted)
    # Of Anna the first row goes; Ciro's number stays here, for he said no to messages.
    assert (said["Cellulare"], said["Nome"], said["Città"], said["CAP"]) == ("25%", "25%", "25%", "0%")
    assert counted.xpath("//input[@checked]/@name") == ["riconosci_city"]


def test_of_a_filter_and_by_sms_the_numbers_are_their_own(browser, account, clienti, people, fragment):
    rule = {"field": "first_name", "operator": "is", "values": ["Bea"]}
    bea = Filter(
        database_id=clienti.id,
        name="Bea",
        rule={"groups": [{"match": "all", "conditions": [rule]}], "exclude": None},
    )
    save(bea)

    of_bea = fragment(browser.get(f"{url_of(clienti)}/dati?medium=email&filtro={bea.public_id}"))
    by_sms = fragment(browser.get(f"{url_of(clienti)}/dati?medium=sms"))

    one = "(quanti dell’unico utente ce l’hanno)"
    assert words(of_bea.xpath("//legend")[0]) == f"Aggiungi all’email {one}"
    assert (shares(of_bea)["Nome"], shares(of_bea)["Cellulare"]) == ("100%", "0%")
    assert words(by_sms.xpath("//legend")[0]) == f"Aggiungi al cellulare {one}"
    assert shares(by_sms)["Email"] == "100%"


def test_what_is_chosen_is_sent_and_offered_as_chosen_next_time(
    browser, account, clienti, people, simulator, page
):
    form = {
        "token": new_public_id(),
        "medium": "email",
        "account": account.public_id,
        "modo": "nuova",
        "nome": "Clienti, novembre",
        "consenso": "1",
        "ok_numero": "1",
        "riconosci": "1",
        "riconosci_first_name": "1",
        "riconosci_mobile": "1",
    }
    assert browser.post_form(url_of(clienti), form).status_code == 303

    [upload] = uploads()
    assert upload.identifiers == ["mobile", "first_name"]
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)
    [upload] = uploads()
    rows = {tuple(row.split("\t")) for row in simulator.received(upload.audience_id)}
    assert rows == {
        (hexed("anna@posta.example"), "", ""),
        (hexed("bea@posta.example"), "", hexed("bea")),
        (hexed("ciro@posta.example"), "", ""),
        (hexed("dora@posta.example"), hexed("393332222222"), ""),
    }
    told = page(browser.get(f"/caricamenti/{upload.public_id}")).text_content()
    assert "Riconosce anche da: Cellulare (75,0% vuoti), Nome (75,0% vuoti)" in " ".join(told.split())
    [fold] = page(browser.get(url_of(clienti))).xpath("//details[@id='riconosci']")
    assert "open" in fold.attrib
    assert fold.xpath(".//input[@checked]/@name") == ["riconosci_mobile", "riconosci_first_name"]


def test_nothing_chosen_any_more_is_remembered_too(browser, account, clienti, people, page):
    with db.writing() as session:
        session.get_one(UserDatabase, clienti.id).identifiers = ["first_name"]
    form = {
        "token": new_public_id(),
        "medium": "email",
        "account": account.public_id,
        "modo": "nuova",
        "nome": "Clienti, novembre",
        "consenso": "1",
        "ok_numero": "1",
        "riconosci": "1",
    }

    assert browser.post_form(url_of(clienti), form).status_code == 303

    assert [one.identifiers for one in uploads()] == [[]]
    assert not page(browser.get(url_of(clienti))).xpath("//details[@id='riconosci']//input[@checked]")


@pytest.mark.parametrize(
    ("count", "users", "said"),
    [(0, 0, "0%"), (0, 9, "0%"), (1, 1000, "1%"), (71, 100, "71%"), (999, 1000, "99%"), (5, 5, "100%")],
)
def test_a_share_of_some_is_never_none_nor_all(count, users, said):
    assert share(count, users) == said


def test_the_origin_of_the_data_is_declared_when_an_audience_is_made_and_remembered(
    browser, account, clienti, people, simulator, page
):
    [first] = page(browser.get(url_of(clienti))).xpath("//input[@name='origine' and @checked]/@value")
    form = {
        "token": new_public_id(),
        "medium": "email",
        "account": account.public_id,
        "modo": "nuova",
        "nome": "Clienti, novembre",
        "consenso": "1",
        "ok_numero": "1",
        "origine": "partners",
    }
    assert browser.post_form(url_of(clienti), form).status_code == 303
    [upload] = uploads()
    jobs.prepare_upload(upload.id)

    listed = requests.get(f"{simulator.graph_url}/_sim/audiences", timeout=10).json()["audiences"]
    [made] = [one for one in listed if one["name"] == "Clienti, novembre"]
    assert made["customer_file_source"] == "PARTNER_PROVIDED_ONLY"  # Source: Meta sheet §3.1
    [then] = page(browser.get(url_of(clienti))).xpath("//input[@name='origine' and @checked]/@value")
    assert (first, then) == ("customers", "partners")
    again = repeat_upload(upload.id, "Giulia Ferri", may_include=False)
    assert again.data_origin == "partners"


def test_an_origin_that_is_none_is_the_one_declared(browser, account, clienti, people, page):
    tree = page(browser.get(f"{url_of(clienti)}?origine=marziani"))

    assert tree.xpath("//input[@name='origine' and @checked]/@value") == ["customers"]
