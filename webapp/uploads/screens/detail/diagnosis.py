"""The diagnosis of one upload for support: counts, states, codes, times and versions. PURE.

Nobody's name is in it, be it of a contact, operator, client, database, filter or audience, and no token: it
can be pasted into a ticket. Ids are enough to find everything again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from webapp.uploads import identifier_words
from webapp.uploads.models import BatchEvent
from webapp.uploads.screens.detail.queries_detail import BatchRow
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import BatchStatus

FORMAT = "platea-diagnosi/1"
MOST_BATCHES, MOST_EVENTS = 200, 300
# Keys of an event's detail that hold counts, codes and ids; `by` is a person's name, `reason` may quote one.
TOLD = (
    "rows",
    "rejected",
    "received",
    "wait_s",
    "other",
    "code",
    "trace",
    "status",
    "selected",
    "to_send",
    "batches",
)


@dataclass(frozen=True, slots=True)
class SystemState:
    """The system that the upload runs on. *waiting*: jobs in Redis, None when it does not answer."""

    version: str
    database: str
    is_demo: bool
    waiting: int | None
    workers: Sequence[Mapping[str, Any]]


def diagnosis(
    row: UploadRow,
    account_reference: str | None,
    batches: Sequence[BatchRow],
    events: Sequence[BatchEvent],
    on: SystemState,
    at: datetime,
) -> bytes:
    """JSON, indented, UTF-8."""
    told = {
        "formato": FORMAT,
        "creata": _moment(at),
        "installazione": {
            "versione": on.version,
            "database": on.database,
            "demo": on.is_demo,
            "richieste_nella_coda": on.waiting,
            "worker": list(on.workers),
        },
        "caricamento": _upload(row, account_reference),
        "motivo": {
            "codice": row.reason_code,
            "traccia": row.reason_trace,
            "riprende": row.resume_at and _moment(datetime.fromtimestamp(row.resume_at, UTC)),
            "serve_una_persona": row.needs_person,
        },
        "numeri": _numbers(row),
        "blocchi": {"totale": row.batches, "inviati": row.batches_sent, "elenco": _batches(batches)},
        "eventi": [_event(event) for event in events[:MOST_EVENTS]],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def _upload(row: UploadRow, account_reference: str | None) -> dict[str, Any]:
    return {
        "numero": row.number,
        "id": row.public_id,
        "stato": str(row.status),
        "medium": row.medium,
        "riconosce_anche_da": [
            name for name, one in identifier_words.NAMES.items() if one in row.identifiers
        ],
        "con_valore": row.value_name is not None,
        "origine_dei_dati": row.data_origin,
        "consenso": row.consent,
        "detto_no_inclusi": row.refused_included,
        "destinazione": row.destination,
        "account_id": account_reference,
        "audience_id": row.audience_id or None,
        "audience_nuova": row.is_new_audience,
        "database": row.database_public_id,
        "filtro": row.filter_public_id,
        "da_filtro": row.filter_name is not None,
        "fermata_richiesta": row.stop_requested,
        "posizione_in_coda": row.queue_place,
        "avviato": _moment(row.created_at),
        "preparato": _moment(row.prepared_at),
        "primo_blocco_inviato": _moment(row.sent_at),
        "finito": _moment(row.finished_at),
        "ultimo_cambiamento": _moment(row.updated_at),
    }


def _numbers(row: UploadRow) -> dict[str, Any]:
    numbers = row.numbers
    return {
        "selezionati": numbers.selected,
        "esclusi": dict(numbers.excluded),
        "scartati": dict(numbers.discarded),
        "duplicati": numbers.duplicates,
        "da_inviare": numbers.to_send,
        "inviati": numbers.sent,
        "non_confermati": numbers.unconfirmed,
        "rifiutati": numbers.rejected,
        "in_attesa": numbers.waiting,
        "messi_da_parte": numbers.set_aside,
        "già_presenti": numbers.already_there,
        "mai_inviati_qui": numbers.never_there,
        "da_togliere": numbers.to_remove,
        "tolti": numbers.removed,
        "da_completare": numbers.postponed,
        "tornano": numbers.adds_up(),
    }


def _batches(batches: Sequence[BatchRow]) -> list[dict[str, Any]]:
    """Those that were not received first: they are what one looks for."""
    ordered = sorted(batches, key=lambda batch: (batch.status == BatchStatus.SENT, batch.seq))
    return [
        {
            "n": batch.seq,
            "stato": str(batch.status),
            "righe": batch.n_rows,
            "rifiutate": batch.num_rejected,
            "tentativi": batch.attempt,
            "codice": batch.error_code,
            "traccia": batch.trace,
            "inviato": _moment(batch.sent_at),
        }
        for batch in ordered[:MOST_BATCHES]
    ]


def _event(event: BatchEvent) -> dict[str, Any]:
    said = {key: event.detail[key] for key in TOLD if event.detail.get(key) is not None}
    where = {"blocco": event.seq, "tentativo": event.attempt} if event.seq is not None else {}
    return {"ora": _moment(event.at), "evento": event.kind, **where, **said}


def _moment(at: datetime | None) -> str | None:
    """UTC, to the second, as logs tell it."""
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
