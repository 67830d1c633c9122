"""Uploads, erasures, answers, imports and deletions side by side, while database, disk and clocks go wrong.

Nobody is lost, nobody is counted twice, nobody is sent in an attempt that begins after they were erased or
said no, every sum holds, and no page ever answers 500.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from tests.chaos.conftest import IS_LONG, SEED, emails, tune
from tests.chaos.deeds import Deeds
from tests.chaos.fault_proxy import FaultProxy
from tests.chaos.faults import KINDS, Scene
from tests.chaos.page_watch import PageWatch
from tests.chaos.postgres_node import PostgresNode
from tests.chaos.small_disk import SmallDisk
from tests.chaos.watch import Watch
from tests.chaos.withdrawing import ERASED, Ears, digest, insist
from tests.conftest import make_app, served_at
from tests.support.running import wait_until
from tests.uploads.conftest import World, is_final, read
from webapp import db
from webapp.contacts.models import Contact
from webapp.destinations import registry
from webapp.destinations.base import EncodedRows
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens import queries
from webapp.uploads.status import UploadStatus

BATCH_ROWS = 100


@dataclass(frozen=True)
class Size:
    """*strikes*: how often each kind of trouble; *deeds*: erasures and answers by hand, of each so many."""

    batches: int  # of each of the four uploads
    strikes: int
    others: tuple[str, ...]  # of `faults.KINDS`
    deeds: int
    imported: int
    gap_s: tuple[float, float]
    away_s: tuple[float, float]
    settle_s: float
    leases: dict[str, float]


SHORT = Size(
    batches=6,
    strikes=1,
    others=("job ucciso", "Meta: linea tagliata dopo", "Redis ucciso e vuoto"),
    deeds=4,
    imported=500,
    gap_s=(0.2, 0.8),
    away_s=(0.3, 1.0),
    settle_s=120,
    leases={"lease_s": 4.0, "heartbeat_s": 1.0, "reconcile_s": 0.5},
)
LONG = Size(
    batches=80,
    strikes=8,
    others=tuple(KINDS),
    deeds=40,
    imported=20_000,
    gap_s=(1, 4),
    away_s=(1, 12),
    settle_s=600,
    leases={"lease_s": 20.0, "heartbeat_s": 5.0, "reconcile_s": 2.0},
)
SIZE = LONG if IS_LONG else SHORT
# PostgreSQL is what can be restarted and cut off, so the short run is on it.
HERE = ["postgresql", "sqlite"] if IS_LONG else ["postgresql"]


@pytest.fixture(params=HERE)
def kind(request) -> str:
    return request.param


@pytest.fixture
def node(kind) -> Iterator[PostgresNode | None]:
    """The server, where the database has one of its own."""
    if kind == "sqlite":
        yield None
        return
    made = PostgresNode()
    yield made
    db.engine().dispose()
    made.remove()


@pytest.fixture
def disk(tmp_path) -> Iterator[SmallDisk]:
    made = SmallDisk(tmp_path / "dati-piccoli")
    yield made
    db.engine().dispose()
    made.remove()


@pytest.fixture
def settings(settings, node, disk):
    url = node.server.create_database("caos", migrated=True) if node else f"sqlite:///{disk.folder}/platea.db"
    return replace(settings, data_dir=disk.folder, database_url=url)


@pytest.fixture
def ears(connected) -> Iterator[tuple[Ears, str]]:
    """What Meta hears, and the address at which it is listened to."""
    heard = Ears()
    proxy = FaultProxy(urlsplit(connected.graph_url).port, hears=heard.hear)
    yield heard, f"http://127.0.0.1:{proxy.port}"
    proxy.stop()


@dataclass
class Storm:
    """The scene, and what can go wrong in it besides. *struck* counts by kind."""

    scene: Scene
    node: PostgresNode | None
    disk: SmallDisk
    struck: Counter[str] = field(default_factory=Counter)

    def kinds(self) -> dict[str, Callable[[], bool]]:
        """By name; each says whether it found somebody to strike."""
        own: dict[str, Callable[[], bool]] = {}
        if self.node:
            own |= {
                "PostgreSQL riavviato": lambda: self._restart(at_once=False),
                "PostgreSQL caduto": lambda: self._restart(at_once=True),
                "connessioni chiuse": self._hang_up,
            }
        if self.disk.is_small:
            own["disco dei dati pieno"] = self._fill_disk
        others = {name: KINDS[name][0] for name in SIZE.others}
        return own | {name: (lambda strike=strike: strike(self.scene)) for name, strike in others.items()}

    def _away_s(self) -> float:
        return self.scene.chance.uniform(*SIZE.away_s)

    def _restart(self, at_once: bool) -> bool:
        assert self.node
        self.node.stop(at_once)
        time.sleep(self._away_s())
        self.node.start()
        return True

    def _hang_up(self) -> bool:
        assert self.node
        return self.node.hang_up() > 0

    def _fill_disk(self) -> bool:
        self.disk.fill()
        self.scene.errands.append((time.time() + self._away_s(), self.disk.drain))
        return True


@pytest.mark.timeout(3600 if IS_LONG else 600)
def test_in_any_weather_everybody_gets_what_is_due_and_nobody_what_is_not(
    connected, make_world, make_crew, redis_server, aurora, giulia, ears, node, disk, report, kind, request
):
    heard, address = ears  # and everybody sends through there
    settings = replace(connected, graph_url=address, **SIZE.leases)
    app = make_app(settings)
    app.testing = False
    people, rows = {}, SIZE.batches * BATCH_ROWS
    worlds = {name: make_world(name, rows, aurora) for name in ("a", "b", "c", "d")}
    people = {name: emails(name, rows) for name in worlds}
    spare = make_world("e", BATCH_ROWS, aurora).database  # deleted beside the rest
    filled = make_world("f", 0, aurora).database  # what is imported goes there
    tune(worlds["a"].simulator, latency_s=1.0, processing_s=0)

    crew, watch = make_crew(settings), Watch()
    request.addfinalizer(watch.stop)
    crew.add(jobs=2)
    if node:  # where the database has no clock of its own, host and clock are one
        crew.add("avanti", jobs=1, PLATEA_AHEAD_S="3600")
        crew.add("indietro", jobs=1, PLATEA_AHEAD_S="-3600")
    crew.keep()
    scene = Scene(
        settings, worlds["a"].simulator, redis_server, crew, watch, random.Random(SEED), (1.0, 3.0), 0.05
    )
    storm = Storm(scene, node, disk)
    browser = app.test_client()
    browser.sign_in(giulia)
    with served_at(app) as at:
        uploads = start_all(worlds)
        pages = PageWatch(at, browser.get_cookie("platea").value)
        pages.start(pages_of(worlds, uploads))
        request.addfinalizer(pages.stop)
        deeds = Deeds(scene.chance, browser, people, uploads)
        rage(storm, [*deeds.of_people(SIZE.deeds), *deeds.of_databases(spare, filled, SIZE.imported)])
        tune(scene.simulator, latency_s=0.1)
        scene.finish()
        ended = time.monotonic()
        wait_until(lambda: all(insist(lambda one=one: is_final(one)) for one in uploads), SIZE.settle_s)
        wait_until(lambda: count(spare.id) == 0, SIZE.settle_s)
        wait_until(lambda: count(filled.id) == SIZE.imported, SIZE.settle_s)
        wait_until(lambda: not gone_and_there(worlds["a"], uploads, deeds), SIZE.settle_s)
        settled_s = time.monotonic() - ended
        pages.stop()

    sums = Sums.of(worlds, uploads, people, deeds, heard)
    note(report, kind, storm, deeds, sums, pages, settled_s)
    assert deeds.failed == []
    assert {read(upload).status for upload in uploads} == {UploadStatus.COMPLETED}
    assert (sums.lost, sums.strangers, sums.over, sums.sent_after) == ([], [], 0, [])
    assert sums.equations
    assert heard.digests() >= received_of(worlds["a"], uploads), "not every request was heard"
    assert sums.spared > 0, "nobody was withdrawn in time: the run proved nothing"
    assert pages.wrong == [] and pages.statuses[200] > 0
    assert set(storm.struck) == set(storm.kinds())


def start_all(worlds: dict[str, World]) -> list[Upload]:
    """Four at once; the third feeds the audience of the first, and waits behind it. The fourth replaces a
    stranger whom others put there.
    """
    first = worlds["a"].start(audience_name="Prima")
    wait_until(lambda: insist(lambda: read(first)).audience_id, 120)
    more = {"audience_id": read(first).audience_id, "audience_name": "Prima"}
    third = worlds["c"].start(account_id=worlds["a"].account.id, **more)
    return [
        first,
        worlds["b"].start(audience_name="Seconda"),
        third,
        worlds["d"].start(
            audience_id=with_a_stranger(worlds["d"]), audience_name="Terza", operation=Operation.REPLACE
        ),
    ]


def with_a_stranger(world: World) -> str:
    account = registry.destination("meta").connect(world.client.id, world.account.id)
    made = account.create_audience("Terza", "terza")
    account.add_users(made, EncodedRows(("EMAIL",), bytes(range(32))))
    account.close()
    return made


def pages_of(worlds: dict[str, World], uploads: list[Upload]) -> list[str]:
    of_uploads = [f"/caricamenti/{upload.public_id}" for upload in uploads]
    of_databases = [f"/database/{world.database.public_id}/custom-audience" for world in worlds.values()]
    more = ["/", "/database", "/filtri", "/caricamenti", "/configura/integrazioni/facebook/salute", "/guida"]
    return [*of_uploads, *(f"{one}/avanzamento" for one in of_uploads), *of_databases, *more]


def rage(storm: Storm, deeds: list[Callable[[], None]]) -> None:
    """Trouble and deeds in the order that chance decides; a deed takes its time beside the next trouble.

    Each kind of trouble comes once before any comes again: on a slow machine the uploads may end before the
    last ones find anybody to strike.
    """
    scene, kinds = storm.scene, storm.kinds()
    planned: list[str | Callable[[], None]] = [*kinds]
    more: list[str | Callable[[], None]] = [*kinds] * (SIZE.strikes - 1) + deeds
    scene.chance.shuffle(planned)
    scene.chance.shuffle(more)
    planned += more
    until = time.monotonic() + SIZE.settle_s
    while planned and time.monotonic() < until:
        pause(scene, scene.chance.uniform(*SIZE.gap_s))
        for one in planned:  # the first that finds a victim now; the others keep their turn
            if callable(one):
                scene.begin(one)
            elif not kinds[one]():
                continue
            else:
                storm.struck[one] += 1
            planned.remove(one)
            break


def pause(scene: Scene, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        scene.run_errands()
        time.sleep(0.05)


def count(database_id: int) -> int:
    def look() -> int:
        with db.reading() as session:
            query = select(func.count()).select_from(Contact).where(col(Contact.database_id) == database_id)
            return int(session.execute(query).scalar_one())

    return insist(look)


@dataclass(frozen=True)
class Sums:
    """What the database says against what Meta has. *spared*: withdrawn, and never sent at all."""

    lost: list[str]
    strangers: list[str]
    over: int
    sent_after: list[str]
    spared: int
    counted: int
    received: int
    equations: bool

    @staticmethod
    def of(worlds, uploads, people, deeds: Deeds, ears: Ears) -> "Sums":
        everybody = {digest(email): email for one in people.values() for email in one}
        gone = {digest(one.email) for one in deeds.withdrawn}
        received = received_of(worlds["a"], uploads)
        # Whoever is erased after having been received is taken out again, and was received all the same.
        ever = received | (ears.taken_out & ears.digests())
        counted = counted_rows(uploads)
        return Sums(
            lost=[email for sha, email in everybody.items() if sha not in received and sha not in gone],
            strangers=sorted(received - set(everybody)),
            # Who was withdrawn after an attempt that Meta took, and we never heard of, is not counted.
            over=max(0, counted - len(ever)) + max(0, len(ever) - counted - len(gone & ever)),
            sent_after=[f"{one.how}: {one.email}" for one in deeds.withdrawn if one.wrongly_sent(ears)],
            spared=len(gone - ever),
            counted=counted,
            received=len(ever),
            equations=all(adds_up(worlds["a"].client.id, upload) for upload in uploads),
        )


def gone_and_there(world: World, uploads: list[Upload], deeds: Deeds) -> set[str]:
    """Whoever was erased and is in an audience, or said no and is in the one that is kept in line: they are
    taken out, soon after everything else.
    """
    gone = {digest(one.email): one.how for one in deeds.withdrawn}
    erased = {one for one, how in gone.items() if how == ERASED}
    return erased & received_of(world, uploads) | gone.keys() & received_of(world, uploads[3:])


def received_of(world: World, uploads: list[Upload]) -> set[str]:
    audiences = {read(upload).audience_id for upload in uploads}
    return set().union(*(world.simulator.received(one) for one in audiences))


def counted_rows(uploads: list[Upload]) -> int:
    with db.reading() as session:
        ids = [upload.id for upload in uploads]
        return int(
            session.execute(
                select(func.sum(col(Batch.num_received))).where(
                    col(Batch.upload_id).in_(ids), col(Batch.operation) != Operation.REMOVE
                )
            ).scalar_one()
        )


def adds_up(client_id: int, upload: Upload) -> bool:
    """selected = excluded + discarded + duplicates + to send = rows of batches = received + rejected."""
    with db.reading() as session:
        shown = queries.read_one(session, client_id, upload.public_id).numbers.adds_up()
        columns = (func.sum(one) for one in (Batch.n_rows, Batch.num_received, Batch.num_rejected))
        additions = (Batch.upload_id == upload.id, col(Batch.operation) != Operation.REMOVE)
        rows, got, refused = session.execute(select(*columns).where(*additions)).one()
    done = read(upload)
    left_out = sum(done.excluded.values()) + sum(done.discarded.values()) + (done.duplicates or 0)
    return shown and done.selected == left_out + done.to_send and done.to_send == rows == got + refused


def note(report, kind, storm: Storm, deeds: Deeds, sums: Sums, pages: PageWatch, settled_s: float) -> None:
    title = f"Tutto insieme (seme {SEED})"
    report.add(
        f"{title}: i conti alla fine",
        database=kind,
        guasti=storm.struck.total(),
        ritirati=len(deeds.withdrawn),
        mai_partiti=sums.spared,
        partiti_dopo=len(sums.sent_after),
        persi=len(sums.lost),
        in_più=sums.over,
        estranei=len(sums.strangers),
        contati=sums.counted,
        ricevuti=sums.received,
        s_per_finire=settled_s,
    )
    report.add(
        f"{title}: le pagine intanto",
        database=kind,
        risposte=pages.statuses.total(),
        **{f"con_{status}": times for status, times in sorted(pages.statuses.items())},
        sbagliate=len(pages.wrong),
        s_al_più=pages.slowest_s,
    )
    for name in storm.kinds():
        report.add(f"{title}: guasti per tipo", database=kind, guasto=name, volte=storm.struck[name])
    for name, times in deeds.done.items():
        report.add(f"{title}: che cosa si fa intanto", database=kind, azione=name, volte=times)
