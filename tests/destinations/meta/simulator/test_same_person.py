"""Two addresses, one person: Meta matches people and not rows, and the simulator can be told who is who."""

import pytest

from tests.destinations.meta.simulator.test_users import ANNA, BRUNO, CARLA, digest

OTHER = digest("anna@lavoro.example")


@pytest.fixture
def audience(meta):
    return meta.new_audience()


def size(meta, audience) -> int:
    """Upper bound once Meta has counted; every address is recognised."""
    meta.control("/settings", match_rate=1.0)
    meta.control("/clock", advance_s=86_400)
    return meta.get(f"/{audience}", fields="approximate_count_upper_bound").json()[
        "approximate_count_upper_bound"
    ]


def test_without_being_told_two_addresses_are_two_people(meta, audience):
    meta.add(audience, [[ANNA], [OTHER], [BRUNO]])
    meta.remove(audience, [[ANNA]])

    assert meta.members(audience) == {(OTHER,), (BRUNO,)}


def test_one_address_takes_out_who_is_there_by_another(meta, audience):
    """Adding and removing are idempotent per person. Source: Meta sheet §4.3."""
    meta.control("/people", people=[[ANNA, OTHER]])
    meta.add(audience, [[ANNA], [OTHER], [BRUNO]])

    meta.remove(audience, [[OTHER]])
    meta.remove(audience, [[CARLA]])

    assert meta.members(audience) == {(BRUNO,)}


def test_the_last_word_is_an_addition_where_it_comes_last(meta, audience):
    meta.control("/people", people=[[ANNA, OTHER]])
    meta.add(audience, [[ANNA]])

    meta.add(audience, [[OTHER]])
    meta.remove(audience, [[ANNA]])
    assert meta.members(audience) == set()

    meta.remove(audience, [[ANNA]])
    meta.add(audience, [[OTHER]])
    assert meta.members(audience) == {(OTHER,)}


def test_whoever_is_there_twice_counts_once(meta, audience):
    """1,100 people, each by an e-mail and by a mobile: Meta counts people."""
    people = [[digest(f"{n}@posta.example"), digest(f"39{n}")] for n in range(1_100)]
    meta.add(audience, [[email] for email, _ in people])
    meta.add(audience, [[mobile] for _, mobile in people], schema=("PHONE",))
    assert size(meta, audience) == 2_300  # 2,200, to a hundred above

    meta.control("/people", people=people)

    assert size(meta, audience) == 1_200
    meta.control("/people", people=[])
    assert size(meta, audience) == 2_300


def test_a_removal_is_refused_by_the_number_of_people(meta, audience):
    meta.control("/settings", removal_floor=2)
    meta.add(audience, [[ANNA], [OTHER]])
    meta.control("/people", people=[[ANNA, OTHER]])

    answer = meta.remove(audience, [[ANNA]])

    assert answer.json()["error"]["error_subcode"] == 1870047
    assert meta.members(audience) == {(ANNA,), (OTHER,)}


def test_people_are_lists_of_data(meta):
    answer = meta.http.post(f"{meta.graph_url}/_sim/people", json={"people": "tutti"}, timeout=10)

    assert (answer.status_code, answer.json()) == (
        400,
        {"errore": "people è una lista di liste di dati: una per persona"},
    )
