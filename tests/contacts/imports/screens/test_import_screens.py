"""The import wizard as a person walks it, with and without JavaScript."""

from io import BytesIO

import pytest
from sqlmodel import select

from tests.conftest import add_operator
from tests.contacts.conftest import add_draft, as_bytes, contacts_of, import_file, read_import
from tests.contacts.imports.screens.sums import result_numbers, terms
from webapp import db
from webapp.access.models import Role
from webapp.contacts.contact_ids import public_id
from webapp.contacts.imports import import_run, importing
from webapp.contacts.models import OwnField
from webapp.contacts.models_imports import ContactImport

FILE = """\
Codice cliente;E-mail;Nome;Totale speso
1;anna@posta.example.com;Anna;10,50
2;luca@@x;Luca;molto
;;;7
"""


@pytest.fixture
def base(clienti):
    return f"/database/{clienti.public_id}/importazioni"


def send_file(browser, base, content, name="clienti.csv", **more):
    return browser.post_form(
        f"{base}/nuova",
        {"file": (BytesIO(as_bytes(content)), name)},
        content_type="multipart/form-data",
        **more,
    )


def test_a_file_walks_through_the_four_steps(signed_in, page, clienti, base):
    assert page(signed_in.get(f"{base}/nuova")).xpath("//input[@type='file']")

    sent = send_file(signed_in, base, FILE)
    assert sent.status_code == 303
    columns = page(signed_in.get(sent.location))
    chosen = columns.xpath("//select[starts-with(@name, 'colonna-')]/optgroup/option[@selected]/@value")
    assert chosen == ["code", "email", "first_name", "new:text"]

    saved = signed_in.post_form(sent.location, {"colonna-3": "new:number"})
    check = page(signed_in.get(saved.location))
    # The check is two sums since it has to show that nothing is lost between the file and the contacts.
    assert terms(check, "righe") == {
        "rows": 3, "rejected": 1, "become": 2, "new": 2, "updated": 0, "unchanged": 0,
    }  # fmt: skip
    assert terms(check, "dati") == {"email": 1, "mobile": 0, "both": 0, "neither": 1, "become": 2}
    assert "mancano codice, email, cellulare e nome" in check.text_content()
    assert "Totale speso: 1 valore che non si legge" in check.text_content()

    started = signed_in.post_form(sent.location.replace("colonne", "importa"))
    assert "Nessun worker attivo" in page(signed_in.get(started.location)).text_content()
    import_run.run_until_final(only_import(clienti).id)
    result = page(signed_in.get(started.location))
    assert result_numbers(result) == {"read": 3, "new": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert "Completata con avvisi" in result.text_content()
    assert not result.xpath("//*[contains(@hx-trigger, 'every')]"), "what is finished asks nothing"
    assert [contact.own_fields for contact in contacts_of(clienti)] == [{"totale_speso": 10.5}, {}]


def only_import(database) -> ContactImport:
    with db.reading() as session:
        return session.exec(select(ContactImport).where(ContactImport.database_id == database.id)).one()


@pytest.mark.parametrize(
    "content, name, said",
    [
        ("", "vuoto.csv", "Il file è vuoto."),
        ("Email;Nome\n", "c.csv", "solo i nomi delle colonne"),
        (b"%PDF-1.7 x", "c.csv", "documento PDF"),
        ("<html><body>ciao", "c.csv", "pagina web"),
    ],
)
def test_a_file_that_is_none_comes_back_with_what_to_do(signed_in, page, base, content, name, said):
    tree = page(send_file(signed_in, base, content, name), 422)
    assert said in tree.xpath("string(//*[@id='file-error'])")


def test_without_a_file_the_form_says_so_and_with_htmx_only_the_form_comes_back(signed_in, fragment, base):
    answer = signed_in.post_form(f"{base}/nuova", {}, htmx=True, content_type="multipart/form-data")
    assert "Scegli il file" in fragment(answer, 422).text_content()


def test_a_file_in_cp1252_is_shown_with_a_warning_and_can_be_read_again(signed_in, page, base):
    sent = send_file(signed_in, base, "Email;Città\na@posta.example.com;Forlì\n".encode("cp1252"))
    tree = page(signed_in.get(sent.location))
    assert "Forlì" in tree.text_content()
    assert "Controlla le lettere accentate" in tree.text_content()

    signed_in.post_form(
        sent.location.replace("colonne", "lettura"),
        {"codifica": "cp1252", "separatore": ",", "intestazione": "si"},
    )
    assert "separatore virgola" in page(signed_in.get(sent.location)).text_content()


def test_a_field_given_twice_and_a_missing_medium_are_refused_at_the_column(signed_in, page, clienti, base):
    draft = add_draft(clienti, "Email;Nome;Altro\na@posta.example.com;Anna;x\n")
    url = f"{base}/{draft.public_id}/colonne"
    twice = page(
        signed_in.post_form(url, {"colonna-0": "email", "colonna-1": "city", "colonna-2": "city"}), 422
    )
    assert "“Città” è abbinato a due colonne" in twice.xpath("string(//*[@id='colonna-2-error'])")
    none = page(signed_in.post_form(url, {"colonna-0": "skip", "colonna-1": "first_name"}), 422)
    assert "Nessuna colonna è abbinata a Email o Cellulare" in none.text_content()


def test_a_target_nobody_offers_changes_nothing(signed_in, clienti, base):
    draft = add_draft(clienti, "Email\na@posta.example.com\n")
    signed_in.post_form(f"{base}/{draft.public_id}/colonne", {"colonna-0": "database_id", "chiave": "id"})
    assert read_import(draft.id).mapping == {"0": "email"}
    assert read_import(draft.id).key == "none"


def test_while_it_runs_the_result_asks_every_two_seconds_and_can_be_stopped(signed_in, page, clienti, base):
    draft = add_draft(clienti, FILE)
    importing.start(draft.id)
    url = f"{base}/{draft.public_id}"
    assert page(signed_in.get(url)).xpath("//*[@id='import-result']/@hx-trigger")[0].startswith("every 2s")

    signed_in.post_form(f"{url}/ferma")
    assert "Fermata" in page(signed_in.get(url)).text_content()
    assert contacts_of(clienti) == []


def test_the_rejected_rows_come_as_a_csv_that_computes_nothing(signed_in, clienti, base):
    done = import_file(
        clienti, 'Email;Nome\n"=HYPERLINK(""x"")";"@SUM(1)";3\n+393331234567;-5;-x\nb@posta.example.com;B\n'
    )
    answer = signed_in.get(f"{base}/{done.public_id}/scarti.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.data.decode("utf-8-sig").split("\r\n")[1:3] == [
        '2;la riga ha più celle delle colonne;"\'=HYPERLINK(""x"")";\'@SUM(1);3',
        "3;la riga ha più celle delle colonne;+393331234567;-5;'-x",
    ]


def test_a_hostile_file_name_is_only_ever_shown(signed_in, page, base):
    for name in (
        "../../etc/passwd.csv",
        "a\0.csv",
        "x" * 300 + ".csv",
        "<script>alert(1)</script>.csv",
        "=cmd().csv",
    ):
        sent = send_file(signed_in, base, "Email\na@posta.example.com\n", name)
        tree = page(signed_in.get(sent.location))
        assert not tree.xpath("//script[contains(., 'alert')]")
    names = page(signed_in.get(base)).xpath("//td[contains(@class, 'lead')]//a/text()")
    assert names[0] == "=cmd().csv"
    assert names[-1] == "passwd.csv"


def test_support_sees_the_numbers_and_no_row(app, page, clienti, aurora, base):
    done = import_file(clienti, FILE)
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))
    tree = page(support.get(f"{base}/{done.public_id}"))
    assert result_numbers(tree)["rejected"] == 1
    assert not tree.xpath("//*[@id='rejected-rows']")
    for path in ("nuova", f"{done.public_id}/scarti.csv"):
        assert support.get(f"{base}/{path}").status_code == 403
    assert support.post_form(f"{base}/nuova", {}).status_code == 403


