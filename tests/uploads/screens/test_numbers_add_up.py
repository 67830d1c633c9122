"""The equation of an upload, on the database and on the page, for every way an upload can go."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from tests.conftest import Browser
from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.contacts.models import UserDatabase
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens import queries
from webapp.uploads.screens.numbers import Numbers, Term
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import BatchStatus, UploadStatus

ADDING = [status for status in BatchStatus if status != BatchStatus.POSTPONED]  # who is added is not put off
REASONS = ("email_empty", "email_invalid")
EXCLUSIONS = ("no_consent", "opted_out", "erased")


@dataclass(frozen=True)
class Went:
    """How an upload went: batches as (state, rows, rows Meta refused), *removals* as (state, rows), and who
    was left out."""

    batches: list[tuple[BatchStatus, int, int]]
    discarded: dict[str, int]
    excluded: dict[str, int]
    duplicates: int
    status: UploadStatus
    removals: list[tuple[BatchStatus, int]] = field(default_factory=list)
    already_there: int = 0


@some.composite
def batches(draw) -> tuple[BatchStatus, int, int]:
    rows = draw(some.integers(1, 5000))
    return draw(some.sampled_from(ADDING)), rows, draw(some.integers(0, rows))


def counts(keys: tuple[str, ...]):
    return some.dictionaries(some.sampled_from(keys), some.integers(0, 9999))


ways = some.builds(
    Went,
    batches=some.lists(batches(), max_size=12),
    discarded=counts(REASONS),
    excluded=counts(EXCLUSIONS),
    duplicates=some.integers(0, 500),
    status=some.sampled_from(UploadStatus),
    removals=some.lists(some.tuples(some.sampled_from(BatchStatus), some.integers(1, 5000)), max_size=6),
    already_there=some.integers(0, 9999),
)


def store(database: UserDatabase, went: Went) -> Upload:
    return add_upload(
        database,
        went.batches,
        discarded=went.discarded,
        excluded=went.excluded,
        duplicates=went.duplicates,
        status=went.status,
        removals=went.removals,
        already_there=went.already_there,
        operation=Operation.ALIGN if went.removals or went.already_there else Operation.ADD,
    )


def read(upload: Upload) -> UploadRow:
    with db.reading() as session:
        row = queries.read_one(session, upload.client_id, upload.public_id)
    assert row is not None
    return row


def shown(tree, term: str) -> int:
    """The sum of what the page shows for that term, 0 when it shows none."""
    cells = tree.xpath("//td[@data-term=$term]", term=term)
    return sum(int(cell.text_content().strip().replace(".", "")) for cell in cells)


@given(went=ways)
@example(Went([], {}, {}, 0, UploadStatus.FAILED))
@example(Went([(BatchStatus.SENT, 1, 1)], {"email_empty": 1}, {}, 1, UploadStatus.COMPLETED))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_numbers_add_up_in_the_database_and_on_the_page(signed_in: Browser, clienti, page, went: Went):
    upload = store(clienti, went)
    numbers = read(upload).numbers

    assert numbers.adds_up()
    assert numbers.sent == sum(rows for state, rows, _ in went.batches if state == BatchStatus.SENT)
    assert numbers.rejected == sum(bad for state, _, bad in went.batches if state == BatchStatus.SENT)
    assert numbers.invalid == sum(went.discarded.values()) + numbers.rejected

    tree = page(signed_in.get(f"/caricamenti/{upload.public_id}"))
    assert shown(tree, "selected") == shown(tree, "left-out") + shown(tree, "to-send")
    assert shown(tree, "to-send") == sum(shown(tree, term) for term in ("sent", "waiting", "set-aside"))
    assert shown(tree, "sent") == numbers.sent
    out = ("removed", "removing", "not-removed", "postponed", "removal-unconfirmed")
    assert shown(tree, "to-remove") == sum(shown(tree, term) for term in out)
    assert numbers.removed == sum(rows for state, rows in went.removals if state == BatchStatus.SENT)
    assert shown(tree, "rejected") <= shown(tree, "sent")


def test_a_number_out_of_place_is_noticed():
    good = Numbers(selected=10, discarded={"email_empty": 2}, duplicates=1, to_send=7, sent=5, waiting=2)
    assert good.adds_up()

    assert not Numbers(selected=10, discarded={"email_empty": 2}, to_send=7, sent=7).adds_up()
    assert not Numbers(selected=7, to_send=7, sent=5, waiting=1).adds_up()
    assert Numbers(selected=9, already_there=9, to_remove=3, removed=1, postponed=2).adds_up()
    assert not Numbers(selected=9, already_there=9, to_remove=3, removed=1).adds_up()
    assert Numbers(selected=9, never_there=4, to_remove=5, removing=5).adds_up()
    assert not Numbers(selected=9, never_there=3, to_remove=5, removing=5).adds_up()


def test_who_is_left_out_comes_largest_group_first_and_duplicates_last():
    numbers = Numbers(
        selected=100,
        excluded={"opted_out": 5, "erased": 0},
        discarded={"email_invalid": 2, "email_empty": 40},
        duplicates=53,
    )

    assert numbers.left_out() == [
        Term("email_empty", 40),
        Term("opted_out", 5),
        Term("email_invalid", 2),
        Term("duplicate", 53),
    ]


def test_before_its_preparation_an_upload_has_no_numbers(clienti):
    upload = add_upload(clienti, prepared=False, status=UploadStatus.QUEUED)

    numbers = read(upload).numbers

    assert not numbers.is_known
    assert numbers.adds_up()
