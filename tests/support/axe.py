"""axe-core over a page open in Chromium: what of WCAG 2.2 AA a program can find.

`vendor/axe-4.14.1.min.js` is dist/axe.min.js of the npm package axe-core 4.14.1, unmodified (MPL-2.0,
LICENSE-axe.txt); it is only for tests and never served.
"""

from pathlib import Path

from playwright.sync_api import Page

from tests.support import browser_counts

AXE = Path(__file__).parents[1] / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


RUN = "rules => axe.run({runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
# Colours change in a transition, and axe must not look at them half-way.
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"
MODES = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


def violations(page: Page, state: str = "") -> list[str]:
    """One line per broken rule and element; *state* says what is open on the page, for the count.

    The context needs `bypass_csp=True`: axe is a foreign script.
    """
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    result = page.evaluate(RUN, RULES)
    browser_counts.note_axe(page, sum(len(found["nodes"]) for found in result["violations"]), state)
    return [
        f"{found['id']}: {node['target'][0]}: {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


def violations_in_every_mode(page: Page, state: str = "") -> list[str]:
    """Wide and narrow, light and dark, without opening the page again."""
    found = []
    page.add_style_tag(content=STILL)
    for width, scheme in MODES:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        where = " ".join(filter(None, (page.url, state, f"{width} px", scheme)))
        found += [f"{where}: {line}" for line in violations(page, state)]
    return found