def test_imports_of_another_client_are_not_there(signed_in, clienti, base):
    for import_id in ("x" * 12, "2" * 12, "..%2f", "9223372036854775808"):
        assert signed_in.get(f"{base}/{import_id}").status_code == 404
    assert signed_in.get("/database/222222222222/importazioni").status_code == 404


def test_the_next_file_with_the_same_columns_is_matched_as_the_last_one_was(signed_in, page, clienti, base):
    sent = send_file(signed_in, base, FILE, "settembre.csv")
    signed_in.post_form(sent.location, {"colonna-2": "last_name", "colonna-3": "skip", "modo": "create_only"})
    importing.run(only_import(clienti).id)

    rows = "Nome;Totale speso;E-mail;Codice cliente\nEva;3;e@posta.example.com;9\n"
    again = send_file(signed_in, base, rows)
    tree = page(signed_in.get(again.location))
    assert "Questo file ha le stesse colonne di “settembre.csv”" in tree.text_content()
    assert chosen_in(tree) == ["last_name", "skip", "email", "code"]
    assert tree.xpath("//input[@name='modo'][@checked]/@value") == ["create_only"]

    signed_in.post_form(
        again.location.replace("colonne", "lettura"), {"intestazione": "si", "riconosci": "1"}
    )
    tree = page(signed_in.get(again.location))
    assert chosen_in(tree) == ["first_name", "new:number", "email", "code"]
    assert "l’ultima volta" not in tree.text_content()


