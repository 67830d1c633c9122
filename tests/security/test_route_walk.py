"""Nobody gets what is not theirs: every rule, every method, every visitor, own and other client's objects."""

from collections import Counter

import pytest

from tests.security import tables
from tests.security.expectations import ROWS, VISITORS, missing
from tests.security.walk import Step, ask, steps
from tests.security.world import World

pytestmark = pytest.mark.timeout(900)  # many requests, and the machine may be busy

_WALK: list[Step] = []  # the walk is long, and several tests look at it
# Fragments that a page asks for every few seconds: counts and statuses, no person, so a browser may hold
# them to be told that nothing has changed.
NUMBERS_ONLY = {
    *("uploads.progress_fragment", "uploads.log_fragment", "uploads.monitor_fragment"),
    *("uploads.history_fragment", "uploads.filter_history_fragment", "home.now_fragment"),
}
SAME = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"


@pytest.fixture
def walk(request: pytest.FixtureRequest) -> list[Step]:
    if not _WALK:
        _WALK.extend(steps(request.getfixturevalue("world")))
    return _WALK


def expected(step: Step) -> set[int]:
    """What the table says of this step; HEAD is a GET, OPTIONS only names the methods."""
    if step.endpoint == "(nessuna)":
        return {405}
    if step.method == "OPTIONS":
        rows = [row for (_, endpoint), row in ROWS.items() if endpoint == step.endpoint]
        least = min((VISITORS.index(row.least) for row in rows), default=0)
        below = VISITORS.index(step.asker) < least
        return {200} if not below else {303, 200} if step.asker == "anonymous" else {403, 200}
    method = "GET" if step.method == "HEAD" else step.method
    row = ROWS.get((method, step.endpoint))
    return row.expects(step.asker, step.whose) if row else set()


def test_every_endpoint_has_a_row_and_every_row_an_endpoint(world):
    real = {
        (method, rule.endpoint)
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert not real - ROWS.keys(), "\n".join(missing(*one) for one in sorted(real - ROWS.keys()))
    assert not ROWS.keys() - real, f"these rows are for nothing: {sorted(ROWS.keys() - real)}"


def test_everybody_gets_what_the_table_says_and_nothing_breaks(walk):
    wrong = [
        f"{step}: {step.status}, not {sorted(expected(step))}"
        for step in walk
        if step.status not in expected(step)
    ]
    broken = [str(step) for step in walk if step.status >= 500]
    unexpected = [str(step) for step in walk if step.status < 300 and step.status not in expected(step)]
    _print(walk, len(unexpected), len(broken))

    assert (unexpected, broken) == ([], [])
    assert not wrong, "\n".join(wrong)


def test_who_is_sent_away_is_sent_to_sign_in(walk):
    elsewhere = [
        f"{step} → {step.location}"
        for step in walk
        if step.asker == "anonymous" and step.status == 303 and not step.location.startswith("/accesso")
        if step.endpoint not in ("access.enter_demo", "access.open_invitation", "access.open_reset")
    ]

    assert elsewhere == []


def test_an_options_answer_tells_only_methods(walk):
    assert [str(step) for step in walk if step.method == "OPTIONS" and step.status == 200 and step.body] == []


def test_every_answer_has_its_headers(walk):
    wanted = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    problems = []
    for step in walk:
        policy = step.headers.get("Content-Security-Policy", "")
        missing_ones = [name for name, value in wanted.items() if step.headers.get(name) != value]
        if missing_ones or not policy.startswith(SAME) or "unsafe" in policy:
            problems.append(f"{step}: {missing_ones} {policy}")
        kept = "private, no-cache" if step.endpoint in NUMBERS_ONLY else ""
        if step.endpoint != "static" and step.headers.get("Cache-Control") not in ("no-store", kept):
            problems.append(f"{step}: Cache-Control {step.headers.get('Cache-Control')}")
        if "frame-ancestors 'none'" not in policy or "object-src 'none'" not in policy:
            problems.append(f"{step}: {policy}")
        if "Server" in step.headers or "X-Powered-By" in step.headers:
            problems.append(f"{step}: says what it is made of")

    assert problems == []


def test_no_redirect_leaves_the_site_but_to_facebook(walk):
    """Only "autorizza" goes elsewhere, and there only to the dialog of the settings."""
    away = {step.endpoint for step in walk if step.location and not step.location.startswith("/")}

    assert away <= {"meta.reauthorise"}


def changing(world: World) -> list[tuple[str, str]]:
    """Every address that changes something, with the owner's objects: (endpoint, url)."""
    adapter = world.app.url_map.bind("localhost")
    return [
        (
            rule.endpoint,
            adapter.build(rule.endpoint, {name: world.own[name] for name in rule.arguments}, "POST"),
        )
        for rule in world.app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    ]


def test_nothing_changes_without_the_token_of_this_very_session(world):
    owner, other = world.askers["owner"], world.askers["administrator"]
    ways = {
        "without a token": {"data": {}},
        "with a wrong token": {"data": {"csrf_token": "x" * 40}},
        "with an empty token": {"data": {"csrf_token": ""}},
        "with another session's token": {"data": {"csrf_token": other.csrf}},
        "with the token in the address": {"data": {}, "query_string": {"csrf_token": owner.csrf}},
        "from another site": {"headers": {"Sec-Fetch-Site": "cross-site"}},
        "from a neighbour site": {"headers": {"Sec-Fetch-Site": "same-site"}},
        "with another origin": {"headers": {"Origin": "https://evil.example"}},
    }
    done = []
    for endpoint, url in changing(world):
        for way, request in ways.items():
            for asker in (owner, world.askers["anonymous"]):
                answer = ask(world, asker, "POST", url, **request)
                refused = answer.status_code in (400, 403)
                to_sign_in = asker.kind == "anonymous" and (answer.location or "").startswith("/accesso")
                if not (refused or to_sign_in):
                    done.append(f"{endpoint} {way} as {asker.kind}: {answer.status_code}")
    tables.PRINTED["Sicurezza: richieste senza il proprio token"] = [
        f"{len(changing(world))} indirizzi che cambiano qualcosa × {len(ways)} modi × 2: {len(done)} riuscite"
    ]

    assert done == []


def _print(walk: list[Step], unexpected: int, broken: int) -> None:
    lines = [
        f"{'chi':<16}{'richieste':>10}{'2xx':>7}{'3xx':>7}{'400/422':>9}{'403':>7}{'404':>7}{'405':>7}{'5xx':>6}"
    ]
    for asker in VISITORS:
        of = Counter(step.status for step in walk if step.asker == asker)
        counts = (
            sum(n for status, n in of.items() if status < 300),
            sum(n for status, n in of.items() if 300 <= status < 400),
            of[400] + of[422] + of[409],
        )
        others = (of[403], of[404], of[405], sum(n for status, n in of.items() if status >= 500))
        lines.append(
            f"{asker:<16}{sum(of.values()):>10}{counts[0]:>7}{counts[1]:>7}{counts[2]:>9}"
            + "".join(f"{count:>{width}}" for count, width in zip(others, (7, 7, 7, 6), strict=True))
        )
    routes = len({step.endpoint for step in walk if step.endpoint != "(nessuna)"})
    lines.append(
        f"{routes} rotte, {len(walk)} richieste: {unexpected} risposte 2xx inattese, {broken} errori 5xx"
    )
    tables.PRINTED["Sicurezza: chi ottiene che cosa"] = lines
