"""The rules for every answer and every changing request: headers, CSRF, origin of a request, hosts.

Who may ask at all is another matter: `access.policy`.
"""

from collections.abc import Callable
from functools import cache
from ipaddress import ip_address, ip_network
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, abort, current_app, request
from flask.sansio.app import App
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.config import Settings
from webapp.services import services
from webapp.web import prefix, request_host

# RFC 1918 and RFC 4193, and the loopback.
_OWN_NETWORKS = [
    ip_network(one)
    for one in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]
log = structlog.get_logger(__name__)

View = TypeVar("View", bound=Callable[..., object])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
YEAR_S = 31_536_000
FORM_MAX_BYTES = 2_000_000  # of a form without files


def takes_file(view: View) -> View:
    """Mark a view whose form brings a file: it may be as large as the settings say, all others 2 MB."""
    view.takes_file = True  # type: ignore[attr-defined]
    return view


def init_app(app: Flask, settings: Settings) -> None:
    """Set up after the rooms, so that who has no session is asked to sign in, not told of a stale form."""
    app.config.update(_configuration(settings))
    if settings.proxies:
        # Each proxy adds who asked it: with more of them declared than there are, anybody's word would count.
        trusted = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)
        app.wsgi_app = trusted  # type: ignore[method-assign]
    request_host.init_app(app, settings)
    prefix.init_app(app, settings)
    app.before_request(_allow_files)  # before CSRFProtect, which reads the form
    app.before_request(_refuse_other_sites)
    CSRFProtect(app)
    headers = _headers(settings)

    @app.after_request
    def _add_headers(response: Response) -> Response:
        response.headers.update(headers)
        if request.endpoint == "static":
            _keep_static(response)
        else:
            response.headers.setdefault("Cache-Control", "no-store")  # pages hold personal data
            response.vary.update(("Cookie", "HX-Request"))
        return response


def cookie_name(name: str, settings: Settings) -> str:
    """With the prefix that binds a cookie to this host and its whole path, or to TLS where a path is ours."""
    if not settings.https:
        return name
    return f"__Secure-{name}" if settings.prefix else f"__Host-{name}"


def _configuration(settings: Settings) -> dict[str, object]:
    return {
        "SESSION_COOKIE_NAME": cookie_name("platea", settings),
        "SESSION_COOKIE_PATH": settings.prefix or "/",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",  # Strict would lose the session on the way back from Facebook
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        # It wants a Referer, which people's browsers and proxies take away; the origin is ours to look at.
        "WTF_CSRF_SSL_STRICT": False,
        "MAX_CONTENT_LENGTH": FORM_MAX_BYTES,
        "MAX_FORM_MEMORY_SIZE": FORM_MAX_BYTES,
        "MAX_FORM_PARTS": 2_000,
    }


def _headers(settings: Settings) -> dict[str, str]:
    headers = {**HEADERS, "Content-Security-Policy": content_security_policy(settings)}
    if settings.https:
        # Of a host that we share, what its other names do is not ours to say.
        others = "" if settings.prefix else "; includeSubDomains"
        headers["Strict-Transport-Security"] = f"max-age={YEAR_S}{others}"
    return headers


def content_security_policy(settings: Settings) -> str:
    """Nothing inline, nothing from elsewhere. Facebook's dialog is where the form "autorizza" ends."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {_form_target(settings.dialog_url)}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )


def visitor_address() -> str:
    """Where attempts of this request are counted; "" when a proxy beside us is not declared.

    Then everybody seems to come from there, and one who guesses must not keep all others out.
    """
    address = request.remote_addr or ""
    if services().settings.proxies == 0 and "X-Forwarded-For" in request.headers and _is_of_our_own(address):
        _tell_once()
        return ""
    return address


@cache
def _tell_once() -> None:
    log.warning("proxy non dichiarato: con un proxy davanti a Platea scrivi PLATEA_PROXIES=1")


def _is_of_our_own(address: str) -> bool:
    """Of this machine or of a network behind it, as of containers: there stands a proxy, and no visitor."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _OWN_NETWORKS)


def tell_forgeries_to(app: App, tell: Callable[[str], None]) -> None:
    """Who hears of requests that come from elsewhere: the room that keeps the trail is above this one."""
    app.extensions["platea-forgeries"] = tell


def forged(what: str) -> None:
    """*what* (Italian) did not come from a page of ours."""
    if tell := current_app.extensions.get("platea-forgeries"):
        tell(what)


def local_path(text: str | None) -> str | None:
    """*text* when it is a path of ours to go back to, otherwise None: never another site's address."""
    if not text or not text.startswith("/") or text.startswith("//"):
        return None
    if not _is_below(services().settings.prefix, text):
        return None
    # Browsers drop control characters and read a backslash as a slash: "/\t/evil" is "//evil" to them.
    if "\\" in text or any(character <= " " or character == "\x7f" for character in text):
        return None
    return text


def _is_below(path: str, address: str) -> bool:
    """Other paths of a host we share are others' pages."""
    return not path or (f"{address}/".startswith((f"{path}/", f"{path}?")) and "/.." not in address)


def this_page() -> str:
    """The address that is asked for, as a browser has it open."""
    return request.root_path + request.full_path.rstrip("?")


def page_around() -> str | None:
    """The page of ours that a fragment, a form or a file was asked from, as its browser says."""
    around = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    return local_path(around.path + (f"?{around.query}" if around.query else ""))


def _allow_files() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_file", False):
        request.max_content_length = services().settings.max_upload_mb * 1_000_000


def _refuse_other_sites() -> None:
    """A changing request started by another site is refused even with a token, as OWASP now advises."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            _refuse_elsewhere()
        return
    origin = request.headers.get("Origin")
    # Behind a proxy that does not pass the host on, ours is still what the browser has open.
    if origin is not None and urlsplit(origin).netloc not in request_host.own_places(services().settings):
        _refuse_elsewhere()


def _refuse_elsewhere() -> NoReturn:
    forged("modulo di un altro sito")
    abort(403)


def _form_target(dialog_url: str) -> str:
    """The origin a plain form may end at after our redirect; Facebook moves people between its hosts."""
    parts = urlsplit(dialog_url)
    if (parts.hostname or "").endswith(".facebook.com"):
        return "https://*.facebook.com"
    return f"{parts.scheme}://{parts.netloc}"


def _keep_static(response: Response) -> None:
    """A file asked for with its version (`assets.asset`) never changes; the others are kept for a day."""
    kept = f"public, max-age={YEAR_S}, immutable" if request.args.get("v") else "public, max-age=86400"
    response.headers["Cache-Control"] = kept
