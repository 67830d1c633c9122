"""Slips in well-known domains are told; other people's domains are left alone."""

import pytest

from webapp.contacts.people.email_typos import PROVIDERS, suggestion


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("anna@gmial.com", "anna@gmail.com"),
        ("anna@hotmial.it", "anna@hotmail.it"),
        ("anna@libero.ti", "anna@libero.it"),
        ("ANNA@Gmal.Com ", "anna@gmail.com"),
        ("anna@gmail.con", "anna@gmail.com"),
        ("anna@gmail.it", "anna@gmail.com"),
        ("anna@gmaill.com", "anna@gmail.com"),
        ("anna@gamil.con", "anna@gmail.com"),
        ("anna@hotmai.com", "anna@hotmail.com"),
        ("anna@yaho.it", "anna@yahoo.it"),
        ("anna@outlok.it", "anna@outlook.it"),
        ("anna@virgillio.it", "anna@virgilio.it"),
        ("anna@tiscalli.it", "anna@tiscali.it"),
        ("anna@gmailcom", "anna@gmail.com"),
        ("anna.rossi+negozio@libeor.it", "anna.rossi+negozio@libero.it"),
    ],
)
def test_a_slip_is_told(typed, meant):
    assert suggestion(typed) == meant


@pytest.mark.parametrize(
    "email",
    ["", "anna", "@gmial.com", "anna@gmail.com", "anna@ymail.com", "anna@mail.com", "anna@email.it",
     "anna@gmx.it", "anna@live.com", "anna@hotmail.fr", "anna@yahoo.co.uk", "anna@studio.it",
     "anna@alice.com.example", "anna@posta.example.com", "anna@libero.example.it", "anna@perù.it",
     "anna@me.com", "anna@tim.it", "anna@ti.it"],
)  # fmt: skip
def test_what_may_be_right_is_left_alone(email):
    assert suggestion(email) is None


def test_no_provider_is_a_slip_of_another():
    for name, endings in PROVIDERS.items():
        for ending in endings:
            assert suggestion(f"anna@{name}.{ending}") is None
