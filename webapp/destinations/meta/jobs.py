"""What RQ runs for this room. A job takes an id; it may run twice and do the thing once."""

from webapp.destinations.meta.health import checking
from webapp.queueing import die_with_parent


def check_account(account_id: int) -> None:
    die_with_parent()
    checking.check(account_id)
