"""The frame of every page: menu, static files, icons, partials."""

import re

import pytest

from webapp.config import ROOT


def test_the_component_sheet_is_a_page(signed_in, page):
    page(signed_in.get("/stile"))


def test_the_menu_says_which_page_is_open(signed_in, page):
    tree = page(signed_in.get("/"))

    assert [link.text_content() for link in tree.xpath("//nav//a[@aria-current='page']")] == ["Panoramica"]


def test_every_entry_of_the_menu_leads_to_a_page(signed_in, page):
    links = page(signed_in.get("/stile")).xpath("//aside//nav//a/@href")
    assert len(links) > 5

    for link in links:
        page(signed_in.get(link))


def test_assets_change_address_when_they_change(client, page):
    links = page(client.get("/accesso")).xpath("//link[@rel='stylesheet']/@href")

    assert len(links) == 1 and links[0].startswith("/static/app.css?v=")
    assert client.get(links[0]).mimetype == "text/css"


def test_icons_named_in_templates_are_in_the_sprite():
    drawn = set(
        re.findall(r'symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text(encoding="utf-8"))
    )
    named = set()
    for path in (ROOT / "templates").rglob("*.html"):
        named |= set(re.findall(r'\bicon\("([a-z0-9-]+)"', path.read_text(encoding="utf-8")))

    assert named - drawn == set()


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("_*.html")), ids=lambda path: path.stem)
def test_a_partial_imports_its_own_macros(path):
    """Rendered alone for htmx it has nobody else to import them."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.name == "_macros.html":
        return
    macros = re.findall(
        r"{% macro ([a-z]\w*)", (ROOT / "templates/shared/_macros.html").read_text(encoding="utf-8")
    )
    used = {name for name in macros if re.search(rf"[{{(~%]\s*(?:call(?:\([^)]*\))?\s+)?{name}\(", text)}
    imported = set(re.findall(r"\w+", " ".join(re.findall(r"import ([^%]+)%}", text))))

    assert used - imported == set()
