"""A custom audience as the page "Info" lists it: whoever made it, with what Meta says of its size. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.destinations.meta.graph_api.audiences import audience, largest
from webapp.destinations.meta.graph_api.client import DESCRIPTION
from webapp.values.texts import number

NOT_YET = "non ancora disponibile"
# Source: Meta sheet §3.1 `subtype`; names a person finds in Gestione pubblici.
KINDS = {
    "APP": "Attività nell’app",
    "CUSTOM": "Elenco di contatti",
    "ENGAGEMENT": "Interazioni",
    "LOOKALIKE": "Pubblico simile",
    "OFFLINE_CONVERSION": "Conversioni offline",
    "VIDEO": "Visualizzazioni di video",
    "WEBSITE": "Sito web",
}


@dataclass(frozen=True)
class AudienceRow:
    id: str
    name: str
    kind: str
    size: str
    has_size: bool
    updated_at: datetime | None
    unsuitable: str | None
    is_ours: bool
    takes_lists: bool  # its people come from lists: it has a page of its own


def audience_row(node: Mapping[str, Any]) -> AudienceRow:
    """*node* holds `client.AUDIENCE_FIELDS`."""
    plain = audience(node)
    subtype = str(node.get("subtype") or "CUSTOM")
    return AudienceRow(
        plain.id,
        plain.name,
        KINDS.get(subtype, "Altro pubblico"),
        size_words(plain.size, largest(node)),
        plain.size is not None,
        plain.updated_at,
        plain.unsuitable,
        str(node.get("description", "")).startswith(DESCRIPTION),
        subtype == "CUSTOM",
    )


def size_words(lower: int | None, upper: int | None) -> str:
    """Meta gives two bounds and means anything between; −1 is "not counted yet". Source: Meta sheet §3.1."""
    if lower is None:
        return NOT_YET
    return number(lower) if upper is None or upper <= lower else f"{number(lower)}–{number(upper)}"
