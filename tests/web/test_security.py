"""What every address of the application must obey, found by walking the map of addresses itself."""

import hashlib
import re
from pathlib import Path

import pytest
from flask import request
from sqlmodel import SQLModel
from werkzeug.routing import Rule

from tests.conftest import TEST_PASSWORD, make_app
from webapp import db
from webapp.config import ROOT
from webapp.web.security import content_security_policy, local_path, takes_file

PUBLIC_GET = ["/accesso", "/healthz", "/readyz", "/stile", "/static/app.css", "/non-c-e"]
# What may be seen, or done, without a login. Meta signs what it sends and brings no token of a form.
OPEN_PAGES = {"static", "access.login", "health.healthz", "health.readyz", "home.style"}
OPEN_PAGES |= {"home.metrics"}  # to whoever brings the token of monitoring
OPEN_PAGES |= {"meta.authorisation_return", "meta.erased"}
# To whoever holds a link of ours, or forgot a password.
OPEN_PAGES |= {"access.open_invitation", "access.invitation"}
OPEN_PAGES |= {"access.forgotten", "access.open_reset", "access.reset"}
SIGNED_BY_META = {"meta.deauthorised", "meta.erase"}
OPEN_FORMS = {"access.sign_in", "access.enter_demo", *SIGNED_BY_META}
OPEN_FORMS |= {"access.accept_invitation", "access.ask_for_reset", "access.set_new_password"}
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html"))


def example_url(rule: Rule) -> str:
    """An address of that rule, with an id of the right shape that belongs to nothing."""
    return re.sub(r"<[^>]+>", "abcdefghjkmn", re.sub(r"<int:[^>]+>", "1", str(rule)))


def rules(app, methods: set[str]) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.methods & methods]


@pytest.mark.parametrize("url", PUBLIC_GET)
def test_every_answer_carries_the_security_headers(client, url):
    headers = client.get(url).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "data:" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_pages_are_not_kept_by_caches_and_static_files_are(client):
    css = re.search(r'href="(/static/app.css[^"]+)"', client.get("/accesso").text)[1]

    assert client.get("/accesso").headers["Cache-Control"] == "no-store"
    assert client.get(css).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/inter-latin.woff2").headers["Cache-Control"] == "public, max-age=86400"


def test_over_https_browsers_are_told_to_stay_on_it(database):
    client = make_app(database, public_url="https://platea.example").test_client()

    answer = client.get("/healthz", base_url="https://platea.example")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_forms_may_end_at_facebook_or_at_the_simulator_and_nowhere_else(database, settings):
    assert "form-action 'self' https://*.facebook.com;" in content_security_policy(settings)

    demo = make_app(database, dialog_url="http://127.0.0.1:8090/v26.0/dialog/oauth").test_client()
    policy = demo.get("/accesso").headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:8090;" in policy


def test_every_page_asks_for_login_unless_it_is_public(app, client):
    closed = []
    for rule in rules(app, {"GET"}):
        answer = client.get(example_url(rule))
        if answer.status_code == 303 and answer.location.startswith("/accesso"):
            closed.append(rule.endpoint)

    open_to_all = {rule.endpoint for rule in rules(app, {"GET"})} - set(closed)
    assert open_to_all <= OPEN_PAGES


def test_every_change_asks_for_login_too(app, client):
    for rule in rules(app, {"POST", "PUT", "PATCH", "DELETE"}):
        if rule.endpoint not in OPEN_FORMS:
            answer = client.post_form(example_url(rule))
            assert (answer.location or "").startswith("/accesso"), rule


def test_every_change_needs_the_token_of_its_form(app, signed_in, giulia, page):
    with db.writing() as session:
        session.merge(giulia).is_owner = True  # otherwise her role is what refuses some
    changing = rules(app, {"POST", "PUT", "PATCH", "DELETE"})
    assert len(changing) > 3

    for rule in changing:
        if rule.endpoint in SIGNED_BY_META:
            continue
        method = sorted(rule.methods & {"POST", "PUT", "PATCH", "DELETE"})[0]
        answer = signed_in.open(example_url(rule), method=method)
        assert "Ricarica la pagina" in page(answer, 400).text_content(), rule


def test_the_token_may_come_in_the_header_htmx_hands_down(signed_in):
    answer = signed_in.post("/uscita", headers={"X-CSRFToken": signed_in.csrf_token(), "HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/accesso")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://altrove.example"},
        {"Origin": "null"},
    ],
)
def test_a_change_started_by_another_site_is_refused_even_with_a_token(signed_in, headers):
    assert signed_in.post_form("/uscita", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}])
def test_a_change_started_here_is_done(signed_in, headers):
    assert signed_in.post_form("/uscita", headers=headers).status_code == 303


def test_no_get_changes_anything_while_signed_in(app, signed_in, database):
    """Every page and fragment is asked for; what the database holds stays the same, byte for byte.

    But for what is counted and told: the trail, and how often somebody asked (budgets).
    """

    def everything() -> dict[str, list]:
        with db.snapshot() as connection:
            return {
                table.name: connection.execute(table.select()).all()
                for table in SQLModel.metadata.sorted_tables
                if table.name not in ("audit_entry", "audit_address", "budget")
            }

    before = everything()
    for rule in rules(app, {"GET"}):
        signed_in.get(example_url(rule))

    assert everything() == before


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_host_that_is_not_ours_is_refused_with_the_right_address(client, host, page):
    tree = page(client.get("/accesso", headers={"Host": host}), 400)

    assert "aprila da http://127.0.0.1:8000" in tree.text_content()
    assert host not in tree.text_content()


