"""The step of the columns: proof of what each one holds, what is to decide, what stops the import."""

import pytest
from lxml import html

from tests.contacts.conftest import add_draft, contacts_of, import_file, read_import
from webapp import sealed_files
from webapp.contacts.imports import importing

MIXED = """\
Codice;E-mail;Cellulare;Telefono;Paese;Consenso;Data consenso;Blacklist;Phone
1;elena@posta.example.com;333 1234567;;IT;sì;12/03/2024;;
2;daria@posta,example;328 1235194;02 1234567;IT;forse;31/02/2024;boh;
3;vera.posta.example;335 1234100/1;347 1230123;IT;No grazie;2099-05-04;sì;
4;;3,33E+09;;IT;;25/05/2024;;
"""
NAMES = """\
Codice;E-mail;Contatto
1;Elena;elena@posta.example.com
2;Marco;marco@posta.example.com
3;Luca;n.d.
"""


@pytest.fixture
def base(clienti):
    return f"/database/{clienti.public_id}/importazioni"


@pytest.fixture
def columns_of(signed_in, page, base):
    """`columns_of(draft)` → the page of its columns."""
    return lambda draft: page(signed_in.get(f"{base}/{draft.public_id}/colonne"))


def row(tree: html.HtmlElement, name: str) -> html.HtmlElement:
    return tree.xpath(f"//tbody/tr[td[1]/span[.='{name}']]")[0]


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def good(tree: html.HtmlElement, name: str) -> list[str]:
    return row(tree, name).xpath(".//ul[@class='values']/li[not(@class)]/text()")


def bad(tree: html.HtmlElement, name: str) -> list[str]:
    return [words(one) for one in row(tree, name).xpath(".//li[@class='no']")]


def share(tree: html.HtmlElement, name: str) -> str:
    return words(row(tree, name).xpath(".//div[contains(@class, 'share')]")[0])


def test_each_column_shows_its_share_and_examples_each_bad_one_with_its_true_reason(clienti, columns_of):
    tree = columns_of(add_draft(clienti, MIXED))

    assert share(tree, "E-mail").endswith("25% valide · 1 su 4")
    assert row(tree, "E-mail").xpath(".//progress/@value") == ["25"]
    assert good(tree, "E-mail") == ["e•••@posta.example.com"]
    assert bad(tree, "E-mail") == [
        "d•••@posta,example c’è una virgola al posto del punto",
        "v•••.•••••.••••••• manca la chiocciola",
    ]
    assert share(tree, "Cellulare").endswith("50% validi · 2 su 4")
    assert bad(tree, "Cellulare") == [
        "335 •••••••/1 accanto al numero ci sono altre cifre",
        "3,3••+09 Excel ne ha perso alcune cifre",
    ]
    assert bad(tree, "Data consenso") == ["31/02/2024 giorno che non esiste", "2099-05-04 è nel futuro"]
    assert share(tree, "Codice").endswith("100% presenti, tutti diversi")
    assert words(row(tree, "Phone")).endswith("colonna vuota: non la abbiniamo da soli")
    assert "Nessun problema" not in tree.text_content()


def test_no_example_of_a_person_is_shown_whole(clienti, columns_of):
    rows = "Email;Nome;Cognome;Note\nanna@posta.example.com;Anna;Rossi;chiama il 333 1234567\n"
    tree = columns_of(add_draft(clienti, rows))

    shown = [value for name in ("Email", "Nome", "Cognome", "Note") for value in good(tree, name)]
    assert shown == ["a•••@posta.example.com", "A•••", "R••••", "c••••• •• ••• •••••••"]


def test_pages_with_examples_are_kept_nowhere(clienti, signed_in, base):
    draft = add_draft(clienti, MIXED)
    for step in ("colonne", "controlla", "consenso/5"):
        assert signed_in.get(f"{base}/{draft.public_id}/{step}").headers["Cache-Control"] == "no-store"


def test_a_column_with_something_to_decide_has_an_amber_edge_and_is_named_at_the_end(clienti, columns_of):
    tree = columns_of(add_draft(clienti, MIXED))

    edges = {
        one.xpath("td[1]/span/text()")[0]: one.get("class") for one in tree.xpath("//tbody/tr[td/select]")
    }
    assert edges == {
        "Codice": None, "E-mail": None, "Cellulare": "look", "Telefono": "look", "Paese": None,
        "Consenso": "look", "Data consenso": None, "Blacklist": "look", "Phone": None,
    }  # fmt: skip
    assert "Restano da decidere: Cellulare, Telefono, Consenso, Blacklist." in tree.text_content()
    assert "4 da decidere" in words(tree.xpath("//section/header")[0])


