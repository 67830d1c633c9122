"""Contact ids as uploads keep them by the thousand: 8 bytes each, little-endian, in one value. PURE."""

import sys
from array import array
from collections.abc import Iterable

ID_BYTES = 8


def pack(ids: Iterable[int]) -> bytes:
    return _in_order_of_bytes(array("q", ids)).tobytes()


def unpack(packed: bytes) -> "array[int]":
    ids = array("q")
    ids.frombytes(packed)
    return _in_order_of_bytes(ids)


def _in_order_of_bytes(ids: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        ids.byteswap()
    return ids
