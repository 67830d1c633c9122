"""Which rows of a payload Meta takes in, and what it says of the others. PURE.

Columns are checked whole first: a million good digests cost a regular expression a batch, and only a
batch with something wrong is read row by row. Source: Meta sheet §4.2.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from .graph_errors import GraphError, invalid_parameter

HASHED_KEYS = {
    "EMAIL",
    "PHONE",
    "FN",
    "LN",
    "FI",
    "GEN",
    "DOBY",
    "DOBM",
    "DOBD",
    "CT",
    "ST",
    "ZIP",
    "COUNTRY",
}
HASHED_KEYS |= {"F5FIRST", "F5LAST"}  # undocumented, sent by Meta's own uploader
ID_KEYS = {"MADID", "EXTERN_ID", "APPUID", "PAGEUID", "UID"}
PRIVACY = "DATA_PROCESSING_OPTIONS"
PLAIN_KEYS = ID_KEYS | {"LOOKALIKE_VALUE", PRIVACY, f"{PRIVACY}_COUNTRY", f"{PRIVACY}_STATE"}
# The long names of single-key uploads.
ALIASES = {"EMAIL_SHA256": "EMAIL", "PHONE_SHA256": "PHONE", "MOBILE_ADVERTISER_ID": "MADID"}
NEVER_EMPTY = {"EXTERN_ID": "empty external ID"}  # recorded; other reasons were never published
BAD_HASH = "malformed hash"
BAD_VALUE = "invalid lookalike value"
ID_LISTS = {"APPUID": "app_ids", "PAGEUID": "page_ids"}
MAX_ROWS = 10_000
MAX_SAMPLES = 100
HEX = re.compile(r"[0-9a-fA-F]*")
HASH_LENGTH = 64
SHAPE_MISMATCH = "Data is missing or does not match schema"


@dataclass
class Payload:
    """A payload that has the right shape. *is_multi_key* is whether its schema was a list."""

    schema: tuple[str, ...]
    is_multi_key: bool
    rows: Sequence[Sequence[Any]]
    is_raw: bool = False

    @property
    def name(self) -> str:
        return ",".join(self.schema)


@dataclass
class Checked:
    """The rows worth keeping, each as one text, and the invalid ones as sent with their reason."""

    kept: set[str]
    invalid_count: int = 0
    samples: dict[str, str] = field(default_factory=dict)


def read_payload(payload: Any) -> Payload:
    """Raises GraphError: 100 for a wrong shape, 1/99 for more than 10 000 rows.

    1/99 is what 30 000 rows in one call gave (facebook-java-business-sdk issue 46).
    """
    if not isinstance(payload, dict):
        raise invalid_parameter("Missing parameter(s): payload")
    schema, data = payload.get("schema"), payload.get("data")
    is_multi_key = isinstance(schema, list)
    keys = schema if isinstance(schema, list) else [schema]
    names = tuple(ALIASES.get(str(key).upper(), str(key).upper()) for key in keys)
    if not isinstance(data, list) or not data or not names:
        raise invalid_parameter(SHAPE_MISMATCH)
    unknown = [name for name in names if name not in HASHED_KEYS | PLAIN_KEYS]
    if unknown:
        raise invalid_parameter(f"Param payload[schema] has an unknown key: {unknown[0]}")
    if len(data) > MAX_ROWS:
        raise GraphError("An unknown error occurred", 1, 99, status=500)
    _require_id_lists(names, payload)
    rows = _as_rows(data, len(names), is_multi_key)
    return Payload(names, is_multi_key, rows, bool(payload.get("is_raw")))


def _require_id_lists(names: tuple[str, ...], payload: dict[str, Any]) -> None:
    for key, parameter in ID_LISTS.items():
        if key in names and not payload.get(parameter):
            raise invalid_parameter(f"Missing parameter(s): payload[{parameter}]")


def _as_rows(data: list[Any], width: int, is_multi_key: bool) -> Sequence[Sequence[Any]]:
    if not is_multi_key:
        data = [row if isinstance(row, list) else [row] for row in data]
    if not all(isinstance(row, list) for row in data) or set(map(len, data)) != {width}:
        raise invalid_parameter(SHAPE_MISMATCH)
    return data


def check(payload: Payload) -> Checked:
    """Every row's verdict. Only the format is judged: a well-formed hash of nonsense is fine."""
    columns = list(zip(*payload.rows, strict=True))
    if not payload.is_raw and all(map(_is_clean, payload.schema, columns)):
        texts = columns[0] if len(columns) == 1 else map("\t".join, payload.rows)
        return Checked(set(texts))
    checked = Checked(set())
    for row in payload.rows:
        reason = _reason(payload, row)
        if reason is None:
            checked.kept.add("\t".join(_kept(payload, row)))
        else:
            _reject(checked, row, reason)
    return checked


def reject_first(payload: Payload, count: int, reason: str) -> Checked:
    """As `check`, but the first *count* rows are invalid for *reason*, as a fault orders."""
    rest = Payload(payload.schema, payload.is_multi_key, payload.rows[count:], payload.is_raw)
    checked = check(rest) if rest.rows else Checked(set())
    for row in payload.rows[:count]:
        _reject(checked, row, reason)
    return checked


def _reject(checked: Checked, row: Sequence[Any], reason: str) -> None:
    checked.invalid_count += 1
    if len(checked.samples) < MAX_SAMPLES:
        # The key is the JSON text of the row as sent. Source: Meta sheet §4.4, recorded.
        checked.samples[orjson.dumps(row).decode()] = reason


def _is_clean(key: str, column: Sequence[Any]) -> bool:
    """Whether every cell of this column is valid and plain text, judged in one go."""
    try:
        joined = "".join(column)
    except TypeError:
        return False
    if key in HASHED_KEYS:
        lengths = set(map(len, column))
        return lengths <= {HASH_LENGTH, 0} and HEX.fullmatch(joined) is not None
    return key in ID_KEYS and ("\t" not in joined and (key not in NEVER_EMPTY or "" not in column))


def _reason(payload: Payload, row: Sequence[Any]) -> str | None:
    for key, cell in zip(payload.schema, row, strict=True):
        if key in NEVER_EMPTY and cell in ("", None):
            return NEVER_EMPTY[key]
        if key in HASHED_KEYS and not payload.is_raw and not _is_hash(cell):
            return BAD_HASH
        if key == "LOOKALIKE_VALUE" and not _is_value(cell):
            return BAD_VALUE
    return None


def _is_hash(cell: Any) -> bool:
    return cell == "" or (
        isinstance(cell, str) and len(cell) == HASH_LENGTH and HEX.fullmatch(cell) is not None
    )


def _is_value(cell: Any) -> bool:
    try:
        return float(cell) >= 0
    except (TypeError, ValueError):
        return False


def _kept(payload: Payload, row: Sequence[Any]) -> list[str]:
    """The row as it is remembered. With is_raw, what is not yet a hash is hashed as Meta would."""
    cells = []
    for key, cell in zip(payload.schema, row, strict=True):
        text = cell if isinstance(cell, str) else orjson.dumps(cell).decode()
        if payload.is_raw and key in HASHED_KEYS and not _is_hash(text):
            text = hashlib.sha256(text.strip().lower().encode()).hexdigest()
        cells.append(text.replace("\t", " "))
    return cells
