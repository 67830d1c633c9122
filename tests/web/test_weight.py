"""What a first visit weighs on the line: the sign-in page, then the overview, with nothing kept yet."""

import gzip
import re

from tests.conftest import Browser
from webapp.config import ROOT

MOST_BYTES = 80_000
FILES = re.compile(r'(?:href|src)="(/static/[^"#?]+)')
IN_STYLES = re.compile(r'url\("([^"]+)"\)')


def on_the_line(name: str, content: bytes) -> int:
    """Compressed as servers do; a font in WOFF2 is already."""
    return len(content) if name.endswith(".woff2") else len(gzip.compress(content, 6))


def test_a_first_visit_weighs_at_most_80_kb(client: Browser, signed_in: Browser):
    pages = [client.get("/accesso"), signed_in.get("/")]
    assert [page.status_code for page in pages] == [200, 200]
    files = {name for page in pages for name in FILES.findall(page.text)}
    assert {"/static/app.css", "/static/htmx-4.0.1.min.js", "/static/inter-latin.woff2"} <= files
    files |= {f"/static/{name}" for name in IN_STYLES.findall((ROOT / "static/app.css").read_text())}

    weights = {name: on_the_line(name, (ROOT / name[1:]).read_bytes()) for name in sorted(files)}
    for page, name in zip(pages, ("/accesso", "/"), strict=True):
        weights[name] = on_the_line(name, page.data)

    assert sum(weights.values()) <= MOST_BYTES, weights