def chosen_in(tree) -> list[str]:
    """Where the columns go, in their order."""
    return tree.xpath("//select[starts-with(@name, 'colonna-')]//option[@selected]/@value")


def test_another_shape_an_undone_import_and_a_field_that_is_gone_are_not_remembered(clienti):
    import_file(clienti, FILE, mapping={"0": "code", "1": "email", "2": "city", "3": "new:text"})
    assert add_draft(clienti, FILE.replace("Nome", "Cognome")).mapping["2"] == "last_name"
    assert add_draft(clienti, FILE).mapping["2"] == "city"
    with db.writing() as session:
        session.delete(session.exec(select(OwnField)).one())
    assert add_draft(clienti, FILE).mapping == {"0": "code", "1": "email", "2": "city", "3": "new:text"}
    with db.writing() as session:
        session.exec(select(ContactImport).where(ContactImport.status != "draft")).one().status = "undone"
    assert add_draft(clienti, FILE).mapping["2"] == "first_name"


def test_a_file_imported_into_an_empty_database_does_not_double_everybody_the_second_time(clienti):
    rows = "Email;Nome\na@posta.example.com;A\n"
    assert import_file(clienti, rows).key == "none"
    assert import_file(clienti, rows).key == "email"
    assert len(contacts_of(clienti)) == 1


def test_the_sample_file_comes_in_whole_with_every_column_recognised(signed_in, clienti, base):
    sample = signed_in.get(f"{base}/esempio.csv")
    assert sample.headers["Content-Disposition"] == 'attachment; filename="contatti-esempio.csv"'
    done = import_file(clienti, sample.data, "contatti-esempio.csv")
    assert (done.rows_read, done.rows_new, done.status) == (3, 3, "completed")
    assert list(done.mapping.values()) == [
        *("code", "email", "mobile", "first_name", "last_name", "gender", "city", "province"),
        *("postcode", "country", "birth_date", "consent", "own:totale_speso", "own:ultimo_acquisto"),
    ]
    with_own = signed_in.get(f"{base}/esempio.csv").data.decode("utf-8-sig").splitlines()
    assert with_own[0].endswith("Consenso marketing;Totale speso;Ultimo acquisto")
    assert import_file(clienti, signed_in.get(f"{base}/esempio.csv").data).rows_updated == 3


def test_rejected_rows_come_back_corrected_without_our_own_columns(signed_in, clienti, base):
    done = import_file(clienti, "Email;Nome\na@posta.example.com;A\nb@posta.example.com;B;troppo\n")
    rejected = signed_in.get(f"{base}/{done.public_id}/scarti.csv").data.decode("utf-8-sig")
    corrected = rejected.replace(";troppo", "")
    again = import_file(clienti, corrected)
    assert again.mapping == {"0": "skip", "1": "skip", "2": "email", "3": "first_name"}
    assert [contact.first_name for contact in contacts_of(clienti)] == ["A", "B"]


def test_the_check_and_the_result_count_the_rejected_rows_by_reason(signed_in, page, clienti, base):
    rows = "Email;Nome\na@posta.example.com;A\n;\n x;y;z\n ; \nb\n;;t\n"
    draft = add_draft(clienti, rows)
    url = f"{base}/{draft.public_id}"
    said = page(signed_in.get(f"{url}/controlla")).text_content()
    assert "2 righe: la riga ha più celle delle colonne" in said
    importing.run(draft.id)
    assert "2: la riga ha più celle delle colonne" in page(signed_in.get(url)).text_content()


