"""The login dialog, in a browser, with partial grant and refusal. Source: Meta sheet §1.1."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Request, Response, make_response, redirect, render_template
from werkzeug.datastructures import MultiDict

from ..control.seed import SCOPES
from ..state import Call, Simulation
from .oauth import new_code

RESPONSE_TYPES = {"code", "granted_scopes", "code granted_scopes", "code,granted_scopes"}
LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}
ALWAYS_GRANTED = "public_profile"
# What each permission lets the app do, as the dialog words it.
PERMISSIONS = {
    "ads_management": "Gestire le inserzioni e i pubblici degli account pubblicitari a cui hai accesso",
    "ads_read": "Leggere gli account pubblicitari e i loro risultati",
    "business_management": "Gestire il tuo portfolio aziendale",
    "public_profile": "Leggere il tuo nome e la tua immagine del profilo",
}
CSP = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    " http://127.0.0.1:* http://localhost:* https://127.0.0.1:* https://localhost:*"
)


class DialogError(Exception):
    """A request Facebook would stop at, with the Italian words for the page."""


@dataclass(frozen=True)
class Asked:
    redirect_uri: str
    state: str
    scopes: list[str]
    response_type: str
    is_rerequest: bool
    all_or_nothing: bool  # Facebook Login for Business: the configuration names the permissions


def read_request(sim: Simulation, values: "MultiDict[str, str]") -> Asked:
    """Raises DialogError when client_id, redirect_uri, state or response_type will not do."""
    if values.get("client_id") != sim.world.app.id:
        raise DialogError("ID dell’app non valido: client_id non corrisponde all’app di prova.")
    redirect_uri = values.get("redirect_uri", "")
    if not redirect_uri:
        raise DialogError("Manca redirect_uri: non so dove rimandarti dopo l’accesso.")
    url = urlsplit(redirect_uri)
    if url.scheme not in ("http", "https") or url.hostname not in LOOPBACK_HOSTS or url.fragment:
        raise DialogError("URL bloccato: la simulazione rimanda solo a un indirizzo di questo computer.")
    if not values.get("state"):
        raise DialogError("Manca state: senza, chiunque potrebbe farti collegare l’account di un altro.")
    response_type = values.get("response_type", "code")
    if response_type not in RESPONSE_TYPES:
        raise DialogError(f"response_type “{response_type}” non è previsto: usa “code”.")
    by_configuration = "config_id" in values
    scopes = (
        SCOPES if by_configuration else [one for one in re.split(r"[,\s]+", values.get("scope", "")) if one]
    )
    return Asked(
        redirect_uri,
        values["state"],
        list(dict.fromkeys([ALWAYS_GRANTED, *scopes])),
        response_type,
        values.get("auth_type") == "rerequest",
        by_configuration,
    )


def dialog(sim: Simulation, request: Request) -> Response:
    """GET shows the page, POST is one of its two buttons."""
    sim.calls.append(Call(sim.now(), request.method, "/dialog/oauth", "GET /dialog/oauth", status=200))
    values = request.form if request.method == "POST" else request.args
    try:
        asked = read_request(sim, values)
    except DialogError as error:
        return _page(render_template("dialog_error.html", problem=str(error)), 400)
    with sim.lock:
        if request.method == "GET":
            return _show(sim, asked, values)
        if values.get("answer") == "continue":
            return _grant(sim, asked, values.getlist("granted"))
        return _refuse(asked)


def _show(sim: Simulation, asked: Asked, values: "MultiDict[str, str]") -> Response:
    """Without `auth_type=rerequest` a permission declined before is silently left out."""
    person = sim.world.people[sim.world.default_person_id]
    offered = [
        scope
        for scope in asked.scopes
        if asked.is_rerequest
        or asked.all_or_nothing
        or person.permissions.get(scope) != "declined"
        or scope == ALWAYS_GRANTED
    ]
    fixed = set(asked.scopes) if asked.all_or_nothing else {ALWAYS_GRANTED}
    rows = [(scope, PERMISSIONS.get(scope, scope), scope in fixed) for scope in offered]
    hidden = [(name, value) for name, value in values.items() if name not in ("granted", "answer")]
    page = render_template("dialog.html", person=person, app=sim.world.app, rows=rows, hidden=hidden)
    return _page(page, 200)


def _grant(sim: Simulation, asked: Asked, chosen: list[str]) -> Response:
    person = sim.world.people[sim.world.default_person_id]
    granted = [
        scope for scope in asked.scopes if asked.all_or_nothing or scope in chosen or scope == ALWAYS_GRANTED
    ]
    for scope in asked.scopes:
        person.permissions[scope] = "granted" if scope in granted else "declined"
    code = new_code(sim, asked.redirect_uri, granted)
    answer = {"code": code.value, "state": asked.state}
    if "granted_scopes" in asked.response_type:
        denied = [scope for scope in asked.scopes if scope not in granted]
        answer.update(granted_scopes=",".join(granted), denied_scopes=",".join(denied))
    return _back(asked, answer, fragment="#_=_")


def _refuse(asked: Asked) -> Response:
    return _back(
        asked,
        {
            "error_reason": "user_denied",
            "error": "access_denied",
            "error_description": "Permissions error.",
            "state": asked.state,
        },
    )


def _back(asked: Asked, answer: dict[str, str], fragment: str = "") -> Response:
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    response = make_response(redirect(f"{asked.redirect_uri}{joint}{urlencode(answer)}{fragment}"))
    return _guarded(response)


def _page(text: str, status: int) -> Response:
    return _guarded(make_response(text, status))


def _guarded(response: Response) -> Response:
    response.headers.update(
        {
            "Content-Security-Policy": CSP,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
    )
    return response
