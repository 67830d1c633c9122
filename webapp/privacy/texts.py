"""The Italian words for where a person is and what came of it."""

from datetime import UTC, datetime

from webapp.contacts.ledger.tracing import State
from webapp.contacts.models import SentAudience
from webapp.privacy.searching import Place
from webapp.values.texts import moment

# State → tone and icon (static/app.css), and word.
STATES = {
    State.PRESENT: ("run", "users", "Presente"),
    State.MAYBE: ("warn", "circle-question-mark", "Forse presente"),
    State.SENT: ("idle", "circle-question-mark", "Inviato"),
    State.LEAVING: ("warn", "clock", "Da togliere"),
    State.REFUSED: ("warn", "triangle-alert", "Da completare"),
    State.LEFT: ("ok", "circle-check", "Tolto"),
    State.GONE: ("idle", "circle-x", "Eliminata"),
}
REASONS = {
    "erased": "ha chiesto di essere cancellato",
    "changed": "il contatto ha cambiato email o cellulare",
    "left": "non era più tra i contatti scelti",
    "taken_out": "tolto con un caricamento",
    "refused": "ha detto no al consenso",
}
OUTCOMES = {
    "removed": "",
    "wanted_again": "un altro contatto con lo stesso dato è stato inviato di nuovo",
    "replaced": "sono usciti tutti, sostituiti da altri",
}
NOT_THIS = "con un’altra email o un altro cellulare dello stesso contatto"


def detail(place: Place, vendor: str) -> str:
    """The small line below the state: why, when and what happens next. *vendor*: the destination's name."""
    trace = place.trace
    reason = REASONS.get(trace.reason or "", "")
    outcome = OUTCOMES.get(trace.outcome or "", "")
    said = {
        State.PRESENT: "",
        State.MAYBE: f"la risposta di {vendor} è andata persa: si sistema al prossimo Allinea",
        State.SENT: "non sappiamo se c’è ancora: è stato inviato prima che Platea tenesse il registro, "
        f"oppure la custom audience non c’è più su {vendor}",
        State.LEAVING: f"{reason}: {_next(trace.next_try_at)}",
        State.REFUSED: f"{reason}: {vendor} per ora rifiuta di toglierlo, {_again(trace.next_try_at)}",
        State.LEFT: ", ".join(filter(None, (_at(trace.done_at), reason, outcome))),
        State.GONE: f"la custom audience non c’è più su {vendor}",
    }[trace.state]
    return said if trace.has_typed else "; ".join(filter(None, (NOT_THIS, said)))


def source(place: Place) -> str:
    """Which database or filter, and by what: empty when the source is not known any more."""
    if not place.database:
        return "fonte che non c’è più"
    part = f"filtro “{place.filter_name}”" if place.filter_name else "intero database"
    return f"{place.database}, {part}, {'SMS' if place.trace.medium == 'sms' else 'Email'}"


def _at(at: datetime | None) -> str:
    return moment(at) if at else ""


def _next(next_try_at: float | None) -> str:
    return "esce quando la custom audience viene allineata" if next_try_at is None else "sta per uscire"


def _again(next_try_at: float | None) -> str:
    if next_try_at is None:
        return "si riprova quando la custom audience viene allineata"
    return f"si riprova dal {moment(datetime.fromtimestamp(next_try_at, UTC))}"


def lost(audience: SentAudience) -> str:
    """Of an audience whose ledger has a gap, since a copy was put back."""
    since = _at(audience.unknown_since)
    return (
        f"Di “{audience.name}” il registro non sa chi è stato inviato dopo il {since}, "
        "l’ora della copia che è stata ripristinata."
    )
