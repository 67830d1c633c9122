"""The Italian words of this room, chosen by code: sources, states, reasons, events. PURE.

No sentence here is made with the present time: pages that ask again every few seconds would change at
every answer. How long something still takes is told from what was sent until the last change.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from webapp.contacts.consent import ConsentPolicy
from webapp.destinations.base import Account, Destination
from webapp.uploads.screens import outcome_texts, stop_texts, way_texts
from webapp.uploads.screens.form.forecast import Forecast
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.values import reasons
from webapp.values.readings import group
from webapp.values.texts import (
    NOTHING,
    ROME,
    STATUSES,
    clock_time,
    duration,
    moment,
    number,
    plural,
)

# The templates find all their words here.
way, how_far, changed = way_texts.way, way_texts.how_far, way_texts.changed
nothing_to_do = way_texts.nothing_to_do
outcome = outcome_texts.outcome
stop_question, stop_consequence = stop_texts.stop_question, stop_texts.stop_consequence
MEDIA = {"email": "Email", "sms": "SMS"}
FOR_MEDIUM = {"email": "email", "sms": "SMS"}
VALID_DETAIL = {"email": "email valida", "sms": "cellulare valido"}
CONSENT = (
    "Ho raccolto il consenso necessario per usare questi dati su Facebook. "
    "Email e numeri partono solo come impronte SHA-256, mai in chiaro."
)
ASYNC = "Può richiedere tempo: puoi chiudere la pagina, l’invio continua."
NO_WORKER = "Nessun worker è attivo, quindi nessun caricamento va avanti."
SCOPE_DATABASE = "Lo storico comprende i caricamenti dell’intero database e quelli partiti dai suoi filtri."
SCOPE_FILTER = "Qui vedi solo i caricamenti partiti da questo filtro."

EXCLUDED = {
    "opted_out": "hanno detto no",
    "no_consent": "non hanno mai risposto",
    "same_opted_out": "stesso dato di chi ha detto no",
    "undecided": "da decidere",
    "erased": "cancellati (GDPR)",
    "removed": "tolti dal database dopo l’avvio",
    "database_deleted": "di un database eliminato",
}
EXCLUDED_ONE = {  # the same of one contact
    "opted_out": "ha detto no",
    "no_consent": "non ha mai risposto",
    "same_opted_out": "lo stesso dato è di un altro contatto che ha detto no",
    "opted_out.same": "lo stesso dato è di un altro contatto che ha detto no",
    "undecided": "risposta da decidere",
    "undecided.same": "lo stesso dato è di un altro contatto con una risposta da decidere",
    "erased": "cancellato (GDPR)",
}
# Whom an upload may send: the choice of its form, and what its pages say of it.
WHOM_HINT = (
    "Come risulta dalle risposte nel database. Un dato di chi ha detto no non parte nemmeno da un doppione."
)
CONSENTS = {
    ConsentPolicy.NOT_REFUSED: "Tutti tranne chi ha detto no",
    ConsentPolicy.GIVEN: "Solo chi ha detto sì",
    ConsentPolicy.ANYONE: "Tutti, anche chi ha detto no",
}
CHOICES = {  # of the form: who said no is no ordinary choice
    ConsentPolicy.NOT_REFUSED: "Restano fuori anche le risposte da decidere.",
    ConsentPolicy.GIVEN: "Chi non ha mai risposto resta fuori.",
}
DUPLICATE = "duplicati"
APART = {"duplicate": DUPLICATE, "already_there": "già presenti", "never_there": "mai inviati qui"}
BATCHES = {
    BatchStatus.PENDING: ("idle", "clock", "Da inviare"),
    BatchStatus.SENDING: ("run", "loader-circle", "Invio in corso"),
    BatchStatus.SENT: ("ok", "circle-check", "Ricevuto"),
    BatchStatus.FAILED: ("err", "circle-x", "Non inviato"),
    BatchStatus.STOPPED: ("idle", "ban", "Fermato"),
    BatchStatus.POSTPONED: ("warn", "hourglass", "Da completare"),
}
TICKS = {  # colour (a class of static/app.css) and opacity of one tick
    BatchStatus.PENDING: ("muted", 0.25),
    BatchStatus.SENDING: ("tag accent", 0.7),
    BatchStatus.SENT: ("ok-t", 1),
    BatchStatus.FAILED: ("err-t", 1),
    BatchStatus.STOPPED: ("muted", 0.6),
    BatchStatus.POSTPONED: ("warn-t", 0.7),
}
EVENTS = {
    "started": "Caricamento avviato da {by}",
    "prepared": "Preparazione conclusa: {selected} contatti letti, {to_send} da inviare in {batches} blocchi",
    "confirmed": "Confermato: toglierà {rows} utenti",
    "postponed": "Blocco {seq}: {reason} {rows} restano da togliere",
    "audience_created": "Custom audience creata su {label}",
    "sent": "Blocco {seq} ricevuto da {vendor}: {rows} righe, {rejected} rifiutate",
    "retried": "Blocco {seq}, tentativo {attempt}: {reason} Nuovo tentativo tra {wait_s} s",
    "halved": "Blocco {seq} diviso in due perché troppo grande: la seconda metà è il blocco {other}",
    "failed": "Blocco {seq} non riuscito. {reason}",
    "paused": "In pausa. {reason}",
    "resumed": "Ripreso",
    "reopened": "{by} ha chiesto di inviare ciò che manca",
    "stop_requested": "È stato chiesto di fermare il caricamento",
    "taken_out": "Blocco {seq}: {rows} utenti tolti prima dell’invio perché non possono più partire",
    "in_doubt": "Blocco {seq}: {reason}",
    "begun_anew": "La sostituzione ricomincia dal primo blocco, in un’altra sessione",
    "taken_back": "Blocco {seq}: il worker che lo inviava non risponde più, torna da inviare",
    "fenced": "Blocco {seq}: risposta in ritardo del tentativo {attempt}, non cambia nulla",
    "closed": "Caricamento concluso: {status}",
}
PREPARATION_TAKEN_BACK = "Il worker che preparava il caricamento non risponde più: la preparazione ricomincia"
PLACES = ("", "Prossimo in coda", "Secondo in coda", "Terzo in coda", "Quarto in coda", "Quinto in coda")


def whom_to_send(prospect: Forecast) -> list[tuple[str, str, str, str]]:
    """Each ordinary choice by consent: value, label, whom it would send by each medium there is, hint."""
    return [
        (who, CONSENTS[who], _users({one: prospect.to_send(one, who) for one in prospect.media}), hint)
        for who, hint in CHOICES.items()
    ]


def contacts_by_medium(counts: Mapping[str, int]) -> str:
    """“16 contatti”; with the medium where a channel makes a difference: “16 per email, 12 per SMS”."""
    if len(set(counts.values())) <= 1:
        return plural(next(iter(counts.values()), 0), "contatto", "contatti")
    return ", ".join(f"{number(count)} per {FOR_MEDIUM[medium]}" for medium, count in counts.items())


def to_be_sent(count: int, refused: int) -> str:
    """The sentence at the foot of the form. *refused*: how many of them said no and go all the same."""
    said = "Verrà inviato 1 utente" if count == 1 else f"Verranno inviati {number(count)} utenti"
    return f"{said}, {included(refused)}." if refused else f"{said}."


def included(refused: int) -> str:
    return f"di cui {number(refused)} {'ha' if refused == 1 else 'hanno'} detto no, {_by_you(refused)}"


def _by_you(refused: int) -> str:
    return "incluso da te" if refused == 1 else "inclusi da te"


def _users(counts: Mapping[str, int]) -> str:
    if len(counts) == 1:
        return plural(sum(counts.values()), "utente", "utenti")
    return ", ".join(f"{number(count)} {FOR_MEDIUM[medium]}" for medium, count in counts.items())


def left_out(key: str) -> str:
    """The name of a group of contacts that is not sent: "email non valida", "duplicati"."""
    return APART.get(key) or EXCLUDED.get(key) or reasons.GROUPS.get(group(key), key)


def rejected_by(vendor: str) -> str:
    """The reason of a contact that was sent, and that the vendor did not accept."""
    return f"rifiutato da {vendor}"


def batch_look(status: BatchStatus, vendor: str) -> tuple[str, str, str]:
    """Tone, icon and words of a batch."""
    tone, icon, words = BATCHES[status]
    return tone, icon, f"{words} da {vendor}" if status == BatchStatus.SENT else words


def left_out_reason(reason: str) -> str:
    """The same for one contact: the whole reason, as beside a value to correct."""
    if reason == "duplicate":
        return "duplicato: lo stesso dato è già in un altro contatto"
    return EXCLUDED_ONE.get(reason) or reasons.explain(reason)


def event(
    destination: Destination, kind: str, seq: int | None, attempt: int, detail: Mapping[str, Any]
) -> str:
    """A line of the timeline."""
    if kind == "taken_back" and seq is None:
        return PREPARATION_TAKEN_BACK
    said = {key: number(value) if isinstance(value, int) else value for key, value in detail.items()}
    if "status" in said:
        said["status"] = STATUSES[detail["status"]].label
    values = _Missing(said, seq=seq, attempt=attempt, label=destination.label, vendor=destination.vendor)
    words = way_texts.PREPARED_OUT if kind == "prepared" and detail.get("to_remove") else EVENTS[kind]
    return words.format_map(values).strip()


def status_detail(row: UploadRow) -> str:
    """The second line under a status: how far, how long, or what it waits for."""
    if row.is_stopping:
        return "si ferma dopo i blocchi già partiti"
    match row.status:
        case UploadStatus.QUEUED:
            return row.reason or queue_place(row.queue_place or 1)
        case UploadStatus.PREPARING:  # one line where the states before and after have one
            return ready_so_far(row) or "lettura dei contatti"
        case UploadStatus.SENDING:
            return sending(row)
        case UploadStatus.PAUSED:
            return paused(row)
    took = (row.finished_at - row.created_at) if row.finished_at else None
    return f"in {duration(took)}" if took is not None and row.numbers.done else ""


def queue_place(place: int) -> str:
    return PLACES[place] if place < len(PLACES) else f"{number(place)}º in coda"


def preparing(row: UploadRow) -> str:
    ready = ready_so_far(row)
    if ready:
        return f"{ready}, calcolo delle impronte SHA-256"
    return "Lettura dei contatti e calcolo delle impronte SHA-256"


def ready_so_far(row: UploadRow) -> str:
    ready = 0 if row.numbers.is_known else row.numbers.waiting
    return plural(ready, "utente pronto", "utenti pronti") if ready else ""


def sending(row: UploadRow) -> str:
    said = f"blocco {number(row.batches_sent)} di {number(row.batches)}"
    return f"{said} · circa {duration(row.left)}" if row.left is not None else said


def lasted(row: UploadRow) -> str:
    """From the request to the end, or to the last thing that happened."""
    if row.status == UploadStatus.QUEUED:
        return NOTHING
    return duration((row.finished_at or row.updated_at) - row.created_at)


def paused(row: UploadRow) -> str:
    """The reason of a pause; when it ends by itself, also the hour."""
    what = (row.reason or "").rstrip(".")
    if row.waits_for_confirmation:
        return what
    if row.resume_at is None:
        return "aspetta che qualcuno intervenga"
    if "riproviamo alle" in what:  # the destination has said when by itself
        return what
    again = goes_on(row)
    return f"{what}: {again}" if what else again


def goes_on(row: UploadRow) -> str:
    """When a pause ends by itself; empty for what waits for a person, or does not wait."""
    if row.status != UploadStatus.PAUSED or row.resume_at is None or row.stop_requested:
        return ""
    return f"riprende da solo {at(row.resume_at, row.updated_at)}"


def at(epoch: float, from_moment: datetime) -> str:
    """The hour, “alle 14:32”, with the day when it is not that of *from_moment*."""
    when = datetime.fromtimestamp(epoch, UTC)
    same_day = when.astimezone(ROME).date() == from_moment.astimezone(ROME).date()
    return f"alle {clock_time(when)}" if same_day else f"il {moment(when).replace(' ', ' alle ')}"


def account_options(accounts: Sequence[Account]) -> list[tuple[str, str]]:
    """For a select: an account that cannot send says so before it is chosen."""
    return [
        (account.public_id, f"{account.name} (da controllare)" if account.problem else account.name)
        for account in accounts
    ]


def what_is_missing(row: UploadRow) -> str:
    left = row.numbers.set_aside + row.numbers.not_removed
    missing = "l’utente che manca" if left == 1 else f"i {number(left)} utenti che mancano"
    return f"Invia solo {missing}: chi è già stato ricevuto non riparte."


class _Missing(dict[str, Any]):
    """Words for a placeholder an event has no value for: nothing rather than a broken page."""

    def __missing__(self, key: str) -> str:
        return ""
