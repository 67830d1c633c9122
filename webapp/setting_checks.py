"""Whether a setting can work at all, before anything is opened with it.

Each function returns the value as it is used, or raises WrongSetting: one Italian sentence that names the
variable and says what to write. Nothing of the value stands in it, as it may hold a password.
"""

import base64
import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

DATABASE_FORM = "postgresql://utente:password@host:5432/nome"
REDIS_FORM = "redis://host:6379/0 (rediss:// con TLS)"
ESCAPES = "Nella password scrivi %23 per #, %2F per /, %3A per :, %3F per ?, %40 per @ e %25 per %."
THIS_COMPUTER = frozenset({"127.0.0.1", "localhost", "::1"})  # by the names that people give it
COPY_KEY = "platea-copie-"  # what public keys for copies begin with
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_-]+)+")
SECRET_MIN = 32  # characters: `platea chiavi` makes 44
# Secrets that stand in examples of other programs, and so in lists of who tries them.
KNOWN_SECRETS = ("changeme", "change-me", "secret", "password", "cambiami", "example", "esempio", "123456")
# What drivers of other languages put behind the question mark.
OPTIONS_OF_OTHERS = {
    "schema": "crea l’utente con quello schema come predefinito e togli l’opzione",
    "pgbouncer": "toglila: Platea va già bene dietro PgBouncer",
    "ssl": "scrivi sslmode=require",
    "connection_limit": "toglila",
    "pool_timeout": "toglila",
    "jdbcCompliantTruncation": "toglila",
}


class WrongSetting(Exception):
    """A setting that cannot be used; `str()` is the Italian sentence for who runs the installation."""


def graph_edge(name: str, text: str) -> str:
    """The end of an address of the Graph API, or nothing."""
    if text and not (text.isascii() and text.replace("_", "").isalnum()):
        raise WrongSetting(
            f"{name} è la fine di un indirizzo della Graph API: lettere, cifre e trattini bassi."
        )
    return text


