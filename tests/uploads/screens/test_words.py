"""What the screens say of an upload, from values alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from webapp.uploads.screens import texts
from webapp.uploads.screens.form.forms import proposed_name
from webapp.uploads.screens.lists import list_state
from webapp.uploads.screens.lists.list_state import ListState
from webapp.uploads.screens.numbers import Numbers
from webapp.uploads.screens.queries import StatusGroup
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import UploadStatus

NOTHING = Numbers()
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # 12:00 in Rome


def row(status: UploadStatus, numbers: Numbers = NOTHING, **changed: object) -> UploadRow:
    values: dict[str, object] = dict.fromkeys(UploadRow.__slots__)
    values |= {"audience_name": "Clienti", "medium": "email", "stop_requested": False}
    values |= {"created_at": NOON, "updated_at": NOON, "batches": 0, "batches_sent": 0}
    return UploadRow(**values | {"status": status, "numbers": numbers} | changed)


@pytest.mark.parametrize(
    ("place", "said"),
    [(1, "Prossimo in coda"), (2, "Secondo in coda"), (5, "Quinto in coda"), (12, "12º in coda")],
)
def test_the_place_in_the_queue(place: int, said: str):
    assert texts.status_detail(row(UploadStatus.QUEUED, queue_place=place)) == said


def test_who_waits_behind_another_says_behind_whom():
    waiting = row(UploadStatus.QUEUED, queue_place=1, reason="In coda dietro al caricamento abc.")

    assert texts.status_detail(waiting) == "In coda dietro al caricamento abc."


def test_a_preparation_says_how_many_are_ready():
    assert texts.status_detail(row(UploadStatus.PREPARING, Numbers(waiting=12_400))).startswith(
        "12.400 utenti pronti"
    )


def test_how_long_the_rest_takes_is_said_where_it_is_known():
    numbers = Numbers(selected=40_000, to_send=40_000, sent=10_000, waiting=30_000)
    at_work = row(UploadStatus.SENDING, numbers, batches=8, batches_sent=2)

    assert texts.status_detail(at_work) == "blocco 2 di 8"
    assert texts.status_detail(replace(at_work, left=timedelta(seconds=120))) == "blocco 2 di 8 · circa 2 min"


def test_an_upload_asked_to_stop_says_so_whatever_it_was_doing():
    assert texts.status_detail(row(UploadStatus.SENDING, stop_requested=True)).startswith("si ferma")


@pytest.mark.parametrize(
    ("epoch", "said"),
    [(NOON.timestamp() + 9_120, "alle 14:32"), (NOON.timestamp() + 86_400, "il 24/11/2026 alle 12:00")],
)
def test_an_hour_has_its_day_when_it_is_another(epoch: float, said: str):
    assert texts.at(epoch, NOON) == said


def test_how_long_it_took():
    done = row(UploadStatus.COMPLETED, Numbers(sent=1), finished_at=NOON + timedelta(minutes=41))

    assert texts.status_detail(done) == "in 41 min"
    assert texts.lasted(done) == "41 min"


def test_a_name_is_proposed_from_client_source_and_month():
    november, january = date(2026, 11, 23), date(2026, 1, 2)
    assert proposed_name("Aurora", "Clienti", None, november) == "Aurora, Clienti, novembre 2026"
    assert proposed_name("Aurora", "Clienti Aurora", None, november) == "Clienti Aurora, novembre 2026"
    assert proposed_name("Aurora", "Clienti", "VIP", january) == "Aurora, Clienti, VIP, gennaio 2026"


def test_an_unknown_reason_of_exclusion_shows_its_code_rather_than_nothing():
    assert texts.left_out("no_consent") == "non hanno mai risposto"
    assert texts.left_out("phone_landline") == "numero fisso"
    assert texts.left_out("new_reason") == "new_reason"


def test_a_list_state_comes_back_from_its_own_query_string():
    state = ListState(StatusGroup.CHECK, StatusGroup.ALL, "black friday", 3)
    args = state.args()

    assert args == {"stato": "da-controllare", "q": "black friday", "pagina": 3}
    assert list_state.read({key: str(value) for key, value in args.items()}, StatusGroup.ALL) == state


def test_what_is_as_by_default_does_not_stand_in_the_address():
    state = ListState(StatusGroup.ALL, StatusGroup.ALL)

    assert state.args() == {}
    assert state.args(stato=StatusGroup.DONE) == {"stato": "completati"}


def test_another_state_or_search_goes_back_to_the_first_page():
    assert ListState(StatusGroup.DONE, StatusGroup.ALL, "x", 4).args(stato=StatusGroup.CHECK) == {
        "stato": "da-controllare",
        "q": "x",
    }
