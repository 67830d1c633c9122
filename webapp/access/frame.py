"""The operator and the client, as the frame of every page shows them (`templates/shared/base.html`)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask_login import current_user

from webapp import db
from webapp.access import current
from webapp.access.models import Client, Operator
from webapp.access.policy import Who, who_may
from webapp.access.signing_in import sessions
from webapp.web import shell


@dataclass(frozen=True)
class Frame:
    operator: Operator | None = None
    client: Client | None = None
    spaces: list[Client] = field(default_factory=list)
    counts: dict[str, shell.Badge] = field(default_factory=dict)
    rank: Who = Who.PUBLIC
    session_left_s: int = 0  # the page warns two minutes before (WCAG 2.2.1)

    def offered(self, entries: Iterable[shell.Entry]) -> list[shell.Entry]:
        """The entries of the menu that lead somewhere for them: the table that opens pages decides it."""
        return [entry for entry in entries if self.rank >= who_may(entry.endpoint)]


def open_space() -> str:
    """The public id of the client whose pages are open, "" for a visitor without one: every form holds it."""
    if not current_user.is_authenticated or not current.spaces():
        return ""
    return current.current_client().public_id


def page_frame() -> Frame:
    """Nothing personal for a visitor who has not signed in, no numbers for one without clients."""
    if not current_user.is_authenticated:
        return Frame()
    operator, spaces = current.current_operator(), current.clients()
    if not spaces:
        return Frame(operator, rank=current.rank(), session_left_s=int(sessions.left_s()))
    client = current.current_client()
    assert client.id is not None
    with db.reading() as session:
        counts = shell.counts(session, client.id)
    return Frame(operator, client, spaces, counts, current.rank(), int(sessions.left_s()))