def test_of_two_columns_of_numbers_the_fuller_one_wins_and_the_other_can_be_a_reserve(
    clienti, columns_of, signed_in, base
):
    draft = add_draft(clienti, MIXED, key="code")
    tree = columns_of(draft)
    assert "Più colonne possono essere Cellulare: questa ne ha 2, “Telefono” 1." in words(
        row(tree, "Cellulare")
    )
    assert "Cellulare manca in alcune righe e qui c’è: 1 in più." in words(row(tree, "Telefono"))
    button = row(tree, "Telefono").xpath(".//button")[0]
    assert words(button) == "usa come riserva"

    signed_in.post_form(f"{base}/{draft.public_id}/colonne", {"azione": button.get("value")})

    after = columns_of(draft)
    assert "Riserva: vale quando “Cellulare” non ha un cellulare valido." in words(row(after, "Telefono"))
    assert row(after, "Telefono").xpath(".//button") == []
    importing.run(draft.id)
    assert [one.mobile for one in contacts_of(clienti)] == [
        "333 1234567", "328 1235194", "347 1230123", "3,33E+09",
    ]  # fmt: skip


def test_a_reserve_that_stands_left_of_the_first_column_still_comes_after_it(clienti, signed_in, base):
    rows = "Telefono;Cellulare;Email\n3471230123;3331234567;a@posta.example.com\n3471230124;;b@y.example\n"
    draft = add_draft(clienti, rows, mapping={"0": "skip", "1": "mobile", "2": "email"}, feeding={})

    signed_in.post_form(f"{base}/{draft.public_id}/colonne", {"azione": "riserva mobile 0"})
    importing.run(draft.id)

    assert read_import(draft.id).feeding == {"mobile": [1, 0]}
    assert [one.mobile for one in contacts_of(clienti)] == ["3331234567", "3471230124"]


def test_the_country_of_the_row_and_a_column_that_says_who_does_not_want_are_told(clienti, columns_of):
    tree = columns_of(add_draft(clienti, MIXED))
    assert "I numeri di telefono si leggono con il paese della riga." in words(row(tree, "Paese"))
    assert "Questa colonna dice chi NON vuole: sì vuol dire no." in words(row(tree, "Blacklist"))
    assert share(tree, "Consenso").endswith("66% riconosciuti · 1 da decidere · 1 cella vuota")
    assert bad(tree, "Consenso") == ["forse da decidere"]


def test_without_a_single_valid_address_the_import_stops_and_says_which_column_would_do(
    clienti, columns_of, signed_in, page, base
):
    draft = add_draft(clienti, NAMES, mapping={"0": "code", "1": "email", "2": "skip"})
    url = f"{base}/{draft.public_id}/colonne"
    tree = columns_of(draft)
    alert = tree.xpath("//form//div[@role='alert']")[0]
    assert "Nessuna email valida nella colonna “E-mail”: così nessuno si può caricare" in words(alert)
    assert "3 valori non vanno bene. Le email sembrano essere nella colonna “Contatto”: 2 valide." in words(
        alert
    )
    assert row(tree, "E-mail").get("class") == "bad"
    assert "Qui manca sempre la chiocciola: non sono email." in words(row(tree, "E-mail"))
    assert share(tree, "Contatto").endswith("66% email valide · 2 su 3")
    go_on = tree.xpath("//button[@aria-disabled='true']")[0]
    assert (
        "almeno un’email o un cellulare validi"
        in tree.get_element_by_id(go_on.get("aria-describedby")).text_content()
    )

    refused = page(signed_in.post_form(url, {}), 422)
    assert refused.xpath("//*[@data-error-summary]")

    signed_in.post_form(url, {"azione": alert.xpath(".//button")[0].get("value")})
    assert read_import(draft.id).mapping == {"0": "code", "1": "skip", "2": "email"}
    assert signed_in.post_form(url, {}).location.endswith("/controlla")


def test_a_wrong_column_beside_a_good_one_is_told_and_does_not_stop(clienti, columns_of, signed_in, base):
    rows = "Cellulare;E-mail\n3331234567;Elena\n3331234568;Marco\n"
    draft = add_draft(clienti, rows, mapping={"0": "mobile", "1": "email"})
    tree = columns_of(draft)
    assert "Nessuna email valida nella colonna “E-mail”" in words(tree.xpath("//form//div[@role='alert']")[0])
    assert "1 colonna sbagliata" in tree.text_content()
    assert not tree.xpath("//button[@aria-disabled]")
    assert signed_in.post_form(f"{base}/{draft.public_id}/colonne", {}).location.endswith("/controlla")