@pytest.mark.parametrize("host", ["platea.example", "127.0.0.1:8000", "localhost:5000"])
def test_our_own_host_and_loopback_are_answered(database, host):
    client = make_app(database, public_url="http://platea.example").test_client()

    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_visitor_cannot_choose_the_address_that_attempts_are_counted_under(client, giulia):
    for number in range(10):
        client.post_form(
            "/accesso",
            {"email": f"tentativo{number}@aurora.example", "password": "x"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
            environ_base={"REMOTE_ADDR": "198.51.100.7"},
        )

    answer = client.post_form(
        "/accesso",
        {"email": giulia.email, "password": "x"},
        environ_base={"REMOTE_ADDR": "198.51.100.7"},
    )

    assert answer.status_code == 429


@pytest.mark.parametrize(
    "path", ["/", "/database/abc", "/caricamenti?stato=falliti&pagina=2", "/a#b", "/a?u=//b"]
)
def test_a_path_of_ours_is_one_to_go_back_to(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "database",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/\x00",
    ],
)
def test_another_site_is_never_one_to_go_back_to(path):
    assert local_path(path) is None


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(client, giulia, target):
    form = {"email": giulia.email, "password": TEST_PASSWORD, "dopo": target}

    assert client.post_form("/accesso", form).location == "/"


def test_a_large_body_is_refused_where_no_file_is_expected(client):
    answer = client.post_form("/accesso", {"email": "a" * 2_100_000, "password": "x"})

    assert answer.status_code == 413


def test_the_component_sheet_is_not_for_everybody(database):
    app = make_app(database)
    app.testing = False

    assert app.test_client().get("/stile").status_code == 404


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_nothing_that_the_policy_forbids(path: Path):
    """Inline scripts and styles, and what htmx would have to eval, fail only in a browser."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)

    forbidden = (
        r"\|\s*safe\b|\bsafe\s*\(|autoescape|\sstyle=|<style|<script(?![^>]*\ssrc=)|\son\w+=|hx-on|\bjs:|javascript:"
        r"|hx-boost|hx-ext|hx-disabled-elt|hx-trigger=\"[^\"]*\[|data:image|https?://cdn"
    )
    found = re.findall(forbidden, text)
    assert not found, found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_what_acts_through_htmx_says_its_target(path: Path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    elements = re.findall(r"<[a-z][^<>]*\shx-(?:get|post|put|patch|delete)=[^<>]*>", text)

    assert [element for element in elements if "hx-target=" not in element] == []


def test_stylesheet_and_script_ask_nobody_else():
    css = (ROOT / "static" / "app.css").read_text(encoding="utf-8")
    scripts = [(ROOT / "static" / name).read_text(encoding="utf-8") for name in ("app.js", "typing.js")]

    assert "http" not in css and "data:" not in css and "@import" not in css
    for script in scripts:
        assert "http" not in script and "eval(" not in script and "innerHTML" not in script


def test_vendored_files_are_the_published_ones():
    """SHA-256 of dist/htmx.min.js in the npm package htmx.org 4.0.1; each file has its licence beside it."""
    static = ROOT / "static"
    assert (
        hashlib.sha256((static / "htmx-4.0.1.min.js").read_bytes()).hexdigest()
        == "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
    )
    for licence, words in {
        "LICENSE-htmx.txt": "Zero-Clause BSD",
        "LICENSE-inter.txt": "SIL OPEN FONT LICENSE Version 1.1",
        "LICENSE-lucide.txt": "ISC License",
    }.items():
        assert words in (static / licence).read_text(encoding="utf-8")


def test_a_view_that_takes_a_file_may_be_sent_a_large_one(app, signed_in):
    app.add_url_rule(
        "/file", "file", takes_file(lambda: str(len(request.files["file"].read()))), methods=["POST"]
    )
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n%b\r\n--x--\r\n'

    answer = signed_in.post(
        "/file",
        data=body % (b"x" * 3_000_000),
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": signed_in.csrf_token()},
    )

    assert answer.text == "3000000"


def test_behind_a_proxy_that_is_not_declared_nobody_shuts_all_others_out(database, giulia):
    """They all seem to come from this machine: a hundred attempts are looked at, and one's own are ten."""
    client = make_app(database, public_url="https://platea.example").test_client()

    def guess(number: int, email: str = "") -> int:
        form = {"email": email or f"u{number}@aurora.example", "password": "x"}
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "Referer": "https://platea.example/"}
        return client.post_form(
            "/accesso", form, headers=headers, base_url="https://platea.example"
        ).status_code

    assert {guess(number) for number in range(20)} == {422}
    assert [guess(0, giulia.email) for _ in range(11)] == [422] * 10 + [429]


def test_behind_a_proxy_attempts_are_counted_under_the_visitors_address(database, giulia):
    client = make_app(database, public_url="https://platea.example", proxies=1).test_client()

    def guess(address: str):
        form = {"email": f"{address}@aurora.example", "password": "x"}
        headers = {
            "X-Forwarded-For": address,
            "X-Forwarded-Proto": "https",
            "Referer": "https://platea.example/",
        }
        return client.post_form("/accesso", form, headers=headers, base_url="https://platea.example")

    for number in range(10):
        assert guess(f"203.0.113.{number}").status_code == 422
    assert guess("203.0.113.99").status_code == 422
