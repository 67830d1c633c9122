"""Data of the overview: the present, which asks again by itself, and the last 30 days."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.models import Client
from webapp.destinations.base import Account
from webapp.destinations.registry import destination
from webapp.home import charts, queries
from webapp.home.charts import Chart
from webapp.uploads.models import Upload
from webapp.uploads.screens import next_steps
from webapp.uploads.screens import queries as upload_queries
from webapp.uploads.screens import texts as upload_texts
from webapp.uploads.screens.lists import summary, trends
from webapp.uploads.screens.queries import Scope, StatusGroup
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import RUNNING
from webapp.values.texts import ROME

LIVE_S = 10
SHOWN = 5
LOOKED_AT = 20  # audiences whose size is asked for; those nobody has counted yet are left out


def recent_rows(client: Client) -> list[UploadRow]:
    """The uploads of the last 30 days: what the numbers add up and the charts draw."""
    with db.reading() as session:
        return summary.recent_rows(session, Scope((db.saved_id(client),)))


def now(client: Client, accounts: list[Account], rows: list[UploadRow]) -> dict[str, Any]:
    """Everything `_now.html` shows; *rows* as of `recent_rows`."""
    scope = Scope((db.saved_id(client),))
    with db.reading() as session:
        standing = summary.count_by_status(session, scope.condition())
        running = and_(scope.condition(), col(Upload.status).in_(RUNNING))
        active = upload_queries.read_all(session, running, SHOWN)
        checked = and_(scope.condition(), upload_queries.in_group(StatusGroup.CHECK))
        to_check = upload_queries.read_all(session, checked, SHOWN)
        no_worker = summary.no_worker_for(session, scope)
        has_upload = queries.has_upload(session, db.saved_id(client))
    by_key = next_steps.by_key(accounts)
    return {
        "recent": summary.add_up(rows),
        "standing": standing,
        "active": active,
        "to_check": [(row, next_steps.note(row, by_key)) for row in to_check],
        "accounts": accounts,
        "no_worker": no_worker,
        "has_upload": has_upload,
        "interval": LIVE_S if standing.active else None,
        "words": upload_texts,
    }


def etag_parts(session: Session, client: Client, accounts: list[Account]) -> tuple[object, ...]:
    """The parts of the entity tag of `_now.html`."""
    told = tuple((account.public_id, account.problem, account.notices) for account in accounts)
    return (
        clock.now().astimezone(ROME).date(),
        told,
        *summary.etag_parts(session, Scope((db.saved_id(client),))),
    )


def drawn(rows: list[UploadRow]) -> list[Chart]:
    """The charts of the last 30 days, from `recent_rows`; none for who has sent nothing in them."""
    today = clock.now().astimezone(ROME).date()
    days = trends.per_day(rows, today)
    if not any(day.sent for day in days):
        return []
    made = [
        charts.sent_chart([(day.on, day.sent) for day in days]),
        charts.invalid_chart([(day.on, day.share) for day in days]),
    ]
    sizes = _sizes(rows, today)
    if sizes:
        made.append(charts.size_chart([day.on for day in days], sizes))
    return made


def _sizes(rows: list[UploadRow], today: date) -> list[tuple[str, dict[date, int]]]:
    since = today - timedelta(days=trends.DAYS - 1)
    found = []
    for one in trends.latest_audiences(rows, LOOKED_AT):
        try:
            sizes = destination(one.destination).audience_sizes
            known = sizes(one.client_id, one.account_id, one.audience_id, since)
        except LookupError:  # the account was deleted
            continue
        if known:
            found.append((one.name, {day: size.least for day, size in known.items()}))
    return found[: charts.MOST_LINES]
