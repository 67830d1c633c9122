"""People to whom one file gives a yes and a no. PURE."""

from collections.abc import Sequence

from webapp.contacts.store.merging import Values
from webapp.contacts.store.upsert_plan import KEY_COLUMNS


def people_with_two(columns: Sequence[str], rows: Sequence[Values], key: str, field: str) -> int:
    """*columns*: of *rows*, as of `RowConverter`. *key*: what tells people apart; 0 without one."""
    if key not in KEY_COLUMNS or KEY_COLUMNS[key] not in columns or field not in columns:
        return 0
    who, answer = columns.index(KEY_COLUMNS[key]), columns.index(field)
    said: dict[object, set[bool]] = {}
    for row in rows:
        if row[who] is not None and row[answer] is not None:
            said.setdefault(row[who], set()).add(bool(row[answer]))
    return sum(len(answers) == 2 for answers in said.values())
