"""The trail handed on: as JSON to a web address or a syslog server; a dead receiver delays nobody."""

import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import time_machine

from tests.conftest import add_operator
from tests.support.smtp_server import mail_server
from webapp import clock, db
from webapp import services as platea
from webapp.access.models import AuditAddress, AuditEntry, Role
from webapp.access.trail import heads, push
from webapp.access.trail.audit import Action, forget_addresses, record_alone
from webapp.access.trail.audit_chain import verify
from webapp.config import WrongSetting
from webapp.mail import send_due as send_mail
from webapp.setting_checks import trail_url


@contextmanager
def receiver(status: int = 204):
    """A web address that keeps what it is sent: its URL and the list of (headers, content)."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append((dict(self.headers), content))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/altrove")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/registro", got
        server.shutdown()


def tell(*names: str) -> None:
    for name in names:
        record_alone(Action.FILTER_CREATED, name, client_id=None)


def use(settings, url, **more):
    platea.start(replace(settings, trail_url=url, **more))
    push.send_due()  # from now on


def test_each_entry_arrives_once_in_order_with_its_link(database):
    with receiver() as (url, got):
        tell("prima")
        use(database, url, trail_token="segreto")
        tell("Torino", "Forlì")

        assert push.send_due() == 2
        assert push.send_due() == 0
    ((headers, content),) = got
    assert headers["Authorization"] == "Bearer segreto"
    assert [(one["seq"], one["target"]) for one in content["entries"]] == [(2, "Torino"), (3, "Forlì")]
    assert content["entries"][1]["words"] == "Filtro creato"
    assert content["entries"][1]["link"] == verify().head


def test_a_receiver_that_is_away_or_refuses_gets_them_later(database):
    with receiver(503) as (url, _), receiver(302) as (elsewhere, _):
        for address, said in ((url, "Ha risposto 503."), (elsewhere, "Ha risposto 302.")):
            use(database, address)
            tell("Torino")
            with pytest.raises(push.NotTaken, match=said):
                push.send_due()
            with db.reading() as session:
                done = push.state(session)
                assert (done.answer, push.waiting(session, done)) == (said, 1)
    use(database, f"http://127.0.0.1:{_free()}/")
    tell("Forlì")
    with pytest.raises(push.NotTaken, match="Non si raggiunge"):
        push.send_due()


def _free() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def test_syslog_over_tcp_counts_the_octets_of_each_message(database):
    """RFC 6587, 3.4.1, around RFC 5424."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        use(database, f"syslog+tcp://127.0.0.1:{server.getsockname()[1]}")
        tell("Forlì", "Torino")
        push.send_due()
        line, _ = server.accept()
        with line:
            content = b"".join(iter(lambda: line.recv(65_536), b""))

    size, rest = content.split(b" ", 1)
    first, second = rest[: int(size)], rest[int(size) :]
    head, told = first.split(b" - ", 2)[0], first[first.index(b"{") :]
    assert head.startswith(b"<110>1 2") and head.endswith(b" 127.0.0.1 platea")
    assert json.loads(told)["target"] == "Forlì"
    assert json.loads(second[second.index(b"{") :])["target"] == "Torino"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://siem.example",
        "http://siem.example/x",
        "https://io:io@siem.example",
        "syslog+tls://",
        "syslog+udp://h/x",
    ],
)
def test_an_address_that_cannot_work_stops_the_start(url):
    with pytest.raises(WrongSetting, match="PLATEA_TRAIL_URL"):
        trail_url(url)


def test_owners_see_how_it_goes_and_nobody_else(app, database, aurora, giulia, page):
    with receiver() as (url, _):
        use(database, url)
        tell("Torino")
        push.send_due()
    platea.start(replace(database, trail_url=url))
    owner = add_operator(None, Role.ADMINISTRATOR, "zoe@aurora.example", "Zoe", is_owner=True)
    shown = {}
    for who in (giulia, owner):
        browser = app.test_client()
        browser.sign_in(who)
        shown[who.name] = "Ha risposto 204" in page(browser.get("/configura/registro")).text_content()

    assert shown == {"Giulia Ferri": False, "Zoe": True}


def test_the_whole_address_is_kept_for_a_month_and_then_only_its_network(app, giulia, page):
    browser = app.test_client()
    answer = browser.post_form(
        "/accesso",
        {"email": giulia.email, "password": "sbagliata"},
        environ_base={"REMOTE_ADDR": "203.0.113.77"},
    )
    assert answer.status_code == 422
    browser.sign_in(giulia)
    with db.reading() as session:
        entry = session.get(AuditEntry, 1)
        assert (entry.address, session.get(AuditAddress, 1).address) == ("203.0.113.0/24", "203.0.113.77")

    assert "203.0.113.77" in page(browser.get("/configura/registro")).text_content()
    assert "203.0.113.77" in browser.get("/configura/registro.csv").text
    with time_machine.travel(clock.epoch() + 31 * 86_400):
        forget_addresses()
    text = page(browser.get("/configura/registro")).text_content()
    assert "203.0.113.77" not in text and "203.0.113.0/24" in text
    assert verify().broken_at is None


def test_the_head_is_sent_to_the_owners_and_finds_what_was_cut_off(database, aurora):
    with mail_server() as mailbox:
        platea.start(replace(database, smtp_url=f"smtp://localhost:{mailbox.port}", mail_from="p@a.example"))
        heads.post()  # nothing to tell yet
        add_operator(None, Role.ADMINISTRATOR, "zoe@aurora.example", "Zoe", is_owner=True)
        add_operator(aurora, Role.ADMINISTRATOR)
        tell("Torino", "Forlì")
        heads.post()
        send_mail()

    assert mailbox.recipients == ["zoe@aurora.example"]
    text = mailbox.messages[0].get_content()
    assert f"platea registro verifica --da 2:{verify().head}" in text.replace("\n", " ")
