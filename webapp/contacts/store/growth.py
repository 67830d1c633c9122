"""Statistics of `contact` on PostgreSQL, renewed when an import makes it another table.

Until it is told, it plans for the table it knew: looking up a block of codes in one it took for empty took
18.7 s instead of 0.02. Its own autovacuum looks once a minute at best.
"""

from sqlalchemy import text

from webapp import db

WORTH_IT = 1_000  # contacts; for fewer any plan is quick
_KNOWN = text("SELECT reltuples FROM pg_class WHERE oid = 'contact'::regclass")  # -1: never looked at


class Growth:
    """Counts the contacts that one process writes."""

    def __init__(self) -> None:
        self._added = 0

    def add(self, contacts: int) -> None:
        """After a commit: if more came than the server knows of, have it look again (under a second)."""
        self._added += contacts
        if self._added < WORTH_IT or db.engine().dialect.name != "postgresql":
            return
        with db.writing() as session:
            if self._added > session.execute(_KNOWN).scalar_one():
                # Whoever is looking already does the same.
                session.execute(text("ANALYZE (SKIP_LOCKED) contact"))
                self._added = 0
