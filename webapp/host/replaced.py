"""The database that a copy was put in place of: kept beside it as long as the oldest copy, and no longer."""

from datetime import timedelta
from pathlib import Path

from webapp import clock
from webapp.host.backup import BEFORE

KEPT = timedelta(weeks=5)


def forget_old(database: Path) -> list[Path]:
    """Throw away the replaced databases beside *database* that are older; which ones went."""
    oldest = (clock.now() - KEPT).timestamp()
    pattern = f"{database.stem}-{BEFORE}-*{database.suffix}"
    old = [path for path in database.parent.glob(pattern) if path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return old
