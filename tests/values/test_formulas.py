"""What an export escapes, an import reads as it was."""

from hypothesis import given
from hypothesis import strategies as st

from webapp.values.formulas import escape, unescape

RISKY = tuple("=+-@\t\r＝＋－＠")


@given(st.text(st.sampled_from("'=+-@＝ 1a\t"), max_size=8) | st.text(max_size=20))
def test_escaping_can_be_undone_and_leaves_no_formula(text):
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(tuple("=@\t\r＝＋－＠"))


def test_an_apostrophe_of_a_name_stays():
    for text in ("'Ndrangheta", "'", "D'Angelo", "''", "'a=1"):
        assert escape(text) == unescape(text) == text
