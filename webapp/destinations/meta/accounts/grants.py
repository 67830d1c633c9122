"""The grant of an access token: its person, its end, its permissions, the ad account it reaches."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from webapp.destinations.base import DestinationError, Problem, TemporaryError
from webapp.destinations.meta.accounts import checks
from webapp.destinations.meta.accounts.connect import PAGE_DEADLINE_S, graph_client, http_session
from webapp.destinations.meta.graph_api import obstacles
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.error_table import OPERATOR
from webapp.destinations.meta.models import MetaAccount
from webapp.services import services

USER, SYSTEM_USER = "user", "system_user"
RETRY = "Riprova tra un minuto."
LAST_MOMENT = 253_402_300_799  # the end of the year 9999: a later one is no date, so the token has no end


class GrantRefused(Exception):
    """Nothing was saved. *problems* say why and what to do; *errors* the same by form field."""

    def __init__(self, problems: list[Problem], errors: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join([problem.code for problem in problems] + list(errors or ())))
        self.problems = problems
        self.errors = dict(errors or {})


@dataclass(frozen=True)
class Grant:
    """A token that was looked at and found good. *expires_at* None: it does not expire."""

    token: str = field(repr=False)
    kind: str
    expires_at: datetime | None = None
    user_id: str | None = None
    user_name: str | None = None


def read_grant(token: str, kind: str) -> Grant:
    """Look at a token before anything is kept. Raises GrantRefused.

    Without an app of our own (a system user's token on an installation without META_APP_ID) nobody can
    ask debug_token about it, so its expiry stays unknown.
    """
    settings = services().settings
    with http_session() as session:
        client = graph_client(session, token, deadline_s=PAGE_DEADLINE_S)
        try:
            description = client.debug_token(settings.meta_app_id) if settings.meta_app_id else {}
            if settings.meta_app_id and (problem := checks.token_problem(description, settings.meta_app_id)):
                raise GrantRefused([problem])
            if problem := checks.permission_problem(granted(client, description, kind), kind):
                raise GrantRefused([problem])
            person = client.me()
        except DestinationError as error:
            raise GrantRefused([at_form(error)]) from None
    return Grant(
        token,
        kind,
        expires_at(description),
        str(person.get("id") or "") or None,
        str(person.get("name") or "") or None,
    )


def check_account(token: str, act_id: str, name: str) -> None:
    """Make sure that *token* can upload to the ad account. Raises GrantRefused with all that is missing."""
    with http_session() as session:
        client = graph_client(session, token, act_id, deadline_s=PAGE_DEADLINE_S)
        try:
            node = client.ad_account(act_id)
        except DestinationError as error:
            raise GrantRefused([at_form(error)]) from None
    if problems := checks.account_problems(node, act_id, name):
        raise GrantRefused(problems)


def why_not(client: GraphClient, account: MetaAccount) -> list[Problem]:
    """Everything that keeps *account* from taking users, asked now.

    Raises TemporaryError, NeedsPersonError or PermanentError.
    """
    node = client.ad_account(account.act_id)
    description = _scopes(client) if account.token_kind == SYSTEM_USER else {}
    permission = checks.permission_problem(
        granted(client, description, account.token_kind), account.token_kind
    )
    return [*filter(None, [permission]), *checks.account_problems(node, account.act_id, account.name)]


def _scopes(client: GraphClient) -> dict[str, Any]:
    """Of a system user's token; trouble of the app is not the account's, and hides them."""
    app_id = services().settings.meta_app_id
    try:
        return client.debug_token(app_id) if app_id else {}
    except DestinationError as error:
        if error.problem.who != OPERATOR:
            raise
        return {}


def in_words(error: DestinationError) -> Problem:
    """The error for somebody who waits in front of a page, where nothing is repeated by itself.

    What only the person who runs Platea can put right says so here as well.
    """
    problem = error.problem
    if not isinstance(error, TemporaryError) or problem.who == OPERATOR:
        return problem
    is_network = problem.code in obstacles.BY_CODE
    return replace(problem, todo=f"{RETRY} {obstacles.CHECK}" if is_network else RETRY)


def at_form(error: DestinationError) -> Problem:
    """The same in the account form, where the token or the Account ID may still be wrong."""
    problem = in_words(error)
    if problem.code.startswith("190") and problem.who != OPERATOR:
        return checks.INVALID_TOKEN
    return checks.NO_ACCESS if problem.code == checks.NO_ACCESS.code else problem


def granted(client: GraphClient, description: Mapping[str, Any], kind: str) -> set[str]:
    """A person's permissions change after the token was made, so Graph is asked; a system user's do not."""
    scopes = description.get("scopes")
    if kind == SYSTEM_USER and isinstance(scopes, list):
        return {str(scope) for scope in scopes}
    given = {name for name, status in client.permissions().items() if status == "granted"}
    return given & {str(scope) for scope in scopes} if isinstance(scopes, list) else given


def expires_at(description: Mapping[str, Any]) -> datetime | None:
    """The earlier of the token's end and the end of access to data, 90 days after the person was last active.

    0 = never. Source: Meta sheet §1.4, §1.5.
    """
    times = [description.get("expires_at"), description.get("data_access_expires_at")]
    seconds = [time for time in times if isinstance(time, int) and 0 < time <= LAST_MOMENT]
    return datetime.fromtimestamp(min(seconds), UTC) if seconds else None
