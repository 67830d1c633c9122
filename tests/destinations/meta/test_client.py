"""The client against a Graph that is slow, silent, cut off, lying or simply large."""

import io
import json
import logging
import os
import time
import traceback
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import structlog

from tests.destinations.meta.loopback import answer, request_of, serving
from tests.support.in_time import LONGEST_S, in_time
from webapp import logs
from webapp.destinations.base import (
    PLAIN_BYTES,
    DestinationError,
    EncodedRows,
    NeedsPersonError,
    PermanentError,
    TemporaryError,
)
from webapp.destinations.meta.graph_api import error_table
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.graph import GRAPH_VERSION, new_session

TOKEN, SECRET = "access_token", "app_secret"
# HMAC-SHA256(key="app_secret", message="access_token"): facebook-java-business-sdk, APIContextTest.kt.
PROOF = "d52ddf968d622d8af8677906b7fbae09ac1f89f7cd5c1584b27544624cc23e5a"
NEWSLETTER = "23861540010200582"  # an audience the simulator always has


def plain(code: str) -> bytes:
    return code.encode().ljust(PLAIN_BYTES, b"\0")


def rows(count: int, *schema: str) -> EncodedRows:
    schema = schema or ("EMAIL",)
    return EncodedRows(schema, os.urandom(32 * count * len(schema)))


@pytest.fixture
def client(simulator):
    with new_session() as session:
        yield GraphClient(
            session, simulator.graph_url, simulator.access_token, simulator.app_secret, simulator.account_id
        )


@pytest.fixture
def hurried(simulator):
    """As `client`, for tests of patience: a call ends within a second."""
    with new_session() as session:
        yield GraphClient(session, simulator.graph_url, simulator.access_token, deadline_s=1)


def test_the_token_tells_who_it_is_and_what_it_may(client, simulator):
    assert client.me() == {"id": "102418837755201", "name": "Giulia Ferri"}
    assert client.permissions()["ads_management"] == "granted"
    described = client.debug_token(simulator.app_id)
    assert (described["app_id"], described["is_valid"]) == (simulator.app_id, True)
    assert client.exchange_long_lived(simulator.app_id)["access_token"].startswith("EAAB")


def test_the_ad_account_tells_status_and_terms(client, simulator):
    account = client.ad_account(simulator.account_id)

    assert account["account_status"] == 1
    assert account["tos_accepted"] == {"custom_audience_tos": 1}


# What is sent


@pytest.fixture
def written():
    """Everything that is logged meanwhile, down to what only developers turn on."""
    stream, root = io.StringIO(), logging.getLogger()
    before = root.handlers, root.level
    logs.configure(stream, logging.DEBUG)
    yield stream
    root.handlers, root.level = before
    structlog.reset_defaults()


def everything_sent(*calls) -> list[tuple[str, str]]:
    """(head, body) of the requests that *calls*, functions of a client, make."""
    seen = []

    def talk(connection):
        while True:
            seen.append(request_of(connection))
            answer(
                connection, b'{"id":"1","success":true,"num_received":0,"num_invalid_entries":0,"data":[]}'
            )

    with serving(talk) as url, new_session() as session:
        client = GraphClient(session, url, TOKEN, SECRET, act_id="1")
        for call in calls:
            call(client)
    return seen


def test_no_secret_is_ever_part_of_a_url():
    seen = everything_sent(
        lambda c: c.me(),
        lambda c: c.permissions(),
        lambda c: c.exchange_code("99", "https://platea.example/ritorno", "the-code"),
        lambda c: c.exchange_long_lived("99"),
        lambda c: c.ad_account("1"),
        lambda c: c.custom_audiences("1"),
        lambda c: c.custom_audience("2"),
        lambda c: c.create_custom_audience("1", "Nome", "marca"),
        lambda c: c.add_users("2", rows(1)),
        lambda c: c.remove_users("2", rows(1)),
        lambda c: c.delete_custom_audience("2"),
    )
    request_lines = [head.splitlines()[0] for head, _ in seen]

    assert len(request_lines) == 12
    for line in request_lines:
        assert f" /{GRAPH_VERSION}/" in line
        for secret in (f"={TOKEN}", SECRET, "the-code"):
            assert secret not in line.replace("/oauth/access_token", "")


def test_debug_token_is_the_documented_get_and_is_written_nowhere(written):
    """Graph takes the inspected token in the query string only. Source: Meta sheet §1.4."""
    seen = everything_sent(lambda c: c.debug_token("99"))
    [(head, body)] = seen
    assert head.startswith(f"GET /{GRAPH_VERSION}/debug_token?input_token={TOKEN} ")
    assert "Authorization: Bearer 99|" in head
    assert (body, SECRET in head.splitlines()[0]) == ("", False)

    with new_session() as session, pytest.raises(TemporaryError) as lost:
        GraphClient(session, "http://127.0.0.1:1", TOKEN, SECRET).debug_token("99")
    told = written.getvalue() + "".join(traceback.format_exception(lost.value)) + repr(lost.value.problem)
    assert TOKEN not in told and SECRET not in told
    assert "input_token" not in written.getvalue()


