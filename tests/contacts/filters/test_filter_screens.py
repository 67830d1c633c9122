"""Saved filters and their builder, as a person uses them."""

import re

import pytest
import time_machine
from sqlmodel import select

from tests.conftest import add_operator
from tests.contacts.conftest import import_file
from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.access.models import Role
from webapp.contacts.models import Filter
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus

FILE = """\
Email;Cellulare;Nome;Città;Totale speso
anna@posta.example.com;3331234567;Anna;Torino;150
anna@posta.example.com;;Bruno;Torino;20
carla@posta.example.com;;Carla;Forlì;300
"""


@pytest.fixture
def here(clienti):
    import_file(clienti, FILE)
    return f"/database/{clienti.public_id}/filtri"


def typed(*conditions, group="g1", match="all", name="Torino", **more):
    """The form of the builder with those conditions (field, operator, value …) in one group."""
    form = {"nome": name, "group": [group], f"{group}-match": match, group: []}
    for number, (field, operator, *values) in enumerate(conditions, 1):
        one = f"{group}c{number}"
        form[group].append(one)
        form |= {f"{one}-field": field, f"{one}-operator": operator, f"{one}-value": values}
    return form | more


def total(tree) -> str:
    return tree.xpath("string(//*[@id='totale'])")


def saved_filters() -> list[Filter]:
    with db.reading() as session:
        return list(session.exec(select(Filter).order_by(Filter.id)))


def test_a_filter_is_made_counted_saved_and_listed(signed_in, page, fragment, here):
    page(signed_in.get(f"{here}/nuovo"))
    counted = signed_in.post_form(f"{here}/conteggio", typed(("city", "is", "TORINO")), htmx=True)
    tree = fragment(counted)
    assert total(tree) == "2"
    assert "1 contatto ha la stessa email di un altro" in tree.text_content()
    assert "Contatti di TORINO." in tree.text_content()

    saved = signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "TORINO")))
    assert saved.status_code == 303
    text = page(signed_in.get(saved.location)).text_content()
    assert "Filtro “Torino” salvato." in text and "Contatti di TORINO." in text
    assert saved_filters()[0].counted == 2


def test_conditions_typed_in_italian_are_stored_as_values(signed_in, page, here):
    form = typed(("own:totale_speso", "between", "99,5", "1.000"), ("city", "one_of", "Torino", "Forlì", ""))
    signed_in.post_form(f"{here}/nuovo", form)
    rule = saved_filters()[0].rule
    assert rule["groups"][0]["conditions"] == [
        {"field": "own:totale_speso", "operator": "between", "values": [99.5, 1000]},
        {"field": "city", "operator": "one_of", "values": ["Torino", "Forlì"]},
    ]
    tree = page(signed_in.get(f"{here}/{saved_filters()[0].public_id}"))
    assert tree.xpath("//input[@name='g1c1-value']/@value") == ["99,5", "1000"]
    assert total(tree) == "2"


def beside(tree) -> dict[str, str]:
    """Id → the number that stands beside a condition or group, of a page or of an answer to htmx."""
    on_page = {one.get("id"): one.text or "" for one in tree.xpath("//*[contains(@id, '-count')]")}
    partials = tree.xpath("//hx-partial[contains(@hx-target, '-count')]")
    sent = {one.get("hx-target")[1:]: one.text or "" for one in partials}
    return {name.removesuffix("-count"): text for name, text in (sent or on_page).items()}


def test_every_condition_and_group_says_how_many_contacts_it_is_about(signed_in, page, fragment, here):
    form = typed(("city", "is", "Torino"), ("own:totale_speso", "at_least", "100"), ("city", "is", ""))
    form |= {"x": ["xc1"], "xc1-field": "first_name", "xc1-operator": "is", "xc1-value": "anna"}
    expected = {
        "g1": "1 contatto",
        "g1c1": "2",
        "g1c2": "2",
        "g1c3": "non conta",
        "x": "−1 contatto",
        "xc1": "1",
    }
    assert beside(fragment(signed_in.post_form(f"{here}/conteggio", form, htmx=True))) == expected
    assert beside(page(signed_in.post_form(f"{here}/nuovo", form | {"do": "refresh"}))) == expected
    alone = typed(("city", "is", "Forlì"))
    counted = beside(fragment(signed_in.post_form(f"{here}/conteggio", alone, htmx=True)))
    assert counted == {"g1": "1 contatto", "g1c1": "1", "x": ""}


