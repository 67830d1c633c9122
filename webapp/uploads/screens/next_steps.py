"""The note under an upload that stopped: what a person can do about it, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import url_for

from webapp.destinations import registry
from webapp.destinations.base import Account
from webapp.uploads.problems import ADMINISTRATOR, MARKETER, NOBODY
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import UploadStatus


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
    for_administrators: bool = False
    is_action: bool = False  # the address is a POST


Accounts = Mapping[tuple[str, int | None], Account]  # by kind of destination and id within it


def accounts_of(client_id: int) -> Accounts:
    return by_key(registry.accounts(client_id))


def by_key(accounts: Sequence[Account]) -> Accounts:
    return {(account.kind, account.id): account for account in accounts}


def note(row: UploadRow, accounts: Accounts) -> Note | None:
    """The note under the row; None when there is nothing to do or to wait for."""
    if not row.reason and not row.todo or row.seen_at:
        return None
    if row.needs_person:
        return _about_account(row, accounts, "hold", "circle-pause")
    if row.status == UploadStatus.PAUSED:
        return _note(row, "hold", "circle-pause", NOBODY)
    if row.status == UploadStatus.FAILED:
        if (row.destination, row.account_id) not in accounts:
            return _about_account(row, accounts, "", "circle-x")
        return _note(row, "", "circle-x", MARKETER, *_upload_again(row))
    if row.status == UploadStatus.COMPLETED_WITH_WARNINGS:
        return _note(row, "warn", "triangle-alert", MARKETER)
    return None


def _note(row: UploadRow, tone: str, icon: str, who: str, label: str = "", url: str = "") -> Note:
    return Note(tone, icon, row.reason or "", row.todo or "", row.reason_who or who, label, url)


def _about_account(row: UploadRow, accounts: Accounts, tone: str, icon: str) -> Note:
    """A remedy at the destination leads there, any other to the account's own page."""
    note = _note(row, tone, icon, ADMINISTRATOR)
    destination = registry.destination(row.destination)
    if row.reason_link:
        return replace(note, label=f"apri {destination.label}", url=row.reason_link)
    account = accounts.get((row.destination, row.account_id))
    if account is None:
        return replace(
            note, label="vai agli account", url=url_for(destination.pages.accounts), for_administrators=True
        )
    if account.can_authorise:
        url = url_for(destination.pages.authorise, account_id=account.public_id)
        return replace(note, label="autorizza di nuovo", url=url, for_administrators=True, is_action=True)
    url = url_for(destination.pages.edit_account, account_id=account.public_id)
    return replace(note, label="apri l’account", url=url, for_administrators=True)


def _upload_again(row: UploadRow) -> tuple[str, str]:
    """The form for the same source; nothing when its filter was deleted."""
    if row.filter_name and row.filter_public_id is None:
        return "", ""
    filtro = row.filter_public_id
    url = url_for("uploads.new_upload", database_id=row.database_public_id, filtro=filtro)
    another = "scegli un’altra custom audience"
    return another if row.needs_another_audience else "modifica e carica di nuovo", url
