"""A custom audience as Graph shows it → as Platea shows it, with why it cannot take contacts. PURE."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from webapp.destinations.base import Audience, Origin

# `customer_file_source`. Source: Meta sheet §3.1.
SOURCES = {
    Origin.CUSTOMERS: "USER_PROVIDED_ONLY",
    Origin.PARTNERS: "PARTNER_PROVIDED_ONLY",
    Origin.BOTH: "BOTH_USER_AND_PARTNER_PROVIDED",
}

# What other subtypes are made from. Source: Meta sheet §3.1 `subtype`; only CUSTOM takes customer files.
_MADE_FROM = {
    "APP": "nasce dalle attività in un’app, non da un elenco di contatti",
    "ENGAGEMENT": "nasce dalle interazioni su Facebook o Instagram, non da un elenco di contatti",
    "LOOKALIKE": "è un pubblico simile: lo calcola Facebook a partire da un altro",
    "OFFLINE_CONVERSION": "nasce dalle conversioni offline, non da un elenco di contatti",
    "VIDEO": "nasce dalle visualizzazioni dei video, non da un elenco di contatti",
    "WEBSITE": "nasce dalle visite a un sito, non da un elenco di contatti",
}
_NOT_A_LIST = "non nasce da un elenco di contatti"

# Codes with which adding works: the rest is "not ready", codes nobody documented included.
# Source: Meta sheet §3.1 `operation_status` and §10.27.
_TAKES_DATA = {0, 100, 200, 400, 410, 411, 412, 415, 441, 442, 450, 470}
_STATUSES = {
    300: "Facebook la sta aggiornando: riprova tra qualche minuto",
    414: "Facebook sta sostituendo i suoi utenti: riprova tra qualche minuto",
    471: "Facebook l’ha bloccata per il nome, la descrizione o la regola: apri Gestione pubblici",
    500: "su Facebook è in errore",
}
_FLAGGED, _EXPIRING = 471, 100  # blocked by Meta; unused for two years, deleted 90 days later
WARNING = "Facebook la eliminerà perché da due anni nessuna inserzione la usa."
_NOT_READY = "su Facebook non è pronta a ricevere utenti"


def audience(node: Mapping[str, Any]) -> Audience:
    """*node* holds `client.AUDIENCE_FIELDS`; what Graph left out is unknown, not wrong."""
    return Audience(
        id=str(node.get("id", "")),
        name=str(node.get("name", "")),
        size=_size(node),
        updated_at=_updated_at(node),
        unsuitable=unsuitable(node),
        warning=WARNING if is_expiring(node) else None,
        largest=largest(node),
        by_value=bool(node.get("is_value_based")),
    )


def unsuitable(node: Mapping[str, Any]) -> str | None:
    """Why the audience cannot take contacts from here, to be read after its name; None when it can."""
    subtype = str(node.get("subtype", "CUSTOM"))
    if subtype != "CUSTOM":
        return _MADE_FROM.get(subtype, _NOT_A_LIST)
    if _sub_type(node) == "HASHES_OR_USER_IDS":
        # An audience of single keys refuses lists of keys for ever (2650). Source: Meta sheet §4.2.
        return "è nata da un altro tipo di elenco e non accetta i nostri dati"
    permissions = node.get("permission_for_actions")
    if isinstance(permissions, Mapping) and permissions.get("can_edit") is False:
        return "chi ha autorizzato l’account non può modificarla"
    if node.get("delete_time"):
        return "su Facebook è destinata all’eliminazione"
    return _status(node.get("operation_status"))


def is_flagged(node: Mapping[str, Any]) -> bool:
    return _code(node.get("operation_status")) == _FLAGGED


def is_expiring(node: Mapping[str, Any]) -> bool:
    return _code(node.get("operation_status")) == _EXPIRING or bool(node.get("delete_time"))


def _code(status: object) -> object:
    return status.get("code") if isinstance(status, Mapping) else None


def _status(status: object) -> str | None:
    code = _code(status)
    if code is None or code in _TAKES_DATA:
        return None
    return _STATUSES.get(code, _NOT_READY) if isinstance(code, int) else _NOT_READY


def _sub_type(node: Mapping[str, Any]) -> object:
    source = node.get("data_source")
    return source.get("sub_type") if isinstance(source, Mapping) else None


def _size(node: Mapping[str, Any]) -> int | None:
    """The lower of Meta's two bounds: what it promises. −1 while it has not counted; 1000 is its floor."""
    return _bound(node.get("approximate_count_lower_bound"))


def largest(node: Mapping[str, Any]) -> int | None:
    """The upper bound; the lower one where Meta gives no other that is above it."""
    least, most = _size(node), _bound(node.get("approximate_count_upper_bound"))
    return least if least is None or most is None else max(least, most)


def _bound(bound: object) -> int | None:
    try:
        size = int(bound) if isinstance(bound, int | str) else -1
    except ValueError:
        size = -1
    return size if size >= 0 else None


def _updated_at(node: Mapping[str, Any]) -> datetime | None:
    """The later of "fields changed" and "people changed"; unix seconds, unlike most of Graph."""
    times = [node.get("time_updated"), node.get("time_content_updated")]
    seconds = max((time for time in times if isinstance(time, int)), default=0)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
