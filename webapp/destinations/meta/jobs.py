"""Jobs of this room, run by RQ. A job takes an id; it may run twice and does its work once."""

import structlog

from webapp import db
from webapp.destinations.base import DestinationError
from webapp.destinations.meta.destination import MetaDestination
from webapp.destinations.meta.health import checking
from webapp.destinations.meta.models import MetaAccount
from webapp.life import die_with_parent

log = structlog.get_logger(__name__)


def check_account(account_id: int) -> None:
    die_with_parent()
    checking.check(account_id)


def read_audiences(account_id: int) -> None:
    """Read the account's list of audiences, however long it takes, and keep it for the pages."""
    die_with_parent()
    with db.reading() as session:
        account = session.get(MetaAccount, account_id)
    if account is None:
        return
    try:
        connection = MetaDestination().connect(account.client_id, account_id)
    except (LookupError, DestinationError):  # deleted meanwhile; or the account says what it lacks
        return
    try:
        connection.read_audiences()
    except DestinationError as error:
        log.warning("elenco delle custom audience non letto", account=account_id, code=error.problem.code)
    finally:
        connection.close()
