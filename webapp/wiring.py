"""What rooms ask of rooms that they do not know, told to them in every process: web, worker and command.

Contacts and destinations know nothing of uploads; here they learn what one still needs, and what it keeps.
"""

from webapp.contacts import contact_history, holders
from webapp.destinations.meta import accounts
from webapp.uploads import usage
from webapp.uploads.erasing import take_out, take_out_refused
from webapp.uploads.sent_contacts import history_of


def introduce_rooms() -> None:
    """To be called once by each composition root; again changes nothing."""
    holders.register(usage.filter_is_busy)
    holders.register_uses(usage.filter_uses, usage.last_filter_uploads)
    holders.register_user(usage.why_database_in_use)
    holders.register_keeper(take_out)
    holders.register_refusal(take_out_refused)
    contact_history.register(history_of)
    accounts.in_use_checks[:] = [usage.account_is_busy]
    accounts.in_use_names[:] = [usage.running_names]
    accounts.last_uses[:] = [usage.last_uploads]
