"""Requests made of nonsense to every form and address: no error of ours, no slow answer, no growing memory.

FUZZ_REQUESTS says how many (`make fuzz`: 10,000), FUZZ_SEED which. What is asked is found in the pages
themselves (forms and their fields) and in the map of addresses, so that a new form is fuzzed without a word.
"""

import os
import resource
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from lxml import html

from tests.security.test_bad_input import address, parameter_names
from tests.security.world import World
from tests.support.in_time import LONGEST_S
from tests.web.test_every_page import crawl

pytestmark = pytest.mark.timeout(0)  # 10,000 requests take what they take
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "60"))
SEED = int(os.environ.get("FUZZ_SEED", "20261124"))
SLOW_S = float(os.environ.get("FUZZ_SLOW_S", LONGEST_S))  # of processor time; `make fuzz` asks for 2
MOST_GROWTH_MB = 200
LEFT_OUT = ("/uscita", "/profilo/sessioni")  # they end the session that asks
TOKENS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "true",
        "null",
        "NaN",
        "1e309",
        "9" * 400,
        "１２３",
        "0x10",
        "31/02/2026",
        "2026-02-31",
    ),
    *(
        "0000-00-00",
        "9999-12-31",
        "%",
        "%" * 2_000,
        "%a%a%a%a",
        "_",
        "\\",
        "'",
        "' OR 1=1 --",
        '"',
        "<b>",
        "{{7*7}}",
    ),
    *(
        "../../etc/passwd",
        "\x00",
        "\r\nX: y",
        "\u202e",
        "\ufeff",
        "é" * 300,
        "😀" * 100,
        "a" * 5_000,
        "=1+1",
        "@x",
    ),
    *("email", "city", "is", "all", "any", "save", "and", "or", "consent", "is_not", "before", "contains"),
    *("abcdefghjkmn", "meta", "SMS", "sms", "email", "autorizza", "administrator", "support", "tutti", "2"),
)
TEXT = st.one_of(st.sampled_from(TOKENS), st.text(st.characters(exclude_categories=("Cs",)), max_size=40))


@dataclass(frozen=True)
class Target:
    """An address to ask, with the fields its page would send."""

    method: str
    url: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass
class Found:
    """What came back."""

    requests: int = 0
    slowest_s: float = 0.0
    broken: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)


def targets(world: World) -> list[Target]:
    """Every form of every page, every address with a query, and every rule by itself."""
    owner = world.askers["owner"]
    found: dict[Target, None] = {}
    for path, answer in crawl(owner.browser(world.app)):
        if answer.mimetype != "text/html" or answer.location:
            continue
        if urlsplit(path).query:
            found[Target("GET", urlsplit(path).path, tuple(parse_qsl(urlsplit(path).query)))] = None
        for form in html.document_fromstring(answer.text).xpath("//form[@action]"):
            fields = [(name, str(value or "")) for name, value in form.fields.items() if name != "csrf_token"]
            method = (form.get("method") or "get").upper()
            found[Target(method, urlsplit(form.get("action")).path, tuple(fields))] = None
    for rule in world.app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"GET", "POST"}:
            found[Target(method, address(world, rule))] = None
    return [target for target in found if not target.url.startswith((*LEFT_OUT, "/static"))]


def ask(world: World, found: Found, target: Target, changes: list[tuple[str, str]], htmx: bool) -> None:
    owner = world.askers["owner"]
    changed = dict(changes)
    fields = [(name, changed.pop(name, value)) for name, value in target.fields] + changes
    headers = {"HX-Request": "true"} if htmx else {}
    browser = owner.browser(world.app)
    began = time.process_time()
    if target.method == "POST":
        data: dict[str, list[str]] = {"csrf_token": [owner.csrf]}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        answer = browser.post(target.url, data=data, headers=headers)
    else:
        answer = browser.get(target.url, query_string=fields, headers=headers)
    took = time.process_time() - began
    found.requests += 1
    found.slowest_s = max(found.slowest_s, took)
    if answer.status_code >= 500:
        found.broken.append(f"{answer.status_code} {target.method} {target.url} {fields!r}")
    if took > SLOW_S:
        found.slow.append(f"{took:.1f} s {target.method} {target.url} {fields!r}")
    if target.method == "POST" and answer.status_code < 400:
        world.restore()


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_random_requests_break_nothing(world, capsys):
    everything, names, found = targets(world), sorted(parameter_names()), Found()
    seen: set[Target] = set()
    for target in everything:  # each once as it is, so that the short run has asked everything too
        ask(world, found, target, [], htmx=False)
    before_mb = memory_mb()

    @seed(SEED)
    @settings(
        max_examples=REQUESTS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        target = data.draw(st.sampled_from(everything))
        own = [name for name, _ in target.fields]
        name = st.one_of(st.sampled_from(own), st.sampled_from(names)) if own else st.sampled_from(names)
        changes = data.draw(st.lists(st.tuples(name, TEXT), min_size=1, max_size=6))
        seen.add(target)
        ask(world, found, target, changes, data.draw(st.booleans()))
        assert not found.broken and not found.slow, (found.broken or found.slow)[-1]

    fuzz()
    grown_mb = memory_mb() - before_mb
    with capsys.disabled():
        print(
            f"\n{found.requests} richieste a caso a {len(everything)} moduli e indirizzi: "
            f"{len(found.broken)} errori 5xx, la più lenta {found.slowest_s:.2f} s, +{grown_mb:.0f} MB"
        )

    assert found.broken == [] and found.slow == []
    assert grown_mb < MOST_GROWTH_MB
