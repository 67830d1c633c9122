"""The codes of the second factor, against the values that RFC 4226 and RFC 6238 publish."""

import pytest

from webapp.access.signing_in.totp import address, base32, code_at, matching_step, step_at

SECRET = b"12345678901234567890"
# RFC 4226, Appendix D: the first ten codes of that secret.
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
# RFC 6238, Appendix B: time in seconds, and the eight digits for each algorithm.
TOTP = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
SECRETS = {
    "sha1": SECRET,
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}


@pytest.mark.parametrize(("count", "code"), list(enumerate(HOTP)))
def test_codes_by_count_are_those_of_rfc_4226(count, code):
    assert code_at(SECRET, count) == code


@pytest.mark.parametrize(("epoch", "sha1", "sha256", "sha512"), TOTP)
def test_codes_by_time_are_those_of_rfc_6238(epoch, sha1, sha256, sha512):
    codes = [code_at(secret, step_at(epoch), 8, name) for name, secret in SECRETS.items()]

    assert codes == [sha1, sha256, sha512]


def test_the_code_of_now_is_good_and_so_are_its_two_neighbours():
    for epoch in (1111111111 - 30, 1111111111, 1111111111 + 30):
        assert matching_step(SECRET, "050471", epoch, newest_used=0) == 37037037


@pytest.mark.parametrize("seconds", [-60, 60, 3600])
def test_an_older_or_later_code_is_none(seconds):
    assert matching_step(SECRET, "050471", 1111111111 + seconds, newest_used=0) is None


def test_a_code_that_was_used_is_none_and_nor_is_one_before_it():
    assert matching_step(SECRET, "050471", 1111111111, newest_used=37037037) is None
    assert matching_step(SECRET, "081804", 1111111111, newest_used=37037037) is None  # the step before


@pytest.mark.parametrize("code", ["", "05047", "0504710", "abcdef", "٠٥٠٤٧١", "050471 "])
def test_what_is_no_code_matches_nothing(code):
    assert matching_step(SECRET, code, 1111111111, newest_used=0) is None


def test_the_picture_says_what_apps_expect():
    """The secret in base 32 is the one RFC 6238 implementations print for that key."""
    assert base32(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert address(SECRET, "giulia@aurora.example") == (
        "otpauth://totp/Platea%3Agiulia%40aurora.example"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Platea"
    )
