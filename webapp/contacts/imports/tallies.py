"""Counts of an import while it reads, so that its alerts say the same in the dry run and at the end. PURE.

Keys: `valid.email`, `invalid.email`, `no_at.email` (and of mobile), `sendable`, `unread`,
`readable.<column index>`, `note.<medium>.<code>`, `kept.<medium>`, `lost.<field>`,
`unused.<no|zero|other>.<column index>` (of a column that speaks of consent and goes elsewhere),
`why.<medium>.<reason>` (without a valid one).
"""

from collections import Counter
from collections.abc import Sequence

from webapp.contacts.imports.row_blocks import Block
from webapp.contacts.store.upsert_plan import Written

MEDIA = ("email", "mobile")
MAX_WORDS = 50  # different words about consent that are offered to a person; the others stay undecided


def counts_of(block: Block, columns: Sequence[str], written: Written) -> Counter[str]:
    """What a block adds. *columns*: of its contacts."""
    found: Counter[str] = Counter(sendable=written.sendable, unread=sum(block.words.values()))
    for medium in MEDIA:
        if f"{medium}_reason" in columns:
            at = columns.index(f"{medium}_reason")
            reasons = Counter(row[at] for row in block.contacts)
            found[f"valid.{medium}"] = reasons.pop(None, 0)
            found.update({f"why.{medium}.{reason}": count for reason, count in reasons.items()})
            found[f"invalid.{medium}"] = sum(
                count for reason, count in reasons.items() if not reason.endswith("_empty")
            )
            found[f"no_at.{medium}"] = reasons["email_invalid.no_at"]
    for kind, counted in (
        ("readable", block.readable),
        ("note", block.notes),
        ("unused", block.unused),
        ("kept", written.kept),
        ("lost", written.lost),
    ):
        found.update({f"{kind}.{name}": count for name, count in counted.items()})
    return +found


def words_with(
    words: Sequence[Sequence[object]], block: Block, most: int = MAX_WORDS
) -> list[list[bool | str | int]]:
    """*words* ([turned, word, how many cells]) and those of *block*; of different ones the first *most*."""
    counted: dict[tuple[bool, str], int] = {
        (bool(turned), str(word)): int(str(n)) for turned, word, n in words
    }
    for key, count in block.words.items():
        if key in counted or len(counted) < most:
            counted[key] = counted.get(key, 0) + count
    return [[turned, word, count] for (turned, word), count in counted.items()]
