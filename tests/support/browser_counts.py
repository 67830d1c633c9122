"""What the browser has seen in this run, said at its end: pages judged by axe-core, and under the policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page

judged: dict[tuple[str, str, str], int] = {}  # (page, state, mode) → violations
under_policy: Counter[str] = Counter()  # page → how often it was opened with the policy in force
refused: list[str] = []  # what the policy refused


def mode_of(page: Page) -> str:
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    return f"{page.viewport_size['width']} px, {'scuro' if dark else 'chiaro'}"


def note_axe(page: Page, found: int, state: str = "") -> None:
    judged[_kind(page.url), state, mode_of(page)] = found


def note_page(url: str) -> None:
    under_policy[_kind(url)] += 1


def summary() -> Iterator[str]:
    """Lines for the end of a test run; none when no browser was used."""
    if judged:
        pages = len({page for page, _, _ in judged})
        modes = len({mode for _, _, mode in judged})
        opened = len({(page, state) for page, state, _ in judged if state})
        yield (
            f"axe-core: {pages} pagine in {modes} modi, {opened} con menu, dialogo o errori aperti: "
            f"{len(judged)} esami, {sum(judged.values())} violazioni"
        )
    if under_policy:
        yield (
            f"CSP: {len(under_policy)} pagine aperte {sum(under_policy.values())} volte nel browser, "
            f"{len(refused)} violazioni"
        )


def _kind(url: str) -> str:
    """The path with every opaque id written as an asterisk, so that a page counts once."""
    parts = urlsplit(url).path.split("/")
    return "/".join("*" if len(part) == 12 and any(c.isdigit() for c in part) else part for part in parts)
