"""Hosts that a request may name: ours, those of this computer, and for health addresses any at all.

Sources of the cases: a probe by address (kubernetes), nginx with `Host $host` on another port, a browser
that sends no Referer, nginx without a Host line, IPv6 literals, localhost against 127.0.0.1 on the way to
Facebook and back.
"""

import pytest

from tests.conftest import TEST_PASSWORD, make_app


@pytest.mark.parametrize("host", ["10.244.0.5:8000", "web:8000", "platea-web.internal", "[fd00::5]:8000", ""])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_health_address_answers_whatever_the_host(client, host, path):
    assert client.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["10.244.0.5:8000", "web:8000", "evil.example", "[fd00::5]:8000", "["])
def test_a_page_is_shown_only_at_our_own_address(client, host):
    answer = client.get("/accesso", headers={"Host": host})

    assert answer.status_code == 400
    assert "Questo indirizzo non è quello di Platea: aprila da http" in answer.text


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://[2001:db8::7]", "[2001:db8::7]"),
        ("https://platea.example:8443", "platea.example:8443"),
        ("https://platea.example:8443", "platea.example"),  # a proxy with `Host $host`
    ],
)
def test_addresses_with_a_port_or_of_ipv6_are_ours(database, url, host):
    client = make_app(database, public_url=url).test_client()

    assert client.get("/accesso", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "platea.example:8443", "Sec-Fetch-Site": "same-origin"},  # no Referer
        {"Host": "platea.example", "Origin": "https://platea.example:8443"},  # `Host $host`
        {"Host": "127.0.0.1:8000", "Origin": "https://platea.example:8443"},  # no Host line at all
        {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-origin", "Origin": "https://platea.example:8443"},
    ],
)
def test_a_form_arrives_behind_any_of_the_usual_proxies(database, aurora, giulia, headers):
    client = make_app(database, public_url="https://platea.example:8443").test_client()
    base_url = f"https://{headers['Host']}"
    data = {"email": giulia.email, "password": TEST_PASSWORD, "csrf_token": client.csrf_token(base_url)}

    answer = client.post(
        "/accesso", data=data, base_url=base_url, headers={**headers, "X-Forwarded-Proto": "https"}
    )

    assert (answer.status_code, answer.location) == (303, "/")


def test_a_form_of_another_site_does_not(database, aurora, giulia):
    client = make_app(database, public_url="https://platea.example:8443").test_client()
    base_url = "https://platea.example"
    data = {"email": giulia.email, "password": TEST_PASSWORD, "csrf_token": client.csrf_token(base_url)}

    answer = client.post("/accesso", data=data, base_url=base_url, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


def test_localhost_leads_to_the_address_that_facebook_comes_back_to(database):
    client = make_app(database, public_url="http://127.0.0.1:8000").test_client()

    answer = client.get("/configura/integrazioni?da=1", base_url="http://localhost:8000")

    assert answer.status_code == 302
    assert answer.location == "http://127.0.0.1:8000/configura/integrazioni?da=1"


def test_another_port_of_this_computer_is_left_alone(database):
    """It may be a tunnel, whose other end only the person knows."""
    client = make_app(database, public_url="http://127.0.0.1:8000").test_client()

    assert client.get("/accesso", base_url="http://localhost:9000").status_code == 200


def test_our_own_address_leads_nowhere_else(database):
    client = make_app(database, public_url="http://127.0.0.1:8000").test_client()

    assert client.get("/accesso", base_url="http://127.0.0.1:8000").status_code == 200
