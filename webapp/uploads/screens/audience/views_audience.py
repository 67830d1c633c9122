"""The page of one custom audience: whom Platea has put there, who is to leave, how many are recognised."""

from dataclasses import dataclass

from flask import abort, render_template, request, url_for
from sqlalchemy import select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.current import current_client_id, may
from webapp.access.models import Role
from webapp.contacts.ledger import sources
from webapp.contacts.ledger.sources import SourceCounts
from webapp.contacts.models import SentAudience
from webapp.destinations import registry
from webapp.destinations.base import SIZES_KEPT, Account
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens import texts
from webapp.uploads.screens.audience import estimate
from webapp.uploads.screens.form import audience_list, forms
from webapp.uploads.screens.routes import blueprint
from webapp.uploads.screens.rows import UploadRow
from webapp.values.texts import ROME


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with where its people come from in words, and the upload form that aligns it, if it can be."""

    counts: SourceCounts
    name: str
    where: str
    align_url: str | None


@blueprint.get("/custom-audience", endpoint="audience")
def audience_page() -> str:
    """`?account=` the public id of ours, `&audience=` the vendor's id."""
    client_id, audience_id = current_client_id(), request.args.get("audience", "")[:64]
    accounts = registry.accounts(client_id)
    account = next((one for one in accounts if one.public_id == request.args.get("account")), None)
    if account is None or not audience_id:
        abort(404)
    with db.reading() as session:
        name = _name(session, client_id, account, audience_id)
        counts = sources.of_audience(session, client_id, account.kind, audience_id)
        people = sources.different_people(session, counts)
        values = _values(session, client_id, account, audience_id)
    name = name or _name_at_vendor(client_id, account, audience_id) or abort(404)
    destination = registry.destination(account.kind)
    since = clock.now().astimezone(ROME).date() - SIZES_KEPT
    sizes = destination.audience_sizes(client_id, account.id, audience_id, since)
    newest = sizes[max(sizes)] if sizes else None
    return render_template(
        "uploads/screens/audience/audience.html",
        account=account,
        destination=destination,
        audience_id=audience_id,
        audience_name=name,
        rows=[_row(one, account, audience_id, values) for one in counts],
        total={key: sum(getattr(one, key) for one in counts) for key in ("members", "to_remove", "refused")},
        maybe=sum(one.maybe for one in counts),
        unnamed=sum(one.unnamed for one in counts),
        people=people,
        size=newest,
        size_words=estimate.size_words(newest),
        recognised=estimate.recognised(newest, people, destination.label),
        caveat=estimate.CAVEAT.format(label=destination.label),
        changes=[(day, estimate.size_words(one)) for day, one in estimate.changes(sizes)],
        kept_days=SIZES_KEPT.days,
        score=_score(client_id, account, audience_id),
        may_upload=may(Role.MARKETER) and not account.problem,
        form_existing=forms.EXISTING,
        align=Operation.ALIGN,
    )


def audience_url(row: UploadRow) -> str | None:
    """The page of the audience that an upload filled; None before it is made, and without its account."""
    if not row.audience_id or row.account_id is None:
        return None
    try:
        account = registry.destination(row.destination).account(row.client_id, row.account_id)
    except LookupError:
        return None
    return url_for("uploads.audience", account=account.public_id, audience=row.audience_id)


def _name(session: Session, client_id: int, account: Account, audience_id: str) -> str | None:
    """The name by which the client's uploads last knew it; None when none of them went there."""
    for table in (SentAudience, Upload):
        name = SentAudience.name if table is SentAudience else Upload.audience_name
        known = select(col(name)).where(
            col(table.client_id) == client_id,
            col(table.destination) == account.kind,
            col(table.audience_id) == audience_id,
        )
        found: str | None = session.execute(
            known.order_by(col(table.id).desc()).limit(1)
        ).scalar_one_or_none()
        if found is not None:
            return found
    return None


def _name_at_vendor(client_id: int, account: Account, audience_id: str) -> str | None:
    found = audience_list.read(client_id, account).find(audience_id)
    return found.name if found else None


def _values(session: Session, client_id: int, account: Account, audience_id: str) -> dict[int | None, str]:
    """Feed → the field whose value its last upload sent: whoever aligns it has to send the same one."""
    sent = select(col(Upload.feed_id), col(Upload.value_field)).where(
        col(Upload.client_id) == client_id,
        col(Upload.destination) == account.kind,
        col(Upload.audience_id) == audience_id,
        col(Upload.value_field).is_not(None),
    )
    found = session.execute(sent.order_by(col(Upload.id))).all()
    return {row.feed_id: row.value_field for row in found}


def _row(
    counts: SourceCounts, account: Account, audience_id: str, values: dict[int | None, str]
) -> SourceRow:
    if counts.feed_id is None:
        return SourceRow(counts, "Fonti che non ci sono più", "", None)
    medium = texts.MEDIA[counts.medium]
    is_gone = counts.is_deleted or bool(counts.filter_public_id and counts.filter_name is None)
    if not counts.filter_public_id:
        where = "intero database"
    else:
        where = f"filtro “{counts.filter_name}”" if counts.filter_name else "un filtro che non c’è più"
    if counts.is_deleted:
        where = "database eliminato"
    align_url = None if is_gone else url_for(
        "uploads.new_upload",
        database_id=counts.database_public_id,
        filtro=counts.filter_public_id or None,
        medium=counts.medium,
        account=account.public_id,
        modo=forms.EXISTING,
        audience=audience_id,
        come=Operation.ALIGN,
        valore=values.get(counts.feed_id),
    )  # fmt: skip
    return SourceRow(counts, counts.database_name, f"{where}, {medium}", align_url)


def _score(client_id: int, account: Account, audience_id: str) -> str | None:
    """What the vendor says of how it recognises people, where it says anything."""
    return registry.destination(account.kind).recognition(client_id, account.id, audience_id)
