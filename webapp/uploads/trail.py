"""What the audit trail tells of an upload, in the transaction of the command itself."""

from sqlmodel import Session

from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import UserDatabase
from webapp.destinations.base import Origin
from webapp.uploads import identifier_words
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.origin_words import ORIGINS
from webapp.uploads.way_words import WAYS
from webapp.values.texts import numbered


def record_start(session: Session, upload: Upload, refused: int | None) -> None:
    """*refused*: how many contacts of the source say no, for an upload that may include them."""
    if upload.repeats_id is not None:
        again = session.get_one(Upload, upload.repeats_id)
        record(session, Action.UPLOAD_REPEATED, upload, {"ripete": numbered(again.number)})
    else:
        name = session.get_one(UserDatabase, upload.database_id).name
        where: audit.Detail = {"database": name, "filtro": upload.filter_name, "account": upload.account_name}
        if upload.is_new_audience:
            where["origine_dei_dati"] = ORIGINS[Origin(upload.data_origin)]
        if upload.operation != Operation.ADD:
            where["modo"] = WAYS[Operation(upload.operation)]
        if upload.value_name:
            where["valore"] = upload.value_name
        if upload.identifiers:
            where["riconosce_anche_da"] = identifier_words.labels(upload.identifiers)
        record(session, Action.UPLOAD_STARTED, upload, where)
    if upload.consent == ConsentPolicy.ANYONE:
        told: audit.Detail = {"motivo": upload.consent_reason, "hanno_detto_no": refused}
        record(session, Action.REFUSALS_INCLUDED, upload, told)


def record(session: Session, action: Action, upload: Upload, more: audit.Detail | None = None) -> None:
    told: audit.Detail = {"id": upload.public_id, "caricamento": numbered(upload.number), **(more or {})}
    audit.record(session, action, upload.audience_name, told, client_id=upload.client_id)
