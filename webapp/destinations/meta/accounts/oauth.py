"""Facebook Login, by the manual flow: the dialog's address, and its code turned into a token.

Source: Meta sheet §1.1–§1.3, page documentation/facebook-login/guides/advanced/manual-flow of Meta.
"""

from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session

from webapp.destinations.meta.accounts.connect import PAGE_DEADLINE_S, go_out, graph_client, http_session
from webapp.destinations.meta.accounts.forms import TOKEN
from webapp.destinations.meta.graph_api import error_table
from webapp.destinations.meta.graph_api.blame import Carried
from webapp.destinations.meta.graph_api.deadline import CONNECT_S, within
from webapp.destinations.meta.graph_api.errors import failure, read_error
from webapp.destinations.meta.graph_api.graph import GRAPH_VERSION, network_failure
from webapp.services import services

# Creating and filling audiences; reading is part of it. Source: Meta sheet §1.5 "Scopes".
SCOPE = "ads_management"
RETURN_PATH = "/configura/integrazioni/facebook/ritorno"


def is_available() -> bool:
    settings = services().settings
    return bool(settings.meta_app_id and settings.meta_app_secret)


def redirect_uri() -> str:
    """From the settings, never from the Host header; byte for byte the same in dialog and exchange."""
    return services().settings.public_url + RETURN_PATH


def dialog_url(state: str, asks_again: bool) -> str:
    """Where to send the person. *asks_again*: show permissions they once declined, which Meta else skips."""
    more = {"auth_type": "rerequest"} if asks_again else {}
    with _login_session() as session:
        url, _ = session.create_authorization_url(services().settings.dialog_url, state=state, **more)
    return str(url)


def long_lived_token(code: str) -> str:
    """The token of about 60 days for a dialog's *code*. Raises DestinationError."""
    short = _usable(_exchange(code))
    with http_session() as session:
        client = graph_client(session, short, deadline_s=PAGE_DEADLINE_S)
        return _usable(client.exchange_long_lived(services().settings.meta_app_id))


def _exchange(code: str) -> dict[str, Any]:
    url = f"{services().settings.graph_url}/{GRAPH_VERSION}/oauth/access_token"
    with _login_session() as session, within(PAGE_DEADLINE_S):
        try:
            return dict(session.fetch_token(url, code=code, grant_type="authorization_code"))
        except (requests.RequestException, TimeoutError) as error:
            # They hold URLs: none is kept as the cause.
            raise network_failure(error) from None
        except (AuthlibBaseError, ValueError, TypeError):
            raise failure(error_table.UNREADABLE, "token") from None


def _login_session() -> OAuth2Session:
    settings = services().settings
    session = OAuth2Session(
        client_id=settings.meta_app_id,
        client_secret=settings.meta_app_secret,
        token_endpoint_auth_method="client_secret_post",  # Graph knows no Basic authentication
        scope=SCOPE,
        redirect_uri=redirect_uri(),
        default_timeout=(CONNECT_S, PAGE_DEADLINE_S),
    )
    go_out(session)
    session.register_compliance_hook("access_token_response", _raise_graph_error)
    return session


def _raise_graph_error(response: requests.Response) -> requests.Response:
    """Graph's `{"error": {…}}` is not OAuth's; without this Authlib would report a dict as error code."""
    if error := read_error(response.status_code, response.headers, response.content, carried=Carried.SECRET):
        raise error
    return response


def _usable(answer: dict[str, Any]) -> str:
    """The token of an answer; `expires_in` may be missing (no end), but not be nonsense."""
    token, lives_s = answer.get("access_token"), answer.get("expires_in")
    is_sane = lives_s is None or (isinstance(lives_s, int) and not isinstance(lives_s, bool) and lives_s > 0)
    if not isinstance(token, str) or not TOKEN.fullmatch(token) or not is_sane:
        raise failure(error_table.UNREADABLE, "token")
    return token