def test_every_call_carries_the_token_in_a_header_and_the_proof_of_the_secret():
    seen = everything_sent(
        lambda c: c.me(), lambda c: c.add_users("2", rows(1)), lambda c: c.remove_users("2", rows(1))
    )

    for head, body in seen:
        assert f"Authorization: Bearer {TOKEN}" in head
        assert PROOF in head.splitlines()[0] or json.loads(body)["appsecret_proof"] == PROOF


def test_rows_are_sent_as_a_list_schema_in_a_session_of_their_own():
    one = EncodedRows(("EMAIL", "PHONE"), bytes.fromhex("ab" * 32) + bytes(32))
    seen = everything_sent(lambda c: c.add_users("2", one), lambda c: c.add_users("2", one))
    bodies = [json.loads(body) for _, body in seen]

    assert bodies[0]["payload"] == {"schema": ["EMAIL", "PHONE"], "data": [["ab" * 32, ""]]}
    sessions = [body["session"] for body in bodies]
    assert 0 < sessions[0]["session_id"] < 2**63
    assert sessions[0]["session_id"] != sessions[1]["session_id"]
    del sessions[0]["session_id"]
    assert sessions[0] == {"batch_seq": 1, "last_batch_flag": True, "estimated_num_total": 1}


def test_people_are_taken_out_by_a_body_not_by_the_url():
    [(head, body)] = everything_sent(lambda c: c.remove_users("2", rows(2_000)))

    assert head.startswith(f"DELETE /{GRAPH_VERSION}/2/users HTTP/1.1")
    assert len(json.loads(body)["payload"]["data"]) == 2_000


# Lists


def pages(*answers):
    """A server of *answers* in order, and the cursors it was asked for."""
    left, asked = list(answers), []

    def talk(connection):
        while True:
            head, _ = request_of(connection)
            asked.append(parse_qs(urlsplit(head.split()[1]).query).get("after", [None])[0])
            answer(connection, json.dumps(left.pop(0)).encode())

    return talk, asked


def page(rows, after=None, has_next=True) -> dict:
    paging = {"cursors": {"before": "b", "after": after}}
    if has_next:
        paging["next"] = f"https://graph.facebook.com/v26.0/act_1/customaudiences?access_token={TOKEN}"
    return {"data": [{"id": row} for row in rows], "paging": paging}


@pytest.mark.parametrize(
    ("answers", "ids", "cursors"),
    [
        ([{"data": []}], [], [None]),
        ([page(["1", "2"], "x", has_next=False)], ["1", "2"], [None]),
        ([page(["1"], "x"), page([], "y"), page(["2"], "z", has_next=False)], ["1", "2"], [None, "x", "y"]),
        ([page(["1"], "x"), page(["2"], "x")], ["1", "2"], [None, "x"]),
        ([page(["1"], "x"), page(["2"], None)], ["1", "2"], [None, "x"]),
    ],
    ids=["empty", "one page", "an empty page in between", "a cursor that repeats", "no cursor"],
)
def test_a_list_ends_when_there_is_no_next_page(answers, ids, cursors):
    talk, asked = pages(*answers)
    with serving(talk) as url, new_session() as session:
        listed = GraphClient(session, url, TOKEN).custom_audiences("1")

    assert [row["id"] for row in listed] == ids
    assert asked == cursors


def test_a_page_too_heavy_for_graph_is_asked_for_in_halves(client, simulator):
    simulator.order(fault="1/reduce", on="GET /customaudiences", times=2)
    assert len(client.custom_audiences(simulator.account_id)) >= 3


@pytest.mark.parametrize("most", [1, 3, 10])
def test_pages_go_down_to_one_audience_when_each_is_heavy(most):
    """Long descriptions: Graph says code 1 to larger pages, or sends more than we take."""
    asked = []

    def talk(connection):
        while True:
            head, _ = request_of(connection)
            query = parse_qs(urlsplit(head.split()[1]).query)
            limit, start = int(query["limit"][0]), int(query.get("after", ["0"])[0])
            asked.append(limit)
            if limit > 25:
                answer(connection, b'{"data":"' + b"x" * 2_000_000 + b'"}')
            elif limit > most:
                text = "Please reduce the amount of data you're asking for, then retry your request"
                error = {"error": {"message": text, "code": 1}}
                answer(connection, json.dumps(error).encode(), "500 Internal Server Error")
            else:
                ids = [str(n) for n in range(start, min(12, start + limit))]
                after = start + limit
                answer(connection, json.dumps(page(ids, str(after), has_next=after < 12)).encode())

    with serving(talk) as url, new_session() as session:
        listed = GraphClient(session, url, TOKEN).custom_audiences("1")

    assert [row["id"] for row in listed] == [str(n) for n in range(12)]
    assert asked[0] == 200 and asked[-1] <= most


