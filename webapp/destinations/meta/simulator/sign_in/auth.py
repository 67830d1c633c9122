"""The owner of a token, whether it still works, and its permissions."""

import hashlib
import hmac
from time import gmtime, strftime

from ..control.seed import PERSON_ID
from ..graph_call import GraphCall
from ..graph_errors import GraphError, no_such_object
from ..state import AdAccount, Simulation, Token

PROOF_VALID_S = 300  # timed form. Source: Meta sheet §1.5
WRITE_SCOPE = "ads_management"
READ_SCOPES = {"ads_management", "ads_read"}

# Texts of 190 by subcode. Source: Meta sheet §6.2 "Real texts"; 459, 464, 467 and 492 worded after Meta's
# error reference.
PREFIX = "Error validating access token: "
INVALID_TEXTS = {
    458: PREFIX + "The user has not authorized application {app}.",
    459: PREFIX + "You cannot access the app till you log in to www.facebook.com and follow the"
    " instructions given.",
    460: PREFIX + "The session has been invalidated because the user changed their password or Facebook has"
    " changed the session for security reasons.",
    463: PREFIX + "Session has expired on {then}. The current time is {now}.",
    464: PREFIX + "Sessions for the user are not allowed because the user is not a confirmed user.",
    467: PREFIX + "The session is invalid because the user logged out.",
    492: PREFIX + "Session does not match current stored session. This may be because the user changed the"
    " password since the time the session was created or Facebook has changed the session for security"
    " reasons.",
    493: "The access token is invalid since the user hasn't engaged the app in longer than 90 days.",
}


def token_error(subcode: int | None, app_id: str, then: float, now: float, status: int = 400) -> GraphError:
    """The 190 of that subcode; None is the one without, for a token nobody can read."""
    if subcode is None:
        return GraphError("Invalid OAuth access token - Cannot parse access token", 190, status=status)
    text = INVALID_TEXTS.get(subcode, PREFIX + "The session is invalid.")
    return GraphError(
        text.format(app=app_id, then=pacific(then), now=pacific(now)), 190, subcode, status=status
    )


def pacific(moment: float) -> str:
    """The way Graph writes dates inside texts; always as PST, eight hours behind UTC."""
    return strftime("%A, %d-%b-%y %H:%M:%S PST", gmtime(moment - 8 * 3600))


def signed_in(sim: Simulation, call: GraphCall) -> Token:
    """The working token of this call.

    Raises GraphError 104 without a token, 190 with one that does not work (HTTP 401 when it came as
    Bearer header, 400 otherwise; Meta sheet §6.2), 100 for a wrong or missing appsecret_proof.
    """
    if not call.token:
        raise GraphError("An access token is required to request this resource.", 104)
    status = 401 if call.token_in_header else 400
    token = find_token(sim, call.token)
    if token is None:
        raise token_error(None, "", 0, 0, status)
    if subcode := broken_by(token, sim.now()):
        raise token_error(subcode, token.app_id, token.expires_at, sim.now(), status)
    _check_proof(sim, call, token)
    return token


def find_token(sim: Simulation, value: str) -> Token | None:
    """The token of that value; `<app id>|<app secret>` is the app's own. Source: Meta sheet §1.3."""
    app = sim.world.app
    if hmac.compare_digest(value.encode(), f"{app.id}|{app.secret}".encode()):
        return Token(value, "APP", app.id, "", [], 0, 0, 0)
    return sim.world.tokens.get(value)


def broken_by(token: Token, now: float) -> int | None:
    """The subcode of 190 that says why *token* does not work at *now*, None when it does."""
    if token.invalid:
        return token.invalid
    if token.expires_at and token.expires_at <= now:
        return 463
    if token.data_access_expires_at and token.data_access_expires_at <= now:
        return 493
    return None


def _check_proof(sim: Simulation, call: GraphCall, token: Token) -> None:
    """Plain and timed forms. Source: Meta sheet §1.5."""
    proof = call.params.get("appsecret_proof")
    if proof is None:
        if sim.world.settings.needs_appsecret_proof:
            text = "API calls from the server require an appsecret_proof argument"
            raise GraphError(text, 100, type="GraphMethodException")
        return
    moment = call.params.get("appsecret_time")
    message = token.value if moment is None else f"{token.value}|{moment}"
    expected = hmac.new(sim.world.app.secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    is_timely = moment is None or _is_recent(str(moment), sim.now())
    if not is_timely or not hmac.compare_digest(expected.encode(), str(proof).encode()):
        text = "Invalid appsecret_proof provided in the API argument"
        raise GraphError(text, 100, type="GraphMethodException")


def _is_recent(moment: str, now: float) -> bool:
    return moment.isdigit() and abs(now - int(moment)) <= PROOF_VALID_S


def require_writing(token: Token) -> None:
    """Creating, changing and filling audiences takes ads_management. Source: Meta sheet §1.5, §6.2."""
    if WRITE_SCOPE not in token.scopes:
        raise GraphError(
            "(#294) Managing advertisements requires an access token with the extended permission"
            " ads_management",
            294,
        )


def require_reading(token: Token) -> None:
    if not READ_SCOPES & set(token.scopes):
        raise GraphError(
            "(#200) Ad account owner has NOT grant ads_management or ads_read permission", 200, status=403
        )


def visible_account(sim: Simulation, token: Token, account_id: str, method: str = "GET") -> AdAccount:
    """The ad account, if the token's person is assigned to it; else 100/33.

    With `open_accounts` any id the default person asks for becomes an account of theirs.
    """
    account = sim.world.accounts.get(account_id)
    if account is None and _may_open(sim, token) and account_id.isdigit() and len(account_id) <= 20:
        account = AdAccount(account_id, f"Account {account_id}", [token.person_id])
        sim.world.accounts[account_id] = account
        sim.changed.set()
    if account is None or token.person_id not in account.person_ids:
        raise no_such_object(f"act_{account_id}", method)
    return account


def _may_open(sim: Simulation, token: Token) -> bool:
    return sim.world.settings.open_accounts and token.person_id == PERSON_ID
