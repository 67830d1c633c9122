"""The JSON that carries rows of digests to Meta, and what Meta says of single rows. PURE."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from webapp.destinations.base import (
    DIGEST_BYTES,
    PLAIN_BYTES,
    PLAIN_KEYS,
    UNKNOWN,
    VALUE_KEY,
    EncodedRows,
    Rejected,
)

EXTERN_ID = "EXTERN_ID"
IN_CLEAR = PLAIN_KEYS | {VALUE_KEY}


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
    """The rows as JSON text: one hexadecimal text, the end of each row marked in it, signs put in by three
    replacements. It runs in C, a million rows of ten keys in three seconds.
    """
    if not rows.digests:
        return b"[]"
    if not IN_CLEAR.isdisjoint(rows.schema):
        return orjson.dumps([_texts(row, rows.schema) for row in rows.rows()])
    text = bytearray(rows.digests.hex("|", DIGEST_BYTES), "ascii")  # one sign behind every cell …
    row = (2 * DIGEST_BYTES + 1) * len(rows.schema)
    text[row - 1 :: row] = b";" * len(range(row - 1, len(text), row))  # … and another behind every row
    cells = bytes(text)
    if UNKNOWN in rows.digests:
        cells = cells.replace(UNKNOWN.hex().encode(), b"")
    return b'[["%b"]]' % cells.replace(b"|", b'","').replace(b";", b'"],["')


def _texts(row: bytes, schema: Sequence[str]) -> list[str | int | float]:
    texts: list[str | int | float] = []
    at = 0
    for key in schema:
        if key in PLAIN_KEYS:
            texts.append(row[at : at + PLAIN_BYTES].rstrip(b"\0").decode())
            at += PLAIN_BYTES
            continue
        cell = row[at : at + DIGEST_BYTES]
        if cell == UNKNOWN:
            texts.append("")
        else:
            texts.append(orjson.loads(cell.rstrip(b"\0")) if key == VALUE_KEY else cell.hex())
        at += DIGEST_BYTES
    return texts


def parts_by_extern_id(rows: EncodedRows) -> Iterator[tuple[EncodedRows, Sequence[int]]]:
    """*rows* in one part, or in two: with external id, and without that column. With their places in *rows*.

    One empty EXTERN_ID makes Meta refuse its whole row, unlike any other empty value (Meta sheet §4.2).
    """
    if EXTERN_ID not in rows.schema:
        yield rows, range(len(rows))
        return
    number = rows.schema.index(EXTERN_ID)
    having: list[int] = []
    lacking: list[int] = []
    for place, cell in enumerate(rows.column(number)):
        (having if cell.strip(b"\0") else lacking).append(place)
    if not lacking or len(rows.schema) == 1:
        yield rows, range(len(rows))
        return
    all_rows = rows.rows()
    if having:
        yield EncodedRows(rows.schema, b"".join(all_rows[place] for place in having)), having
    rest = rows.schema[:number] + rows.schema[number + 1 :]
    start = DIGEST_BYTES * number
    stop = start + PLAIN_BYTES
    digests = b"".join(all_rows[place][:start] + all_rows[place][stop:] for place in lacking)
    yield EncodedRows(rest, digests), lacking


def rejected_rows(samples: Any, rows: EncodedRows) -> list[Rejected]:
    """Meta's `invalid_entry_samples` as places in *rows*; samples of rows we did not send are left out.

    The keys are the JSON text of a row as sent, the values Meta's reason; `{}` or `[]` when there are
    none, at most 100. Source: Meta sheet §4.4.
    """
    if not isinstance(samples, dict):
        return []
    places: dict[bytes, list[int]] = {}
    wanted = {row: str(reason)[:200] for text, reason in samples.items() if (row := _row(text, rows.schema))}
    for place, row in enumerate(rows.rows() if wanted else ()):
        if row in wanted:
            places.setdefault(row, []).append(place)
    return [Rejected(place, wanted[row]) for row, found in places.items() for place in found]


def _row(text: str, schema: Sequence[str]) -> bytes | None:
    try:
        return b"".join(_cell(cell, key) for cell, key in zip(orjson.loads(text), schema, strict=True))
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        return None


def _cell(text: Any, key: str) -> bytes:
    if key == VALUE_KEY and text != "":
        return orjson.dumps(text).ljust(DIGEST_BYTES, b"\0")
    if key in PLAIN_KEYS:
        return bytes(text.encode()).ljust(PLAIN_BYTES, b"\0")
    return bytes.fromhex(text) if text else UNKNOWN
