"""The checks that every page of a test goes through find what they look for."""

import pytest

from tests.support.html_checks import check_fragment

TABLE = '<table id="t"><thead><tr><th>Nome</th><th>Inviati</th></tr></thead><tbody>{}</tbody></table>'


@pytest.mark.parametrize("row", ["<tr><td>Anna</td><td>1</td></tr>", '<tr><td colspan="2">Nessuno</td></tr>'])
def test_a_row_as_wide_as_the_header_is_right(row):
    check_fragment(TABLE.format(row))


@pytest.mark.parametrize(
    "row",
    [
        "<tr><td>Anna</td></tr>",
        "<tr><td>Anna</td><td>1</td><td>2</td></tr>",
        '<tr><td colspan="3">Nessuno</td></tr>',
    ],
)
def test_a_row_of_another_width_is_found(row):
    with pytest.raises(AssertionError, match="cells under 2"):
        check_fragment(TABLE.format(row))
