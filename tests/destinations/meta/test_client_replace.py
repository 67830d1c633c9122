"""Replacing everybody in an audience, against the simulator and its rules for sessions."""

import hashlib

import pytest
import requests

from webapp.destinations.base import DestinationError, EncodedRows, TemporaryError
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.graph import new_session
from webapp.destinations.meta.graph_api.payload import UploadSession


def people(*names: str) -> EncodedRows:
    return EncodedRows(("EMAIL",), b"".join(hashlib.sha256(name.encode()).digest() for name in names))


def digests(*names: str) -> set[str]:
    return {hashlib.sha256(name.encode()).hexdigest() for name in names}


@pytest.fixture
def client(simulator):
    session = new_session()
    # Otherwise an audience is "updating" for a while after each change, and refuses to be replaced.
    answer = requests.post(f"{simulator.graph_url}/_sim/settings", json={"processing_s": 0}, timeout=10)
    assert answer.ok
    yield GraphClient(session, simulator.graph_url, simulator.access_token)
    session.close()


@pytest.fixture
def audience(client, simulator) -> str:
    made = client.create_custom_audience(simulator.account_id, "Da sostituire", "marca-1")
    client.add_users(made, people("anna", "luca", "carla"))
    return made


def test_after_a_replacement_only_the_new_people_are_there(client, audience, simulator):
    first, last = UploadSession(41, 1, False, 3), UploadSession(41, 2, True, 3)

    received = client.replace_users(audience, people("carla", "dino"), first).received
    client.replace_users(audience, people("elsa"), last)

    assert received == 2
    assert simulator.received(audience) == digests("carla", "dino", "elsa")


def test_each_batch_of_a_session_is_told_its_own_share_of_the_totals(client, audience):
    first = client.replace_users(audience, people("anna", "luca"), UploadSession(45, 1, False, 5))
    second = client.replace_users(
        audience, people("carla", "dino"), UploadSession(45, 2, False, 5), first.session
    )
    again = client.replace_users(
        audience, people("carla", "dino"), UploadSession(45, 2, False, 5), second.session
    )

    assert [one.received for one in (first, second, again)] == [2, 2, 2]
    assert [one.session.received for one in (first, second, again)] == [2, 4, 6]
    assert again.doubt is None


def test_a_replacement_that_does_not_begin_with_its_first_batch_is_refused(client, audience, simulator):
    with pytest.raises(DestinationError) as refused:
        client.replace_users(audience, people("dino"), UploadSession(42, 2, True, 1))

    assert refused.value.problem.code == "2650/1870147"
    assert simulator.received(audience) == digests("anna", "luca", "carla")


def test_while_a_replacement_runs_another_has_to_wait(client, audience):
    client.replace_users(audience, people("dino"), UploadSession(43, 1, False, 2))

    with pytest.raises(TemporaryError) as refused:
        client.replace_users(audience, people("elsa"), UploadSession(44, 1, True, 1))

    assert refused.value.problem.code == "2650/1870145"
