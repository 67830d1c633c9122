"""The same promises over HTTPS, which is how the real Graph API is spoken to."""

import os
import ssl
import time

import pytest

from tests.destinations.meta.loopback import answer, request_of, serving
from tests.support.certificates import self_signed
from tests.support.in_time import LONGEST_S, in_time
from webapp.destinations.base import EncodedRows, TemporaryError
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.graph import new_session


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate for localhost that signs itself."""
    return self_signed(tmp_path_factory.mktemp("tls"), "localhost")


def encrypted(certificate, talk):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def talk_tls(connection):
        with context.wrap_socket(connection, server_side=True) as line:
            talk(line)

    return talk_tls


def client_of(session, url, trusted, deadline_s=5.0):
    session.trust_env = False  # REQUESTS_CA_BUNDLE would win over verify
    session.verify = trusted
    url = url.replace("http://127.0.0.1", "https://localhost")
    return GraphClient(session, url, "token", deadline_s=deadline_s)


def test_one_encrypted_connection_serves_many_calls(certificate):
    connections = []

    def talk(line):
        connections.append(line)
        while True:
            request_of(line)
            answer(line, b'{"id":"1","num_received":50000}')

    with serving(encrypted(certificate, talk)) as url, new_session() as session:
        client = client_of(session, url, certificate)
        assert client.me()["id"] == "1"
        assert client.add_users("2", EncodedRows(("EMAIL",), os.urandom(32 * 50_000))).received == 50_000
        assert client.me()["id"] == "1"

    assert len(connections) == 1


def test_a_certificate_nobody_vouches_for_is_refused(certificate):
    served = serving(encrypted(certificate, request_of))
    with served as url, new_session() as session, pytest.raises(TemporaryError) as refused:
        client_of(session, url, True).me()

    assert refused.value.problem.code == "rete/certificato"


def drip_head(line):
    request_of(line)
    for letter in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: very\r\n" * 1000:
        line.sendall(bytes([letter]))
        time.sleep(0.05)


def never_read(line):
    time.sleep(2 * LONGEST_S)


@pytest.mark.parametrize("talk", [drip_head, never_read])
def test_encrypted_calls_end_at_their_deadline_too(certificate, talk):
    served = serving(encrypted(certificate, talk))
    with served as url, new_session() as session, in_time(time.monotonic):
        client = client_of(session, url, certificate, 0.7)
        with pytest.raises(TemporaryError) as late:
            client.add_users("2", EncodedRows(("EMAIL",), os.urandom(32 * 100_000)))

    assert late.value.problem.code == "tempo"
