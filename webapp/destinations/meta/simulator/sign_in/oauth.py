"""Codes and tokens: exchange, long-lived tokens, the app's own, debug_token. Source: Meta sheet §1.2–1.4."""

import hmac
import secrets
from typing import Any

from ..control.seed import DATA_ACCESS_S, LONG_LIVED_S
from ..graph_errors import GraphError
from ..state import Code, Simulation, Token
from . import auth
from .exchange import Answer, Exchange

SHORT_LIVED_S = 5_400  # one to two hours
CODE_LIVES_S = 600


def new_code(sim: Simulation, redirect_uri: str, scopes: list[str]) -> Code:
    """The code that the dialog hands back: good once, for ten minutes, for the same redirect_uri."""
    code = Code(
        "AQ" + secrets.token_urlsafe(48),
        redirect_uri,
        sim.world.default_person_id,
        scopes,
        int(sim.now()) + CODE_LIVES_S,
    )
    sim.world.codes[code.value] = code
    sim.changed.set()
    return code


def new_token(sim: Simulation, person_id: str, scopes: list[str], lives_s: int, is_long: bool) -> Token:
    now = int(sim.now())
    value = "EAAB" + secrets.token_urlsafe(90).replace("-", "Z").replace("_", "A")
    token = Token(
        value,
        "USER",
        sim.world.app.id,
        person_id,
        list(scopes),
        now,
        now + lives_s,
        now + DATA_ACCESS_S,
        is_long_lived=is_long,
    )
    sim.world.tokens[value] = token
    sim.changed.set()
    return token


def access_token(exchange: Exchange) -> Answer:
    """Three grants: a dialog's code (no grant_type), fb_exchange_token, client_credentials."""
    grant = exchange.call.text("grant_type", "authorization_code")
    _check_client(exchange)
    if grant == "client_credentials":
        app = exchange.sim.world.app
        return {"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"}
    if grant == "fb_exchange_token":
        return _long_lived(exchange)
    if grant != "authorization_code":
        raise GraphError(f"Unsupported grant type: {grant}", 100)
    return _from_code(exchange)


def _check_client(exchange: Exchange) -> None:
    app = exchange.sim.world.app
    client_id = exchange.call.text("client_id")
    if not client_id:
        raise GraphError("Missing client_id parameter.", 101)
    if client_id != app.id:
        raise GraphError(
            "Error validating application. Cannot get application info due to a system error.", 101
        )
    secret = exchange.call.text("client_secret")
    if not hmac.compare_digest(secret.encode(), app.secret.encode()):
        raise GraphError("Error validating client secret.", 1)


def _from_code(exchange: Exchange) -> Answer:
    """Subcodes 36007 and 36008 are unconfirmed in the sheet, 36009 was seen."""
    sim, value = exchange.sim, exchange.call.text("code")
    code = sim.world.codes.get(value)
    if code is None:
        raise GraphError("Invalid verification code format.", 100, 36009)
    if code.is_used:
        raise GraphError("This authorization code has been used.", 100, 36009)
    if code.expires_at <= sim.now():
        raise GraphError("This authorization code has expired.", 100, 36007)
    if exchange.call.text("redirect_uri") != code.redirect_uri:
        raise GraphError(
            "Error validating verification code. Please make sure your redirect_uri is identical to the one"
            " you used in the OAuth dialog request",
            100,
            36008,
        )
    code.is_used = True
    return _granted(new_token(sim, code.person_id, code.scopes, SHORT_LIVED_S, False), SHORT_LIVED_S)


def _long_lived(exchange: Exchange) -> Answer:
    """An expired token cannot be exchanged; a long-lived one comes back without living longer."""
    sim = exchange.sim
    short = auth.find_token(sim, exchange.call.text("fb_exchange_token"))
    if short is None or short.kind == "APP":
        raise auth.token_error(None, "", 0, 0)
    if subcode := auth.broken_by(short, sim.now()):
        raise auth.token_error(subcode, short.app_id, short.expires_at, sim.now())
    lives_s = int(short.expires_at - sim.now()) if short.is_long_lived else LONG_LIVED_S
    return _granted(new_token(sim, short.person_id, short.scopes, lives_s, True), lives_s)


def _granted(token: Token, lives_s: int) -> Answer:
    return {"access_token": token.value, "token_type": "bearer", "expires_in": lives_s}


def debug_token(exchange: Exchange) -> Answer:
    """A token, described. An invalid one is still HTTP 200, with `is_valid` false and an error inside."""
    sim = exchange.sim
    exchange.token()
    token = auth.find_token(sim, exchange.call.text("input_token"))
    if token is None:
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    return {"data": _described(sim, token)}


def _described(sim: Simulation, token: Token) -> dict[str, Any]:
    data: dict[str, Any] = {
        "app_id": token.app_id,
        "type": token.kind,
        "application": sim.world.app.name,
        "data_access_expires_at": token.data_access_expires_at,
        "expires_at": token.expires_at,
        "is_valid": True,
        "scopes": token.scopes,
        "granular_scopes": [{"scope": scope} for scope in token.scopes if scope != "public_profile"],
        "user_id": token.person_id,
    }
    if token.is_long_lived:
        data["issued_at"] = token.created_at
    if subcode := auth.broken_by(token, sim.now()):
        reason = auth.token_error(subcode, token.app_id, token.expires_at, sim.now())
        data["is_valid"] = False
        data["error"] = {"code": 190, "message": reason.message, "subcode": subcode}
    return data
