"""Queries of the upload screens: each list is one statement, with the sums over its batches inside."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from webapp.access.models import Client
from webapp.contacts.cells import fold
from webapp.contacts.folding import folded_text
from webapp.contacts.models import Filter, UserDatabase
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens import paces
from webapp.uploads.screens.numbers import Numbers
from webapp.uploads.screens.rows import PAGE_ROWS, RowPage, UploadRow
from webapp.uploads.status import RUNNING, BatchStatus, UploadStatus
from webapp.uploads.to_check import is_to_check
from webapp.values import texts

RECENT = timedelta(days=30)
_REMOVES = col(Batch.operation) == Operation.REMOVE
_SUMS = ("sent", "unconfirmed", "rejected", "waiting", "on_its_way", "set_aside")
_REMOVAL_SUMS = ("removed", "removal_unconfirmed", "removing", "leaving_now", "not_removed", "postponed")
_PAGE = table("page", column("id"))
DONE = (UploadStatus.COMPLETED, UploadStatus.COMPLETED_WITH_WARNINGS)


class StatusGroup(StrEnum):
    """The states a list can be narrowed to; the values stand in its URL."""

    ALL = "tutti"
    RUNNING = "in-corso"
    DONE = "completati"
    CHECK = "da-controllare"


@dataclass(frozen=True, slots=True)
class Scope:
    """The source of the uploads: a database shows its filters' uploads too, a filter only its own (seed)."""

    client_ids: tuple[int, ...]
    database_id: int | None = None
    filter_id: int | None = None

    def condition(self) -> ColumnElement[bool]:
        parts: list[ColumnElement[bool]] = [col(Upload.client_id).in_(self.client_ids)]
        if self.database_id is not None:
            parts.append(col(Upload.database_id) == self.database_id)
        if self.filter_id is not None:
            parts.append(col(Upload.filter_id) == self.filter_id)
        return and_(*parts)


def in_group(group: StatusGroup) -> ColumnElement[bool]:
    """Uploads in a group."""
    status = col(Upload.status)
    if group == StatusGroup.RUNNING:
        return status.in_(RUNNING)
    if group == StatusGroup.DONE:
        return status.in_(DONE)
    if group == StatusGroup.CHECK:
        return is_to_check()
    return col(Upload.id).is_not(None)


def named_like(text: str) -> ColumnElement[bool]:
    """Uploads whose audience, source, client or number contains *text*, whatever case and accents."""
    wanted = fold(text)
    names = (Upload.audience_name, Upload.filter_name, Upload.account_name, Upload.public_id)
    shown: list[Any] = [*names, UserDatabase.name, Client.name]
    either = [folded_text(name).contains(wanted, autoescape=True) for name in shown]
    if (number := texts.read_numbered(text)) is not None:
        either.append(col(Upload.number) == number)
    return or_(*either)


