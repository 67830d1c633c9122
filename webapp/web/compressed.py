"""Answers compressed with gzip, for browsers that take it: a page of tables gets five to ten times smaller.

Static files are compressed once a process, as small as they get; pages as they come, quickly. What is sent
while it is read (files to save) and what is small already goes as it is.

A page holds the token of its forms, and may show what an address says. Whoever makes somebody's browser ask
and sees how long the encrypted answers are could guess one from the other (BREACH, CVE-2013-3587). Here the
token is signed with its second, so that no guess of it is of use a second later, and each answer is longer by
a random number of bytes ("Heal the BREACH", Palacios and others, IEEE Access 2022: in the name that a gzip
header may carry).
"""

import secrets
import struct
import zlib
from functools import lru_cache

from flask import Flask, Response, request

KINDS = frozenset(
    {"text/html", "text/css", "text/javascript", "text/plain", "application/json", "image/svg+xml"}
)
WORTH_BYTES = 1_000  # below, all fits into one packet anyhow
QUICKLY, AS_SMALL_AS_POSSIBLE = 5, 9
MOST_NOISE = 100  # bytes
MOST_STATIC = 32  # files, of 60 KB at most
_GZIP, _DEFLATE, _HAS_NAME, _UNIX = b"\x1f\x8b", 8, 8, 3


def init_app(app: Flask) -> None:
    """To be called first of all: what others add to an answer comes before it is compressed."""

    @app.after_request
    def _compress(response: Response) -> Response:
        if not _may_be(response):
            return response
        response.vary.add("Accept-Encoding")
        if not request.accept_encodings["gzip"] or request.method == "HEAD":
            return response
        if request.endpoint == "static":
            response.direct_passthrough = False
            data = _of_file(response.get_data())
        else:
            data = gzip(response.get_data(), QUICKLY, secrets.token_hex(secrets.randbelow(MOST_NOISE // 2)))
        response.set_data(data)
        response.headers["Content-Encoding"] = "gzip"
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)  # the same content, in other bytes
        return response


def _may_be(response: Response) -> bool:
    """Whether it is of a kind that gets smaller, here as a whole, and nobody has packed it yet."""
    if (
        response.status_code == 206
        or response.mimetype not in KINDS
        or "Content-Encoding" in response.headers
    ):
        return False
    is_whole = not response.is_streamed or request.endpoint == "static"
    return is_whole and (response.content_length or response.calculate_content_length() or 0) >= WORTH_BYTES


@lru_cache(MOST_STATIC)
def _of_file(content: bytes) -> bytes:
    return gzip(content, AS_SMALL_AS_POSSIBLE)


def gzip(content: bytes, level: int, name: str = "") -> bytes:
    """RFC 1952, with *name* as that of the file inside, which nobody reads; no clock stands in it."""
    flags, ending = (_HAS_NAME, name.encode("ascii") + b"\0") if name else (0, b"")
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(content) + packer.flush()
    head = _GZIP + struct.pack("<BBLBB", _DEFLATE, flags, 0, 0, _UNIX) + ending
    return head + body + struct.pack("<LL", zlib.crc32(content), len(content) & 0xFFFFFFFF)
