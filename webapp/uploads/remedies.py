"""What a person can do about an upload that stopped, and where: the note under its row."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from webapp.destinations import registry
from webapp.destinations.base import Account
from webapp.uploads.rows import UploadRow
from webapp.uploads.status import UploadStatus

ADMINISTRATOR = "un amministratore"
MARKETER = "chi carica gli utenti"
NOBODY = "nessuno: riprende da solo"


@dataclass(frozen=True, slots=True)
class Note:
    """*tone* and *icon* as in static/app.css; *who* does *todo*; the link is for who may follow it."""

    tone: str
    icon: str
    text: str
    todo: str
    who: str
    label: str = ""
    url: str = ""

    @property
    def for_administrators(self) -> bool:
        return self.who == ADMINISTRATOR


def accounts_of(client_id: int, kind: str = "meta") -> dict[int, Account]:
    return {account.id: account for account in registry.destination(kind).accounts(client_id)}


def note(row: UploadRow, accounts: Mapping[int, Account]) -> Note | None:
    """What to say under the row; None when there is nothing to do or to wait for."""
    text, todo = row.reason or "", row.todo or ""
    if not text and not todo:
        return None
    if row.needs_person:
        return _about_account(row, accounts, "hold", "circle-pause", text, todo)
    if row.status == UploadStatus.PAUSED:
        return Note("hold", "circle-pause", text, todo, NOBODY)
    if row.status == UploadStatus.FAILED:
        if row.account_id not in accounts:
            return _about_account(row, accounts, "", "circle-x", text, todo)
        return Note("", "circle-x", text, todo, MARKETER, *_upload_again(row))
    if row.status == UploadStatus.COMPLETED_WITH_WARNINGS:
        return Note("warn", "triangle-alert", text, todo, MARKETER)
    return None


def _about_account(
    row: UploadRow, accounts: Mapping[int, Account], tone: str, icon: str, text: str, todo: str
) -> Note:
    account = accounts.get(row.account_id or 0)
    if account is None:
        return Note(tone, icon, text, todo, ADMINISTRATOR, "vai agli account", url_for("meta.accounts"))
    url = url_for("meta.edit_account", account_id=account.public_id)
    return Note(tone, icon, text, todo, ADMINISTRATOR, "apri l’account", url)


def _upload_again(row: UploadRow) -> tuple[str, str]:
    """The form for the same source; nothing when its filter was deleted."""
    if row.filter_name and row.filter_public_id is None:
        return "", ""
    filtro = row.filter_public_id
    url = url_for("uploads.new_upload", database_id=row.database_public_id, filtro=filtro)
    return "carica di nuovo", url
