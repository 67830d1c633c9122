"""The answers to what rooms ask of rooms they do not know, given in every process: web, worker and command.

Contacts and destinations know nothing of uploads; here they learn what one still needs, and what it keeps.
"""

from webapp.contacts import hooks as contacts
from webapp.destinations import hooks as destinations
from webapp.uploads import usage
from webapp.uploads.engine import withdrawals
from webapp.uploads.engine.ways import removals
from webapp.uploads.screens import contact_uploads


def register_hooks() -> None:
    """To be called once by each composition root; again changes nothing."""
    contacts.register(
        contacts.Hooks(
            is_filter_busy=usage.is_filter_busy,
            filter_uses=usage.filter_uses,
            last_filter_uses=usage.last_filter_uses,
            count_uploads=usage.count_of_database,
            why_database_busy=usage.why_database_busy,
            on_delete=withdrawals.take_out,
            on_opt_out=withdrawals.take_out_refused,
            on_erase=removals.owe_in_flight,
            contact_events=contact_uploads.history_of,
        )
    )
    destinations.register(
        destinations.Hooks(
            is_account_busy=usage.is_account_busy,
            running_names=usage.running_names,
            last_account_uses=usage.last_account_uses,
        )
    )
