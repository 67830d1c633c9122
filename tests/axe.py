"""axe-core over a page open in Chromium: what of WCAG 2.2 AA a program can find.

`vendor/axe-4.14.1.min.js` is dist/axe.min.js of the npm package axe-core 4.14.1, unmodified (MPL-2.0,
LICENSE-axe.txt); it is only for tests and never served.
"""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """One line per broken rule and element. The context needs `bypass_csp=True`: axe is a foreign script."""
    page.add_script_tag(path=AXE)
    result = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
    return [
        f"{found['id']}: {node['target'][0]}: {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]
