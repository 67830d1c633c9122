"""Settings, read once from the environment. A wrong value stops the start with an Italian sentence."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from webapp import places, setting_checks
from webapp.places import ROOT as ROOT
from webapp.setting_checks import WrongSetting as WrongSetting
from webapp.setting_checks import database_url as database_url

GRAPH_URL = "https://graph.facebook.com"
DIALOG_URL = "https://www.facebook.com/v26.0/dialog/oauth"
VERSION = "0.1.0"  # of the wheel too: pyproject.toml reads it here
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MOST_PROXIES = 5


@dataclass(frozen=True)
class Settings:
    """Everything that differs from one installation to another. Secrets never appear in `repr()`."""

    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)  # the newest, which signs
    token_keys: tuple[str, ...] = field(repr=False)  # Fernet keys, newest first
    public_url: str = "http://127.0.0.1:8000"
    graph_url: str = GRAPH_URL
    dialog_url: str = DIALOG_URL
    meta_app_id: str = ""
    meta_app_secret: str = field(default="", repr=False)
    meta_match_rate_edge: str = ""  # where Meta tells how it recognises people; "": nobody asks it
    proxy: str = field(default="", repr=False)  # of calls to Facebook; may hold a password
    ca_file: str = ""  # PEM certificates that calls to Facebook trust besides the usual ones
    former_secret_keys: tuple[str, ...] = field(default=(), repr=False)  # still accepted, newest first
    demo: bool = False
    batch_rows: int = 5000
    lease_s: float = 60.0
    heartbeat_s: float = 15.0
    reconcile_s: float = 5.0
    max_upload_mb: int = 512
    max_import_rows: int = 5_000_000
    max_import_columns: int = 200
    filter_patience_s: float = 2.0  # what the builder of filters waits for its numbers
    backup_dir: Path | None = None  # where copies of the database go; None: nobody takes any
    backup_every_h: float = 1.0
    backup_key: str = ""  # the public key that copies are encrypted to; "": they are in clear
    smtp_url: str = field(default="", repr=False)  # smtp:// (STARTTLS) or smtps://; may hold a password
    smtp_ca_file: str = ""  # who vouches for a mail server with a certificate of its own
    mail_from: str = ""
    log_level: str = "INFO"
    metrics_token: str = field(default="", repr=False)  # who brings it may read /metrics; "": nobody
    proxies: int = 0  # how many reverse proxies stand in front: only what so many added is believed
    second_factor_for_all: bool = False
    # About 80 ms on two cores, above 19 MiB and 2 passes (Source: OWASP Password Storage Cheat Sheet). Set by
    # no variable: only tests sign in for less.
    password_kib: int = 46 * 1024
    password_passes: int = 2
    confirm_minutes: int = 15  # how long a password counts for what does great harm (`access.fresh_guard`)
    # What one person may use an hour, and a client three times as much (`webapp.budgets`); 0: no limit.
    drafts_per_hour: int = 60
    exports_per_hour: int = 60
    counts_per_hour: int = 2_000
    meta_calls_per_hour: int = 200
    invitations_per_hour: int = 30
    drafts_mb: int = 4_096  # of a client's files that wait to be imported, together
    address_days: int = 30  # how long the audit trail keeps whole addresses
    trail_url: str = field(default="", repr=False)  # who receives the audit trail; "": nobody
    trail_token: str = field(default="", repr=False)

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Newest first."""
        return (self.secret_key, *self.former_secret_keys)

    @property
    def smtp_is_local(self) -> bool:
        """Whether the mail server is on this machine, where nobody can listen in."""
        return urlsplit(self.smtp_url).hostname in setting_checks.THIS_COMPUTER

    @property
    def prefix(self) -> str:
        """The path all pages are under, as "/platea"; "" when the host is all ours."""
        return urlsplit(self.public_url).path

    @property
    def origin(self) -> str:
        """PLATEA_URL without that path: what goes before an address that `url_for` made."""
        return self.public_url.removesuffix(self.prefix) if self.prefix else self.public_url

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def keep_files_private() -> None:
    """First thing in a process: what it writes from now on is readable by its own account alone."""
    os.umask(0o077)


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process. Raises WrongSetting."""
    data_dir = Path(_text(env, "PLATEA_DATA", str(places.default_data_dir()))).resolve()
    demo = _yes_or_no(env, "PLATEA_DEMO")
    database = database_url(_text(env, "DATABASE_URL", f"sqlite:///{data_dir / 'platea.db'}"))
    return Settings(
        data_dir=data_dir,
        database_url=database,
        redis_url=setting_checks.redis_url(
            _required(env, "REDIS_URL", "l’indirizzo di Redis, per esempio redis://127.0.0.1:6379/0")
        ),
        **_secret_keys(env),
        token_keys=_keys(_required(env, "PLATEA_TOKEN_KEYS", "la chiave dei token: “platea chiavi”")),
        public_url=setting_checks.public_url(_text(env, "PLATEA_URL", "http://127.0.0.1:8000"), demo),
        graph_url=setting_checks.web_url("META_GRAPH_URL", _text(env, "META_GRAPH_URL", GRAPH_URL)),
        dialog_url=setting_checks.web_url("META_DIALOG_URL", _text(env, "META_DIALOG_URL", DIALOG_URL)),
        meta_app_id=_text(env, "META_APP_ID", ""),
        meta_app_secret=_text(env, "META_APP_SECRET", ""),
        meta_match_rate_edge=setting_checks.graph_edge(
            "META_MATCH_RATE_EDGE", _text(env, "META_MATCH_RATE_EDGE", "")
        ),
        demo=demo,
        batch_rows=int(_number(env, "PLATEA_BATCH_ROWS", 5000, 1, 10_000)),
        lease_s=_number(env, "PLATEA_LEASE_S", 60, 1, 600),
        heartbeat_s=_number(env, "PLATEA_HEARTBEAT_S", 15, 0.2, 300),
        reconcile_s=_number(env, "PLATEA_RECONCILE_S", 5, 0.2, 300),
        max_upload_mb=int(_number(env, "PLATEA_MAX_UPLOAD_MB", 512, 1, 100_000)),
        max_import_rows=int(_number(env, "PLATEA_MAX_IMPORT_ROWS", 5_000_000, 1, 1_000_000_000)),
        max_import_columns=int(_number(env, "PLATEA_MAX_IMPORT_COLUMNS", 200, 1, 2_000)),
        log_level=_log_level(env),
        metrics_token=_metrics_token(env),
        filter_patience_s=_number(env, "PLATEA_FILTER_PATIENCE_S", 2, 0.1, 30),
        proxies=_proxies(env),
        second_factor_for_all=_yes_or_no(env, "PLATEA_SECOND_FACTOR_FOR_ALL"),
        confirm_minutes=int(_number(env, "PLATEA_CONFIRM_MINUTES", 15, 1, 720)),
        **_budgets(env),
        address_days=int(_number(env, "PLATEA_ADDRESS_DAYS", 30, 0, 366)),
        trail_url=setting_checks.trail_url(_text(env, "PLATEA_TRAIL_URL", "")),
        trail_token=_text(env, "PLATEA_TRAIL_TOKEN", ""),
        **_backup(env, data_dir, database),
        **_way_out(env),
        **_mail(env),
    )


def _text(env: Mapping[str, str], name: str, default: str) -> str:
    """The variable, or the content of the file that `NAME_FILE` points to (as container hosts do)."""
    if path := env.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise WrongSetting(f"{name}_FILE: non riesco a leggere {path} ({error.strerror}).") from None
        except UnicodeDecodeError:
            raise WrongSetting(f"{name}_FILE: {path} non è un file di testo in UTF-8.") from None
    return env.get(name, "").strip() or default


def _required(env: Mapping[str, str], name: str, what: str) -> str:
    if value := _text(env, name, ""):
        return value
    raise WrongSetting(f"Manca {name}: {what}.")


def _yes_or_no(env: Mapping[str, str], name: str) -> bool:
    text = _text(env, name, "0")
    if text not in ("0", "1"):
        raise WrongSetting(f"{name} deve essere 1 (sì) o 0 (no).")
    return text == "1"


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _secret_keys(env: Mapping[str, str]) -> dict[str, Any]:
    """PLATEA_SECRET_KEYS, newest first. Installations of before have one key, in PLATEA_SECRET_KEY, which may
    hold a comma: it counts as the oldest."""
    keys, before = _keys(_text(env, "PLATEA_SECRET_KEYS", "")), _text(env, "PLATEA_SECRET_KEY", "")
    if before and before not in keys:
        keys = (*keys, before)
    if not keys:
        raise WrongSetting("Manca PLATEA_SECRET_KEYS: una chiave casuale, creala con “platea chiavi”.")
    newest, *former = [setting_checks.secret_key(key) for key in keys]
    return {"secret_key": newest, "former_secret_keys": tuple(former)}


def _log_level(env: Mapping[str, str]) -> str:
    level = _text(env, "PLATEA_LOG_LEVEL", "INFO").upper()
    if level not in LOG_LEVELS:
        raise WrongSetting(f"PLATEA_LOG_LEVEL deve essere uno di {', '.join(LOG_LEVELS)}.")
    return level


def _metrics_token(env: Mapping[str, str]) -> str:
    text = _text(env, "PLATEA_METRICS_TOKEN", "")
    if text and (len(text) < 16 or not text.isascii() or " " in text):
        raise WrongSetting("PLATEA_METRICS_TOKEN: almeno 16 lettere e cifre, senza spazi né accenti.")
    return text


def _proxies(env: Mapping[str, str]) -> int:
    text = _text(env, "PLATEA_PROXIES", "0")
    if not (text.isascii() and text.isdigit() and int(text[:3]) <= MOST_PROXIES):
        raise WrongSetting(
            "PLATEA_PROXIES dice quanti proxy ci sono davanti a Platea: scrivi un numero intero "
            f"da 0 (nessuno) a {MOST_PROXIES}, per esempio 1 con il solo nginx."
        )
    return int(text)


def _budgets(env: Mapping[str, str]) -> dict[str, Any]:
    return {
        "drafts_per_hour": int(_number(env, "PLATEA_DRAFTS_PER_HOUR", 60, 0, 1_000_000)),
        "exports_per_hour": int(_number(env, "PLATEA_EXPORTS_PER_HOUR", 60, 0, 1_000_000)),
        "counts_per_hour": int(_number(env, "PLATEA_COUNTS_PER_HOUR", 2_000, 0, 1_000_000)),
        "meta_calls_per_hour": int(_number(env, "PLATEA_META_CALLS_PER_HOUR", 200, 0, 1_000_000)),
        "invitations_per_hour": int(_number(env, "PLATEA_INVITATIONS_PER_HOUR", 30, 0, 1_000_000)),
        "drafts_mb": int(_number(env, "PLATEA_DRAFTS_MB", 4_096, 0, 10_000_000)),
    }


def _backup(env: Mapping[str, str], data_dir: Path, database: str) -> dict[str, Any]:
    """Where copies of the database go and how often. By itself only SQLite is copied: PostgreSQL's host has
    its own way, or names a folder."""
    every_h = _number(env, "PLATEA_BACKUP_HOURS", 1, 0, 168)
    key = setting_checks.copy_key(_text(env, "PLATEA_BACKUP_KEY", ""))
    folder = _text(env, "PLATEA_BACKUP_DIR", str(data_dir / "copie") if database.startswith("sqlite") else "")
    if not folder or not every_h:
        return {"backup_key": key}
    return {"backup_dir": Path(folder).resolve(), "backup_every_h": every_h, "backup_key": key}


def _way_out(env: Mapping[str, str]) -> dict[str, Any]:
    """How calls to Facebook leave a network that lets nobody out directly."""
    proxy, ca_file = _text(env, "PLATEA_PROXY", ""), _text(env, "PLATEA_CA_FILE", "")
    try:
        parts = urlsplit(proxy)
        is_proxy = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        is_proxy = False
    if proxy and not is_proxy:
        raise WrongSetting("PLATEA_PROXY deve essere come http://proxy.esempio.it:3128 (o https://…).")
    try:
        if ca_file:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except OSError:  # not there, not to be read, or no certificate in it
        raise WrongSetting(f"PLATEA_CA_FILE: in {ca_file} non ci sono certificati PEM leggibili.") from None
    return {"proxy": proxy, "ca_file": ca_file}


def _mail(env: Mapping[str, str]) -> dict[str, Any]:
    """The mail server and the sender; without SMTP_URL no e-mail is ever sent."""
    url, sender = _text(env, "SMTP_URL", ""), _text(env, "PLATEA_MAIL_FROM", "")
    if not url:
        return {}
    if not _is_mail_server(url):
        raise WrongSetting(
            "SMTP_URL deve essere come smtp://utente:password@host:587 oppure smtps://…:465. "
            "Nella password scrivi %23 per #, %2F per /, %3A per :, %40 per @ e %25 per %."
        )
    if "@" not in sender:
        raise WrongSetting("PLATEA_MAIL_FROM: manca l’indirizzo del mittente, per esempio platea@esempio.it.")
    if not _is_address(sender):
        raise WrongSetting("PLATEA_MAIL_FROM: scrivi soltanto l’indirizzo, per esempio platea@esempio.it.")
    return {"smtp_url": url, "smtp_ca_file": _text(env, "SMTP_CA_FILE", ""), "mail_from": sender}


def _is_mail_server(url: str) -> bool:
    parts = urlsplit(url)
    try:
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:  # no number: mostly a password with a character that ends it too early
        return False
    rest = (parts.path.strip("/"), parts.query, parts.fragment)
    return parts.scheme in ("smtp", "smtps") and has_place and rest == ("", "", "")


def _is_address(text: str) -> bool:
    try:
        return Address(addr_spec=text).addr_spec == text and "=?" not in text
    except (ValueError, IndexError, MessageError):
        return False


def _number(env: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = _text(env, name, str(default))
    try:
        value = float(text)
    except ValueError:
        raise WrongSetting(f"{name} deve essere un numero, non “{text}”.") from None
    if not low <= value <= high:
        raise WrongSetting(f"{name} deve stare tra {low:g} e {high:g}.")
    return value
