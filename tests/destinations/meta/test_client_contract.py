"""What the client relies on, judged by recordings of the real Graph API and by the simulator alike.

How the cassettes are made, and how to record new ones from a real account: `recording`.
"""

import json
import os
from dataclasses import dataclass

import pytest
import requests
from betamax import Betamax

from tests.destinations.meta import recording
from webapp.destinations.base import EncodedRows, PermanentError
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.graph import new_session

# SHA-256 of demo addresses and names, as sent in the recordings.
BRIAN = "2e5b5d0a3c2f708e9cfc1eb6396c60814862229246a84697da56931761b8e6e7"
FIRST = "f3fe5a51a2be8c6dc715028858fcba82ee021be7687e4f95b45086b8ffb1a23f"
LAST = "386bbb8f2cdb1e6f234254ca3752d18ceea27e9b0a7a1ae66ac5ef2cabe74e05"

SMALL = "23846440374610582"  # the audience whose removals were refused on 2020-12-21

NAMES = ["recorded", "simulated"]
if os.environ.get("PLATEA_RECORD_TOKEN") or list(recording.CASSETTES.glob("real_*.json")):
    NAMES.append("real")


@dataclass
class Stage:
    """A client and the ad account it plays on. *small_audience* refuses removals."""

    client: GraphClient
    act_id: str
    small_audience: str


@pytest.fixture(params=NAMES)
def stage(request):
    return request.getfixturevalue(f"{request.param}_stage")


@pytest.fixture
def recorded_stage(request):
    with new_session() as session, tape(session, request, "recorded", "none"):
        client = GraphClient(session, recording.GRAPH_URL, "<ACCESS_TOKEN>", act_id=recording.ACCOUNT)
        yield Stage(client, recording.ACCOUNT, SMALL)


@pytest.fixture
def real_stage(request):
    token = os.environ.get("PLATEA_RECORD_TOKEN")
    act_id = os.environ.get("PLATEA_RECORD_ACCOUNT", recording.ACCOUNT)
    with new_session() as session, tape(session, request, "real", "all" if token else "none"):
        client = GraphClient(
            session,
            recording.GRAPH_URL,
            token or "<ACCESS_TOKEN>",
            os.environ.get("PLATEA_RECORD_SECRET"),
            act_id,
        )
        yield Stage(client, act_id, "")


def tape(session, request, kind, mode):
    cassette = f"{kind}_{request.node.originalname}"
    return Betamax(session).use_cassette(cassette, record=mode, match_requests_on=["graph call"])


@pytest.fixture
def simulated_stage(simulator):
    requests.post(f"{simulator.graph_url}/_sim/reset", json={"audiences": False}, timeout=30)
    simulator.order(fault="200/1870047", on="DELETE /users", audience=SMALL, times=None)
    with new_session() as session:
        yield Stage(talking_to(simulator, session), simulator.account_id, SMALL)


def talking_to(simulator, session):
    return GraphClient(
        session, simulator.graph_url, simulator.access_token, simulator.app_secret, simulator.account_id
    )


def person(*digests) -> bytes:
    return b"".join(bytes.fromhex(digest) for digest in digests)


def test_an_account_without_audiences_has_an_empty_list(stage):
    assert stage.client.custom_audiences(stage.act_id) == []


def test_audiences_are_created_and_listed_newest_first(stage):
    first = stage.client.create_custom_audience(stage.act_id, "(test) Group 1", "platea:1")
    second = stage.client.create_custom_audience(stage.act_id, "(test) Group 2", "platea:2")
    listed = stage.client.custom_audiences(stage.act_id)

    assert first.isdigit()
    assert [(row["id"], row["name"]) for row in listed] == [
        (second, "(test) Group 2"),
        (first, "(test) Group 1"),
    ]


def test_an_audience_can_be_read_by_itself(stage):
    created = stage.client.create_custom_audience(stage.act_id, "(test) Group 1", "platea:1")
    node = stage.client.custom_audience(created)

    assert (node["id"], node["name"], node["subtype"]) == (created, "(test) Group 1", "CUSTOM")


def test_people_are_added_and_taken_out(stage):
    created = stage.client.create_custom_audience(stage.act_id, "(test) Group 1", "platea:1")
    added = stage.client.add_users(created, EncodedRows(("EMAIL", "FN", "LN"), person(BRIAN, FIRST, LAST)))
    removed = stage.client.remove_users(created, EncodedRows(("EMAIL",), person(BRIAN)))

    assert (added.received, added.rejected_count, list(added.rejected)) == (1, 0, [])
    assert (removed.received, removed.rejected_count, list(removed.rejected)) == (1, 0, [])
    assert added.trace
    assert added.trace != removed.trace


def test_everybody_of_a_batch_is_counted(stage):
    created = stage.client.create_custom_audience(stage.act_id, "(test) Group 3", "platea:3")
    people = b"".join(person(BRIAN)[:-1] + bytes([number]) for number in range(151))
    result = stage.client.add_users(created, EncodedRows(("EMAIL",), people))

    assert (result.received, result.rejected_count) == (151, 0)


def test_a_deleted_audience_leaves_the_list(stage):
    created = stage.client.create_custom_audience(stage.act_id, "(test) Group 1", "platea:1")
    stage.client.delete_custom_audience(created)

    assert created not in [row["id"] for row in stage.client.custom_audiences(stage.act_id)]


def test_taking_people_out_of_a_small_audience_is_refused(stage):
    if not stage.small_audience:
        stage.small_audience = stage.client.create_custom_audience(stage.act_id, "Piccola", "platea:4")
    with pytest.raises(PermanentError) as refused:
        stage.client.remove_users(stage.small_audience, EncodedRows(("EMAIL",), person(BRIAN)))

    assert refused.value.problem.code == "200/1870047"


@pytest.mark.parametrize("story", recording.STORIES)
def test_the_cassettes_hold_what_was_recorded(story):
    written = json.loads((recording.CASSETTES / f"recorded_{story}.json").read_text())

    assert written == recording.cassette_of(recording.STORIES[story])


def test_a_new_recording_holds_no_token_no_hash_and_no_account(simulator, tmp_path, monkeypatch):
    monkeypatch.setenv("PLATEA_RECORD_ACCOUNT", simulator.account_id)
    with new_session() as session, Betamax(session, str(tmp_path)).use_cassette("new", record="all"):
        client = talking_to(simulator, session)
        client.custom_audiences(simulator.account_id)
        client.exchange_long_lived(simulator.app_id)
        client.debug_token(simulator.app_id)
        client.add_users("23861540010200582", EncodedRows(("EMAIL",), person(BRIAN)))
    written = (tmp_path / "new.json").read_text()

    assert "/users" in written
    for secret in (simulator.access_token, simulator.app_secret, simulator.account_id, "EAAB", BRIAN):
        assert secret not in written
