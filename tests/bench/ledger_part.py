"""The part of `make bench` about who is in which audience, beside what was promised when it was decided."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.bench.figures import Figure, limit, ratio, told
from tests.bench.measure import Cost, measured
from tests.bench.world import World, opened, postgres

MILLION = 1_000_000
BYTES = {"SQLite": 60, "PostgreSQL": 140}  # a member that is known by one datum
MOST_CONTACTS = MILLION  # of the align, whatever the entries: the promise is for a million


def ledger(entries: int, repeats: int) -> Iterator[Figure]:
    """*entries* members in fifty audiences: writing, finding, and aligning a database beside them."""
    for engine, name in ((opened, "SQLite"), (postgres, "PostgreSQL")):
        with engine() as world:
            yield from _ledger(world, name, entries)


def _ledger(world: World, name: str, entries: int) -> Iterator[Figure]:
    rows = min(entries, MOST_CONTACTS)
    database_id = world.database_of(rows)
    run = partial(measured, env=world.env, client_id=world.client_id)
    wrote = run("tests.bench.ledger:written", entries=entries, database_id=database_id).value
    per_batch = ratio(
        f"{name}: un lotto di 5.000, pieno contro vuoto", wrote["full_ms"] / wrote["empty_ms"], at_most=1.5
    )
    yield told(f"{name}: voci nel registro", wrote["entries"], "")
    yield per_batch
    yield told(f"{name}: un lotto di 5.000, registro pieno", wrote["full_ms"], "ms")
    yield told(f"{name}: lo stesso lotto di nuovo", wrote["again_ms"], "ms")
    yield limit(f"{name}: byte per persona", wrote["bytes"], BYTES[name], "B")
    found = run("tests.bench.ledger:looked_up", entries=entries).value
    yield limit(f"{name}: dov’è un contatto, p95", found["seek_p95_ms"], 20, "ms")
    yield limit(f"{name}: un’impronta che nessuno ha", found["one"], 3, "s")
    yield ratio(f"{name}: mille impronte contro una", found["many"] / found["one"], at_most=1.5)
    yield from _aligned(world, name, database_id, wrote["full_ms"])


def _aligned(world: World, name: str, database_id: int, record_ms: float) -> Iterator[Figure]:
    ids = {"database_id": database_id, "client_id": world.client_id, "account_id": world.account_id}

    def run(way: str, audience_id: str | None) -> Cost:
        return measured("tests.bench.ledger:filled", world.env, **ids, audience_id=audience_id, way=way)

    added = run("add", None)
    audience_id = added.value["audience_id"]
    changed = measured("tests.bench.ledger:change", world.env, database_id=database_id).value
    aligned = run("align", audience_id)
    before = len(world.simulator.calls())
    again = run("align", audience_id)
    _check(added.value, aligned.value, again.value, changed)
    ledger_s, all_s = record_ms / 1000 * added.value["batches"], added.value["all_s"]
    with_it = all_s / max(all_s - ledger_s, 1e-9)
    yield ratio(f"{name}: caricare con il registro, contro senza", with_it, at_most=1.25)
    differences = aligned.value["prepare_s"] / added.value["prepare_s"]
    yield ratio(f"{name}: preparare Allinea contro Aggiungi", differences, at_most=2.5)
    more = aligned.peak_mb - added.peak_mb
    yield limit(f"{name}: memoria in più di Allinea", more, 30, "MB")
    yield limit(
        f"{name}: chiamate di un Allinea senza differenze", len(world.simulator.calls()) - before, 1, ""
    )


def _check(added: dict[str, Any], aligned: dict[str, Any], again: dict[str, Any], changed: int) -> None:
    """What was measured is what was meant: everybody, then the differences, then nobody."""
    assert 0 < aligned["to_remove"] <= changed, aligned
    assert 0 < aligned["to_send"] <= changed, aligned
    assert aligned["already_there"] + aligned["to_send"] <= added["to_send"] + changed
    assert (again["to_send"], again["to_remove"]) == (0, 0), again
