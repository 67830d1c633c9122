"""Calls from Meta when a person takes the app's access away, or asks for their data to be erased.

Source: Meta sheet §1.6, page docs/development/create-an-app/app-dashboard/data-deletion-callback of Meta.
"""

from datetime import UTC, datetime

import structlog
from flask import Response, abort, current_app, jsonify, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from webapp import clock
from webapp.access.trail import refusals
from webapp.destinations.meta.accounts import accounts, signed_request
from webapp.destinations.meta.routes import FACEBOOK, blueprint
from webapp.services import services
from webapp.values.texts import moment

log = structlog.get_logger(__name__)

FROM_META = ("meta.deauthorised", "meta.erase")


@blueprint.before_app_request
def _meta_brings_no_csrf_token() -> None:
    """The signature stands for it; this runs before CSRFProtect, which is set up after the rooms."""
    if request.endpoint in FROM_META:
        current_app.extensions["csrf"].exempt(current_app.view_functions[request.endpoint])


@blueprint.post(f"{FACEBOOK}/revoca")
def deauthorised() -> Response:
    """The person removed Platea from their apps: their tokens are worth nothing any more."""
    _forget(erase=False)
    return Response(status=200)


@blueprint.post(f"{FACEBOOK}/cancellazione")
def erase() -> Response:
    """Erase token, Facebook id and name of the person; answers where they can see that it was done."""
    _forget(erase=True)
    code = _codes().dumps(int(clock.epoch()))
    address = services().settings.origin + url_for("meta.erased", code=code)
    return jsonify(url=address, confirmation_code=code)


@blueprint.get(f"{FACEBOOK}/cancellazione/<code>")
def erased(code: str) -> str:
    try:
        at = datetime.fromtimestamp(_codes().loads(code), UTC)
    except BadSignature:
        abort(404)
    return render_template("destinations/meta/erased.html", code=code, at=moment(at))


def _forget(erase: bool) -> None:
    """What the person gave until Meta made the request; our clock may be ahead of Meta's."""
    about = _about()
    until = datetime.fromtimestamp(about.issued_at + signed_request.CLOCK_SKEW_S, UTC)
    accounts.forget_tokens(about.user_id, until, erase)


def _about() -> signed_request.About:
    try:
        secret = services().settings.meta_app_secret
        return signed_request.read(request.form.get("signed_request", ""), secret, clock.epoch())
    except signed_request.Forged as forged:
        log.warning("signed_request rifiutata", reason=str(forged))
        refusals.forged("richiesta firmata di Facebook")
        abort(400)


def _codes() -> URLSafeSerializer:
    """The code holds only the time: whose data it was is no longer known here."""
    return URLSafeSerializer(list(reversed(services().settings.secret_keys)), salt="meta-erasure")
