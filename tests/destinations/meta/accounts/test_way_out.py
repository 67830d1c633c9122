"""How calls leave the house: by the proxy and with the certificates of the settings, by nothing else."""

import json
import ssl
from dataclasses import replace

import pytest

from tests.destinations.meta.loopback import answer, request_of, serving
from tests.support.certificates import self_signed
from webapp import services as platea
from webapp.config import WrongSetting, from_environment
from webapp.destinations.base import TemporaryError
from webapp.destinations.meta.accounts import oauth
from webapp.destinations.meta.accounts.connect import graph_client, http_session

NEEDED = {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PLATEA_SECRET_KEY": "una chiave di prova lunga, mai usata altrove",
    "PLATEA_TOKEN_KEYS": "k",
}
TOKEN = "EAAB" + "a" * 60


def ask(settings, **changes: object) -> str:
    platea.start(replace(settings, **changes))
    with http_session() as session:
        return graph_client(session, TOKEN).me()["name"]


def the_proxy(seen: list[str]):
    def talk(connection):
        while True:
            seen.append(request_of(connection)[0])
            told = {"id": "1", "name": "Giulia Ferri", "access_token": TOKEN}
            answer(connection, json.dumps(told).encode())

    return talk


def test_calls_go_by_the_proxy_of_the_settings_with_its_password(database):
    seen = []
    with serving(the_proxy(seen)) as url:
        proxy = url.replace("http://", "http://utente:segreta@")
        assert ask(database, proxy=proxy, graph_url="http://graph.example") == "Giulia Ferri"

    assert seen[0].startswith("GET http://graph.example/v26.0/me?")
    assert "Proxy-Authorization: Basic dXRlbnRlOnNlZ3JldGE=" in seen[0]


def test_the_exchange_of_the_code_goes_by_the_same_proxy(database):
    seen = []
    with serving(the_proxy(seen)) as url:
        platea.start(replace(database, proxy=url, graph_url="http://graph.example", meta_app_id="99"))
        oauth.long_lived_token("AQ-codice")

    assert [head.split(" ")[0:2] for head in seen] == [
        ["POST", "http://graph.example/v26.0/oauth/access_token"]
    ] * 2


def test_proxies_of_the_host_are_not_asked(database, monkeypatch):
    seen = []
    with serving(the_proxy(seen)) as url:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        with pytest.raises(TemporaryError):
            ask(database, graph_url="http://127.0.0.1:1")

    assert seen == []


def test_a_facebook_on_this_machine_is_not_asked_for_through_a_proxy(database, simulator):
    platea.start(replace(simulator.settings(database), proxy="http://127.0.0.1:1"))
    with http_session() as session:
        assert graph_client(session, simulator.access_token).me()["name"] == "Giulia Ferri"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"proxy": "http://127.0.0.1:1", "graph_url": "https://graph.example"}, "rete/proxy"),
        ({"graph_url": "https://graph.platea.invalid"}, "rete/dns"),
        ({"graph_url": "https://127.0.0.1:1"}, "rete/collegamento"),
    ],
)
def test_what_stands_in_between_is_named(database, changes, code):
    with pytest.raises(TemporaryError) as stopped:
        ask(database, **changes)

    assert stopped.value.problem.code == code
    assert stopped.value.problem.what.startswith("Facebook non è raggiungibile: ")


def test_a_proxy_that_wants_a_password_is_named(database):
    def talk(connection):
        request_of(connection)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with serving(talk) as url, pytest.raises(TemporaryError) as stopped:
        ask(database, proxy=url, graph_url="https://graph.example")

    assert stopped.value.problem.code == "rete/proxy"


def test_a_company_certificate_is_trusted_once_it_is_named(database, tmp_path):
    certificate = self_signed(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as line:
            request_of(line)
            answer(line, b'{"id":"1","name":"Giulia Ferri"}')

    with serving(talk) as url:
        graph_url = url.replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(TemporaryError) as refused:
            ask(database, graph_url=graph_url)
        assert ask(database, graph_url=graph_url, ca_file=certificate) == "Giulia Ferri"

    assert refused.value.problem.code == "rete/certificato"


def test_the_usual_certificates_stay_trusted_beside_the_company_s(database, tmp_path):
    platea.start(replace(database, ca_file=self_signed(tmp_path, "localhost")))
    with http_session() as session:
        assert session.verify is True


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://proxy:1080", "http://", "http://proxy:porta"])
def test_a_proxy_that_is_none_stops_the_start(proxy):
    with pytest.raises(WrongSetting, match="PLATEA_PROXY deve essere come"):
        from_environment(NEEDED | {"PLATEA_PROXY": proxy})


@pytest.mark.parametrize("content", [None, "", "nessun certificato"])
def test_a_file_without_certificates_stops_the_start(content, tmp_path):
    file = tmp_path / "azienda.pem"
    if content is not None:
        file.write_text(content)

    with pytest.raises(WrongSetting, match="PLATEA_CA_FILE: in .* non ci sono certificati PEM leggibili"):
        from_environment(NEEDED | {"PLATEA_CA_FILE": str(file)})


def test_neither_proxy_nor_certificates_are_needed(tmp_path):
    settings = from_environment(NEEDED | {"PLATEA_DATA": str(tmp_path)})

    assert (settings.proxy, settings.ca_file) == ("", "")
    assert "segreta" not in repr(replace(settings, proxy="http://u:segreta@p:1"))


@pytest.mark.parametrize("ask_for", ["the exchange of a code", "a call"])
def test_an_answer_that_sends_elsewhere_is_not_followed(database, ask_for):
    """ASVS 5.0, 13.2.4 and 13.2.5: a code, the app's secret and a token go where the settings say only."""
    elsewhere, here = [], []

    def send_on(connection):
        here.append(request_of(connection)[0])
        connection.sendall(
            f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {other}/\r\nContent-Length: 0\r\n\r\n".encode()
        )

    with serving(the_proxy(elsewhere)) as other, serving(send_on) as url:
        platea.start(replace(database, graph_url=url, meta_app_id="99", meta_app_secret="segreto"))
        with pytest.raises(TemporaryError):
            oauth.long_lived_token("AQ-codice") if "code" in ask_for else ask(database, graph_url=url)

    assert len(here) == 1 and elsewhere == []
