"""What is shown of a person to who may not see it."""

import pytest

from webapp.values.masking import initial, mask, mask_email, mask_mobile


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mario.rossi@posta.example", "m•••@posta.example"),
        ("@posta.example", "•••@posta.example"),
        ("mario@@posta.example", "m•••@@posta.example"),
        ("mario@rossi@posta.example", "m•••@•••••@posta.example"),
        ("3331234567", "333•••••67"),
        ("333 12 34 567", "333 •• •• •67"),
        ("3,33E+09", "3,3••+09"),
        ("mario.rossi(at)posta", "m••••.•••••(••)•••••"),
        ("", ""),
    ],
)
def test_an_example_shows_the_mistake_and_not_the_person(text: str, masked: str):
    assert mask(text) == masked


def test_an_address_keeps_its_domain_and_a_number_its_end():
    assert mask_email("anna@posta.it") == "a•••@posta.it"
    assert mask_email("anna") == "a•••"
    assert mask_mobile("+39 333 1234567") == "•••••••67"
    assert mask_mobile("118") == "•••"
    assert initial("Rossi") == "R."
    assert (mask_email(None), mask_mobile(None), initial(None)) == ("", "", "")
