"""The part of `make bench` about ten data of a person in place of one."""

from collections.abc import Iterator
from functools import partial
from statistics import median

from tests.bench.figures import Figure, limit, told
from tests.bench.measure import Cost, best, interleaved, measured
from tests.bench.world import opened

MILLION = 1_000_000


def keys(rows: int, repeats: int) -> Iterator[Figure]:
    """Stored contacts become rows and JSON, by ten keys and by one, each in processes of its own."""
    with opened() as world:
        database_id = world.database_of(rows)
        run = partial(measured, "tests.bench.encoding:run", world.env, database_id=database_id)
        works = {f"{count}": partial(run, keys_sent=count) for count in (1, 2, 10)}
        costs = interleaved(works, repeats)
    one, ten = costs["1"], costs["10"]
    assert one[0].value["rows"] == ten[0].value["rows"] > 0
    assert len(ten[0].value["schema"]) == 10
    yield told("righe", ten[0].value["rows"], "")
    # Nothing was promised of these: the digest of one key is stored, those of eight others are made now.
    yield Figure("10 chiavi contro 1: righe e JSON", f"{_spent(ten) / _spent(one):.1f} ×")
    all_of_it = best(ten, "cpu_s") / best(one, "cpu_s")
    yield Figure("10 chiavi contro 1: lettura compresa", f"{all_of_it:.1f} ×")
    for count, some in costs.items():
        name = f"{count} chiavi" if count != "1" else "1 chiave"
        for step, words in (("read", "lettura"), ("encode", "righe"), ("json", "JSON")):
            per_million = min(one.value[step] for one in some) / some[0].value["rows"] * MILLION
            yield told(f"{name}: {words}, un milione", per_million, "s")
    yield limit("10 chiavi: memoria", best(ten, "peak_mb"), 200, "MB")


def _spent(costs: list[Cost]) -> float:
    return median(cost.value["encode"] + cost.value["json"] for cost in costs)
