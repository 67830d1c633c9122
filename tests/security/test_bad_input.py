"""What no page of ours sends: strange ids, repeated and unknown fields, other types, forged headers."""

import io
import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import structlog
from sqlmodel import SQLModel, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.conftest import add_operator
from tests.security.walk import STAND_INS, ask
from tests.security.world import World
from tests.support.in_time import in_time
from webapp import db, logs
from webapp.access.models import Client, Membership, Operator, Role
from webapp.config import ROOT
from webapp.contacts.models import Filter, UserDatabase

pytestmark = pytest.mark.timeout(900)  # many requests, and the machine may be busy

BAD_IDS = (
    *("9223372036854775808", "-1", "1", "' OR ''='", "%00", "..%2f..%2fetc%2fpasswd"),
    *("abcdefghjkmn", "ABCDEFGHJKMN", "\u202eabc", "<svg onload=alert(1)>"),
    *("a" * 4_000, "%0d%0aSet-Cookie:%20a=b", "NaN"),
)
OBJECTS = {"database_id", "filter_id", "import_id", "upload_id", "account_id", "contact_id", "operator_id"}
OBJECTS |= {"invitation_id", "client_id", "session_id"}


def rules(world: World, method: str) -> list[Rule]:
    return [rule for rule in world.app.url_map.iter_rules() if method in (rule.methods or ())]


def address(world: World, rule: Rule) -> str:
    names = {name: STAND_INS.get(rule.endpoint, {}).get(name, name) for name in rule.arguments}
    adapter = world.app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, {name: world.own[thing] for name, thing in names.items()})


def addresses_with_bad_ids(world: World) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, address): each argument of each rule in turn becomes each of the bad ids."""
    for rule in world.app.url_map.iter_rules():
        for name in rule.arguments & OBJECTS:
            for bad in BAD_IDS:
                path = rule.rule
                for other in rule.arguments:
                    value = bad if other == name else str(world.own[other])
                    path = re.sub(rf"<(?:\w+:)?{other}>", quote(value, safe="%"), path)
                for method in (rule.methods or set()) & {"GET", "POST"}:
                    yield rule.endpoint, method, path


def test_an_id_that_is_none_of_ours_is_not_found(world):
    owner = world.askers["owner"]
    found, count = [], 0
    for endpoint, method, path in addresses_with_bad_ids(world):
        answer = ask(world, owner, method, path)
        count += 1
        if answer.status_code not in (400, 404, 405, 308):
            found.append(f"{method} {endpoint} {path[:120]}: {answer.status_code}")

    assert count > 800 and found == []


def parameter_names() -> set[str]:
    """Every name that the application reads from an address or a form, found in its text."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "webapp").rglob("*.py"))
    text += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    read = re.findall(r"(?:args|form|values)\.(?:get|getlist)\(\s*\"([\w.-]+)\"", text)
    return {
        *read,
        *re.findall(r"\bname=\"([\w.-]+)\"", text),
        *re.findall(r"_(?:id|number)\(\"(\w+)\"", text),
    }


@pytest.mark.parametrize("values", [("1", "", "-1", "9" * 400), ("x" * 300, "\x00", "\ud800", "2026-02-31")])
def test_repeated_parameters_break_nothing(world, values):
    query = "&".join(
        f"{name}={quote(value, errors='surrogatepass')}"
        for name in sorted(parameter_names())
        for value in values
    )
    administrator = world.askers["administrator"]
    broken = []
    for method in ("GET", "POST"):
        for rule in rules(world, method):
            answer = ask(world, administrator, method, f"{address(world, rule)}?{query}")
            if answer.status_code >= 500:
                broken.append(f"{method} {rule.endpoint}: {answer.status_code}")

    assert broken == []


MORE_FIELDS = {
    **{"id": "1", "public_id": "abcdefghjkmn", "client_id": "2", "database_id": "2", "operator_id": "1"},
    **{"is_owner": "1", "is_admin": "true", "is_active": "0", "role": "administrator", "token": "EAAB123456"},
    **{"password_hash": "x", "started_by": "altri", "status": "completed", "created_at": "1970-01-01"},
}


def test_fields_nobody_offered_change_nothing(world):
    """Every form of the application with fields of its tables beside its own: who I am stays who I am."""
    marketer = world.askers["marketer"]
    with db.reading() as session:
        people_before = [one.model_dump(exclude={"entered_at"}) for one in session.exec(select(Operator))]
        roles_before = [one.model_dump() for one in session.exec(select(Membership))]
    for rule in rules(world, "POST"):
        browser = marketer.browser(world.app)
        browser.post(address(world, rule), data={"csrf_token": marketer.csrf, **MORE_FIELDS})
        with db.reading() as session:
            people = [one.model_dump(exclude={"entered_at"}) for one in session.exec(select(Operator))]
            roles = [one.model_dump() for one in session.exec(select(Membership))]
        if rule.endpoint != "access.enter_demo":  # it makes the demo's own operator
            assert people == people_before and roles == roles_before, rule.endpoint
        world.restore()