def test_the_check_and_the_result_say_how_many_contacts_are_already_so(signed_in, page, clienti, base):
    rows = "Email;Nome\na@posta.example.com;A\nb@posta.example.com;B\nc@posta.example.com;C\n"
    import_file(clienti, rows)
    draft = add_draft(clienti, rows.replace(";C", ";Carla"), key="email")
    url = f"{base}/{draft.public_id}"

    check = page(signed_in.get(f"{url}/controlla"))
    assert terms(check, "righe") == {
        "rows": 3, "rejected": 0, "become": 3, "new": 0, "updated": 1, "unchanged": 2,
    }  # fmt: skip
    assert [one.first_name for one in contacts_of(clienti)] == ["A", "B", "C"]

    importing.run(draft.id)
    result = page(signed_in.get(url))
    assert result_numbers(result) == {"read": 3, "new": 0, "updated": 1, "unchanged": 2, "rejected": 0}


def test_the_limits_are_told_before_a_file_is_chosen(signed_in, page, base):
    said = page(signed_in.get(f"{base}/nuova")).text_content()
    assert "Fino a 512 MB, 5.000.000 righe e 200 colonne" in said


def test_the_key_is_chosen_among_the_columns_of_the_file_also_with_codes(signed_in, page, clienti, base):
    import_file(clienti, "Codice;Email;Nome\nC1;anna@posta.example.com;Anna\n")
    draft = add_draft(clienti, "Codice;Email;Nome\nC2;anna@posta.example.com;Anna bis\n")
    url = f"{base}/{draft.public_id}/colonne"
    tree = page(signed_in.get(url))
    radios = tree.xpath("//input[@name='chiave']")
    assert [(one.get("value"), one.get("checked") is not None) for one in radios] == [
        ("code", True),
        ("email", False),
    ]

    chosen = signed_in.post_form(url, {"chiave": "email", "modo": "create_and_update"})
    tree = page(signed_in.get(chosen.location))
    signed_in.post_form(chosen.location.replace("controlla", "importa"))
    import_run.run_until_final(draft.id)

    assert [(one.code, one.first_name) for one in contacts_of(clienti)] == [("C2", "Anna bis")]


EVIDENCE = """\
Email;Consenso marketing;Data consenso;Fonte consenso
anna@posta.example.com;sì;14/02/2024;Modulo del sito, versione 3
luca@posta.example.com;no;31/12/2099;
"""


def test_when_and_where_somebody_consented_is_recognised_kept_shown_and_exported(
    signed_in, page, clienti, base
):
    draft = add_draft(clienti, EVIDENCE)
    assert list(draft.mapping.values()) == ["email", "consent", "consent_date", "consent_source"]
    importing.run(draft.id)

    anna, luca = contacts_of(clienti)
    assert (anna.consent_date.isoformat(), anna.consent_source) == (
        "2024-02-14",
        "Modulo del sito, versione 3",
    )
    # Nobody consents tomorrow: the date stays empty and is counted among the cells that were not read.
    assert (luca.consent_date, read_import(draft.id).unreadable_cells) == (None, {"2": 1})
    contact = f"/database/{clienti.public_id}/contatti/{public_id(anna.id)}"
    shown = page(signed_in.get(contact)).text_content()
    assert "14/02/2024" in shown and "Modulo del sito, versione 3" in shown
    exported = signed_in.post_form(f"/database/{clienti.public_id}/contatti/esporta").get_data(as_text=True)
    assert "Data del consenso" in exported and "14/02/2024" in exported
    again = add_draft(clienti, exported)
    assert {"consent", "consent_date", "consent_source"} <= set(again.mapping.values())


def test_the_date_of_a_consent_is_corrected_by_hand_and_its_history_says_so(signed_in, page, clienti):
    import_file(clienti, EVIDENCE)
    contact = f"/database/{clienti.public_id}/contatti/{public_id(contacts_of(clienti)[0].id)}"
    form = page(signed_in.get(f"{contact}/modifica")).xpath("//form[@id='contatto']")[0]
    typed = {name: value or "" for name, value in form.form_values()}

    refused = signed_in.post_form(f"{contact}/modifica", typed | {"campo-consent_date": "2099-01-01"})
    signed_in.post_form(f"{contact}/modifica", typed | {"campo-consent_date": "2024-03-01"})

    assert "non è nel futuro" in page(refused, 422).text_content()
    assert contacts_of(clienti)[0].consent_date.isoformat() == "2024-03-01"
    assert "data del consenso" in page(signed_in.get(contact)).text_content()
