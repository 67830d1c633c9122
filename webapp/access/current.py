"""The operator of this request, the client whose pages are open, and the rank held there.

Who may ask for a page at all stands in `policy` and is held against every request by `guard`. Objects are
always fetched by (`current_client_id()`, public id), so those of another client are a 404.
"""

from typing import cast

from flask import abort, g
from flask import session as cookie
from flask_login import current_user

from webapp import db
from webapp.access.models import Client, OpenSession, Operator, Role
from webapp.access.policy import RANKS, Who
from webapp.access.signing_in import sessions


def current_operator() -> Operator:
    return _visitor().operator


def current_client() -> Client:
    """The client whose pages are open: the one chosen, or the first by name. 403 for who has none."""
    return _space()[0]


def current_client_id() -> int:
    """The id of `current_client`: what every query of a page is narrowed to."""
    return db.saved_id(current_client())


def current_role() -> Role:
    """The operator's role in the current client."""
    return _space()[1]


def rank() -> Who:
    """How much the operator may, here; the owner of the installation needs no client for it.

    Who must still switch on a second factor may no more than that.
    """
    if _visitor().lacks_second_factor:
        return Who.OPERATOR
    if current_operator().is_owner:
        return Who.OWNER
    return RANKS[current_role()] if spaces() else Who.OPERATOR


def may(role: Role) -> bool:
    """Whether the operator is *role* or more in the current client: what a page offers depends on it."""
    return rank() >= RANKS[role]


def current_session() -> OpenSession:
    return _visitor().session


def has_second_factor() -> bool:
    return _visitor().has_second_factor


def must_switch_on_second_factor() -> bool:
    """Whether a client they administer wants a second factor and they have none: nothing else is open."""
    return _visitor().lacks_second_factor


def spaces() -> list[tuple[Client, Role]]:
    """The clients this operator may enter and as what, by name."""
    return _visitor().spaces


def clients() -> list[Client]:
    """The clients this operator may enter, by name."""
    return [client for client, _ in spaces()]


def choose(public_id: str) -> bool:
    """Make that client the current one; False for a client the operator may not enter."""
    if not any(client.public_id == public_id for client in clients()):
        return False
    cookie["client"] = public_id
    return True


def _visitor() -> sessions.Visitor:
    if not current_user.is_authenticated:
        abort(401)
    return cast(sessions.Visitor, current_user)


def _space() -> tuple[Client, Role]:
    if "space" not in g:
        found = spaces()
        chosen = [space for space in found if space[0].public_id == cookie.get("client")]
        if not found:
            abort(
                403, "Non hai ancora uno spazio cliente. Chiedi a chi amministra Platea di assegnartene uno."
            )
        g.space = (chosen or found)[0]
    return cast(tuple[Client, Role], g.space)
