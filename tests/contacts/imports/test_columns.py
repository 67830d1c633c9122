"""Which column is which field, and what its cells become."""

from datetime import date

import pytest

from webapp.contacts.cells import (
    UNREADABLE,
    fold,
    read_country,
    read_date,
    read_gender,
    read_number,
    read_postcode,
    read_province,
    read_text,
    read_yes_no,
)
from webapp.contacts.imports.columns import (
    guess_type,
    header_of,
    key_of,
    looks_like_contacts,
    name_of,
    propose,
    propose_all,
)


@pytest.mark.parametrize(
    "name, field",
    [
        ("Codice cliente", "code"),
        ("ID", "code"),
        ("customer_id", "code"),
        ("E-mail", "email"),
        ("EMAIL", "email"),
        ("  Posta elettronica ", "email"),
        ("e\u200bmail", "email"),
        ("Cellulare", "mobile"),
        ("Telefono", "mobile"),
        ("Mobile", "mobile"),
        ("cell", "mobile"),
        ("Nome", "first_name"),
        ("First Name", "first_name"),
        ("Cognome", "last_name"),
        ("surname", "last_name"),
        ("Citta\u0300", "city"),
        ("CITTÀ", "city"),
        ("Comune", "city"),
        ("Prov.", "province"),
        ("CAP", "postcode"),
        ("Data di nascita", "birth_date"),
        ("data_nasc", "birth_date"),
        ("Sesso", "gender"),
        ("Paese", "country"),
        ("Nazione", "country"),
        ("Consenso profilazione", "consent"),
        ("\ufeffEmail", "email"),
        ("Telefono fisso", "new:text"),
        ("Codice fiscale", "new:text"),
    ],
)
def test_a_column_is_matched_by_its_name(name, field):
    sample = "Italia" if field == "country" else "RSSMRA70A01L219X"
    assert propose([name], [[sample]], {})["0"] == field


def test_a_field_goes_to_one_column_only_the_one_whose_name_fits_best():
    header = ["Telefono", "Cellulare", "Email", "E-mail"]
    samples = [["011 123456", "3331234567", "a@posta.example.com", "b@posta.example.com"]]
    assert propose(header, samples, {}) == {"0": "new:text", "1": "mobile", "2": "email", "3": "new:text"}


def test_without_names_the_content_tells():
    samples = [["x1", "a@posta.example.com", "333 1234567"], ["x2", "b@posta.example.com", "+39 340 1234567"]]
    assert propose(["", "", ""], samples, {}) == {"0": "new:text", "1": "email", "2": "mobile"}
    assert looks_like_contacts(samples[0])
    assert not looks_like_contacts(["Email", "Cellulare"])
    assert header_of(["", " Nome\u200b ", "Nome"]) == ["Colonna 1", "Nome", "Nome (3)"]


def test_own_fields_of_the_database_are_found_again_and_empty_columns_left_out():
    header = ["TOTALE  SPESO", "Note", "Vuota"]
    samples = [["1,5", "ciao", ""], ["2", "x", " "]]
    assert propose(header, samples, {"totale_speso": "Totale speso"}) == {
        "0": "own:totale_speso",
        "1": "new:text",
        "2": "skip",
    }


@pytest.mark.parametrize(
    "values, kind",
    [
        (["562,81", "1.459,26", "-3"], "number"),
        (["1", "0", "1"], "number"),
        (["sì", "no", "NO"], "yes_no"),
        (["14/02/1970", "1970-02-14"], "date"),
        (["14/02/1970"] * 9 + ["31/02/1970"], "date"),
        (["00184", "10121"], "text"),
        (["8001234567890"], "text"),
        (["Oro", "12"], "text"),
        (["", " "], "text"),
    ],
)
def test_the_type_of_an_own_field_is_seen_in_its_cells(values, kind):
    assert guess_type(values) == kind


def test_keys_are_ascii_and_never_twice():
    assert key_of("Tessera fedeltà!", set()) == "tessera_fedelta"
    assert key_of("Totale speso", {"totale_speso"}) == "totale_speso_2"
    assert key_of("日本", set()) == "campo"
    assert name_of(" L’Età\u00a0del CLIENTE ") == "l eta del cliente"


