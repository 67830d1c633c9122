"""Own fields that are one of few values: met in files, offered by filters."""

from datetime import date

from sqlalchemy import func, select

from tests.contacts.conftest import add_draft, import_file, read_import
from webapp import db
from webapp.contacts import queries
from webapp.contacts.filters.selection import selected
from webapp.contacts.imports import importing
from webapp.contacts.models import CONTACT

ROWS = "".join(f"u{n}@posta.example.com;{['Torino', 'Milano', 'Forlì'][n % 3]}\n" for n in range(30))
FILE = f"Email;Negozio\n{ROWS}"


def negozio(database):
    with db.reading() as session:
        (own,) = queries.own_fields(session, database.id)
    return own


def chosen(database, operator: str, values: list[str]) -> int:
    rule = {"groups": [{"match": "all", "conditions": [
        {"field": "own:negozio", "operator": operator, "values": values}]}]}  # fmt: skip
    with db.reading() as session:
        types = queries.field_types(session, database.id)
        who = selected(database.id, rule, types, date(2026, 11, 24))
        return session.execute(select(func.count()).select_from(CONTACT).where(who)).scalar_one()


def test_a_list_is_proposed_and_learns_the_values_it_meets(clienti):
    draft = add_draft(clienti, FILE)
    assert draft.mapping == {"0": "email", "1": "new:list"}
    importing.run(draft.id)
    assert (negozio(clienti).type, negozio(clienti).choices) == ("list", ["Forlì", "Milano", "Torino"])

    import_file(clienti, "Email;Negozio\nnuovo@posta.example.com;Bari\naltro@posta.example.com;Milano\n")
    assert negozio(clienti).choices == ["Bari", "Forlì", "Milano", "Torino"]
    assert read_import(draft.id).rows_new == 30


def test_a_filter_chooses_one_of_a_list_whatever_case_and_accents(clienti):
    import_file(clienti, FILE)
    assert chosen(clienti, "one_of", ["torino", "FORLI"]) == 20
    assert chosen(clienti, "none_of", ["Torino"]) == 20
    assert chosen(clienti, "is", ["Milano"]) == 10
    assert chosen(clienti, "is_empty", []) == 0


def test_the_builder_offers_the_values_of_a_list(signed_in, page, clienti):
    import_file(clienti, FILE)
    fields = {"nome": "x", "group": "g1", "g1": "g1c1", "g1c1-field": "own:negozio",
              "g1c1-operator": "one_of", "g1c1-value": "", "do": "refresh"}  # fmt: skip
    tree = page(signed_in.post_form(f"/database/{clienti.public_id}/filtri/nuovo", fields))
    assert tree.xpath("//datalist/option/@value") == ["Forlì", "Milano", "Torino"]
    assert tree.xpath("//input[@list = //datalist/@id]")
