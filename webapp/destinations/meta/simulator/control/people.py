"""/me and what hangs on it: permissions and ad accounts."""

from typing import Any

from .. import accounts
from ..fields import select
from ..graph_errors import GraphError
from ..paging import paged
from ..sign_in import auth
from ..sign_in.exchange import Answer, Exchange
from ..state import Person, Token


def _person(exchange: Exchange) -> tuple[Token, Person]:
    token = exchange.token()
    person = exchange.sim.world.people.get(token.person_id)
    if person is None:
        raise GraphError(
            "An active access token must be used to query information about the current user.", 2500
        )
    return token, person


def me(exchange: Exchange) -> Answer:
    _, person = _person(exchange)
    node: dict[str, Any] = {
        "id": person.id,
        "name": person.name,
        "first_name": person.name.split(" ")[0],
        "last_name": person.name.split(" ")[-1],
        "email": None,
    }
    return select(node, exchange.call.text("fields", "name,id"), "User")


def permissions(exchange: Exchange) -> Answer:
    """Source: Meta sheet §1.5."""
    _, person = _person(exchange)
    return {"data": [{"permission": name, "status": status} for name, status in person.permissions.items()]}


def revoke(exchange: Exchange, permission: str = "") -> Answer:
    """Take one permission back, or all: then every token of this person stops working (190/458)."""
    _, person = _person(exchange)
    if permission and permission not in person.permissions:
        raise GraphError(f"(#100) Invalid permission: {permission}", 100)
    for token in exchange.sim.world.tokens.values():
        if token.person_id == person.id and permission:
            token.scopes = [scope for scope in token.scopes if scope != permission]
        elif token.person_id == person.id:
            token.invalid = 458
    if permission:
        person.permissions[permission] = "declined"
    else:
        person.permissions.clear()
    exchange.changed()
    return {"success": True}


def ad_accounts(exchange: Exchange) -> Answer:
    """The accounts the person is assigned to. Source: Meta sheet §2."""
    token, person = _person(exchange)
    auth.require_reading(token)
    world = exchange.sim.world
    mine = [account for account in world.accounts.values() if person.id in account.person_ids]
    asked = exchange.call.text("fields")
    return paged(
        mine,
        exchange.page(),
        key=lambda account: f"account/{account.id}",
        show=lambda account: accounts.shown(account, asked),
    )
