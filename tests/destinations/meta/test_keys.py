"""Italian values, spreadsheet damage and the promises every key keeps."""

import json
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.destinations.meta.keys import KEYS, NEVER_HASHED, normalise, normalise_line, sha256
from webapp.destinations.meta.keys.reasons import REASONS
from webapp.values.readings import group
from webapp.values.reasons import REASONS as CONTACT_REASONS

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("FN", "Nicolò", "nicolò"),
        ("LN", "D’Angelo", "dangelo"),
        ("LN", "D'Angelo", "dangelo"),
        ("LN", "De Luca", "deluca"),
        ("FI", "Ànna", "à"),
        ("CT", "Forlì", "forl"),
        ("CT", "San Donà di Piave", "sandondipiave"),
        ("CT", "L’Aquila", "laquila"),
        ("ST", "MI", "mi"),
        ("ST", "(MI)", "mi"),
        ("ST", "Forlì-Cesena", "fc"),
        ("ST", "Reggio nell’Emilia", "re"),
        ("ZIP", "00184", "00184"),
        ("ZIP", "184", "00184"),
        ("ZIP", "184.0", "00184"),
        ("ZIP", "I-00184", "00184"),
        ("COUNTRY", "Italia", "it"),
        ("COUNTRY", "Stati Uniti", "us"),
        ("COUNTRY", "IT", "it"),
        ("GEN", "Femmina", "f"),
        ("GEN", "Uomo", "m"),
        ("DOBY", "14/02/1970", "1970"),
        ("DOBM", "03/02/1970", "02"),
        ("DOBD", "03/02/1970", "03"),
        ("DOBM", "1970-02-03", "02"),
        ("DOBD", "1970-02-03 00:00:00", "03"),
        ("DOBM", "2", "02"),
        ("PHONE", "333 1234567", "393331234567"),
        ("PHONE", "02 1234567", "39021234567"),
        ("PHONE", "447400875703", "447400875703"),
        ("MADID", "6032D997-3AB0-4DE0-AA16-8AF0E5B482FB", "6032d997-3ab0-4de0-aa16-8af0e5b482fb"),
        ("EXTERN_ID", " Tessera 00123 ", "tessera00123"),
    ],
)
def test_an_italian_value_becomes_what_meta_compares(key, raw, value):
    assert normalise(key, raw, "IT").value == value


@pytest.mark.parametrize(
    ("key", "raw", "reason"),
    [
        ("PHONE", "3,33E+09", "phone_invalid.excel"),
        ("ZIP", "1,84E+02", "postcode_invalid"),
        ("ZIP", "00000", "postcode_invalid"),
        ("ST", "EE", "state_invalid"),
        ("CT", "Milano 2", "city_invalid"),
        ("DOBD", "31/02/1970", "birth_invalid"),
        ("DOBY", "14/02/70", "birth_invalid"),
        ("DOBY", "1870", "birth_invalid"),
        ("GEN", "N/D", "gender_invalid"),
        ("COUNTRY", "Padania", "country_invalid"),
        ("MADID", "00000000-0000-0000-0000-000000000000", "madid_invalid"),
        ("FN", "...", "name_empty"),
        ("LN", "Ros\x00si", "damaged"),
    ],
)
def test_what_cannot_be_read_for_certain_is_left_out(key, raw, reason):
    assert normalise(key, raw, "IT") == (None, reason, None)


def test_accented_letters_of_places_are_dropped_as_the_tools_of_meta_do():
    assert normalise("CT", "Cantù", "IT").value == "cant"
    assert normalise("FN", "Nicolò", "IT").value == "nicolò"


def test_the_order_of_day_and_month_is_the_countrys():
    assert normalise("DOBM", "10/06/1980", "IT").value == "06"
    assert normalise("DOBM", "10/06/1980", "US").value == "10"
    assert normalise("DOBM", "13/06/1980", "US").value == "06"


def test_postcodes_and_states_elsewhere_keep_their_form():
    assert normalise("ZIP", "SW1A 1AA", "GB").value == "sw1a1aa"
    assert normalise("ZIP", "K1A-0B1", "CA").value == "k1a0b1"
    assert normalise("ZIP", "94025 1234", "US").value == "94025"
    assert normalise("ST", "Bayern", "DE").value == "bayern"
    assert normalise("ST", "California", "US").value == "ca"


