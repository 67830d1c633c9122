"""Temporary: readers that come with another branch."""

from webapp.contacts import cells as read

read_consent = getattr(read, "read_consent", read.read_yes_no)
is_missing = getattr(read, "is_missing", lambda text: text.strip() in ("", "-", "--"))