def database_url(url: str) -> str:
    """The URL with the driver we ship: hosts hand out `postgres://`, SQLAlchemy wants the driver named."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            url = "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise WrongSetting("DATABASE_URL deve iniziare con sqlite:/// oppure postgresql://.")
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        raise WrongSetting(f"DATABASE_URL deve essere come {DATABASE_FORM}. {ESCAPES}") from None
    if parts.drivername == "sqlite":
        if not parts.database or parts.database == ":memory:" or parts.query:
            raise WrongSetting("DATABASE_URL: dopo sqlite:/// scrivi soltanto il percorso del file.")
        return url
    _check_server(parts)
    return url


def _check_server(parts: URL) -> None:
    if "@" in (parts.host or "") or "/" in (parts.database or "") or not (parts.host or parts.query):
        raise WrongSetting(f"DATABASE_URL deve essere come {DATABASE_FORM}. {ESCAPES}")
    if "," in (parts.host or ""):
        raise WrongSetting("DATABASE_URL: scrivi un solo host, quello del server principale.")
    if not parts.database:
        raise WrongSetting(f"DATABASE_URL: manca il nome del database. Deve essere come {DATABASE_FORM}.")
    from psycopg.pq import Conninfo  # 40 ms, which a command on SQLite need not spend

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    for name in sorted(parts.query.keys() - known):
        what = OPTIONS_OF_OTHERS.get(name, "toglila")
        raise WrongSetting(f"DATABASE_URL: PostgreSQL non ha l’opzione “{name}”: {what}.")


def redis_url(url: str) -> str:
    if url.startswith(("redis+sentinel://", "redis-sentinel://", "sentinel://")):
        raise WrongSetting(
            f"REDIS_URL: Platea non parla con i Sentinel. Scrivi l’indirizzo del server, come {REDIS_FORM}."
        )
    if url.startswith("unix://"):
        return url
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
        is_good = is_good and (parts.path.strip("/") == "" or parts.path.strip("/").isdigit())
        is_good = is_good and not parts.fragment
    except ValueError:  # a port that is none
        is_good = False
    if not is_good:
        raise WrongSetting(f"REDIS_URL deve essere come {REDIS_FORM}. {ESCAPES}")
    return url


def web_url(name: str, url: str) -> str:
    """The address of a web server, without the slash at its end."""
    value = url.rstrip("/")
    parts = _split(name, value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongSetting(f"{name} deve essere un indirizzo che inizia con http:// o https://.")
    if parts.username is not None or parts.query or parts.fragment:
        raise WrongSetting(f"{name}: scrivi l’indirizzo senza utente, senza “?” e senza “#”.")
    if not value.isascii():
        raise WrongSetting(f"{name}: scrivi l’host come {_as_the_network_writes(parts.hostname)}.")
    return value


def public_url(url: str, is_demo: bool) -> str:
    """The address that people open. In clear only on this computer: what is typed passes there."""
    value = web_url("PLATEA_URL", url)
    parts = urlsplit(value)
    if parts.path and not _PREFIX.fullmatch(parts.path):
        raise WrongSetting(
            "PLATEA_URL: nel percorso dopo l’host vanno lettere, cifre, “-” e “_”, "
            "per esempio https://esempio.it/platea."
        )
    if is_loopback(parts.hostname or ""):
        return value
    if is_demo:
        raise WrongSetting(
            "PLATEA_DEMO=1 serve per provare su questo computer: chiunque entra senza password. "
            "Togli PLATEA_DEMO, oppure usa un PLATEA_URL come http://127.0.0.1:8000."
        )
    if parts.scheme == "http":
        raise WrongSetting(
            "PLATEA_URL: fuori da questo computer serve https://, "
            "altrimenti password e dati dei contatti passano in chiaro."
        )
    return value


def is_loopback(host: str) -> bool:
    """Whether only this computer can be meant by *host*."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def secret_key(text: str) -> str:
    """The key that signs sessions: who guesses it is anybody. Source: ASVS 5.0, 11.2.3 (128 bits)."""
    plain = text.casefold()
    if len(text) < SECRET_MIN or len(set(text)) < 8 or any(word in plain for word in KNOWN_SECRETS):
        raise WrongSetting(
            "PLATEA_SECRET_KEY è corta o si indovina: creane una con “platea chiavi” "
            f"(almeno {SECRET_MIN} caratteri a caso)."
        )
    return text


def trail_url(url: str) -> str:
    """Who receives the audit trail: a web address, or a syslog server."""
    if not url:
        return url
    form = "https://host/percorso, syslog+tls://host:6514, syslog+tcp://host:601 o syslog+udp://host:514"
    parts = _split("PLATEA_TRAIL_URL", url)
    kinds = ("https", "http", "syslog+tls", "syslog+tcp", "syslog+udp")
    if parts.scheme not in kinds or not parts.hostname or parts.username is not None or parts.fragment:
        raise WrongSetting(f"PLATEA_TRAIL_URL deve essere come {form}, senza utente né password.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise WrongSetting("PLATEA_TRAIL_URL: fuori da questo computer serve https://.")
    if parts.scheme.startswith("syslog") and (parts.path.strip("/") or parts.query):
        raise WrongSetting(f"PLATEA_TRAIL_URL deve essere come {form}.")
    return url


def copy_key(text: str) -> str:
    """The public key that copies are encrypted to; "" for none."""
    if text:
        raw_copy_key(text)
    return text


def raw_copy_key(text: str) -> bytes:
    """Its 32 bytes. Raises WrongSetting."""
    try:
        raw = base64.b64decode(text.removeprefix(COPY_KEY), altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if not text.startswith(COPY_KEY) or len(raw) != 32:
        raise WrongSetting(
            f"PLATEA_BACKUP_KEY: comincia con {COPY_KEY} e la crea “platea chiavi copie”. "
            "Qui va quella pubblica: la privata non sta mai su questo computer."
        )
    return raw


def _split(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        if parts.port == 0:
            raise ValueError("no port")
    except ValueError:
        raise WrongSetting(f"{name}: la porta dopo l’host è un numero da 1 a 65535.") from None
    return parts


def _as_the_network_writes(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return "lo scrive la rete, in lettere senza accenti"
