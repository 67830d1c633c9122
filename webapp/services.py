"""The services of this process: settings, seal, job queue, database; each root calls `start()` once.

Web requests, jobs and commands all find them here, so that no room needs the Flask application for them.
"""

from dataclasses import dataclass
from pathlib import Path

from webapp import db, postgresql
from webapp.config import Settings, WrongSetting
from webapp.crypto import SECRETS, TOKENS, Seal
from webapp.queueing import JobQueue


@dataclass(frozen=True)
class Services:
    settings: Settings
    seal: Seal
    secrets_seal: Seal  # with PLATEA_SECRET_KEYS: opens what must outlive a change of the token keys
    job_queue: JobQueue

    @property
    def seals(self) -> dict[str, Seal]:
        """Every seal, by the keys it has."""
        return {TOKENS: self.seal, SECRETS: self.secrets_seal}


_services: Services | None = None


def start(settings: Settings, pooled: bool = True, limit_s: float = postgresql.WORK_S) -> Services:
    """Open the database and keep the rest at hand. Raises WrongSetting. Touches neither Redis nor Meta.

    *pooled* and *limit_s* as in `db.connect`.
    """
    global _services
    if settings.database_url.startswith("sqlite:"):  # nobody else needs the folder
        _make(settings.data_dir)
    seal = Seal(settings.token_keys)
    secrets_seal = Seal.of_secrets(settings.secret_keys, "platea: sigillo con la chiave segreta")
    db.connect(settings.database_url, pooled, limit_s)
    _services = Services(settings, seal, secrets_seal, JobQueue(settings.redis_url))
    return _services


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WrongSetting(
            f"PLATEA_DATA: la cartella {folder} non si può creare ({error.strerror}). "
            "Scegline una in cui Platea possa scrivere."
        ) from None


def services() -> Services:
    if _services is None:
        raise RuntimeError("services.start() was not called")
    return _services
