"""What goes over the wire: small, the same after unpacking, and of no length that tells a secret."""

import gzip
import re

import pytest

from webapp.web import compressed

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
FIRST_VISIT_BYTES = 80_000


def over_the_wire(client, path: str) -> int:
    answer = client.get(path, headers=GZIP)
    assert answer.status_code == 200, path
    return len(answer.data) + sum(len(name) + len(value) + 4 for name, value in answer.headers)


def test_a_first_visit_takes_80_kb_at_most(client):
    """The page where everybody begins, and all it loads: styles, programs, letters, icons."""
    page = client.get("/accesso").text
    files = {path.partition("#")[0] for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page)}
    assert {path.rpartition(".")[2].partition("?")[0] for path in files} >= {"css", "js", "woff2", "svg"}

    sizes = {path: over_the_wire(client, path) for path in ("/accesso", *files)}

    assert sum(sizes.values()) <= FIRST_VISIT_BYTES, sizes


@pytest.mark.parametrize("path", ["/accesso", "/static/app.css", "/static/icons.svg", "/non-c-e"])
def test_a_compressed_answer_says_the_same(client, path):
    plain, packed = client.get(path), client.get(path, headers=GZIP)
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert len(packed.data) < len(plain.data) * 0.6
    assert "Accept-Encoding" in plain.headers["Vary"] and "Accept-Encoding" in packed.headers["Vary"]
    assert packed.headers["Content-Length"] == str(len(packed.data))
    without_token = re.compile(rb'name="csrf_token"[^>]+|<code>[^<]+')
    unpacked = gzip.decompress(packed.data)
    assert without_token.sub(b"", unpacked) == without_token.sub(b"", plain.data)


def test_small_answers_letters_and_files_to_save_go_as_they_are(client, signed_in):
    for path in ("/healthz", "/static/inter-latin.woff2", "/static/icon.svg"):
        assert "Content-Encoding" not in client.get(path, headers=GZIP).headers, path
    saved = signed_in.get("/configura/registro.csv", headers=GZIP)
    assert "Content-Encoding" not in saved.headers
    part = client.get("/static/app.css", headers={**GZIP, "Range": "bytes=0-99"})
    assert (part.status_code, len(part.data)) == (206, 100)


def test_a_browser_that_has_a_file_or_a_fragment_gets_none_again(client, signed_in):
    for browser, path in ((client, "/static/app.css"), (signed_in, "/caricamenti/elenco")):
        first = browser.get(path, headers=GZIP)
        tag = first.headers["ETag"]
        again = browser.get(path, headers={**GZIP, "If-None-Match": tag})
        assert (first.status_code, again.status_code, again.data) == (200, 304, b""), path


def test_the_length_of_a_page_tells_nothing_of_what_is_in_it(client):
    """BREACH: the same page twenty times is of many lengths, and the token in it is never the same text."""
    lengths = {len(client.get("/accesso", headers=GZIP).data) for _ in range(20)}
    assert len(lengths) > 5


def test_the_name_in_the_header_is_no_part_of_the_content():
    for name in ("", "a", "f" * 100):
        assert gzip.decompress(compressed.gzip(b"ciao " * 100, 5, name)) == b"ciao " * 100