def test_what_is_made_belongs_to_the_client_whose_pages_are_open(world):
    administrator = world.askers["administrator"]
    browser = administrator.browser(world.app)
    made = {"csrf_token": administrator.csrf, "nome": "Intruso", "client_id": "2", **MORE_FIELDS}
    browser.post("/database/nuovo", data=made)
    filter_form = {**made, "nome": "Filtro intruso", "do": "save"}
    browser.post(f"/database/{world.own['database_id']}/filtri/nuovo", data=filter_form)

    with db.reading() as session:
        database = session.exec(select(UserDatabase).where(UserDatabase.name == "Intruso")).one()
        client = session.get_one(Client, database.client_id)
        databases = {one.id for one in session.exec(select(UserDatabase))}
        filters = list(session.exec(select(Filter)))
    assert client.name == "Studio Aurora" and database.public_id != "abcdefghjkmn"
    assert all(one.database_id in databases for one in filters)


def test_a_role_sent_twice_is_one_of_the_two_and_only_from_who_may(world):
    url = f"/configura/utenti/{world.own['operator_id']}"
    for kind in ("support", "marketer"):
        asker = world.askers[kind]
        data = {"csrf_token": asker.csrf, "ruolo": ["support", "administrator"], "role": "administrator"}
        assert ask(world, asker, "POST", url, data=data).status_code == 403


THEIRS = {
    **{"filtro": "filter_id", "persona": "operator_id", "cliente": "client_id", "account": "account_id"},
    **{"account_id": "account_id", "importazione": "import_id", "database": "database_id"},
}


def test_objects_of_another_client_are_not_taken_from_fields_either(world):
    """`?filtro=`, `persona=`, `cliente=`, `account=` … with what belongs to Bottega Verdi."""
    administrator = world.askers["administrator"]
    form = {name: str(world.other[THEIRS.get(name, "database_id")]) for name in parameter_names()}
    before = _of_the_other(world)
    wrong = []
    for method in ("GET", "POST"):
        for rule in rules(world, method):
            sent = {**form, "csrf_token": administrator.csrf}
            more = {"query_string": sent} if method == "GET" else {"data": sent}
            answer = administrator.browser(world.app).open(address(world, rule), method=method, **more)
            if answer.status_code >= 500 or "verdi.example" in answer.text or "Paolo Verdi" in answer.text:
                wrong.append(f"{method} {rule.endpoint}: {answer.status_code}")
            if method == "POST":
                if not before <= _of_the_other(world):
                    wrong.append(f"{rule.endpoint} changed what is another client's")
                world.restore()

    assert wrong == []


def _of_the_other(world: World) -> set[str]:
    """Every row that names one of Bottega Verdi's things, as it is."""
    theirs = {str(value) for name, value in world.other.items() if name != "column"}
    with db.snapshot() as connection:
        rows = [
            row for table in SQLModel.metadata.sorted_tables for row in connection.execute(table.select())
        ]
    return {str(row) for row in rows if any(str(cell) in theirs for cell in row)}


def post(world: World, rule: Rule, **more: object) -> TestResponse:
    return world.askers["owner"].browser(world.app).post(address(world, rule), **more)


def test_ten_thousand_fields_are_refused_or_answered_in_time(world):
    owner = world.askers["owner"]
    fields = "&".join(f"campo{number}=1" for number in range(10_000)) + f"&csrf_token={quote(owner.csrf)}"
    part = b'--x\r\nContent-Disposition: form-data; name="campo%d"\r\n\r\n1\r\n'
    parts = b"".join(part % number for number in range(10_000)) + b"--x--\r\n"
    for rule in rules(world, "POST"):
        with in_time():
            answer = post(world, rule, data=fields, content_type="application/x-www-form-urlencoded")
        assert answer.status_code < 500, rule.endpoint
        world.restore()
    rule = next(rule for rule in rules(world, "POST") if rule.endpoint == "contacts.create_filter")
    assert post(world, rule, data=parts, content_type="multipart/form-data; boundary=x").status_code == 413


def test_a_body_above_the_limit_is_refused_everywhere(world):
    headers = {"X-CSRFToken": world.askers["owner"].csrf}
    for rule in rules(world, "POST"):
        if not getattr(world.app.view_functions[rule.endpoint], "takes_file", False):
            answer = post(world, rule, data={"x": "a" * 2_100_000}, headers=headers)
            assert answer.status_code == 413, rule.endpoint


