"""Cursor paging: opaque cursors, `next` only when there is a next page. Source: Meta sheet §3.2."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

Item = TypeVar("Item")
DEFAULT_LIMIT = 25
MAX_LIMIT = 5_000


@dataclass(frozen=True)
class Page:
    """Where the caller stands: the url of the edge and the parameters to repeat in `next`."""

    url: str
    params: dict[str, str]
    limit: int = DEFAULT_LIMIT
    after: str | None = None
    before: str | None = None


def cursor(key: str) -> str:
    """Opaque and stable for one item, and shaped as Graph's own."""
    digest = hashlib.sha512(key.encode()).digest()
    return base64.urlsafe_b64encode(b"AQHR" + digest).decode().rstrip("=")


def paged(
    items: Sequence[Item],
    page: Page,
    key: Callable[[Item], str],
    show: Callable[[Item], Any],
    is_shown: Callable[[Item], bool] = lambda item: True,
) -> dict[str, Any]:
    """One page of *items*, which are in order and may hold some that are not shown any more.

    Those keep their place, so that a cursor stays good when its item goes away. Nothing to show
    means no `paging` at all.
    """
    keys = [cursor(key(item)) for item in items]
    start, stop = 0, len(items)
    if page.after in keys:
        start = keys.index(page.after) + 1
    if page.before in keys:
        stop = keys.index(page.before)
    shown = [position for position in range(start, stop) if is_shown(items[position])]
    window = shown[-page.limit :] if page.before in keys else shown[: page.limit]
    if not window:
        return {"data": []}
    paging: dict[str, Any] = {"cursors": {"before": keys[window[0]], "after": keys[window[-1]]}}
    if any(is_shown(item) for item in items[window[-1] + 1 :]):
        paging["next"] = _url(page, "after", keys[window[-1]])
    if any(is_shown(item) for item in items[: window[0]]):
        paging["previous"] = _url(page, "before", keys[window[0]])
    return {"data": [show(items[position]) for position in window], "paging": paging}


def _url(page: Page, direction: str, where: str) -> str:
    params = {**page.params, "limit": str(page.limit), direction: where}
    return f"{page.url}?{urlencode(params)}"
