"""The check before an import and its result: sums that add up, what has to be confirmed, what comes next."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import add_operator
from tests.contacts.conftest import add_draft, contacts_of, import_file, read_import
from tests.contacts.imports.screens.sums import folds, result_numbers, shown, terms
from webapp.access.models import Role
from webapp.contacts.contact_ids import public_id
from webapp.contacts.imports import importing
from webapp.contacts.imports.file_quality import Quality
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.store.row_converter import RowConverter

FIRST = "Codice;Email;Cellulare;Nome\n1;anna@posta.example.com;3331234567;Anna\n2;;;Luca\n3;;;Eva\n"
FILE = """\
Codice;Email;Cellulare;Nome
1;anna@posta.example.com;3331234567;Anna
2;luca@posta.example.com;;Luca
4;mara@posta,example;3331234568;Mara
5;vera.posta.example;02 1234567;Vera
5;vera@posta.example.com;02 1234567;Vera
6;;;Ida
;;;
7;troppe;celle;in;questa;riga
;;; solo spazi
"""


@pytest.fixture
def base(clienti):
    return f"/database/{clienti.public_id}/importazioni"


def check_of(signed_in, page, base, draft: ContactImport):
    return page(signed_in.get(f"{base}/{draft.public_id}/controlla"))


def assert_adds_up(tree) -> None:
    """The sums of §1 of the design: what is read is what becomes of it, and each contact has what it has."""
    rows, data = terms(tree, "righe"), terms(tree, "dati")
    out = rows["rejected"] + rows.get("erased", 0) + rows.get("skipped", 0)
    assert rows["rows"] == out + rows["become"]
    assert rows["become"] == rows["new"] + rows["updated"] + rows["unchanged"] + rows.get("repeated", 0)
    assert data["email"] + data["mobile"] - data["both"] + data["neither"] == rows["become"] == data["become"]
    found = folds(tree)
    for medium in ("email", "mobile"):
        if medium in found:
            title, reasons = found[medium]
            without = data["become"] - data[medium]
            assert sum(count for _, count in reasons) == without == int(title.split(" ")[0])


def test_the_two_sums_of_the_check_add_up_and_are_what_the_import_does(clienti, signed_in, page, base):
    import_file(clienti, FIRST)
    draft = add_draft(clienti, FILE, key="code")

    tree = check_of(signed_in, page, base, draft)

    assert_adds_up(tree)
    assert terms(tree, "righe") == {
        "rows": 8, "rejected": 1, "become": 7, "new": 4, "updated": 1, "unchanged": 1, "repeated": 1,
    }  # fmt: skip
    importing.run(draft.id)
    made = read_import(draft.id)
    check = terms(tree, "righe")
    assert (made.rows_read, made.rows_new, made.rows_rejected) == (
        check["rows"],
        check["new"],
        check["rejected"],
    )
    assert made.rows_updated == check["updated"] + check["unchanged"] + check.get("repeated", 0)
    assert result_numbers(page(signed_in.get(f"{base}/{draft.public_id}")))["read"] == check["rows"]


def test_the_button_says_how_many_contacts_come_of_it(clienti, signed_in, page, base):
    import_file(clienti, FIRST)
    draft = add_draft(clienti, FILE, key="code")
    tree = check_of(signed_in, page, base, draft)
    button = tree.xpath("//form[@id='start-import']//button[@type='submit']")[0].text_content().strip()
    before = {one.code for one in contacts_of(clienti)}

    importing.run(draft.id)

    rows = terms(tree, "righe")
    touched = len(contacts_of(clienti)) - len(before) + rows["updated"] + rows["unchanged"]
    assert button == f"importa {touched} contatti"


@pytest.mark.parametrize("mode", ["create_only", "update_only"])
@pytest.mark.parametrize("key", ["code", "email"])
def test_the_sums_add_up_also_when_some_rows_are_left_alone(clienti, signed_in, page, base, mode, key):
    import_file(clienti, FIRST)
    draft = add_draft(clienti, FILE, key=key, mode=mode)
    tree = check_of(signed_in, page, base, draft)
    assert_adds_up(tree)
    assert terms(tree, "righe")["skipped"] > 0
    importing.run(draft.id)
    assert read_import(draft.id).rows_skipped == terms(tree, "righe")["skipped"]


def test_who_asked_to_be_erased_is_a_term_of_its_own(clienti, signed_in, page, base):
    import_file(clienti, FIRST)
    _erase(signed_in, clienti, contacts_of(clienti)[0])
    draft = add_draft(clienti, FILE, key="code")

    tree = check_of(signed_in, page, base, draft)

    assert_adds_up(tree)
    assert terms(tree, "righe")["erased"] == 1
    importing.run(draft.id)
    result = result_numbers(page(signed_in.get(f"{base}/{draft.public_id}")))
    assert result["erased"] == 1
    assert result["read"] == sum(result.values()) - result["read"]


def _erase(signed_in, database, contact) -> None:
    url = f"/database/{database.public_id}/contatti/{public_id(contact.id)}"
    form = signed_in.get(f"{url}/cancella")
    assert form.status_code == 200, form.text
    assert signed_in.post_form(f"{url}/cancella", {"conferma": "CANCELLA"}).status_code in (200, 303)


def test_the_quality_of_the_data_tells_each_reason_with_masked_examples(clienti, signed_in, page, base):
    tree = check_of(signed_in, page, base, add_draft(clienti, FILE, key="code"))
    title, reasons = folds(tree)["email"]
    assert title == "4 righe senza email valida"
    assert sorted(reasons) == [
        ("cella vuota", 2), ("c’è una virgola al posto del punto", 1), ("manca la chiocciola", 1),
    ]  # fmt: skip
    section = tree.get_element_by_id("qualita")
    assert "non ferma l’importazione" in section.text_content()
    assert "m•••@posta,example" in section.text_content()
    assert "mara@" not in section.text_content()


def test_values_that_would_be_lost_are_told_first_and_can_be_kept_with_one_button(
    clienti, signed_in, page, base
):
    import_file(clienti, FIRST)
    rows = "Codice;Email;Cellulare\n1;;3331234569\n4;nuova@posta.example.com;\n"
    draft = add_draft(clienti, rows, key="code", blank_cells="clear")
    url = f"{base}/{draft.public_id}"
    tree = check_of(signed_in, page, base, draft)
    alert = tree.xpath("//div[@data-alert='values_lost']")[0]
    assert "Dopo questa importazione, 1 contatto perderebbe l’email" in alert.text_content()
    assert "nessun consenso cambia" in alert.text_content()

    signed_in.post_form(alert.xpath(".//form/@action")[0])

    assert not check_of(signed_in, page, base, draft).xpath("//div[@data-alert]")
    signed_in.post_form(f"{url}/importa")
    assert read_import(draft.id).status == "queued"


def test_nothing_is_imported_before_each_of_its_alerts_is_ticked(clienti, signed_in, page, base):
    rows = "Codice;Email;Cellulare\n1;Elena;Torino\n2;Marco;Milano\n"
    draft = add_draft(clienti, rows, mapping={"0": "code", "1": "email", "2": "mobile"})
    url = f"{base}/{draft.public_id}"
    codes = check_of(signed_in, page, base, draft).xpath("//input[@name='conferma']/@value")
    assert codes == ["no_valid_email", "no_valid_mobile", "nobody_to_send"]

    for ticked in ([], ["si"], codes[:2]):
        signed_in.post_form(f"{url}/importa", {"conferma": ticked})
        assert read_import(draft.id).status == "draft"
    signed_in.post_form(f"{url}/importa", {"conferma": codes})
    assert read_import(draft.id).status == "queued"


def test_the_consents_of_the_file_are_counted_and_lead_to_their_words(clienti, signed_in, page, base):
    rows = "Email;Consenso\na@posta.example.com;sì\nb@posta.example.com;no\nc@posta.example.com;forse\n"
    tree = check_of(signed_in, page, base, add_draft(clienti, rows))
    section = tree.get_element_by_id("qualita")
    assert "Consenso: 1 sì, 1 no, 1 da decidere" in section.text_content()
    link = section.xpath(".//a/@href")[0]
    assert signed_in.get(link).status_code == 200
    assert link.endswith("/consenso/1?da=controlla")


def test_the_result_says_what_to_do_next_with_numbers_that_are_there(clienti, signed_in, page, base):
    rows = (
        "Email;Consenso\na@posta.example.com;sì\nb@posta.example.com;no\n"
        "c@posta.example.com;forse\nd.posta.example;sì\ne@posta.example.com;\n"
    )
    done = import_file(clienti, rows)
    tree = page(signed_in.get(f"{base}/{done.public_id}"))

    assert "5 righe importate in “Clienti Italia”" in tree.xpath("string(//div[@class='card']/header/h2)")
    links = {one.find("strong").text: one for one in tree.xpath("//div[@class='next']/a")}
    assert list(links) == [
        "Carica gli utenti", "Crea un filtro", "1 riga senza email valida",
        "1 contatto con una risposta da decidere",
    ]  # fmt: skip
    ready = links["Carica gli utenti"].xpath(".//*[@data-term='ready']")[0]
    people = [one for one in contacts_of(clienti) if one.email_sha256 and one.consent is not False]
    assert shown(ready) == len([one for one in people if one.consent_unread is None]) == 2
    for link in links.values():
        assert signed_in.get(link.get("href")).status_code == 200 or link.get("href") == "#qualita"
    assert folds(tree)["email"] == ("1 riga senza email valida", [("manca la chiocciola", 1)])
    assert result_numbers(tree) == {"read": 5, "new": 5, "updated": 0, "unchanged": 0, "rejected": 0}


def test_support_sees_counts_and_reasons_and_no_example(app, page, clienti, aurora, base):
    draft = add_draft(clienti, FILE, key="code")
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))

    tree = check_of(support, page, base, draft)
    assert_adds_up(tree)
    assert folds(tree)["email"][0] == "4 righe senza email valida"
    importing.run(draft.id)
    result = page(support.get(f"{base}/{draft.public_id}"))
    assert folds(result)["email"][0] == "4 righe senza email valida"
    for shown_page in (tree, result):
        assert "•••" not in shown_page.text_content()
        assert not shown_page.xpath(
            "//ul[@class='values'] | //form[@id='start-import'] | //div[@class='next']"
        )
        assert not shown_page.xpath("//*[@id='rejected-rows']")
    assert support.post_form(f"{base}/{draft.public_id}/tieni").status_code == 403
    assert support.get(f"{base}/{draft.public_id}/consenso/2").status_code == 403


CELLS = st.sampled_from(
    [
        "",
        "n.d.",
        "a@posta.example.com",
        "b@posta.example.com",
        "x",
        "3331234567",
        "02 1234567",
        "3,33E+09",
        "sì",
        "forse",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=30))
def test_whatever_a_file_holds_each_row_is_counted_once(rows):
    converter = RowConverter({"0": "email", "1": "mobile", "2": "consent"}, {})
    taken = [row for row in rows if not converter.is_nobody(row)]
    quality = Quality()
    quality.add(converter.columns, converter.convert_all(taken))

    assert quality.rows == len(taken)
    assert quality.email + quality.mobile - quality.both + quality.neither == len(taken)
    assert quality.email + quality.without("email") == len(taken)
    assert quality.mobile + quality.without("mobile") == len(taken)
    assert sum(quality.answers.get("consent", {}).values()) == len(taken)