BODIES = (
    ("application/json", b"{" * 100_000),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=", b"--\r\n"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="nome"\r\n\r\n'),
    ("text/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    ("application/x-www-form-urlencoded; charset=utf-7", b"nome=+ADw-script+AD4-"),
    ("application/x-www-form-urlencoded", b"nome=%ff%fe%00%c0%af"),
    ("", b"nome=x"),
)


def test_a_body_of_another_kind_breaks_nothing(world):
    headers = {"X-CSRFToken": world.askers["owner"].csrf, "X-HTTP-Method-Override": "DELETE"}
    broken = []
    for rule in rules(world, "POST"):
        for content_type, body in BODIES:
            answer = post(world, rule, data=body, content_type=content_type, headers=headers)
            if answer.status_code >= 500 or "root:" in answer.text:
                broken.append(f"{rule.endpoint} {content_type}: {answer.status_code}")
        world.restore()

    assert broken == []


def test_a_method_cannot_be_smuggled(world):
    owner = world.askers["owner"]
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = ask(world, owner, "GET", "/uscita", headers={name: "POST"}, query_string={"_method": "POST"})
        assert answer.status_code == 405
    assert ask(world, owner, "GET", "/profilo").status_code == 200


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"]
)
def test_forwarded_headers_choose_no_address(world, header):
    """Nothing of what they say comes back: no link, no redirect, no cookie for it."""
    evil = {header: "host=evil.example;proto=https" if header == "Forwarded" else "evil.example"}
    for asker in (world.askers["anonymous"], world.askers["administrator"]):
        for path in ("/", "/database", "/configura/integrazioni/facebook", "/accesso?dopo=/database"):
            answer = ask(world, asker, "GET", path, headers={**evil, "X-Forwarded-Proto": "https"})
            assert "evil.example" not in answer.text + str(answer.headers)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process logs, as production writes it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    root.handlers, root.level = before, level
    structlog.reset_defaults()


def test_nothing_a_visitor_sends_makes_a_log_line_of_its_own(world, written):
    anonymous = world.askers["anonymous"]
    forged = '\r\n{"event": "accesso", "operator": "abcdefghjkmn"}'
    form = {"csrf_token": anonymous.csrf, "email": f"a@b.example{forged}", "password": "x"}
    headers = {"User-Agent": "x\u2028y", "HX-Current-URL": "/\u2028", "Referer": "http://localhost/"}
    ask(world, anonymous, "POST", "/accesso", data=form, headers=headers)
    ask(world, anonymous, "GET", f"/database/{quote(forged)}")
    ask(world, anonymous, "GET", f"/{quote(forged)}?a={quote(forged)}")

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert len([line for line in lines if line["event"] == "richiesta"]) == 3
    assert not any(line.get("operator") == "abcdefghjkmn" for line in lines)


def test_no_header_is_added_through_a_name(world):
    """Names come back in HX-Trigger, in file names and in redirects: always one line, always ASCII."""
    owner = world.askers["owner"]
    evil = 'x"\r\nSet-Cookie: rubato=1\r\n\r\n<script>alert(1)</script>\u2028è'
    with db.writing() as session:
        for table in (UserDatabase, Filter):
            for row in session.exec(select(table)):
                row.name = f"{evil}{row.id}"
    world.keep()
    for method in ("GET", "POST"):
        for rule in rules(world, method):
            answer = ask(world, owner, method, address(world, rule), headers={"HX-Request": "true"})
            for name, value in answer.headers:
                assert "\n" not in value and "\r" not in value and value.isascii(), f"{rule.endpoint} {name}"
            assert "rubato" not in str(answer.headers.getlist("Set-Cookie")), rule.endpoint


def test_a_session_given_to_somebody_is_worth_nothing_after_they_sign_in(app, client, aurora):
    """Fixation: the cookie an attacker planted before the sign-in opens nothing afterwards."""
    giulia = add_operator(aurora, Role.ADMINISTRATOR)
    client.get("/accesso")
    client.csrf_token()
    planted = client.get_cookie("platea").value
    client.post_form("/accesso", {"email": giulia.email, "password": "una password di prova"})
    attacker = app.test_client()
    attacker.set_cookie("platea", planted)

    assert client.get("/").status_code == 200
    assert client.get_cookie("platea").value != planted
    assert attacker.get("/").location.startswith("/accesso")


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_parameter_leads_to_another_site(world, target):
    """Every address with every parameter set to somewhere else: no redirect and no link goes there."""
    query = dict.fromkeys(parameter_names(), target) | {"next": target, "url": target, "redirect": target}
    led_away = []
    for asker in (world.askers["anonymous"], world.askers["administrator"]):
        for rule in rules(world, "GET"):
            answer = ask(world, asker, "GET", address(world, rule), query_string=query)
            links = re.findall(r'(?:href|action|src|hx-get|hx-post)="([^"]*)"', answer.text)
            if any(link.startswith(target) for link in (answer.location or "", *links)):
                led_away.append(f"{rule.endpoint} as {asker.kind}")

    assert led_away == []
