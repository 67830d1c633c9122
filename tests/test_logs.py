"""What the logs say, and what they must never say: one JSON line per event, without secrets or contacts."""

import io
import json
import logging

import pytest
import structlog

from webapp import logs


@pytest.fixture
def lines():
    """The log lines written so far, read back from the stream they went to."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    logs.configure(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before
    structlog.reset_defaults()


def test_an_event_is_one_line_with_time_level_and_version(lines):
    structlog.get_logger("webapp.uploads").info("lotto inviato", upload="abc", seq=3)

    (line,) = lines()
    assert line["event"] == "lotto inviato"
    assert (line["level"], line["logger"], line["upload"], line["seq"]) == (
        "info",
        "webapp.uploads",
        "abc",
        3,
    )
    assert line["ts"].endswith("Z") and line["version"]


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("token EAABsbCS1iHgBAKZC valido", "token [token] valido"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer [token]"),
        ("GET /ritorno?code=AQBx12&state=xyz", "GET /ritorno?code=[…]&state=[…]"),
        ("access_token=1234|abcd&fields=id", "access_token=[…]&fields=id"),
        ('{"client_secret": "s3greto"}', '{"client_secret": "[…]"}'),
        ("per mario.rossi+x@posta.example", "per [email]@posta.example"),
        ("chiama +39 333 123 4567", "chiama [telefono]"),
        ("chiama 3331234567 ora", "chiama [telefono] ora"),
        ("chiama 393331234567", "chiama [telefono]"),
        ("chiama 0039 333 1234567", "chiama [telefono]"),
    ],
)
def test_what_is_personal_or_secret_is_masked(text, logged):
    assert logs.mask(text) == logged


@pytest.mark.parametrize(
    "text",
    [
        "audience 23847293847293847 di act_1029384756102",
        "codice 190/463, trace AbCdEf123",
        "riprende alle 2026-11-23T14:05:00Z",
        "lotto 124 di 200 in 0.333123 s",
        "E-7F3A-91",
    ],
)
def test_what_support_needs_stays_readable(text):
    assert logs.mask(text) == text


def test_secrets_are_masked_by_the_name_of_their_field_too(lines):
    structlog.get_logger().info("prova", password="segreta", headers={"Cookie": "x=1"}, access_token="abc")

    (line,) = lines()
    assert (line["password"], line["access_token"], line["headers"]) == ("[…]", "[…]", {"Cookie": "[…]"})


def test_what_libraries_log_goes_through_the_same_gate(lines):
    logging.getLogger("rq.worker").warning("job per %s", "giulia@aurora.example")

    assert lines()[0]["event"] == "job per [email]@aurora.example"


def test_a_traceback_shows_neither_values_nor_contacts(lines):
    def send(address: str) -> None:
        raise ValueError(f"indirizzo {address}")

    try:
        send("mario.rossi@posta.example")
    except ValueError:
        structlog.get_logger().exception("invio interrotto")

    (line,) = lines()
    assert "ValueError: indirizzo [email]@posta.example" in line["exception"]
    assert "mario.rossi" not in json.dumps(line)


def test_a_line_break_in_a_value_cannot_forge_an_event(lines):
    structlog.get_logger().info("prova", name='x\n{"event": "accesso"}\r')

    assert len(lines()) == 1


def test_a_request_is_logged_without_its_query_string(lines, client):
    client.get("/accesso?dopo=/segreto")

    (line,) = [line for line in lines() if line["event"] == "richiesta"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/accesso", 200)
    assert line["ms"] > 0 and len(line["request_id"]) == 12
    assert "segreto" not in json.dumps(line)