def test_a_list_of_endless_pages_ends_at_the_deadline():
    def talk(connection):
        while True:
            request_of(connection)
            time.sleep(0.05)
            answer(connection, json.dumps(page(["1"], os.urandom(4).hex())).encode())

    with serving(talk) as url, new_session() as session, pytest.raises(TemporaryError):
        GraphClient(session, url, TOKEN, deadline_s=0.5).custom_audiences("1")


# Creating


def named(client, simulator, name) -> list[str]:
    return [row["id"] for row in client.custom_audiences(simulator.account_id) if row["name"] == name]


def test_creating_twice_with_one_marker_makes_one_audience(client, simulator):
    first = client.create_custom_audience(simulator.account_id, "Clienti", "platea:a1")
    second = client.create_custom_audience(simulator.account_id, "Clienti", "platea:a1")
    other = client.create_custom_audience(simulator.account_id, "Clienti", "platea:a2")

    assert first == second != other
    assert sorted(named(client, simulator, "Clienti")) == sorted([first, other])


@pytest.mark.parametrize("fault", ["cut_after_commit", "cut_mid_answer"])
def test_an_audience_whose_answer_was_lost_is_found_again(client, simulator, fault):
    simulator.order(fault=fault, on="POST /customaudiences")
    created = client.create_custom_audience(simulator.account_id, "Clienti", "platea:b1")

    assert named(client, simulator, "Clienti") == [created]


def test_a_creation_that_never_arrived_is_an_error_to_repeat(client, simulator):
    simulator.order(fault="cut_before", on="POST /customaudiences")
    with pytest.raises(TemporaryError):
        client.create_custom_audience(simulator.account_id, "Clienti", "platea:c1")
    assert named(client, simulator, "Clienti") == []

    assert client.create_custom_audience(simulator.account_id, "Clienti", "platea:c1")


def test_a_throttled_creation_is_not_followed_by_more_calls(client, simulator):
    simulator.order(fault="80003", on="POST /customaudiences", minutes=7)
    with pytest.raises(TemporaryError) as throttled:
        client.create_custom_audience(simulator.account_id, "Clienti", "platea:d1")

    assert throttled.value.account_wide
    assert throttled.value.retry_after_s == 7 * 60
    assert [call["method"] for call in simulator.calls("/customaudiences")] == ["GET", "POST"]


def test_missing_terms_lead_to_the_page_where_they_are_accepted(client, simulator):
    simulator.order(fault="terms_missing", on="POST /customaudiences")
    with pytest.raises(NeedsPersonError) as missing:
        client.create_custom_audience(simulator.account_id, "Clienti", "platea:e1")

    assert missing.value.problem.link.endswith(f"tos/?act={simulator.account_id}")


# Users


def test_five_thousand_people_arrive_whole(client, simulator):
    people = rows(5_000, "EMAIL", "PHONE")
    created = client.create_custom_audience(simulator.account_id, "Clienti", "platea:f1")
    result = client.add_users(created, people)

    assert (result.received, result.rejected_count) == (5_000, 0)
    sent = {"\t".join((people.digests[at : at + 32].hex(), people.digests[at + 32 : at + 64].hex()))
            for at in range(0, len(people.digests), 64)}  # fmt: skip
    assert simulator.received(created) == sent


def test_rows_meta_calls_invalid_are_traced_back_to_their_place(client, simulator):
    simulator.order(fault="invalid_rows", on="POST /users", rows=3, reason="malformed hash")
    result = client.add_users(NEWSLETTER, rows(10))

    assert (result.received, result.rejected_count) == (10, 3)
    assert len(result.rejected) == 3
    assert all(0 <= row.row < 10 and row.reason == "malformed hash" for row in result.rejected)


def test_rows_without_external_id_go_without_that_column():
    digest = [bytes([number]) * 32 for number in range(1, 7)]
    three = EncodedRows(
        ("EMAIL", "EXTERN_ID"),
        digest[0] + plain("a-1") + digest[2] + plain("") + digest[4] + plain("c-3"),
    )
    bodies = [json.loads(body)["payload"] for _, body in everything_sent(lambda c: c.add_users("2", three))]

    assert [body["schema"] for body in bodies] == [["EMAIL", "EXTERN_ID"], ["EMAIL"]]
    assert bodies[0]["data"] == [["01" * 32, "a-1"], ["05" * 32, "c-3"]]
    assert bodies[1]["data"] == [["03" * 32]]


