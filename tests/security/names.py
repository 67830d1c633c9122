"""Names as somebody who means harm would choose them, put wherever a name is kept."""

from sqlalchemy import String, literal, update
from sqlmodel import SQLModel

from webapp import db

SCRIPT = "<img src=x onerror=alert(1)>\"'><svg onload=alert(2)><script>alert(3)</script>{{7*7}}${7*7}"
FORMULA = '=HYPERLINK("https://evil.example","x")'
# Columns whose text a person, a file or Meta chose; ids, codes and states of ours are left alone.
CHOSEN = {
    *("name", "label", "file_name", "filter_name", "account_name", "audience_name", "facebook_user_name"),
    *("first_name", "last_name", "city", "province", "started_by", "undone_by", "who", "browser", "host"),
    *("problem_text", "reason_who", "error", "said"),
}


def put_everywhere(name: str) -> list[str]:
    """Put *name* in front of every text somebody else chose; returns `table.column` of each.

    The audit trail is left as it is: it can only be added to.
    """
    changed = []
    with db.engine().begin() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if table.name in ("audit_entry", "turn", "worker_signal"):
                continue
            for column in table.columns:
                if column.name in CHOSEN and isinstance(column.type, String):
                    full = update(table).where(column.is_not(None))
                    connection.execute(full.values({column.name: literal(name) + column}))
                    changed.append(f"{table.name}.{column.name}")
    return changed
