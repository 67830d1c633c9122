"""After an align the official SDK sees the audience that Platea says there is, and the people are right."""

import hashlib

import pytest
import requests
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

from tests.uploads.engine.test_aligning import ANNA, BRUNO, CARLA, DARIO, aligned, change, start, there
from webapp import db
from webapp.contacts.ledger import sources

__all__ = ["aligned"]
FIELDS = ["name", "subtype", "customer_file_source", "is_value_based", "data_source", "operation_status"]


def sha(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


@pytest.fixture
def sdk(world):
    """Meta's own client, which asks as its users do; only the host is another one."""
    session = FacebookSession(
        world.simulator.app_id, world.simulator.app_secret, world.simulator.access_token
    )
    session.GRAPH = world.simulator.graph_url
    yield FacebookAdsApi(session)
    session.requests.close()


def control(world, path: str, **body: object) -> None:
    assert requests.post(f"{world.simulator.graph_url}/_sim/{path}", json=body, timeout=10).ok


def test_the_sdk_sees_the_audience_as_platea_tells_it(world, work, aligned, sdk):
    """Its people, which nobody can read at Meta, by what the SDK does see: sessions, size, and taking out."""
    ids = world.add_contacts(ANNA, BRUNO, *(f"p{n}@posta.example" for n in range(1_998)))
    first = work(start(world))
    change(ids[1], consent=False)
    world.add_contacts(CARLA, DARIO)
    upload = aligned(first)
    audience = CustomAudience(first.audience_id, api=sdk)

    control(world, "settings", match_rate=1.0)
    control(world, "clock", advance_s=86_400)
    seen = audience.api_get(
        fields=[*FIELDS, "approximate_count_lower_bound", "approximate_count_upper_bound"]
    )
    sessions = {
        (one["num_received"], one["num_invalid_entries"], one["stage"]) for one in audience.get_sessions()
    }

    with db.reading() as session:
        [held] = sources.of_audience(session, world.client.id, "meta", first.audience_id)
    assert (upload.already_there, upload.to_send, upload.to_remove, held.members) == (1_999, 2, 1, 2_001)
    assert seen["approximate_count_lower_bound"] <= held.members < seen["approximate_count_upper_bound"]
    assert (seen["name"], seen["subtype"]) == ("Clienti, novembre", "CUSTOM")
    assert (seen["customer_file_source"], seen["is_value_based"]) == ("USER_PROVIDED_ONLY", False)
    assert (seen["data_source"]["sub_type"], seen["operation_status"]["code"]) == ("MULTI_HASHES", 200)
    assert sessions == {("2000", "0", "finished"), ("1", "0", "finished"), ("2", "0", "finished")}
    assert there(world, first) >= {ANNA, CARLA, DARIO} and BRUNO not in there(world, first)
    audience.delete_users(params={"payload": {"schema": ["EMAIL"], "data": [[sha(CARLA)]]}})
    assert CARLA not in there(world, first)


def test_who_changed_address_is_there_after_an_align(world, work, aligned, both):
    """Meta knows both as one person: taken out by the one, the last word is the addition of the other."""
    anna, _ = world.add_contacts(ANNA, BRUNO)
    first = work(start(world))
    control(world, "people", people=[[sha(ANNA), sha(CARLA)]])
    change(anna, email=CARLA, email_sha256=bytes.fromhex(sha(CARLA)))

    aligned(first)

    assert there(world, first) == {CARLA, BRUNO}
