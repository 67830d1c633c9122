"""From settings and a token to somebody who can speak with the Graph API."""

from requests import Session

from webapp.destinations.meta.client import GraphClient
from webapp.destinations.meta.graph import new_session
from webapp.services import services

# For calls somebody waits for in front of a page: gunicorn and the browser give up later than this.
PAGE_DEADLINE_S = 12.0


def http_session() -> Session:
    """Nothing of the host's environment (proxies, .netrc) decides where a token goes."""
    session = new_session()
    session.trust_env = False
    return session


def graph_client(
    session: Session, token: str, act_id: str | None = None, deadline_s: float | None = None
) -> GraphClient:
    """A client for the holder of *token*; with the app's secret, every call proves it is ours."""
    settings = services().settings
    more = {} if deadline_s is None else {"deadline_s": deadline_s}
    return GraphClient(session, settings.graph_url, token, settings.meta_app_secret or None, act_id, **more)
