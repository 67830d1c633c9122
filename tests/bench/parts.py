"""The parts of `make bench`: each measures, and sets what it found beside what was promised."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import text

from tests.bench import keys_part, ledger_part, lists, live, sending
from tests.bench.figures import Figure, limit, ratio, told
from tests.bench.measure import Cost, best, interleaved, measured, paired_ratio
from tests.bench.world import World, file_of, opened, postgres, sink
from tests.support.running import environment
from webapp import db

MILLION = 1_000_000
BATCHES, BATCH_ROWS = 44, 100
SDK_BATCH_ROWS = 10_000


def uploads(rows: int, repeats: int) -> Iterator[Figure]:
    """Prepare and send stored contacts with one worker, beside SQLModel objects and Meta's SDK."""
    with opened() as world, sink() as url:
        database_id = world.database_of(rows)
        world.settings = replace(world.settings, graph_url=url)
        for keys, wanted in ((1, 10), (2, 10), (10, 10)):
            costs = interleaved(upload_works(world, database_id, keys, url), repeats)
            name = "1 chiave" if keys == 1 else f"{keys} chiavi"
            yield from _beside_the_sdk(name, costs, wanted)
            if keys == 1 and rows >= MILLION:
                yield limit(f"{name}: Platea, un milione", best(costs["ours"]), 3.4, "s")


def upload_works(world: World, database_id: int, keys: int, url: str) -> Mapping[str, Callable[[], Cost]]:
    """Ours as installed, ours in batches as large as the SDK's, and the SDK."""
    ids = {"database_id": database_id, "client_id": world.client_id, "account_id": world.account_id}
    large = environment(replace(world.settings, batch_rows=SDK_BATCH_ROWS))
    run = partial(measured, "tests.bench.uploads:run", keys_sent=keys, **ids)
    return {
        "ours": lambda: run(env=world.env),
        "large": lambda: run(env=large),
        "peer": lambda: measured(
            "tests.bench.peer:run",
            world.env,
            database_id=database_id,
            keys=keys,
            access_token=world.simulator.access_token,
            graph_url=url,
        ),
    }


def _beside_the_sdk(name: str, costs: Mapping[str, Sequence[Cost]], wanted: float) -> Iterator[Figure]:
    ours, large, peer = costs["ours"], costs["large"], costs["peer"]
    yield ratio(f"{name}: più svelto dell’SDK", paired_ratio(ours, peer), at_least=wanted)
    yield ratio(f"{name}: meno processore", paired_ratio(ours, peer, "cpu_s"), at_least=wanted)
    same = paired_ratio(large, peer, "cpu_s")
    yield Figure(f"{name}: meno processore, a blocchi di 10.000 come l’SDK", f"{same:.1f} ×")
    yield told(f"{name}: Platea", best(ours), "s")
    yield told(f"{name}: l’SDK", best(peer), "s")
    yield limit(f"{name}: memoria di Platea", best(ours, "peak_mb"), 150, "MB")
    yield told(f"{name}: memoria dell’SDK", best(peer, "peak_mb"), "MB")


