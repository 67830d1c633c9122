"""What every page of Platea keeps to, checked on each page that any test fetches."""

import json
from collections import Counter

from lxml import html

ACTS = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")


def check_page(text: str) -> html.HtmlElement:
    """The tree of a whole page. Raises AssertionError naming what is wrong with it."""
    tree = html.document_fromstring(text)
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert tree.get("lang") == "it"
    assert len(tree.findall(".//h1")) == 1, "one h1"
    title = tree.findtext(".//title") or ""
    assert title.endswith(" · Platea") and len(title) > len(" · Platea"), f"title: {title!r}"
    assert tree.xpath("//main[@id='contenuto']") or tree.xpath("//body[@class='alone']"), "a main to skip to"
    check_elements(tree)
    _forms_say_for_whom(tree)
    return tree


def check_fragment(text: str) -> html.HtmlElement:
    """The root of a fragment: one element, with an id, so that htmx can put it where the old one was."""
    roots = [root for root in html.fragments_fromstring(text) if not isinstance(root, str) or root.strip()]
    assert len(roots) == 1 and not isinstance(roots[0], str), f"one root element, not {len(roots)}"
    assert roots[0].get("id"), "the root has an id"
    check_elements(roots[0])
    return roots[0]


def check_elements(tree: html.HtmlElement) -> None:
    ids = Counter(tree.xpath("descendant-or-self::*/@id"))
    assert not [name for name, count in ids.items() if count > 1], f"ids twice: {ids.most_common(3)}"
    for element in tree.iter(html.etree.Element):
        _nothing_inline(element)
        if element.tag == "form":
            _form_works_without_script(element)
        if any(act in element.attrib for act in ACTS):
            _says_its_target(element)
        for name in (element.get("aria-describedby") or "").split():
            assert name in ids, f"aria-describedby: no #{name}"
        if element.tag in ("input", "select", "textarea") and element.get("type") != "hidden":
            _has_a_label(element, tree)
        if element.tag == "table":
            _rows_are_as_wide_as_the_header(element)


def _nothing_inline(element: html.HtmlElement) -> None:
    assert "style" not in element.attrib, f"style= on <{element.tag}>"
    forbidden = [name for name in element.attrib if name.startswith(("on", "hx-on"))]
    assert not forbidden, f"{forbidden} on <{element.tag}>"
    assert element.tag != "style", "<style>"
    assert element.tag != "script" or element.get("src"), "inline <script>"
    trigger = element.get("hx-trigger") or ""
    assert "[" not in trigger, f"hx-trigger needs eval: {trigger}"


def _form_works_without_script(form: html.HtmlElement) -> None:
    assert form.get("action") and form.get("method"), "every form has action and method"
    if form.get("method", "").lower() == "post":
        assert "novalidate" in form.attrib or not form.xpath(".//input[not(@type='hidden')]"), "novalidate"
        assert form.xpath(".//input[@name='csrf_token']"), f"no csrf_token in form {form.get('action')}"


def _forms_say_for_whom(tree: html.HtmlElement) -> None:
    """On the page of a client every form, and every request of htmx, says for which client it was opened."""
    told = json.loads(tree.find("body").get("hx-headers:inherited") or "{}")
    if space := told.get("X-Platea-Spazio"):
        for form in tree.xpath("//form[translate(@method, 'POST', 'post') = 'post']"):
            assert form.xpath(".//input[@name='spazio']/@value") == [space], form.get("action")


def _says_its_target(element: html.HtmlElement) -> None:
    inherited = any("hx-target:inherited" in parent.attrib for parent in element.iterancestors())
    assert "hx-target" in element.attrib or inherited, f"no hx-target on {html.tostring(element)[:200]!r}"


def _has_a_label(control: html.HtmlElement, tree: html.HtmlElement) -> None:
    name = control.get("id")
    labelled = (
        control.get("aria-label")
        or control.get("aria-labelledby")
        or next(control.iterancestors("label"), None) is not None
        or (name and tree.xpath("//label[@for=$name]", name=name))
    )
    assert labelled, f"no label for {html.tostring(control)[:200]!r}"


def _rows_are_as_wide_as_the_header(table: html.HtmlElement) -> None:
    """As many cells in each row as in the first one, the header. No table has a cell over two rows."""
    assert not table.xpath(".//*[@rowspan]"), "rowspan"
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    widths = [sum(int(cell.get("colspan", 1)) for cell in row if cell.tag in ("td", "th")) for row in rows]
    for row, width in zip(rows, widths, strict=True):
        assert width == widths[0], f"{width} cells under {widths[0]}: {html.tostring(row)[:300]!r}"
