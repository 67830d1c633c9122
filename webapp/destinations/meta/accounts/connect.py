"""From settings and a token to somebody who can speak with the Graph API."""

from urllib.parse import urlsplit

from requests import Session

from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.deadline import DeadlineAdapter
from webapp.destinations.meta.graph_api.graph import DEADLINE_S, new_session
from webapp.services import services
from webapp.setting_checks import THIS_COMPUTER

# For calls somebody waits for in front of a page: gunicorn and the browser give up later than this.
PAGE_DEADLINE_S = 12.0


def http_session() -> Session:
    """The way out to Facebook: by the proxy of the settings, trusting their certificates too."""
    session = new_session(services().settings.ca_file)
    _by_our_proxy(session)
    return session


def go_out(session: Session) -> None:
    """The same way for a *session* that somebody else made. Where it is sent on to it does not go.

    With a 307 the code and the secret of the app would follow; our own calls say so one by one.
    """
    session.max_redirects = 0
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter(services().settings.ca_file, max_retries=0))
    _by_our_proxy(session)


def _by_our_proxy(session: Session) -> None:
    """Nothing of the host's environment (proxies, .netrc) decides where a token goes: only our settings do.

    Whoever answers on this very machine (the demo's Facebook) is not asked for through a proxy.
    """
    settings = services().settings
    session.trust_env = False
    if settings.proxy and urlsplit(settings.graph_url).hostname not in THIS_COMPUTER:
        session.proxies = {"http": settings.proxy, "https": settings.proxy}


def graph_client(
    session: Session, token: str, act_id: str | None = None, deadline_s: float = DEADLINE_S
) -> GraphClient:
    """A client for the holder of *token*; with the app's secret, every call proves it is ours."""
    settings = services().settings
    secret = settings.meta_app_secret or None
    return GraphClient(session, settings.graph_url, token, secret, act_id, deadline_s)
