"""The JSON that carries rows of digests to Meta, and what Meta says of single rows. PURE."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from webapp.destinations.base import DIGEST_BYTES, UNKNOWN, EncodedRows, Rejected

EXTERN_ID = "EXTERN_ID"


@dataclass(frozen=True, slots=True)
class UploadSession:
    """Where a batch stands among those Meta joins. Source: Meta sheet §4.3."""

    session_id: int  # positive int64, unique in the ad account
    batch_seq: int
    last_batch_flag: bool
    estimated_num_total: int


def only_batch(total: int, session_id: int) -> UploadSession:
    """A session of one batch; *session_id* has to be a new one for every attempt.

    Batches then go in parallel, in any order and again, and the 90 minutes a session lives from its first
    batch cannot swallow any of them.
    """
    return UploadSession(session_id, 1, True, total)


def users_body(rows: EncodedRows, session: UploadSession, proof: Mapping[str, str]) -> bytes:
    """`{"payload": {"schema", "data"}, "session"}` as JSON.

    The schema is always a list: a string one would lock the audience to single keys (2650). `is_raw` is
    left out, as in the recordings. Source: Meta sheet §4.2.
    """
    more = orjson.dumps({"session": asdict(session), **proof})[1:]
    schema = orjson.dumps(rows.schema)
    return b'{"payload":{"schema":%b,"data":%b},%b' % (schema, _data(rows), more)


def _data(rows: EncodedRows) -> bytes:
    """The rows as JSON text. Hexadecimal, splitting and joining run in C: millions of cells a second."""
    if not rows.digests:
        return b"[]"
    cells = rows.digests.hex("|", DIGEST_BYTES)
    if UNKNOWN in rows.digests:
        cells = cells.replace(UNKNOWN.hex(), "")
    if len(rows.schema) == 1:
        return b'[["%b"]]' % cells.replace("|", '"],["').encode()
    column = iter(cells.split("|"))
    return orjson.dumps(list(zip(*[column] * len(rows.schema), strict=True)))


def parts_by_extern_id(rows: EncodedRows) -> Iterator[tuple[EncodedRows, Sequence[int]]]:
    """*rows* in one part, or in two: with external id, and without that column. With their places in *rows*.

    One empty EXTERN_ID makes Meta refuse its whole row, unlike any other empty value (Meta sheet §4.2).
    """
    rest = tuple(key for key in rows.schema if key != EXTERN_ID)
    if rest == rows.schema or not rest or UNKNOWN not in rows.digests:
        yield rows, range(len(rows))
        return
    column = rows.schema.index(EXTERN_ID)
    start, stop = column * DIGEST_BYTES, (column + 1) * DIGEST_BYTES
    having: list[int] = []
    lacking: list[int] = []
    all_rows = list(_split(rows))
    for place, row in enumerate(all_rows):
        (lacking if row[start:stop] == UNKNOWN else having).append(place)
    if having:
        yield EncodedRows(rows.schema, b"".join(all_rows[place] for place in having)), having
    if lacking:
        digests = b"".join(all_rows[place][:start] + all_rows[place][stop:] for place in lacking)
        yield EncodedRows(rest, digests), lacking


def _split(rows: EncodedRows) -> Iterator[bytes]:
    width = DIGEST_BYTES * len(rows.schema)
    return (rows.digests[at : at + width] for at in range(0, len(rows.digests), width))


def rejected_rows(samples: Any, rows: EncodedRows) -> list[Rejected]:
    """Meta's `invalid_entry_samples` as places in *rows*; samples of rows we did not send are left out.

    The keys are the JSON text of a row as sent, the values Meta's reason; `{}` or `[]` when there are
    none, at most 100. Source: Meta sheet §4.4.
    """
    if not isinstance(samples, dict):
        return []
    places: dict[bytes, list[int]] = {}
    wanted = {row: str(reason)[:200] for text, reason in samples.items() if (row := _digests(text))}
    for place, row in enumerate(_split(rows) if wanted else ()):
        if row in wanted:
            places.setdefault(row, []).append(place)
    return [Rejected(place, wanted[row]) for row, found in places.items() for place in found]


def _digests(text: str) -> bytes | None:
    try:
        cells = orjson.loads(text)
        return b"".join(bytes.fromhex(cell) if cell else UNKNOWN for cell in cells)
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return None
