"""By which column of a contact a medium matches people, and which one says why it has no value there."""

from webapp.contacts.models import CONTACT
from webapp.destinations.base import Medium

DIGEST = {Medium.EMAIL: CONTACT.c.email_sha256, Medium.SMS: CONTACT.c.mobile_sha256}
REASON = {Medium.EMAIL: CONTACT.c.email_reason, Medium.SMS: CONTACT.c.mobile_reason}
