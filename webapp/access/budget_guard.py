"""What costs disk, processor or calls to Meta has a budget an hour (`webapp.budgets`), held here.

The table says which endpoint uses what. A refusal is a 429 with words, before anything is done.
"""

import errno
import os
from collections.abc import Callable

import structlog
from flask import Response, g, request
from flask_login import current_user
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from webapp import budgets, calls_out, db
from webapp.access import current
from webapp.access.trail import refusals
from webapp.budgets import Kind, Spent
from webapp.host import storage
from webapp.services import services

log = structlog.get_logger(__name__)


def _always() -> bool:
    return True


def _asks_for(name: str) -> Callable[[], bool]:
    """Only then is Meta called by this page."""
    return lambda: bool(request.args.get(name))


def _is_first_look() -> bool:
    """A count that is not whole yet asks again and again: it stays one."""
    return not request.form.get("contati")


USES: dict[str, tuple[Kind, Callable[[], bool]]] = {
    "contacts.create_import": (Kind.DRAFTS, _always),
    "contacts.export_contacts": (Kind.EXPORTS, _always),
    "contacts.export_file": (Kind.EXPORTS, _always),
    "contacts.rejected_rows": (Kind.EXPORTS, _always),
    "uploads.invalid_csv": (Kind.EXPORTS, _always),
    "uploads.monitor_csv": (Kind.EXPORTS, _always),
    "uploads.diagnosis_file": (Kind.EXPORTS, _always),
    "access.trail_csv": (Kind.EXPORTS, _always),
    "contacts.count_filter": (Kind.COUNTS, _is_first_look),
    "uploads.recognise_fragment": (Kind.COUNTS, _always),
    "uploads.check_fragment": (Kind.COUNTS, _always),
    "meta.account_info": (Kind.CALLS, _asks_for("elenco")),
    "meta.account_audiences": (Kind.CALLS, _always),
    "meta.check_again": (Kind.CALLS, _always),
    "meta.create_account": (Kind.CALLS, _always),
    "meta.update_account": (Kind.CALLS, _always),
    "uploads.audience_fragment": (Kind.CALLS, _asks_for("aggiorna")),
}


def hold() -> None:
    """Use one of the budget of whoever asks; 429 when it is used up. Once the form may be read."""
    calls_out.forget()
    g.budget_spent = 0
    kind = _kind()
    if kind is None:
        return
    try:
        with db.writing() as session:
            budgets.spend(session, kind, *_who())
    except Spent as spent:
        _refuse(spent, kind)
    g.budget_spent = int(kind == Kind.CALLS)


def count_calls(response: Response) -> Response:
    """A page is counted by the requests to Meta it took: a list of many pages is many, a kept one is none."""
    spent, made = g.pop("budget_spent", None), calls_out.made()
    if spent is None or spent == made or not current_user.is_authenticated or not current.spaces():
        return response
    try:
        with db.writing() as session:
            budgets.settle(session, Kind.CALLS, *_who(), spent, made)
    except OperationalError as error:
        log.warning("richieste a Facebook non contate", error=type(error.orig).__name__)
    return response


def refuse_a_file_early() -> None:
    """429 for a file that may not come, 507 for one there is no room for, before a byte of it is read."""
    if request.endpoint is None or USES.get(request.endpoint, (None,))[0] != Kind.DRAFTS:
        return
    if (request.content_length or 0) > (request.max_content_length or 0):
        return  # it is refused for its size (413), wherever there may be room
    if not storage.has_room(services().settings, request.content_length or 0):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    try:
        with db.reading() as session:
            budgets.look(session, Kind.DRAFTS, *_who())
    except Spent as spent:
        _refuse(spent, Kind.DRAFTS)


def _kind() -> Kind | None:
    kind, when = USES.get(request.endpoint or "", (None, _always))
    return kind if kind is not None and request.method != "HEAD" and when() else None


def _who() -> tuple[str, str]:
    return str(current.current_operator().id), str(current.current_client_id())


def _refuse(spent: Spent, kind: Kind) -> None:
    refusals.budget_used_up(kind)
    raise TooManyRequests(str(spent), retry_after=spent.wait_s)
