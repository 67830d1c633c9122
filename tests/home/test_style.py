"""The component sheet shows every component there is, so that nothing is drawn twice in two ways."""

import re

from tests.conftest import make_app
from webapp.config import ROOT

CSS = (ROOT / "static" / "app.css").read_text(encoding="utf-8")
# Shown by app.js, by the browser's state, by another choice or around every page; no component of its own.
ELSEWHERE = {"burger", "nav-foot", "banner", "copied", "only-replace", "not-remove"}


def component_classes() -> set[str]:
    """Every class that the layer of components gives a look to."""
    layer = CSS[CSS.index("@layer components {") : CSS.index("@layer utilities {")]
    selectors = re.sub(r"\{[^{}]*\}|/\*.*?\*/", "{}", layer, flags=re.DOTALL)
    return set(re.findall(r"\.([a-z][a-z0-9-]*)", selectors))


def test_every_component_is_on_the_sheet(signed_in, page):
    tree = page(signed_in.get("/stile"))
    shown = {name for element in tree.iter() for name in (element.get("class") or "").split()}

    assert component_classes() - shown - ELSEWHERE == set()


def test_the_sheet_is_for_development_and_the_demo_only(database, giulia):
    app = make_app(database)
    app.testing = False

    assert app.test_client().get("/stile").status_code == 404
