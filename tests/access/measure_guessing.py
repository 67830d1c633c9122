"""How long signing in takes for a known and an unknown account: the figures of S9, over the real views.

python -m tests.access.measure_guessing [TRIES]
"""

import io
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import Browser
from webapp import create_app, db, logs, migrations
from webapp.access.members.operators import create_operator
from webapp.access.models import LoginAttempt, Role
from webapp.config import Settings
from webapp.crypto import new_key


def main(tries: int) -> None:
    logs.configure(io.StringIO())
    with tempfile.TemporaryDirectory(prefix="platea-") as folder:
        browser = _browser(Path(folder))
        times: dict[str, list[float]] = {"giulia@aurora.example": [], "nessuno@aurora.example": []}
        for _ in range(tries):
            for email, taken in times.items():  # in turn, so that other work weighs on both
                taken.append(_one_try(browser, email))
        db.engine().dispose()
    known, unknown = (statistics.median(taken) * 1000 for taken in times.values())
    print(f"noto {known:.1f} ms, sconosciuto {unknown:.1f} ms, {unknown - known:+.1f} ms su {tries} prove")


def _browser(folder: Path) -> Browser:
    settings = Settings(
        folder, f"sqlite:///{folder / 'platea.db'}", "redis://127.0.0.1:1", "x" * 40, (new_key(),)
    )
    app = create_app(settings)
    app.testing, app.test_client_class = True, Browser
    migrations.upgrade(db.engine())
    with db.writing() as session:
        create_operator(
            session, "giulia@aurora.example", "Giulia", "quella giusta, per così dire", "A", Role.MARKETER
        )
    return app.test_client()


def _one_try(browser: Browser, email: str) -> float:
    with db.writing() as session:
        session.execute(LoginAttempt.__table__.delete())
    before = time.perf_counter()
    answer = browser.post_form("/accesso", {"email": email, "password": "quella sbagliata"})
    taken = time.perf_counter() - before
    assert answer.status_code == 422
    return taken


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
