"""The cursor of a scan that is not whole yet: the next request goes on from it.

Signed: the numbers come back from the browser, and are shown as the product's own.
"""

import hashlib
import json
from dataclasses import astuple
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from webapp.contacts.filters.counting import Counts
from webapp.contacts.filters.scanning import Scan
from webapp.services import services

Numbers = tuple[Counts | None, Scan]


def question(*asked: Any) -> str:
    """A short hash of the question: a ticket goes on only with the question it was given for."""
    return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()[:16]


def give(asked: str, counts: Counts | None, scan: Scan) -> str:
    return str(_serializer().dumps([asked, counts and astuple(counts), astuple(scan)]))


def take(ticket: str, asked: str) -> Numbers | None:
    """The numbers of *ticket*, None when it is of another question, or not ours."""
    try:
        of, counts, scan = _serializer().loads(ticket)
    except BadSignature:
        return None
    if of != asked:
        return None
    upto, contacts, sums, ms, is_whole = scan
    return counts and Counts(*counts), Scan(upto, contacts, tuple(sums), ms, is_whole)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(services().settings.secret_keys)), salt="filter-scan")
