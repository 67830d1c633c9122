"""Walking a page with the Tab key, as a person does who has no mouse; every stop must be seen."""

import re

from playwright.sync_api import Page

MOST_STOPS = 80
# Between the last stop and the first it is with the browser's own, and nothing of the page has it.
# What has the focus: its name, whether a ring is drawn around it, whether the bar on top hides it.
FOCUSED = """() => {
  const it = document.activeElement, shown = it.closest("label") ?? it, at = it.getBoundingClientRect();
  const hasRing = [it, shown].some(one => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  });
  const bar = document.querySelector(".top")?.getBoundingClientRect();
  const isFixed = it.closest(".top, .nav, dialog, [popover], .skip");
  return {
    name: it === document.body ? "" : (
      it.getAttribute("aria-label") || it.labels?.[0]?.innerText || it.innerText || ""
    ).trim(),
    hasRing,
    isCovered: Boolean(bar && !isFixed && at.height && at.bottom <= bar.bottom && at.bottom > 0),
  };
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called *name* (a regular expression) has the focus.

    Raises AssertionError when it is never reached, or when a stop on the way cannot be seen.
    """
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        stops.append(focused["name"])
        assert focused["hasRing"] or not focused["name"], f"no ring around {focused['name']!r}"
        assert not focused["isCovered"], f"{focused['name']!r} is under the bar"
        if re.search(name, focused["name"]):
            return
    raise AssertionError(f"Tab never comes to {name!r}, only to {stops}")


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Walk to what is called *name* and press *key* on it."""
    tab_to(page, name)
    page.keyboard.press(key)
