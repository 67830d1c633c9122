"""Every rule × every visitor × own and other client's objects × every method: one request each."""

from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.datastructures import Headers
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.security.world import Asker, World

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# Which object of the world a rule gets for its argument, where the usual one would only be refused.
_DRAFT, _RUNNING = {"import_id": "draft_id"}, {"upload_id": "running_id"}
STAND_INS = {
    **dict.fromkeys(
        (
            "contacts.import_columns",
            "contacts.import_reading",
            "contacts.save_columns",
            "contacts.read_again",
            "contacts.import_words",
            "contacts.decide_import_words",
        ),
        _DRAFT,
    ),
    **dict.fromkeys(("contacts.check_import", "contacts.start_import", "contacts.discard_import"), _DRAFT),
    **dict.fromkeys(("uploads.confirm_stop", "uploads.stop", "uploads.resume"), _RUNNING),
    "contacts.delete_filter": {"filter_id": "free_filter_id"},
    "meta.delete_account": {"account_id": "free_account_id"},
}


@dataclass(frozen=True)
class Step:
    """One request of the walk and what came back."""

    endpoint: str
    method: str
    asker: str
    whose: str  # "own", "other", or "" for a rule without objects
    url: str
    status: int
    location: str
    headers: Headers
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint} as {self.asker}{f' ({self.whose})' if self.whose else ''}"


def steps(world: World) -> Iterator[Step]:
    """One step for each method at each address: the rule that takes it, or none, which must be a 405."""
    rules = sorted(world.app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    taken = {(rule.rule, method) for rule in rules for method in rule.methods or ()}
    refused: set[tuple[str, str]] = set()
    for rule in rules:
        for method in METHODS:
            address = (rule.rule, method)
            if method in (rule.methods or ()) or (address not in taken and address not in refused):
                refused.add(address)
                yield from _steps_of(world, rule, method)


def _steps_of(world: World, rule: Rule, method: str) -> Iterator[Step]:
    """Both objects, but for a method that no rule takes: the address is refused before its object is read."""
    handled = method in (rule.methods or ())
    has_objects = rule.arguments - {"filename", "code", "key"}
    for whose in ("own", "other")[: 1 + handled] if has_objects else ("",):
        things = world.other if whose == "other" else world.own
        names = {name: STAND_INS.get(rule.endpoint, {}).get(name, name) for name in rule.arguments}
        for asker in world.askers.values():
            mine = {"session_id": asker.session_id} if whose == "own" else {}
            url = _url(world, rule, {name: {**things, **mine}[thing] for name, thing in names.items()})
            if not handled and _another_rule_takes(world, url, method):
                break
            answer = ask(world, asker, method, url)
            yield Step(
                rule.endpoint if handled else "(nessuna)",
                method,
                asker.kind,
                whose,
                url,
                answer.status_code,
                answer.location or "",
                answer.headers,
                answer.data,
            )


def ask(world: World, asker: Asker, method: str, url: str, **more: object) -> TestResponse:
    """The request as the asker's page would make it; what it changed is put back."""
    browser = asker.browser(world.app)
    data = {"csrf_token": asker.csrf} if method in UNSAFE else None
    answer = browser.open(url, **{"method": method, "data": data, **more})
    if method in UNSAFE and answer.status_code < 400:
        world.restore()
    return answer


def _url(world: World, rule: Rule, values: dict[str, object]) -> str:
    return world.app.url_map.bind("localhost").build(rule.endpoint, values)


def _another_rule_takes(world: World, url: str, method: str) -> bool:
    try:
        world.app.url_map.bind("localhost").match(url, method)
    except MethodNotAllowed:
        return False
    return True
