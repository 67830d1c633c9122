"""The answers of the vendor to an upload: each once, how often, when last, with its trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.uploads.models import BatchEvent

KINDS = ("sent", "retried", "failed", "paused")
GOOD = "200"


@dataclass(slots=True)
class VendorAnswer:
    """*code* is the vendor's (`80003`, `190/463`), ours (`rete`), or 200; *trace* is that of the newest."""

    code: str
    words: str
    times: int
    last_at: datetime
    trace: str | None


def gather(events: Sequence[BatchEvent]) -> list[VendorAnswer]:
    """From *events*, newest first; errors before what went well."""
    found: dict[str, VendorAnswer] = {}
    for event in events:
        code = GOOD if event.kind == "sent" else event.detail.get("code")
        if event.kind not in KINDS or not code:
            continue
        words = "Blocco ricevuto" if code == GOOD else str(event.detail.get("reason", ""))
        known = found.setdefault(code, VendorAnswer(code, words, 0, event.at, event.detail.get("trace")))
        known.times += 1
        known.trace = known.trace or event.detail.get("trace")
    return sorted(found.values(), key=lambda answer: answer.code == GOOD)
