"""axe-core over a page open in Chromium: what of WCAG 2.2 AA a program can find.

`vendor/axe-4.14.1.min.js` is dist/axe.min.js of the npm package axe-core 4.14.1, unmodified (MPL-2.0,
LICENSE-axe.txt); it is only for tests and never served.
"""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.support import browser_counts

AXE = Path(__file__).parents[1] / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


RUN = """([within, rules]) => axe.run(within ? {include: [[within]]} : document,
    {runOnly: rules, resultTypes: ['violations']})"""
ALL = {"type": "tag", "values": RULES}
# The rules of RULES that axe-core itself files under colour (its tag cat.color).
COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# Colours change in a transition, and axe must not look at them half-way.
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"
WIDE, NARROW = 1280, 390
LIGHT, DARK = "light", "dark"
MODES = [(width, scheme) for width in (WIDE, NARROW) for scheme in (LIGHT, DARK)]
# All that rules other than those about colour see of a mode: which elements there are, and where.
LAYOUT = """() => [...document.querySelectorAll('body, body *')].map(element => {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element)
    return [element.localName, box.x, box.y, box.width, box.height, style.display, style.visibility,
            style.opacity, style.fontSize, style.pointerEvents, style.overflow]
}).join()"""
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


def violations(page: Page, state: str = "", within: str = "", rules: dict[str, object] = ALL) -> list[str]:
    """One line per broken rule and element; *state* says what is open on the page, for the count.

    Of the whole page, or of what is *within* a selector. The context needs `bypass_csp=True`: axe is a
    foreign script.
    """
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    result = page.evaluate(RUN, [within, rules])
    browser_counts.note_axe(page, sum(len(found["nodes"]) for found in result["violations"]), state)
    return [
        f"{found['id']}: {node['target'][0]}: {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


def violations_in_every_mode(
    page: Page, state: str = "", opened: str = "", modes: Sequence[tuple[int, str]] = MODES
) -> list[str]:
    """Wide and narrow, light and dark, without opening the page again; nor may it be wider than the window.

    What does not change from one mode to the next is judged once. In the dark, where every element is where
    it was in the light, only the rules about colour can say something new. And where *opened* has come over
    a page that was judged in these modes before it did, the other modes look at *opened* only.
    """
    found: list[str] = []
    seen: dict[int, str] = {}  # width → layout in the light
    page.add_style_tag(content=STILL)
    for number, (width, scheme) in enumerate(modes):
        _switch(page, width, scheme)
        where = " ".join(filter(None, (page.url, state, f"{width} px", scheme)))
        layout = page.evaluate(LAYOUT)
        rules = COLOUR if seen.get(width) == layout else ALL
        seen.setdefault(width, layout)
        found += [f"{where}: {line}" for line in violations(page, state, opened if number else "", rules)]
        if (sideways := page.evaluate(SIDEWAYS)) > 0:
            found.append(f"{where}: {sideways} px wider than the window")
    _switch(page, *modes[0])
    return found


def _switch(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
