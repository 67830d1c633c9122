"""How an ordered fault changes an answer that was already made, or takes its place."""

import gzip
from collections.abc import Callable
from typing import Any

from flask import Response

from ..server import Cut
from .faults import HTML_PAGE, Fault

HUGE_BYTES = 50_000_000
BOMB_BYTES = 200_000_000
PIECE_BYTES = 64 * 1024


def replacement(fault: Fault) -> Response | None:
    """The answer an order puts in place of ours; None when ours goes out (whole or in part)."""
    maker = REPLACEMENTS.get(fault.fault)
    if maker is None:
        return None
    response = maker()
    if fault.status:
        response.status_code = fault.status
    return response


def _html(status: int) -> Callable[[], Response]:
    return lambda: Response(HTML_PAGE, status, content_type="text/html; charset=utf-8")


def _bomb() -> Response:
    response = Response(gzip.compress(bytes(BOMB_BYTES), 9), 200, content_type="application/json")
    response.headers["Content-Encoding"] = "gzip"
    return response


def _redirect() -> Response:
    response = Response(b"", 302)
    response.headers["Location"] = "https://example.invalid/"
    return response


REPLACEMENTS: dict[str, Callable[[], Response]] = {
    "html_500": _html(500),
    "html_502": _html(502),
    "html_200": _html(200),
    "status_429": _html(429),
    "empty_body": lambda: Response(b"", 500, content_type="application/json"),
    "invalid_json": lambda: Response(
        b'{"audience_id":"23861540010200582","num_rec', 200, content_type="application/json"
    ),
    "huge_body": lambda: Response(
        b'{"data":"' + b"x" * HUGE_BYTES + b'"}', 200, content_type="application/json"
    ),
    "gzip_bomb": _bomb,
    "redirect": _redirect,
}


def pace(fault: Fault) -> Callable[[Any, bytes], None] | None:
    """How the bytes go out, when not all at once: (handler, content)."""
    if fault.fault == "drip":
        return lambda handler, content: handler.drip(content, fault.bytes_per_s)
    if fault.fault == "cut_mid_answer":
        return _half
    return None


def _half(handler: Any, content: bytes) -> None:
    handler.wfile.write(content[: len(content) // 2])
    handler.wfile.flush()
    raise Cut