def test_an_incomplete_condition_does_not_count_and_says_so(signed_in, fragment, here):
    form = typed(("city", "is", "Torino"), ("own:totale_speso", "at_least", ""))
    tree = fragment(signed_in.post_form(f"{here}/conteggio", form, htmx=True))
    assert total(tree) == "2"
    assert "1 condizione incompleta non conta" in tree.text_content()


@pytest.mark.parametrize(
    "form, where, said",
    [
        (typed(("city", "is", "x"), name=""), "nome", "Scrivi un nome per il filtro."),
        (typed(("city", "is", "x"), name="n" * 101), "nome", "al massimo 100 caratteri"),
        (typed(), None, "Aggiungi almeno una condizione."),
        (typed(("city", "is", "")), "g1c1-value", "Scrivi un valore."),
        (typed(("city", "is", "x" * 201)), "g1c1-value", "al massimo 200 caratteri"),
        (typed(("city", "contains", "%" * 60_000)), "g1c1-value", "al massimo 200 caratteri"),
        (typed(("birth_date", "last_days", "")), "g1c1-value", "Scrivi un numero di giorni"),
        (typed(("birth_date", "last_days", "-1")), "g1c1-value", "Scrivi un numero di giorni"),
        (typed(("birth_date", "last_days", "９")), "g1c1-value", "Scrivi un numero di giorni"),
        (typed(("birth_date", "is", "31/02/2026")), "g1c1-value", "Scrivi una data che esiste"),
        (typed(("birth_date", "is", "2026-13-01")), "g1c1-value", "Scrivi una data che esiste"),
        (typed(("birth_date", "after", "0000-01-01")), "g1c1-value", "Scrivi una data che esiste"),
        (typed(("birth_date", "after", "9999-12-31")), "g1c1-value", "Scrivi una data che esiste"),
        (typed(("birth_date", "between", "2026-02-01", "2026-01-01")), "g1c1-value", "prima del secondo"),
        (typed(("own:totale_speso", "is", "NaN")), "g1c1-value", "Scrivi un numero"),
        (typed(("own:totale_speso", "is", "inf")), "g1c1-value", "Scrivi un numero"),
        (typed(("own:totale_speso", "is", "1e309")), "g1c1-value", "Scrivi un numero"),
        (typed(("own:totale_speso", "is", "１２３")), "g1c1-value", "Scrivi un numero"),
        (typed(("own:totale_speso", "is", "0x10")), "g1c1-value", "Scrivi un numero"),
        (typed(("own:totale_speso", "is", "9" * 5_000)), "g1c1-value", "Scrivi un numero"),
        (typed(("own:sparito", "is", "x")), "g1c1-value", "Un campo di questo filtro non c’è più"),
        (typed(("database_id", "is", "1")), "g1c1-value", "Un campo di questo filtro non c’è più"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved_is_said_where_it_is_wrong(signed_in, page, fragment, here, form, where, said):
    tree = page(signed_in.post_form(f"{here}/nuovo", form), 422)
    summary = tree.xpath("//*[@data-error-summary]")[0].text_content()
    assert said in summary
    if where:
        assert said in tree.xpath("string(//*[@id=$id])", id=f"{where}-error")
    assert fragment(signed_in.post_form(f"{here}/nuovo", form, htmx=True), 422).get("id") == "costruttore"
    assert saved_filters() == []


def test_two_filters_of_a_database_cannot_have_one_name(signed_in, page, here):
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "x")))
    tree = page(signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "y"))), 422)
    assert "C’è già un filtro che si chiama “Torino”" in tree.text_content()


