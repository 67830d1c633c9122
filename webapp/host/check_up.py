"""`platea controlla`: everything an installation needs, tried for real, one line each.

Nothing is assumed from a setting: files are written, the database is written and read, Redis is given a
key, the mail server is signed in to. What is found is one Italian sentence and holds no secret.
"""

import platform
import smtplib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.exceptions import NoPermissionError, RedisError
from sqlalchemy import Column, Engine, select
from sqlalchemy.exc import DBAPIError

from webapp import clock, db, migrations, periodic, queueing, smtp, workers
from webapp.config import VERSION, Settings
from webapp.crypto import CannotOpen, Seal
from webapp.host import database_words, reseal, storage

OLDEST_POSTGRESQL = 140_000  # the oldest that its makers still mended in 2026
SAMPLE = 50  # sealed texts of each kind that are tried
KEPT = "noeviction"


@dataclass(frozen=True)
class Line:
    """One thing that was tried. *text*: what was found, or what to do when it is not *well*."""

    name: str
    well: bool
    text: str


def of_the_host(settings: Settings) -> Iterator[Line]:
    """What this computer itself has to give."""
    yield Line("Versione", True, f"Platea {VERSION}, Python {platform.python_version()}")
    trouble = storage.trouble(settings)
    yield Line("Disco", trouble is None, trouble or f"si scrive in {_named(storage.folders(settings))}")


def _named(folders: Sequence[Path]) -> str:
    return " e in ".join(map(str, folders))


def of_the_database(engine: Engine) -> Iterator[Line]:
    """Whether the database can be read and written, and is of this version; the rest only if it answers."""
    try:
        with engine.connect() as connection:
            name = _server(connection)
        trouble = _too_old(engine) or storage.database_trouble(engine)
        state = migrations.state(engine)
    except DBAPIError as error:
        yield Line("Database", False, database_words.why_not(error.orig))
        return
    yield Line("Database", trouble is None, trouble or f"{name}: si legge e si scrive")
    words = {
        migrations.State.OLDER: "lo schema è di una versione precedente: esegui “platea migra”",
        migrations.State.BEYOND: "è di una versione più recente, che va bene anche a questa",
        migrations.State.NEWER: database_words.NEWER_SCHEMA,
    }
    yield Line("Schema", state.is_usable, words.get(state, "è di questa versione"))


def of_the_workers() -> Iterator[Line]:
    """Whether work gets done; wants a database of this version."""
    with db.reading() as session:
        alive = workers.alive(session)
        runs = periodic.runs(session)
    names = ", ".join(one.name for one in alive)
    yield Line("Worker", bool(alive), names or "nessuno è attivo: avviane uno con “platea worker”")
    ill = [run.label for run in runs if not run.is_well]
    if alive:
        text = f"non riescono o sono in ritardo: {', '.join(ill)}" if ill else "fatti tutti in tempo"
        yield Line("Lavori periodici", not ill, text)
    wrong = [one.name for one in alive if one.has_wrong_clock] + ["questo computer"] * _is_wrong()
    text = f"oltre {clock.SLACK_S:.0f} secondi di differenza: {', '.join(wrong)}. Attiva NTP"
    yield Line("Orologio", not wrong, text if wrong else "va d’accordo con il database")


def of_the_keys(seals: Mapping[str, Seal]) -> Line:
    """Whether what was sealed opens; wants a database of this version and every table known."""
    lost = tried = 0
    with db.reading() as session:
        for ring, seal in seals.items():
            for table, column in reseal.sealed_columns(ring):
                wanted = select(table).where(column.is_not(None), column != b"").limit(SAMPLE)
                for row in session.execute(wanted).mappings():
                    tried += 1
                    lost += not _opens(seal, column, {**row})
    if lost:
        return Line(
            "Chiavi",
            False,
            f"{lost} segreti su {tried} non si aprono: rimetti la chiave di prima in PLATEA_TOKEN_KEYS "
            "(o in PLATEA_SECRET_KEYS)",
        )
    return Line("Chiavi", True, f"aprono i segreti salvati (provati: {tried})")


def of_redis(url: str) -> Line:
    """Whether Redis keeps what it is given. Source of the rule: redis.io/docs, key eviction."""
    name = f"{queueing.QUEUE}:controlla"
    try:
        with queueing.connection(url) as redis:
            redis.set(name, "1", ex=60)
            redis.delete(name)
            info: dict[str, Any] = redis.info()
    except (RedisError, OSError, ValueError) as error:
        return Line("Redis", False, _redis_words(error))
    policy = str(info.get("maxmemory_policy") or KEPT)
    if policy != KEPT:
        return Line(
            "Redis",
            False,
            f"maxmemory-policy è {policy}: con poca memoria perderebbe lavori. Mettila a {KEPT}",
        )
    return Line("Redis", True, f"{info.get('redis_version', '?')}: risponde e accetta dati")


def of_the_mail(settings: Settings) -> Line:
    if not settings.smtp_url:
        return Line("Email", True, "non impostata (SMTP_URL): inviti e avvisi non partono per email")
    try:
        with smtp.connected(settings):
            return Line("Email", True, "il server accetta la connessione e la password")
    except smtplib.SMTPAuthenticationError:
        return Line("Email", False, "il server rifiuta utente o password di SMTP_URL")
    except smtplib.SMTPNotSupportedError:
        return Line(
            "Email",
            False,
            "il server non offre TLS o un modo di entrare: controlla schema e porta di SMTP_URL",
        )
    except (smtplib.SMTPException, OSError) as error:
        return Line(
            "Email",
            False,
            f"il server di SMTP_URL non risponde ({type(error).__name__}): controlla host, porta e firewall",
        )


def _server(connection: Any) -> str:
    if connection.dialect.name == "sqlite":
        return f"SQLite {connection.exec_driver_sql('SELECT sqlite_version()').scalar_one()}"
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"


def _too_old(engine: Engine) -> str | None:
    if engine.dialect.name == "sqlite":
        return None
    with engine.connect() as connection:
        number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    return None if number >= OLDEST_POSTGRESQL else "serve PostgreSQL 14 o più recente"


def _opens(seal: Seal, column: Column[Any], row: Mapping[str, Any]) -> bool:
    try:
        reseal.opened(seal, column, row)
    except CannotOpen:
        return False
    return True


def _is_wrong() -> bool:
    return abs(clock.off_by_s()) > clock.SLACK_S


def _redis_words(error: Exception) -> str:
    text = str(error)
    if "WRONGPASS" in text or "NOAUTH" in text or "invalid username-password" in text:
        return "non accetta utente o password di REDIS_URL"
    if isinstance(error, NoPermissionError) or "NOPERM" in text:  # the library takes the code off
        return "l’utente di REDIS_URL non ha i permessi: servono tutti i comandi sulle chiavi rq:* e platea:*"
    if "certificate" in text.casefold() or "SSL" in text:
        return "la connessione TLS non riesce: controlla il certificato, o usa redis:// senza TLS"
    if "OOM" in text:
        return "ha finito la memoria (maxmemory): alzala"
    if "MISCONF" in text or "READONLY" in text:
        return "non accetta dati: è una replica, o il suo disco è pieno"
    return "non risponde: controlla REDIS_URL e che il server sia acceso"
