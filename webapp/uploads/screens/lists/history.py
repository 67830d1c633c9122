"""The history of a database or of a filter: page and update take what they show from the same place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session

from webapp import db
from webapp.uploads.screens import next_steps, queries, texts
from webapp.uploads.screens.lists import summary
from webapp.uploads.screens.lists.list_state import ListState
from webapp.uploads.screens.next_steps import Note
from webapp.uploads.screens.queries import StatusGroup
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.screens.sources import Source
from webapp.uploads.status import UploadStatus

GROUPS = {
    StatusGroup.ALL: "Tutti",
    StatusGroup.RUNNING: "In corso",
    StatusGroup.DONE: "Completati",
    StatusGroup.CHECK: "Da controllare",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A link that narrows a list: words, how many it would show, whether it is the current one."""

    label: str
    count: int
    url: str
    is_current: bool


def context(source: Source, state: ListState[StatusGroup]) -> dict[str, Any]:
    """Everything `_history.html` shows."""
    with db.reading() as session:
        found = _matching(source, state)
        counts = queries.count_groups(session, found)
        page = queries.read_page(session, and_(found, queries.in_group(state.group)), state.page)
        standing = summary.count_by_status(session, source.scope.condition())
        recent = summary.recent(session, source.scope)
        no_worker = summary.no_worker_for(session, source.scope)
    accounts = next_steps.accounts_of(source.database.client_id)
    return {
        "source": source,
        "state": state,
        "tabs": _tabs(source, state, counts),
        "page": page,
        "notes": _notes(page.rows, accounts),
        "standing": standing,
        "recent": recent,
        "no_worker": no_worker,
        "interval": standing.interval_s,
        "fragment_url": source.url("history_fragment", **state.args(pagina=page.number)),
        "words": texts,
    }


def _notes(rows: Sequence[UploadRow], accounts: next_steps.Accounts) -> dict[int, Note]:
    """The notes under the rows; a pause that ends by itself is told beside its status already."""
    waits_alone = {row.id for row in rows if row.status == UploadStatus.PAUSED and not row.needs_person}
    found = ((row.id, next_steps.note(row, accounts)) for row in rows if row.id not in waits_alone)
    return {row_id: note for row_id, note in found if note}


def etag_parts(session: Session, source: Source, state: ListState[StatusGroup]) -> tuple[object, ...]:
    """The parts of this history's entity tag."""
    return (source.scope, state, *summary.etag_parts(session, source.scope))


def _matching(source: Source, state: ListState[StatusGroup]) -> ColumnElement[bool]:
    scope = source.scope.condition()
    return and_(scope, queries.named_like(state.q)) if state.q else scope


def _tabs(source: Source, state: ListState[StatusGroup], counts: dict[StatusGroup, int]) -> list[Tab]:
    return [
        Tab(label, counts[group], source.url(**state.args(stato=group)), group == state.group)
        for group, label in GROUPS.items()
    ]