@pytest.mark.parametrize("key", KEYS)
def test_a_hash_passes_once_and_is_never_hashed_again(key):
    # SHA-256 of mary@example.com as printed in Meta's guide to custom audiences.
    published = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"

    assert normalise(key, published).value == published
    assert sha256(key, published) == (None if key in NEVER_HASHED else published)
    assert sha256("EMAIL", published.upper()) == published


@pytest.mark.parametrize("key", KEYS)
def test_nothing_is_never_hashed(key):
    assert normalise(key, "  ").value is None
    # SHA-256 of the empty string: Meta would take it for a person.
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert normalise(key, nothing).reason == "hash_of_nothing"
    with pytest.raises(ValueError, match="never hashed"):
        sha256(key, "")


def test_metas_published_examples_come_out():
    # Source: Meta sheet §5, developers.facebook.com …/parameters/customer-information-parameters.
    assert sha256("EMAIL", normalise("EMAIL", " John_Smith@gmail.com ").value) == (
        "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
    )
    assert sha256("FN", normalise("FN", "Mary").value) == (
        "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"
    )
    assert sha256("COUNTRY", normalise("COUNTRY", "US").value) == (
        "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"
    )
    assert sha256("GEN", normalise("GEN", "Female").value) == (
        "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"
    )


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["key"] == "DB"], ids=lambda v: v["raw"][:30])
def test_whole_dates_of_birth_are_taken_apart_as_the_param_builder_reads_them(vector):
    parts = [normalise(key, vector["raw"]).value for key in ("DOBY", "DOBM", "DOBD")]
    if vector.get("note"):
        assert parts == [vector["raw"]] * 3  # a hash passes
    elif vector["normalised"] is None or not "1900" <= vector["normalised"] < "2100":
        assert None in parts
    else:
        assert "".join(parts) == vector["normalised"]


words = st.one_of(
    st.text(max_size=12),
    st.sampled_from([v["raw"] for v in VECTORS]),
    st.text("abcàèìòùABC0129 ’'-/.()+,E@", max_size=14),
)


@settings(deadline=None)
@given(st.sampled_from([k for k in KEYS if k != "PHONE"]), words, st.sampled_from([None, "IT", "US", "GB"]))
def test_normalising_twice_changes_nothing(key, raw, country):
    value, reason, _ = normalise(key, raw, country)

    assert (value is None) != (reason is None)
    assert value is None or normalise(key, value, country).value == value


regions = sorted(phonenumbers.SUPPORTED_REGIONS)


@pytest.mark.parametrize("region", regions)
def test_a_phone_of_any_country_read_twice_is_the_same(region):
    example = phonenumbers.example_number(region)
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    value = normalise("PHONE", written, "IT").value

    assert value == phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]
    assert normalise("PHONE", value).value == value


@given(st.sampled_from(KEYS), words, st.sampled_from([None, "IT"]))
@settings(deadline=None)
def test_every_reason_has_italian_words(key, raw, country):
    reason = normalise(key, raw, country).reason

    assert reason is None or reason in REASONS or group(reason) in CONTACT_REASONS


def test_a_line_for_scripts_says_value_hash_and_reason():
    assert normalise_line({"key": "CT", "raw": "San Francisco"}) == {
        "normalised": "sanfrancisco",
        # Source: Meta sheet §5.
        "sha256": "1a6bd4d9d79dc0a79b53795c70d3349fa9e38968a3fbefbfe8783efb1d2b6aac",
        "reason": None,
    }
    assert normalise_line({"key": "EXTERN_ID", "raw": "67", "country": None}) == {
        "normalised": "67",
        "sha256": None,
        "reason": None,
    }
    assert normalise_line({"key": "PHONE", "raw": "3,33E+09", "country": "IT"}) == {
        "normalised": None,
        "sha256": None,
        "reason": "phone_invalid.excel",
    }


def test_lines_of_other_keys_and_types_do_not_stop_a_script():
    assert normalise_line({"key": "SHOE_SIZE", "raw": "43"})["reason"] == "key_unknown"
    assert normalise_line({"key": "EMAIL", "raw": None})["reason"] == "email_empty"
    assert normalise_line({"key": "ZIP", "raw": 184, "country": "IT"})["normalised"] == "00184"