def test_the_buttons_of_the_builder_work_without_javascript(signed_in, page, here):
    def press(button, *conditions):
        return page(signed_in.post_form(f"{here}/nuovo", typed(*conditions, do=button)))

    one = ("city", "one_of", "Torino", "Forlì")
    rows = "//li[contains(@class, 'cond')]/@id"
    assert press("add:g1", one).xpath(rows) == ["g1c1", "g1c2"]
    assert press("remove:g1c1", one, ("city", "is", "x")).xpath(rows) == ["g1c2"]
    assert press("add-group", one).xpath(rows) == ["g1c1", "g2c1"]
    values = "//input[@name='{}-value'][not(ancestor::template)]/@value"  # a template's are not sent
    assert press("duplicate:g1", one).xpath(values.format("g2c1")) == ["Torino", "Forlì", ""]
    assert press("drop:g1", one).xpath(rows) == []
    assert press("add:x", one).xpath(rows) == ["g1c1", "xc1"]
    assert press("drop-value:g1c1:0", one).xpath(values.format("g1c1")) == ["Forlì", ""]
    assert press("nonsense:../", one).xpath(rows) == ["g1c1"]
    assert saved_filters() == []


def test_another_field_gets_the_operators_and_the_control_of_its_type(signed_in, fragment, here):
    form = typed(("birth_date", "is", "Torino"), do="refresh")
    form["g1c1-operator"] = "contains"
    tree = fragment(signed_in.post_form(f"{here}/nuovo", form, htmx=True))
    operators = tree.xpath("//select[@name='g1c1-operator']/option/@value")
    assert "last_days" in operators and "contains" not in operators
    assert tree.xpath("//input[@name='g1c1-value']/@type") == ["date"]


def test_exclusions_and_groups_count_together(signed_in, fragment, here):
    form = typed(("email", "is_valid"))
    form |= {
        "x": ["xc1"],
        "xc1-field": "city",
        "xc1-operator": "is",
        "xc1-value": ["torino"],
        "x-match": "any",
    }
    tree = fragment(signed_in.post_form(f"{here}/conteggio", form, htmx=True))
    assert total(tree) == "1"
    assert "Contatti con email valida. Esclusi quelli di torino." in tree.text_content()


def test_ten_thousand_values_are_refused_in_words(signed_in, page, here):
    form = typed(("city", "one_of", *(f"v{n}" for n in range(1_500))))
    assert "al massimo 1000 valori" in page(signed_in.post_form(f"{here}/nuovo", form), 422).text_content()
    form = typed(("city", "one_of", *(f"v{n}" for n in range(10_000))))
    assert signed_in.post_form(f"{here}/nuovo", form).status_code in (413, 422)


def test_a_filter_is_edited_duplicated_and_deleted(signed_in, page, here):
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "Torino")))
    saved = saved_filters()[0]
    signed_in.post_form(f"{here}/{saved.public_id}", typed(("city", "is", "Forlì"), name="Forlì"))
    assert [(one.name, one.counted) for one in saved_filters()] == [("Forlì", 1)]

    copied = signed_in.post_form(f"{here}/{saved.public_id}/duplica")
    assert "Forlì, copia" in page(signed_in.get(copied.location)).findtext(".//h1")
    page(signed_in.get(f"{here}/{saved.public_id}/elimina"))
    signed_in.post_form(f"{here}/{saved.public_id}/elimina")
    assert [one.name for one in saved_filters()] == ["Forlì, copia"]


def test_contacts_of_a_filter_are_listed(signed_in, page, here):
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "Forlì"), name="Forlì"))
    url = here.replace("filtri", "contatti")
    tree = page(signed_in.get(f"{url}?filtro={saved_filters()[0].public_id}"))
    assert tree.xpath("//td[contains(@class, 'lead')]//a/text()") == ["Carla"]
    assert signed_in.get(f"{url}?filtro=222222222222").status_code == 404


def test_today_is_the_day_in_rome(signed_in, giulia, fragment, clienti, here):
    """At 23:30 in London it is tomorrow in Rome already."""
    import_file(clienti, "Email;Data di nascita\nelena@posta.example.com;25/11/1990\n", key="none")
    form = typed(("birth_date", "anniversary_today"))
    for moment, found in (("2026-11-24T22:30:00Z", "0"), ("2026-11-24T23:30:00Z", "1")):
        with time_machine.travel(moment, tick=False):
            signed_in.sign_in(giulia)
            assert total(fragment(signed_in.post_form(f"{here}/conteggio", form, htmx=True))) == found


