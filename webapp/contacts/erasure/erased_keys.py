"""Keyed digests of erased people: of use only to somebody who has the address already. PURE."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass


def key_of(secret: bytes, client_id: int, digest: bytes) -> bytes:
    """The key of an address or number: HMAC-SHA256 (32 bytes) of its digest, other for every client."""
    return hmac.digest(secret, client_id.to_bytes(8, "big") + digest, "sha256")


@dataclass(frozen=True, slots=True)
class ErasedKeys:
    """The erased people of a client."""

    secret: bytes
    client_id: int
    keys: frozenset[bytes] = frozenset()

    def any_of(self, digests: Iterable[bytes | None]) -> bool:
        """Whether one of these e-mails and mobiles, as digests, is an erased person's."""
        if not self.keys:
            return False
        return any(digest and key_of(self.secret, self.client_id, digest) in self.keys for digest in digests)
