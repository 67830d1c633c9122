"""What a person starts or stops is told of in the audit trail by the same transaction, or does not happen."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest
from sqlalchemy import text
from sqlmodel import select

from tests.conftest import Browser, make_app
from tests.uploads.screens.building import add_contacts, add_upload
from webapp import db
from webapp.access.models import AuditEntry
from webapp.contacts.imports import importing
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.destinations.meta.accounts import accounts
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.values.identifiers import new_public_id


@pytest.fixture
def browser(connected, giulia) -> Browser:
    made = make_app(connected).test_client()
    made.sign_in(giulia)
    return made


# The trail cannot be written: on PostgreSQL its disk is full, on SQLite it is not where it was.
BREAK = {
    "sqlite": ["ALTER TABLE audit_entry RENAME TO put_away"],
    "postgresql": [
        "CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON audit_entry EXECUTE FUNCTION is_full()",
    ],
}
MEND = {
    "sqlite": ["ALTER TABLE put_away RENAME TO audit_entry"],
    "postgresql": ["DROP TRIGGER full_disk ON audit_entry", "DROP FUNCTION is_full()"],
}


@contextmanager
def no_trail() -> Iterator[None]:
    _do(BREAK)
    try:
        yield
    finally:
        _do(MEND)


def _do(statements: dict[str, list[str]]) -> None:
    with db.writing() as session:
        for statement in statements[db.engine().dialect.name]:
            session.execute(text(statement))


def told() -> list[str]:
    with db.reading() as session:
        found = list(session.exec(select(AuditEntry.action).order_by(AuditEntry.seq)))
    return [action for action in found if action.startswith(("upload_", "import_"))]


def every(table) -> list:
    with db.reading() as session:
        found = list(session.exec(select(table)))
        session.expunge_all()
    return found


def test_an_upload_that_cannot_be_told_of_does_not_start_and_the_same_form_starts_it_later(
    browser, connected, aurora, clienti, simulator
):
    account = accounts.save_with_token(
        aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token
    )
    add_contacts(clienti, {"email": "anna@posta.example", "email_sha256": b"a" * 32})
    url = f"/database/{clienti.public_id}/custom-audience/carica"
    form = {"token": new_public_id(), "medium": "email", "account": account.public_id, "modo": "nuova",
            "nome": "Clienti", "consenso": "1", "ok_numero": "1"}  # fmt: skip

    with no_trail():
        refused = browser.post_form(url, form)
        assert every(Upload) == []
    browser.post_form(url, form)
    browser.post_form(url, form)

    assert refused.status_code == 503 and "Platea non è disponibile" in refused.text
    assert [upload.status for upload in every(Upload)] == [UploadStatus.QUEUED]
    assert told() == ["upload_started"]


@pytest.mark.parametrize(
    ("action", "before", "after", "entry"),
    [
        ("ferma", UploadStatus.SENDING, UploadStatus.STOPPED, "upload_stopped"),
        ("riprendi", UploadStatus.PAUSED, UploadStatus.QUEUED, "upload_resumed"),
        ("riprova", UploadStatus.STOPPED, UploadStatus.QUEUED, "upload_retried"),
        ("ripeti", UploadStatus.COMPLETED, UploadStatus.COMPLETED, "upload_repeated"),
    ],
)
def test_what_is_asked_of_an_upload_is_told_with_it(
    browser, connected, aurora, clienti, simulator, action, before, after, entry
):
    account = accounts.save_with_token(
        aurora.id, "Aurora Italia", simulator.account_id, simulator.access_token
    )
    left = BatchStatus.STOPPED if before == UploadStatus.STOPPED else BatchStatus.PENDING
    upload = add_upload(clienti, [(left, 3, 0)], status=before, account=account)
    url = f"/caricamenti/{upload.public_id}/{action}"

    with no_trail():
        assert browser.post_form(url).status_code == 503
        assert [(one.status, one.stop_requested) for one in every(Upload)] == [(before, False)]
    assert browser.post_form(url).status_code == 303

    assert every(Upload)[0].status == after
    assert told() == [entry]


def test_an_import_starts_and_stops_with_its_entry_or_not_at_all(browser, clienti):
    with db.writing() as session:
        source = BytesIO(b"Email\nanna@posta.example.com\n")
        draft = importing.create(session, clienti, "clienti.csv", source, "Giulia Ferri")
    base = f"/database/{clienti.public_id}/importazioni/{draft.public_id}"

    for action, before, after in (
        ("importa", ImportStatus.DRAFT, ImportStatus.QUEUED),
        ("ferma", ImportStatus.QUEUED, ImportStatus.STOPPED),
    ):
        with no_trail():
            assert browser.post_form(f"{base}/{action}").status_code == 503
            assert every(ContactImport)[0].status == before
        assert browser.post_form(f"{base}/{action}").status_code == 303
        assert every(ContactImport)[0].status == after

    assert told() == ["import_started", "import_stopped"]
