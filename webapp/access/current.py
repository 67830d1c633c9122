"""Who is asking, for which client, and what they may do. Everything is refused unless allowed.

Every view asks for a login unless it is marked `security.public`. What changes something, or shows
personal data, also says for whom: `@needs(Role.MARKETER)`. Objects are always fetched by
(`current_client().id`, public id), so those of another client are a 404.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

import structlog
from flask import Response, abort, g, redirect, request, url_for
from flask import session as cookie
from flask_login import current_user, logout_user
from htmx_flask import make_response

from webapp import db, htmx, security
from webapp.access import sessions
from webapp.access.models import Client, Operator, Role
from webapp.access.queries import administrators

P = ParamSpec("P")
R = TypeVar("R")

# Each role may do what the ones before it may; support sees numbers and codes, never contacts.
RANKS = {Role.SUPPORT: 0, Role.MARKETER: 1, Role.ADMINISTRATOR: 2}


def current_operator() -> Operator:
    return _visitor().operator


def current_client() -> Client:
    """The client whose pages are open: the one chosen, or the first by name. 403 for who has none."""
    return _space()[0]


def current_role() -> Role:
    """What the operator is in the current client."""
    return _space()[1]


def may(role: Role) -> bool:
    """Whether the operator is *role* or more in the current client."""
    return RANKS[current_role()] >= RANKS[role]


def needs(role: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A view for *role* or more; for others it is a 403 that says whom to ask."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not may(role):
                abort(403, _whom_to_ask())
            return view(*args, **kwargs)

        return guarded

    return decorate


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


def ask_for_login() -> Response | None:
    """Before every request: nothing but public views without an open session."""
    if request.endpoint is None or security.is_public(request.endpoint):
        return None
    if current_user.is_authenticated and not sessions.has_expired():
        structlog.contextvars.bind_contextvars(operator=current_operator().public_id)
        if not htmx.is_htmx():
            sessions.note_visit()
        return None
    if current_user.is_authenticated:
        logout_user()
        cookie.clear()
    return _to_login()


def _to_login() -> Response:
    """To the sign-in page and back here afterwards; from a fragment, back to the page around it."""
    page = request.full_path.rstrip("?") if request.method in security.SAFE_METHODS else None
    if htmx.is_htmx():
        around = urlsplit(request.headers.get("HX-Current-URL", ""))
        page = around.path + (f"?{around.query}" if around.query else "")
    page = security.local_path(page)
    url = url_for("access.login", dopo=page if page != "/" else None)
    if htmx.is_htmx():
        return make_response("", 401, redirect=url)
    return cast(Response, redirect(url, 303))


def _whom_to_ask() -> str:
    client = current_client()
    assert client.id is not None
    with db.reading() as session:
        names = administrators(session, client.id)
    sentence = "Il tuo ruolo non permette questa operazione."
    return f"{sentence} Chiedi a chi amministra lo spazio: {', '.join(names)}." if names else sentence


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