def read_page(session: Session, where: ColumnElement[bool], number: int) -> RowPage:
    """Page *number* (from 1) of the uploads that fulfil *where*, newest first; past the end: the last."""
    total = session.execute(joined(select(func.count())).where(where)).scalar_one()
    number = min(max(number, 1), max(1, -(-total // PAGE_ROWS)))
    ids = joined(select(col(Upload.id))).where(where).order_by(col(Upload.id).desc())
    return RowPage(_read(session, ids.limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS)), total, number)


def read_all(session: Session, where: ColumnElement[bool], limit: int | None = None) -> list[UploadRow]:
    ids = joined(select(col(Upload.id))).where(where).order_by(col(Upload.id).desc()).limit(limit)
    return _read(session, ids)


def read_one(session: Session, client_id: int, public_id: str) -> UploadRow | None:
    """The client's upload of that number; None for another client's, as for one that never was."""
    found = session.execute(_one(), {"client": client_id, "number": public_id}).first()
    return _with_pace(session, [_row(found)])[0] if found else None


@lru_cache(maxsize=1)
def _one() -> Select[Any]:
    mine = and_(col(Upload.client_id) == bindparam("client"), col(Upload.public_id) == bindparam("number"))
    return _rows_of(select(col(Upload.id)).where(mine))


def running_repeat(session: Session, upload_id: int) -> str | None:
    """The public id of the newest repeat of an upload that has not ended yet."""
    again = select(col(Upload.public_id)).where(
        col(Upload.repeats_id) == upload_id, col(Upload.status).in_(RUNNING)
    )
    return session.execute(again.order_by(col(Upload.id).desc()).limit(1)).scalar_one_or_none()


def running_twin(
    session: Session,
    scope: Scope,
    *,
    account_id: int,
    medium: str,
    operation: str,
    audience_id: str,
    audience_name: str,
) -> str | None:
    """The public id of an unfinished upload of the same source into the same audience, in the same way.

    *audience_id* is empty for a new audience, which has only its name until it has been created.
    """
    whole = col(Upload.filter_name).is_(None) if scope.filter_id is None else true()
    audience = col(Upload.audience_id) == audience_id
    if not audience_id:
        audience = and_(col(Upload.is_new_audience), col(Upload.audience_name) == audience_name)
    same = and_(
        scope.condition(),
        whole,
        col(Upload.account_id) == account_id,
        col(Upload.medium) == medium,
        col(Upload.operation) == operation,
        col(Upload.status).in_(RUNNING),
        audience,
    )
    return session.execute(select(col(Upload.public_id)).where(same).limit(1)).scalar_one_or_none()


def count_groups(session: Session, where: ColumnElement[bool]) -> dict[StatusGroup, int]:
    counts = [func.coalesce(func.sum(case((in_group(group), 1), else_=0)), 0) for group in StatusGroup]
    found = session.execute(joined(select(*counts)).where(where)).one()
    return {group: int(count) for group, count in zip(StatusGroup, found, strict=True)}


def joined(query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(Upload)
        .join(UserDatabase, col(UserDatabase.id) == col(Upload.database_id))
        .join(Client, col(Client.id) == col(Upload.client_id))
    )


def _read(session: Session, ids: Select[Any]) -> list[UploadRow]:
    found = session.execute(_rows_of(ids).order_by(col(Upload.id).desc()))
    return _with_pace(session, [_row(row) for row in found])


def _with_pace(session: Session, rows: list[UploadRow]) -> list[UploadRow]:
    left = paces.of_rows(session, rows)
    return [replace(row, left=left[row.id]) if row.id in left else row for row in rows]


def _rows_of(ids: Select[Any]) -> Select[Any]:
    return _rows().add_cte(ids.cte(_PAGE.name))


@lru_cache(maxsize=1)
def _rows() -> Select[Any]:
    """The rows of the uploads whose ids are in _PAGE.

    Made once: an open page asks every two seconds, and making it takes longer than answering.
    """
    rows_in = {status: _sum(col(Batch.n_rows), status) for status in BatchStatus}
    received = _sum(col(Batch.num_received), BatchStatus.SENT)
    out_in = {status: _sum(col(Batch.n_rows), status, removals=True) for status in BatchStatus}
    removed = _sum(col(Batch.num_received), BatchStatus.SENT, removals=True)
    refused = case((_REMOVES, 0), else_=col(Batch.num_rejected))
    sums = (
        select(
            col(Batch.upload_id).label("upload_id"),
            func.count().label("batches"),
            func.sum(case((col(Batch.status) == BatchStatus.SENT, 1), else_=0)).label("batches_sent"),
            received.label("sent"),
            (rows_in[BatchStatus.SENT] - received).label("unconfirmed"),
            (rows_in[BatchStatus.PENDING] + rows_in[BatchStatus.SENDING]).label("waiting"),
            rows_in[BatchStatus.SENDING].label("on_its_way"),
            (rows_in[BatchStatus.FAILED] + rows_in[BatchStatus.STOPPED]).label("set_aside"),
            func.coalesce(func.sum(refused), 0).label("rejected"),
            removed.label("removed"),
            (out_in[BatchStatus.SENT] - removed).label("removal_unconfirmed"),
            (out_in[BatchStatus.PENDING] + out_in[BatchStatus.SENDING]).label("removing"),
            out_in[BatchStatus.SENDING].label("leaving_now"),
            (out_in[BatchStatus.FAILED] + out_in[BatchStatus.STOPPED]).label("not_removed"),
            out_in[BatchStatus.POSTPONED].label("postponed"),
        )
        .where(col(Batch.upload_id).in_(select(_PAGE.c.id)))
        .group_by(col(Batch.upload_id))
        .subquery()
    )
    query = joined(
        select(
            *(column for column in Upload.__table__.c if column.key != "rule"),  # type: ignore[attr-defined]
            col(Client.name).label("client_name"),
            col(UserDatabase.public_id).label("database_public_id"),
            col(UserDatabase.name).label("database_name"),
            col(UserDatabase.deleted_at).is_not(None).label("database_deleted"),
            col(Filter.public_id).label("filter_public_id"),
            _queue_place().label("queue_place"),
            *(func.coalesce(column, 0).label(column.key) for column in sums.c if column.key != "upload_id"),
        )
    )
    return (
        query.join(_PAGE, _PAGE.c.id == col(Upload.id))
        .outerjoin(sums, sums.c.upload_id == col(Upload.id))
        .outerjoin(Filter, col(Filter.id) == col(Upload.filter_id))
    )


def _sum(value: Any, status: BatchStatus, removals: bool = False) -> ColumnElement[int]:
    """Over the batches in *status* that add, or that take out."""
    wanted = and_(col(Batch.status) == status, _REMOVES if removals else ~_REMOVES)
    return func.coalesce(func.sum(case((wanted, value), else_=0)), 0)


def _queue_place() -> ColumnElement[int | None]:
    """How many queued uploads, of any client, are served before this one or with it."""
    other = aliased(Upload)
    ahead = select(func.count()).where(
        col(other.status) == UploadStatus.QUEUED, col(other.id) <= col(Upload.id)
    )
    place = ahead.correlate(Upload).scalar_subquery()
    return case((col(Upload.status) == UploadStatus.QUEUED, place), else_=None)


def _row(row: Row[Any]) -> UploadRow:
    values = row._mapping
    numbers = Numbers(
        selected=values["selected"],
        excluded=values["excluded"],
        discarded=values["discarded"],
        duplicates=values["duplicates"] or 0,
        to_send=values["to_send"] or 0,
        already_there=values["already_there"] or 0,
        never_there=values["never_there"],
        to_remove=values["to_remove"] or 0,
        **{key: int(values[key]) for key in (*_SUMS, *_REMOVAL_SUMS)},
    )
    taken = {"numbers", "status", "left"}
    fields = {key: values[key] for key in UploadRow.__slots__ if key not in taken}
    return UploadRow(**fields, status=UploadStatus(values["status"]), numbers=numbers)