def test_a_filter_on_a_field_that_is_gone_shows_and_exports_nobody_and_says_so(
    signed_in, page, clienti, here
):
    gone = {"field": "own:scomparso", "operator": "is_empty", "values": []}
    rule = {"groups": [{"match": "all", "conditions": [gone]}], "exclude": {"match": "any", "conditions": []}}
    with db.writing() as session:
        saved = Filter(database_id=clienti.id, name="Rotto", rule=rule)
        session.add(saved)
    contacts = here.replace("filtri", "contatti")
    for answer in (
        signed_in.get(f"{contacts}?filtro={saved.public_id}"),
        signed_in.post_form(f"{contacts}/esporta", {"filtro": saved.public_id}),
    ):
        assert answer.status_code == 303
        assert "non c’è più nel database" in page(signed_in.get(answer.location)).text_content()
    assert "campo eliminato" in page(signed_in.get(f"{here}/{saved.public_id}")).text_content()


def test_the_builder_says_whether_what_it_shows_is_saved(signed_in, page, fragment, here):
    def state(tree) -> str:
        return tree.xpath("string(//*[@id='stato-filtro'] | //hx-partial[@hx-target='#stato-filtro'])")

    assert state(page(signed_in.get(f"{here}/nuovo"))) == "Bozza, non ancora salvata"
    signed_in.post_form(f"{here}/nuovo", typed(("own:totale_speso", "at_least", "100,50")))
    saved = saved_filters()[0].public_id
    assert state(page(signed_in.get(f"{here}/{saved}"))).startswith("Salvato il ")
    for form, said in (
        (typed(("own:totale_speso", "at_least", "100,5")), "Salvato il "),
        (typed(("own:totale_speso", "at_least", "100")), "Modifiche non salvate"),
        (typed(("own:totale_speso", "at_least", "100,5"), name="Altro"), "Modifiche non salvate"),
        (typed(("own:totale_speso", "at_least", "100,5"), tipo="test"), "Modifiche non salvate"),
        (typed(("own:totale_speso", "at_least", "100,5"), ("city", "is", "")), "Modifiche non salvate"),
    ):
        answer = signed_in.post_form(f"{here}/conteggio", form | {"filtro": saved}, htmx=True)
        assert state(fragment(answer)).startswith(said), form


def test_a_test_filter_is_told_from_a_real_one_everywhere(signed_in, page, fragment, here):
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "Torino"), name="Vero"))
    assert not page(signed_in.get(here)).xpath("//nav[@aria-label='Tipo di filtro']")
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "Forlì"), name="Prova", tipo="test"))
    real, test = saved_filters()
    assert (real.is_test, test.is_test) == (False, True)

    def names(url: str) -> list[str]:
        return page(signed_in.get(url)).xpath("//td[contains(@class, 'lead')]//a/text()")

    for url in (here, "/filtri"):
        assert names(url) == ["Prova", "Vero"] == names(f"{url}?tipo=altro")
        assert names(f"{url}?tipo=test") == ["Prova"]
        assert names(f"{url}?tipo=reale") == ["Vero"]
    assert "di test" in page(signed_in.get(here)).xpath("string(//tr[contains(., 'Prova')])")
    edited = page(signed_in.get(f"{here}/{test.public_id}"))
    assert edited.xpath("//select[@name='tipo']/option[@selected]/@value") == ["test"]
    signed_in.post_form(f"{here}/{test.public_id}/duplica")
    assert saved_filters()[-1].is_test


