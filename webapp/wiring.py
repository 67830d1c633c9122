"""What rooms ask of rooms that they do not know, told to them in every process: web, worker and command.

Contacts and destinations know nothing of uploads; here they learn what one still needs, and what it keeps.
"""

from webapp.contacts import hooks
from webapp.contacts.people import contact_history
from webapp.destinations.meta.accounts import accounts
from webapp.uploads import usage
from webapp.uploads.engine.withdrawals import take_out, take_out_refused
from webapp.uploads.screens.contact_uploads import history_of


def register_hooks() -> None:
    """To be called once by each composition root; again changes nothing."""
    hooks.register(usage.filter_is_busy)
    hooks.register_uses(usage.filter_uses, usage.last_filter_uploads)
    hooks.register_user(usage.why_database_in_use)
    hooks.register_keeper(take_out)
    hooks.register_refusal(take_out_refused)
    contact_history.register(history_of)
    accounts.in_use_checks[:] = [usage.account_is_busy]
    accounts.in_use_names[:] = [usage.running_names]
    accounts.last_uses[:] = [usage.last_uploads]
