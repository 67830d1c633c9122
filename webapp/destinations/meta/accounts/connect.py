"""From settings and a token to somebody who can speak with the Graph API."""

from requests import Session

from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.graph import DEADLINE_S, new_session
from webapp.services import services

# For calls somebody waits for in front of a page: gunicorn and the browser give up later than this.
PAGE_DEADLINE_S = 12.0


def http_session() -> Session:
    """Nothing of the host's environment (proxies, .netrc) decides where a token goes."""
    session = new_session()
    session.trust_env = False
    return session


def graph_client(
    session: Session, token: str, act_id: str | None = None, deadline_s: float = DEADLINE_S
) -> GraphClient:
    """A client for the holder of *token*; with the app's secret, every call proves it is ours."""
    settings = services().settings
    secret = settings.meta_app_secret or None
    return GraphClient(session, settings.graph_url, token, secret, act_id, deadline_s)
