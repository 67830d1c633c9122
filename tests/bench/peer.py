"""What somebody would write without Platea: rows as SQLModel objects, batches by Meta's own SDK."""

from collections.abc import Iterator
from itertools import islice

from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession
from sqlmodel import Session, select

from tests.bench.schemas import KEYS
from webapp import config, db
from webapp.contacts.models import Contact

BATCH_ROWS = 10_000
PART_OF_DATE = {"DOBY": "%Y", "DOBM": "%m", "DOBD": "%d"}


def run(database_id: int, keys: int, access_token: str, graph_url: str) -> int:
    """Send every contact of the database with so many keys; how many were sent."""
    session = FacebookSession(access_token=access_token)
    session.GRAPH = graph_url
    audience = CustomAudience("120200000000000001", api=FacebookAdsApi(session))
    with Session(db.connect(config.from_environment().database_url)) as opened:
        people = opened.exec(
            select(Contact).where(Contact.database_id == database_id).execution_options(yield_per=BATCH_ROWS)
        )
        return _send(audience, rows(people, KEYS[keys]), list(KEYS[keys]))


def rows(people: Iterator[Contact], keys: dict[str, str]) -> Iterator[list[str]]:
    for contact in people:
        row = [_cell(contact, key, field) for key, field in keys.items()]
        if any(row):
            yield row


def send_rows(audience: CustomAudience, batch: list[list[str]], schema: list[str]) -> None:
    """One batch, as the SDK's documentation shows: a single key by its own schema, several as a list."""
    if len(schema) == 1:
        audience.add_users(CustomAudience.Schema.email_hash, [row[0] for row in batch])
    else:
        audience.add_users(schema, batch, is_raw=True)


def _send(audience: CustomAudience, people: Iterator[list[str]], schema: list[str]) -> int:
    sent = 0
    while batch := list(islice(people, BATCH_ROWS)):
        send_rows(audience, batch, schema)
        sent += len(batch)
    return sent


def _cell(contact: Contact, key: str, field: str) -> str:
    value = getattr(contact, field)
    return value.strftime(PART_OF_DATE[key]) if value and key in PART_OF_DATE else str(value or "")