def test_before_a_filter_is_deleted_it_says_what_used_it(signed_in, page, clienti, here):
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "Torino")))
    saved = saved_filters()[0]
    url = f"{here}/{saved.public_id}/elimina"
    assert "Usato da" not in page(signed_in.get(url)).text_content()
    assert "Mai" in page(signed_in.get(here)).xpath("string(//tr[contains(., 'Torino')])")
    upload = add_upload(clienti, [(BatchStatus.SENT, 2, 0)], saved=saved, audience_name="VIP di Torino")
    tree = page(signed_in.get(url))
    assert "“VIP di Torino”" in tree.text_content() and "Completato" in tree.text_content()
    assert tree.xpath(f"//a[@href='/caricamenti/{upload.public_id}']")
    assert "Mai" not in page(signed_in.get(here)).xpath("string(//tr[contains(., 'Torino')])")
    signed_in.post_form(url)
    assert saved_filters() == []
    with db.reading() as session:
        kept = session.get_one(Upload, upload.id)
        assert (kept.filter_id, kept.filter_name) == (None, "Torino")


def test_all_filters_of_the_client_are_on_one_page(signed_in, page, here):
    assert "Nessun filtro" in page(signed_in.get("/filtri")).text_content()
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "x"), name="<b>{{7*7}}"))
    tree = page(signed_in.get("/filtri"))
    assert tree.xpath("//td[contains(@class, 'lead')]//a/text()") == ["<b>{{7*7}}"]
    assert tree.xpath("//td//a[text()='Clienti Italia']")


def test_support_reads_filters_and_changes_none(app, page, aurora, signed_in, here):
    signed_in.post_form(f"{here}/nuovo", typed(("city", "is", "x")))
    url = f"{here}/{saved_filters()[0].public_id}"
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))
    page(support.get(here))
    for path in (url, f"{here}/nuovo", f"{url}/elimina"):
        assert support.get(path).status_code == 403
    for path in (url, f"{here}/nuovo", f"{url}/elimina", f"{url}/duplica", f"{here}/conteggio"):
        assert support.post_form(path).status_code == 403


def test_support_reads_no_person_in_a_filter(app, page, aurora, signed_in, here):
    """Its sentence keeps where and how much, and not the address, the name or the code of somebody."""
    rule = (
        ("email", "is", "zenobia@posta.example"),
        ("last_name", "is", "Zanardi"),
        ("city", "is", "Torino"),
    )
    signed_in.post_form(f"{here}/nuovo", typed(*rule))
    assert "zenobia@posta.example" in page(signed_in.get(here)).text_content()
    support = app.test_client()
    support.sign_in(add_operator(aurora, Role.SUPPORT, "aiuto@aurora.example"))

    for shown in (page(support.get(here)), page(support.get("/filtri"))):
        assert "Zanardi" not in shown.text_content() and "zenobia" not in shown.text_content()
        assert "Contatti di Torino con email “•••” e che di cognome fanno •••." in shown.text_content()


def test_the_builder_names_no_control_twice(signed_in, page, here):
    tree = page(
        signed_in.post_form(
            f"{here}/nuovo", typed(("city", "between", "a"), ("consent", "is_yes"), do="add:x")
        )
    )
    ids = tree.xpath("//form[@id='costruttore']//@id")
    assert len(ids) == len(set(ids))
    assert not re.search(r"\{\{|\{%", tree.text_content())


def test_more_conditions_than_a_rule_may_have_are_refused_in_words_wherever_they_come(signed_in, page, here):
    """Each group may bring a hundred; together they would be a rule that nobody can read again."""
    form = {"nome": "Tante"}
    for group in ("g1", "g2"):
        names = [f"{group}c{n}" for n in range(1, 61)]
        form[group] = names
        for one in names:
            form |= {f"{one}-field": "city", f"{one}-operator": "is", f"{one}-value": "Torino"}
    form["group"] = ["g1", "g2"]

    count = signed_in.post_form(f"{here}/conteggio", form, htmx=True)
    refresh = signed_in.post_form(f"{here}/nuovo", form | {"do": "refresh"})
    saved = signed_in.post_form(f"{here}/nuovo", form)

    assert (count.status_code, refresh.status_code, saved.status_code) == (200, 200, 422)
    for answer in (refresh, saved):
        assert "Il filtro ha troppe condizioni: il massimo è 100." in answer.text
    assert saved_filters() == []