def sends(rows: int, repeats: int) -> Iterator[Figure]:
    """Batches of a hundred rows to a simulator that takes a second for each."""
    with opened() as world:
        database_id = world.database_of(min(rows, BATCHES * BATCH_ROWS * 100 // 88))
        world.simulator.order(fault="slow", on="POST /users", latency_s=1, times=None)
        four = sending.with_workers(world, 4, database_id, BATCH_ROWS)
        one = sending.with_workers(world, 1, database_id, BATCH_ROWS)
        sdk = sending.with_sdk(world, database_id, BATCH_ROWS)
    yield told("blocchi", four["batches"], "")
    yield ratio("4 worker invece di 1", one["seconds"] / four["seconds"], at_least=3.5)
    yield told("4 worker", four["seconds"], "s")
    yield told("1 worker", one["seconds"], "s")
    yield told("il ciclo con l’SDK", sdk["seconds"], "s")


def filters(rows: int, repeats: int) -> Iterator[Figure]:
    """Counts and lists on the whole database, and on a tenth of a tenth of it."""
    for engine in (opened, postgres):
        with engine() as world:
            name = "SQLite" if engine is opened else "PostgreSQL"
            yield from _filters(world, name, rows, repeats)


def _filters(world: World, name: str, rows: int, repeats: int) -> Iterator[Figure]:
    large, small = world.database_of(rows), world.database_of(max(rows // 100, 100))
    lists.fill_history(world.client_id, large, world.account_id)
    if db.engine().dialect.name == "postgresql":
        _analyse()
    found = measured("tests.bench.lists:counts", world.env, database_id=large, repeats=5 * repeats).value
    less = measured("tests.bench.lists:counts", world.env, database_id=small, repeats=5 * repeats).value
    own, columns = found["own"], found["columns"]
    assert own["found"] == found["floor"]["found"], "the filter and the bare SQL disagree"
    yield ratio(
        f"{name}: conteggio su campi propri, contro SQL nudo", own["ms"] / found["floor"]["ms"], at_most=1.2
    )
    yield told(f"{name}: conteggio su campi propri", own["ms"], "ms")
    yield limit(f"{name}: conteggio su colonne", columns["ms"], 100, "ms")
    per_contact = (own["ms"] / rows) / (less["own"]["ms"] / max(rows // 100, 100))
    yield ratio(f"{name}: costo per contatto, {rows // 100} → {rows}", per_contact, at_most=1.3)
    pages = measured("tests.bench.lists:pages", world.env, database_id=large, repeats=20 * repeats).value
    for page, times in pages.items():
        yield limit(f"{name}: {page}, p95", times["p95_ms"], 60, "ms")
        yield told(f"{name}: {page}, processore del web, p95", times["cpu_p95_ms"], "ms")


def _analyse() -> None:
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def imports(rows: int, repeats: int) -> Iterator[Figure]:
    """A customer file into an empty database, beside a bare script; the same again; another of them."""
    for engine in (opened, postgres):
        with engine() as world:
            yield from _imports(world, "SQLite" if engine is opened else "PostgreSQL", rows, repeats)


def _imports(world: World, name: str, rows: int, repeats: int) -> Iterator[Figure]:
    def work(function: str, count: int = rows, seed: int = 1, **more: Any) -> Cost:
        file = str(file_of(world.settings.data_dir, count, seed))
        return measured(f"tests.bench.imports:{function}", world.env, file=file, **more)

    client = {"client_id": world.client_id}
    costs = interleaved(
        {"floor": lambda: work("floor", **client), "ours": lambda: work("ours", **client)}, repeats
    )
    ours, floor = costs["ours"], costs["floor"]
    small = work("ours", max(rows // 10, 1), **client)
    client["database_id"] = ours[0].value["database_id"]
    again, changed = work("ours", **client), work("ours", seed=2, **client)
    assert ours[0].value["read"] == floor[0].value["read"] == again.value["updated"] == rows
    yield ratio(f"{name}: importazione contro la soglia", paired_ratio(floor, ours), at_most=2.0)
    processor = paired_ratio(floor, ours, "cpu_s")
    yield Figure(f"{name}: importazione contro la soglia, processore", f"{processor:.2f} ×")
    yield told(f"{name}: importazione", best(ours), "s")
    yield told(f"{name}: la soglia", best(floor), "s")
    yield limit(f"{name}: memoria", best(ours, "peak_mb"), 250, "MB")
    memory = best(ours, "peak_mb") / small.peak_mb
    yield ratio(f"{name}: memoria contro quella di un decimo", memory, at_most=1.3)
    yield ratio(
        f"{name}: lo stesso file di nuovo, contro la prima volta", again.wall_s / best(ours), at_most=2.0
    )
    times = changed.wall_s / best(ours)
    yield Figure(f"{name}: un file che cambia tutti, contro la prima volta", f"{times:.2f} ×")


def watching(rows: int, repeats: int) -> Iterator[Figure]:
    """Fifty tabs on the history of a running upload."""
    with opened() as world:
        seen = live.watched(world, world.database_of(min(rows, 20_000)), seconds=20.0 * repeats)
    yield told("risposte 304", seen["unchanged"], "")
    yield told("risposte intere", seen["whole"], "")
    yield limit("304, p95", seen["unchanged_p95_ms"], 10, "ms")
    yield limit("frammento intero, p95", seen["whole_p95_ms"], 60, "ms")
    yield limit("processore del server web", seen["cpu_share"] * 100, 20, "% di un core")


PARTS: dict[str, Callable[[int, int], Iterator[Figure]]] = {
    "import": imports,
    "uploads": uploads,
    "sending": sends,
    "filters": filters,
    "live": watching,
    "ledger": ledger_part.ledger,
    "keys": keys_part.keys,
}