@pytest.mark.parametrize(
    "cell, value",
    [
        ("14/02/1970", date(1970, 2, 14)),
        ("4-2-1970", date(1970, 2, 4)),
        ("14.02.70", date(1970, 2, 14)),
        ("1/1/30", date(2030, 1, 1)),
        ("1/1/31", date(1931, 1, 1)),
        ("1970-02-14", date(1970, 2, 14)),
        ("1970-02-14T10:30:00Z", date(1970, 2, 14)),
        ("29/02/2024 10:00", date(2024, 2, 29)),
        ("", None),
        ("29/02/2023", UNREADABLE),
        ("31/02/2026", UNREADABLE),
        ("2026-13-01", UNREADABLE),
        ("01/01/0000", UNREADABLE),
        ("31/12/9999", UNREADABLE),
        ("１４/02/1970", UNREADABLE),
        ("oggi", UNREADABLE),
    ],
)
def test_a_date_is_read_day_first(cell, value):
    assert read_date(cell) == value


@pytest.mark.parametrize(
    "cell, value",
    [
        ("1.459,26", 1459.26),
        ("1459,26", 1459.26),
        ("1,459.26", 1459.26),
        ("1.459", 1459),
        ("14.5", 14.5),
        ("1.234.567", 1_234_567),
        ("€ 12,50", 12.5),
        ("12,50 €", 12.5),
        ("30%", 30),
        ("-1", -1),
        ("+7", 7),
        ("−2,5", -2.5),
        ("1’234", 1234),
        ("", None),
        ("\u00a0", None),
        ("NaN", None),
        ("--", None),
        ('="12,50"', 12.5),
        ("inf", UNREADABLE),
        ("1e309", UNREADABLE),
        ("0x10", UNREADABLE),
        ("１２３", UNREADABLE),
        ("9" * 5_000, UNREADABLE),
        ("--1", UNREADABLE),
        ("1,2,3", UNREADABLE),
        ("-", None),
    ],
)
def test_a_number_is_read_with_a_decimal_comma(cell, value):
    assert read_number(cell) == value


def test_small_vocabularies():
    assert [read_yes_no(cell) for cell in ("Sì", "si'", "X", "no", "0", "", "forse")] == [
        True,
        True,
        True,
        False,
        False,
        None,
        UNREADABLE,
    ]
    assert [read_gender(cell) for cell in ("M", "Donna", "", "?")] == ["m", "f", None, UNREADABLE]
    assert [read_country(cell) for cell in ("Italia", "it", "Germany", "Atlantide")] == [
        "IT",
        "IT",
        "DE",
        "Atlantide",
    ]
    assert [read_postcode(cell) for cell in ("184", "00184", "1234", "SW1A 1AA", "")] == [
        "00184",
        "00184",
        "01234",
        "SW1A 1AA",
        None,
    ]
    assert read_postcode("184", "CH") == "184"
    assert [read_province(cell) for cell in ("to", "Torino")] == ["TO", "Torino"]
    assert read_text(" \u200b\u00a0Anna\ufeff ") == "Anna"
    assert fold("L’AQUILA è Forlì") == "l'aquila e forli"


@pytest.mark.parametrize(
    "name, values, field",
    [
        ("Consenso marketing (S/N)", ["S", "N"], "consent"),
        ("Consenso al trattamento dei dati per finalità di marketing", ["sì", ""], "consent"),
        ("Acconsento alle comunicazioni commerciali", ["acconsento", "non acconsento"], "consent"),
        ("Iscritto alla newsletter?", ["Iscritto", "Disiscritto"], "consent"),
        ("Marketing opt-in", ["1", "0"], "consent"),
        ("Data del consenso marketing", ["01/02/2026", "03/04/2026"], "new:date"),
        ("Non vuole pubblicità", ["sì", "no"], "consent:not"),
        ("Opt-out marketing", ["1", "0"], "consent:not"),
        ("Costo marketing", ["12,50", "7"], "new:number"),
    ],
)
def test_a_column_of_consent_is_known_by_its_words_and_by_its_yes_and_no(name, values, field):
    rows = [["a@posta.example.com", value] for value in values]
    assert propose(["Email", name], rows, {}) == {"0": "email", "1": field}


def test_of_several_columns_of_consent_the_one_for_advertising_decides():
    rows = [["a@posta.example.com", "sì", "no", "sì"]]
    names = ["Email", "Privacy letta (S/N)", "Newsletter mensile", "Consenso per marketing diretto"]
    proposal = propose_all(names, rows, {})
    assert list(proposal.mapping.values()) == ["email", "consent", "consent", "consent"]
    assert proposal.feeding == {"consent": [3, 1, 2]}


def test_few_values_that_repeat_are_a_list():
    shops = ["Torino centro", "torino centro", "Milano", "Forlì"] * 10
    assert guess_type(shops) == "list"
    assert guess_type(["Torino", "Milano", "Forlì"]) == "text", "too few to know"
    assert guess_type([f"Via Roma {n}" for n in range(50)]) == "text"
    assert guess_type(["0012", "0034"] * 20) == "text", "codes are no words"
    assert guess_type(["Sempre"] * 50) == "text"
