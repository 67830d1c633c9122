"""What stands in URLs: public ids, and row numbers in disguise."""

from hypothesis import given
from hypothesis import strategies as st

from webapp.values.identifiers import ALPHABET, IdCipher, looks_like_public_id, new_public_id

cipher = IdCipher(b"una chiave di prova di 32 byte..")
numbers = st.integers(0, 2**58 - 1)


def test_a_public_id_looks_like_one():
    assert looks_like_public_id(new_public_id())
    strange = ("", "a" * 11, "a" * 13, "abcdefghijk1", "AAAAAAAAAAAA", "aaaaaaaaaaa\n", "１２３４" * 3)
    for text in strange:
        assert not looks_like_public_id(text)


@given(numbers)
def test_a_number_in_disguise_looks_like_a_public_id_and_is_shown_again(number):
    assert looks_like_public_id(cipher.encode(number))
    assert cipher.decode(cipher.encode(number)) == number


@given(st.text(ALPHABET, min_size=12, max_size=12))
def test_a_name_stands_for_one_number_or_for_none(text):
    number = cipher.decode(text)
    assert number is None or cipher.encode(number) == text


@given(st.text(max_size=14))
def test_what_is_no_public_id_is_no_number(text):
    assert looks_like_public_id(text) or cipher.decode(text) is None


def test_neighbours_have_nothing_in_common_and_another_key_gives_other_names():
    names = {cipher.encode(number) for number in range(1_000)}
    assert len({name[:4] for name in names}) > 900 and len({name[-4:] for name in names}) > 900
    other = IdCipher(b"un'altra chiave di prova, lunga.")
    assert not names & {other.encode(number) for number in range(1_000)}
