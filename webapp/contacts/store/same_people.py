"""Finds people who are in a file or a database twice, when rows are matched by e-mail or mobile. PURE.

    a row whose code is of the contact with the same key     → that contact
    a row with a key                                         → the oldest contact that has the key
    a row without a key                                      → the contact that has its code
    a row whose code is of somebody with another key         → a conflict: it is not written

It follows what the rows before have changed, so the size of the blocks makes no difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Ref = int  # a contact's id; negative for one that is not written yet


@dataclass(frozen=True, slots=True)
class Match:
    """The contact a row is of, None for a new one. *is_conflict*: its code is somebody else's."""

    ref: Ref | None
    is_conflict: bool = False


class ContactMatcher:
    """The contacts a file may touch, by key and by code, as they are after the rows read so far."""

    def __init__(self) -> None:
        self._by_key: dict[Any, list[Ref]] = {}
        self._by_code: dict[str, Ref] = {}
        self._has: dict[Ref, tuple[Any, str | None]] = {}
        self._made = 0

    def learn(self, contacts: Iterable[tuple[int, Any, str | None]]) -> None:
        """Take in contacts of the database: id, key, code; those known already stay as the rows left them."""
        for contact_id, key, code in sorted(contacts):
            if contact_id not in self._has:
                self.write(contact_id, key, code)

    def match(self, key: Any, code: str | None) -> Match:
        holder = self._by_code.get(code) if code else None
        if key is None or (holder is not None and self._has[holder][0] == key):
            return Match(holder)
        found = next(iter(self._by_key.get(key, ())), None)
        return Match(found, holder is not None and holder != found)

    def new(self) -> Ref:
        self._made -= 1
        return self._made

    def write(self, ref: Ref, key: Any, code: str | None, clears_key: bool = False) -> None:
        """The contact has this key and code from now on, and no other; one that the row lacks stays."""
        former_key, former_code = self._has.get(ref, (None, None))
        key = former_key if key is None and not clears_key else key
        code = code or former_code
        if former_key is not None and former_key != key:
            self._by_key[former_key].remove(ref)
        if former_code and self._by_code.get(former_code) == ref:
            del self._by_code[former_code]
        if key is not None and (former_key != key):
            self._by_key.setdefault(key, []).append(ref)
            # Of the database the oldest first, then those that are new, in the order of the file.
            self._by_key[key].sort(key=lambda one: (one < 0, abs(one)))
        if code:
            self._by_code[code] = ref
        self._has[ref] = (key, code)
