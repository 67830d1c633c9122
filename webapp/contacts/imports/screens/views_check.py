"""The step of the check: what the import would do, in two sums; what has to be confirmed; the start."""

from flask import Response, make_response, render_template, request
from sqlmodel import Session

from webapp import db
from webapp.access.current import may
from webapp.access.models import Role
from webapp.contacts import queries, texts
from webapp.contacts.answers import FIELDS, field_of
from webapp.contacts.imports import alerts, dry_run, import_forms, importing
from webapp.contacts.imports.columns import NEW
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.import_pages import find, url
from webapp.contacts.imports.screens import bills, quality
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.routes import IMPORT, blueprint
from webapp.contacts.store.import_blocks import UNDO_LIVES
from webapp.web import htmx


@blueprint.get(f"{IMPORT}/controlla")
def check_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        own = [field for field in queries.fields_of(session, db.saved_id(database)) if field.is_own]
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        if import_forms.mapping_errors(draft, own):
            page = "import_columns" if may(Role.MARKETER) else "import_result"
            return htmx.go_to(url(page, database, draft))
        return make_response(
            render_template("contacts/imports/steps/check.html", **_page(session, database, draft))
        )


@blueprint.post(f"{IMPORT}/importa")
def start_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        if found := _to_confirm(session, draft):
            answer = htmx.go_to(url("check_import", database, draft))
            return htmx.notice(answer, texts.TO_CONFIRM.format(alert=found[0]["testo"]), "err")
    try:
        importing.start(db.saved_id(draft))
    except UnreadableFile as error:
        return htmx.notice(htmx.go_to(url("import_columns", database, draft)), str(error), "err")
    return htmx.go_to(url("import_result", database, draft))


def _to_confirm(session: Session, draft: ContactImport) -> list[alerts.Alert]:
    """The alerts that nobody has confirmed yet; an import that cannot start has others things to say."""
    if draft.status != ImportStatus.DRAFT or importing.problems(draft):
        return []
    confirmed = set(request.form.getlist("conferma"))
    found = alerts.to_confirm(dry_run.forecast(session, draft).alerts)
    return [one for one in found if one["codice"] not in confirmed]


def _page(session: Session, database: UserDatabase, draft: ContactImport) -> dict[str, object]:
    found = dry_run.forecast(session, draft)
    may_edit = may(Role.MARKETER)
    return {
        "database": database,
        "draft": draft,
        "found": found,
        "rows_bill": bills.rows_bill(found),
        "data_bill": bills.data_bill(found, draft),
        "folds": quality.folds(found.quality, shows_examples=may_edit),
        "answers": quality.consent_words(found.quality.answers),
        "word_pages": [
            (draft.header[int(index)], int(index))
            for index, target in draft.mapping.items()
            if field_of(target) in FIELDS
        ],
        "confirms": alerts.to_confirm(found.alerts),
        "losses": quality.losses(found.tally),
        "unread": quality.unreadable(draft.header, found.unreadable),
        "may_edit": may_edit,
        "remarks": quality.remarks(found.alerts),
        "makes": [draft.header[int(i)] for i, target in draft.mapping.items() if target.startswith(NEW)],
        "undo_days": UNDO_LIVES.days,
        "words": texts,
    }
