"""An audience of Graph as a marketer sees it, and why some cannot take her contacts."""

from datetime import UTC, datetime

import pytest

from webapp.destinations.meta.graph_api.audiences import audience, unsuitable

READY = {
    "id": "23849182047670582",
    "name": "Clienti newsletter",
    "subtype": "CUSTOM",
    "approximate_count_lower_bound": 48_000,
    "approximate_count_upper_bound": 57_000,
    "time_updated": 1_764_547_200,
    "time_content_updated": 1_764_633_600,
    "operation_status": {"code": 200, "description": "Normal"},
    "data_source": {"type": "FILE_IMPORTED", "sub_type": "MULTI_HASHES", "creation_params": "[]"},
    "is_value_based": False,
    "permission_for_actions": {"can_edit": True, "can_share": True},
}


def test_an_audience_shows_name_size_and_last_change():
    shown = audience(READY)

    assert (shown.id, shown.name, shown.size) == ("23849182047670582", "Clienti newsletter", 48_000)
    assert shown.updated_at == datetime(2025, 12, 2, tzinfo=UTC)
    assert shown.unsuitable is None


@pytest.mark.parametrize(
    ("bound", "size"), [(-1, None), ("-1", None), ("1000", 1000), (None, None), ("?", None)]
)
def test_a_size_meta_has_not_counted_is_no_size(bound, size):
    assert audience(READY | {"approximate_count_lower_bound": bound}).size == size


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subtype": "LOOKALIKE"}, "pubblico simile"),
        ({"subtype": "WEBSITE"}, "visite a un sito"),
        ({"subtype": "OFFLINE_EVENTS"}, "elenco di contatti"),
        ({"data_source": {"sub_type": "HASHES_OR_USER_IDS"}}, "altro tipo di elenco"),
        ({"permission_for_actions": {"can_edit": False}}, "non può modificarla"),
        ({"operation_status": {"code": 471}}, "bloccata"),
        ({"operation_status": {"code": 414}}, "sostituendo"),
        ({"operation_status": {"code": 300}}, "aggiornando"),
        ({"operation_status": {"code": 500}}, "in errore"),
        ({"operation_status": {"code": 777}}, "non è pronta"),
        ({"delete_time": 1_764_633_600}, "eliminazione"),
    ],
)
def test_an_audience_that_cannot_take_contacts_says_why(change, words):
    assert words in unsuitable(READY | change)


def test_an_audience_by_value_is_told_apart_and_takes_contacts_that_have_one():
    shown = audience(READY | {"is_value_based": True})

    assert (shown.by_value, shown.unsuitable) == (True, None)
    assert not audience(READY).by_value


@pytest.mark.parametrize(
    ("bounds", "size", "largest"),
    [
        ((48_000, 57_000), 48_000, 57_000),
        ((1000, 1000), 1000, 1000),
        ((-1, -1), None, None),
        (("7", None), 7, 7),
    ],
)
def test_a_size_is_a_range(bounds, size, largest):
    """Source: Meta sheet §3.1, `approximate_count_lower_bound` and `…_upper_bound`; −1 is "not yet"."""
    names = ("approximate_count_lower_bound", "approximate_count_upper_bound")

    shown = audience(READY | dict(zip(names, bounds, strict=True)))

    assert (shown.size, shown.largest) == (size, largest)


@pytest.mark.parametrize("code", [0, 100, 200, 400, 410, 411, 412, 441])
def test_an_audience_with_a_warning_still_takes_contacts(code):
    assert unsuitable(READY | {"operation_status": {"code": code}}) is None


def test_what_graph_leaves_out_is_not_held_against_an_audience():
    assert unsuitable({"id": "1", "name": "Nuova"}) is None
