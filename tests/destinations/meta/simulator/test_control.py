"""The routes under /_sim: looking inside, resetting, moving the clock, calling back."""

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def refused(meta, path: str, **body) -> str:
    answer = meta.http.post(f"{meta.graph_url}/_sim{path}", json=body, timeout=5)
    assert answer.status_code == 400
    return answer.json()["errore"]


def test_received_rows_come_as_text_with_columns_joined_by_a_tab(meta):
    audience = meta.new_audience()
    meta.add(audience, [[digest("a"), digest("b")], [digest("c"), ""]], schema=["EMAIL", "FN"])
    answer = meta.http.get(
        f"{meta.graph_url}/_sim/received", params={"audience": audience, "formato": "testo"}, timeout=5
    )
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert set(answer.text.splitlines()) == {f"{digest('a')}\t{digest('b')}", f"{digest('c')}\t"}


def test_a_hundred_thousand_rows_are_all_there(meta):
    audience = meta.new_audience()
    wanted = {digest(str(number)) for number in range(100_000)}
    rows = [[value] for value in wanted]
    for start in range(0, len(rows), 10_000):
        assert meta.add(audience, rows[start : start + 10_000]).status_code == 200
    params = {"audience": audience, "formato": "testo"}
    with meta.http.get(f"{meta.graph_url}/_sim/received", params=params, stream=True, timeout=30) as answer:
        assert {line.decode() for line in answer.iter_lines(65_536)} == wanted


def test_without_an_audience_all_of_them_are_shown(meta):
    first, second = meta.new_audience(), meta.new_audience()
    meta.add(second, [[digest("a")]])
    shown = meta.look("/received")["audiences"]
    assert {first, second} <= set(shown)
    assert shown[second] == {"EMAIL": [[digest("a")]]}


def test_calls_are_listed_with_rows_and_status_but_never_a_token(meta):
    audience = meta.new_audience()
    meta.call("POST", f"/{audience}/users", params={"access_token": meta.access_token}, json={})
    meta.add(audience, [[digest("a")]])
    calls = meta.look("/calls")["calls"]
    assert [(call["method"], call["kind"], call["status"]) for call in calls] == [
        ("POST", "POST /customaudiences", 200),
        ("POST", "POST /users", 400),
        ("POST", "POST /users", 200),
    ]
    assert (calls[-1]["rows"], calls[-1]["path"]) == (1, f"/{audience}/users")
    assert meta.access_token not in json.dumps(calls)


def test_a_reset_forgets_everything_but_the_credentials(meta):
    audience = meta.new_audience()
    meta.control("/settings", latency_s=0.01)
    meta.control("/faults", fault="2", times=None)
    meta.control("/reset")
    assert audience not in [found["id"] for found in meta.look("/audiences")["audiences"]]
    assert meta.look("/faults")["faults"] == [] and meta.look("/settings")["latency_s"] == 0
    assert meta.get("/me").status_code == 200


def test_a_reset_can_leave_the_seeded_audiences_out(meta):
    meta.control("/reset", audiences=False)
    assert meta.look("/audiences")["audiences"] == []


def test_the_clock_moves_on_and_back_to_the_real_one(meta):
    ahead = meta.control("/clock", advance_s=3_600)
    assert ahead["offset_s"] == 3_600
    assert meta.control("/clock", offset_s=0)["offset_s"] == 0


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/clock", {"advance_s": "domani"}, "numero di secondi"),
        ("/settings", {"latenza": 1}, "impostazione sconosciuta"),
        ("/settings", {"latency_s": "tanto"}, "valore non valido"),
        ("/account", {"account": "1"}, "account sconosciuto"),
        ("/audience", {"audience": "1"}, "pubblico sconosciuto"),
        ("/signed_request", {"to": "https://example.com/"}, "questo computer"),
        ("/signed_request", {"to": "http://127.0.0.1:1/"}, "nessuna risposta"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_in_italian(meta, path, body, words):
    assert words in refused(meta, path, **body)


@pytest.fixture
def listener():
    """A small web application waiting for Meta's callback."""
    received = []

    class Application(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"confirmation_code":"abc"}')

        def log_message(self, *args) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/elimina", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_meta_calls_back_with_a_request_signed_by_the_app_secret(meta, listener):
    address, received = listener
    answer = meta.control("/signed_request", to=address, user_id="218471")
    assert answer == {"status": 200, "body": '{"confirmation_code":"abc"}'}
    signature, payload = parse_qs(received[0])["signed_request"][0].split(".")
    expected = hmac.new(meta.app_secret.encode(), payload.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") == expected
    decoded = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (decoded["user_id"], decoded["algorithm"]) == ("218471", "HMAC-SHA256")