def test_a_simulated_upload_with_and_without_external_ids_loses_nobody(client, simulator):
    created = client.create_custom_audience(simulator.account_id, "Clienti", "platea:g1")
    codes = ("a-1", "b-2", "c-3", "")
    people = EncodedRows(("EMAIL", "EXTERN_ID"), b"".join(os.urandom(32) + plain(one) for one in codes))

    assert client.add_users(created, people).received == 4


# Trouble


@pytest.mark.parametrize(
    "fault",
    [
        "html_500",
        "html_502",
        "html_200",
        "empty_body",
        "invalid_json",
        "cut_before",
        "cut_after_commit",
        "cut_mid_answer",
        "huge_body",
        "gzip_bomb",
        "redirect",
        "status_429",
        "1/99",
        "2",
    ],
)
def test_an_answer_that_says_nothing_is_never_taken_for_success(client, simulator, fault):
    simulator.order(fault=fault, on="POST /users")
    with in_time(time.monotonic), pytest.raises(TemporaryError):
        client.add_users(NEWSLETTER, rows(5))

    assert client.add_users(NEWSLETTER, rows(5)).received == 5


@pytest.mark.parametrize("fault", ["drip", "never_answer"])
def test_a_call_ends_at_its_deadline_whatever_the_peer_does(hurried, simulator, fault):
    simulator.order(fault=fault, on="GET /me")
    with in_time(time.monotonic), pytest.raises(TemporaryError) as late:
        hurried.me()

    assert late.value.problem.code == "tempo"


def drip_head(connection):
    request_of(connection)
    for letter in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: very\r\n" * 1000:
        connection.sendall(bytes([letter]))
        time.sleep(0.05)


def never_read(connection):
    time.sleep(2 * LONGEST_S)


@pytest.mark.parametrize("talk", [drip_head, never_read])
def test_headers_in_drops_and_a_peer_that_reads_nothing_end_at_the_deadline(talk):
    with serving(talk) as url, new_session() as session:
        client = GraphClient(session, url, TOKEN, deadline_s=0.7)
        with in_time(time.monotonic), pytest.raises(TemporaryError) as late:
            client.add_users("2", rows(100_000))

    assert late.value.problem.code == "tempo"


def test_a_slow_line_has_the_whole_deadline_to_send_a_batch_not_only_the_time_to_connect(monkeypatch):
    monkeypatch.setattr("webapp.destinations.meta.graph_api.graph.CONNECT_S", 0.2)

    def talk(connection):
        time.sleep(1)
        request_of(connection)
        answer(connection, b'{"num_received":100000,"num_invalid_entries":0,"invalid_entry_samples":[]}')

    with serving(talk) as url, new_session() as session:
        client = GraphClient(session, url, TOKEN, deadline_s=10)
        assert client.add_users("2", rows(100_000)).received == 100_000


def test_an_unreachable_graph_is_not_blamed_on_the_size_of_the_batch():
    with new_session() as session, pytest.raises(TemporaryError) as unreachable:
        GraphClient(session, "http://127.0.0.1:1", TOKEN).add_users("2", rows(1))

    assert unreachable.value.problem.code == "rete/collegamento"
    assert not unreachable.value.too_large


def test_an_error_of_the_network_shows_neither_url_nor_token(simulator):
    with new_session() as session, pytest.raises(TemporaryError) as lost:
        GraphClient(session, "http://127.0.0.1:1", TOKEN, SECRET).me()

    assert lost.value.__cause__ is None
    assert PROOF not in f"{lost.value} {lost.value.problem}"


def test_an_audience_that_is_gone_is_told_from_an_account_that_is_lost(client, simulator):
    with pytest.raises(PermanentError):
        client.custom_audience("23861549999999999", simulator.account_id)

    simulator.order(fault="100/33", on="GET /account")
    with pytest.raises(NeedsPersonError):
        client.custom_audience("23861549999999999", simulator.account_id)


def test_every_error_of_metas_table_is_one_we_know(client, simulator):
    known = requests.get(f"{simulator.graph_url}/_sim/faults", timeout=30).json()["conosciuti"]
    codes = [name for name in known if name[0].isdigit()]
    strangers = []
    for code in codes:
        simulator.order(fault=code, on="POST /users")
        with pytest.raises(DestinationError) as raised:
            client.add_users(NEWSLETTER, rows(1))
        if raised.value.problem.what == error_table.UNKNOWN_FINAL.what:
            strangers.append(code)

    assert len(codes) > 60
    assert strangers == []