def test_only_landlines_are_no_mobiles_and_said_to_be_landlines(clienti, columns_of):
    rows = "Email;Telefono\na@posta.example.com;02 1234567\nb@posta.example.com;06 1231188\n"
    tree = columns_of(add_draft(clienti, rows, mapping={"0": "email", "1": "mobile"}))
    assert "Qui ci sono solo numeri fissi, che non ricevono SMS." in words(row(tree, "Telefono"))
    assert bad(tree, "Telefono") == ["02 •••••67 numero fisso", "06 •••••88 numero fisso"]


DATES = "Email;Nato il\na@posta.example.com;03/04/1980\nb@posta.example.com;05/06/1990\n"


def test_dates_that_can_be_read_in_two_orders_ask_which_and_keep_the_answer(
    clienti, columns_of, signed_in, base
):
    draft = add_draft(clienti, DATES)
    asked = row(columns_of(draft), "Nato il")
    assert asked.get("class") == "look"
    assert "03/04 è il 3 aprile o il 4 marzo?" in words(asked)
    assert asked.xpath(".//input[@type='radio']/@value") == ["dmy", "mdy"]
    assert not asked.xpath(".//input[@checked]")

    signed_in.post_form(f"{base}/{draft.public_id}/colonne", {"date-1": "mdy"})

    answered = row(columns_of(draft), "Nato il")
    assert answered.xpath(".//input[@checked]/@value") == ["mdy"]
    assert answered.get("class") is None
    importing.run(draft.id)
    assert [one.birth_date.isoformat() for one in contacts_of(clienti)] == ["1980-03-04", "1990-05-06"]


def test_dates_that_tell_their_order_ask_nothing(clienti, columns_of):
    told = row(columns_of(add_draft(clienti, DATES.replace("03/04", "25/04"))), "Nato il")
    assert not told.xpath(".//input")


def test_dates_in_both_orders_say_what_stays_empty(clienti, columns_of):
    both = DATES + "c@posta.example.com;25/12/1970\nd@posta.example.com;12/25/1970\n"
    tree = columns_of(add_draft(clienti, both))
    assert "Le date sono in due ordini" in words(row(tree, "Nato il"))
    assert "03/04/1980 si legge in due modi" in bad(tree, "Nato il")


def test_an_empty_cell_keeps_what_there_is_unless_somebody_says_otherwise(
    clienti, columns_of, signed_in, base
):
    import_file(clienti, "Codice;Email;Nome;Consenso\n1;anna@posta.example.com;Anna;no\n")
    draft = add_draft(clienti, "Codice;Email;Nome;Consenso\n1;anna@posta.example.com;;\n", key="code")
    tree = columns_of(draft)
    assert tree.xpath("//input[@name='vuote'][@checked]/@value") == ["keep"]
    assert "Una cella vuota non cancella: né un’email, né un no al consenso." in tree.text_content()

    signed_in.post_form(f"{base}/{draft.public_id}/colonne", {"vuote": "clear", "chiave": "code"})
    importing.run(draft.id)

    anna = contacts_of(clienti)[0]
    assert (anna.first_name, anna.consent) == (None, False)


def test_each_way_of_telling_contacts_apart_says_what_the_file_has_of_it(clienti, columns_of):
    rows = "Codice;Email\n1;a@posta.example.com\n2;A@posta.example.com\n3;b@posta.example.com\n"
    tree = columns_of(add_draft(clienti, rows))
    said = [words(one) for one in tree.xpath("//fieldset[@id='chiave']//label")]
    assert said == [
        "Stesso codice clientePresente e diverso in 3 righe su 3.",
        "Stessa email1 email si ripete nel file.",
    ]


def test_another_field_comes_back_with_its_own_proofs_and_goes_nowhere(clienti, signed_in, fragment, base):
    draft = add_draft(clienti, NAMES)
    url = f"{base}/{draft.public_id}/colonne"
    answer = signed_in.post_form(url, {"guarda": "1", "colonna-1": "first_name"}, htmx=True)
    form = fragment(answer)
    assert form.get("id") == "columns-form"
    assert form.xpath("//select[@name='colonna-1']//option[@selected]/@value") == ["first_name"]
    assert not form.xpath("//*[@data-error-summary]")
    assert read_import(draft.id).mapping["1"] == "first_name"


@pytest.mark.parametrize("action", ["usa email", "usa code 1", "riserva mobile 99", "usa email x", "x", " "])
def test_an_action_nobody_offers_changes_nothing(clienti, signed_in, base, action):
    draft = add_draft(clienti, NAMES)
    signed_in.post_form(f"{base}/{draft.public_id}/colonne", {"azione": action})
    assert read_import(draft.id).mapping == draft.mapping


def test_a_file_that_is_gone_asks_for_another_one(clienti, signed_in, base):
    draft = add_draft(clienti, NAMES)
    sealed_files.forget(draft.stored_name)
    assert signed_in.get(f"{base}/{draft.public_id}/colonne").location.endswith("/nuova")
