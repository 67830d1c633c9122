"""An ad account as a node. Source: Meta sheet §2."""

from typing import Any

from .fields import select
from .graph_errors import terms_missing
from .sign_in import auth
from .sign_in.exchange import Answer, Exchange
from .state import AdAccount

TERMS = "custom_audience_tos"


def shown(account: AdAccount, asked: str) -> Answer:
    """By default `account_id` and `id`; once fields are named, those and `id`."""
    return select(_node(account), asked, "AdAccount", always=("id",) if asked else ("account_id", "id"))


def _node(account: AdAccount) -> dict[str, Any]:
    return {
        "id": f"act_{account.id}",
        "account_id": account.id,
        "name": account.name,
        "account_status": account.status,
        "disable_reason": account.disable_reason,
        "currency": account.currency,
        "timezone_name": account.timezone_name,
        "timezone_id": 106,
        "timezone_offset_hours_utc": 1.0,
        "business": account.business,
        "capabilities": ["CAN_USE_REACH_AND_FREQUENCY", "CAN_CREATE_LOOKALIKES_WITH_CUSTOM_RATIO"],
        "tos_accepted": account.tos_accepted,
        "user_tos_accepted": account.tos_accepted,
        "user_tasks": account.user_tasks,
    }


def account(exchange: Exchange, account_id: str) -> Answer:
    found = exchange.account(account_id)
    auth.require_reading(exchange.token())
    return shown(found, exchange.call.text("fields"))


def require_terms(found: AdAccount) -> None:
    """Raises GraphError 200/1870034 until somebody accepts the terms on Meta's page."""
    if not found.tos_accepted.get(TERMS):
        raise terms_missing(found.id)
