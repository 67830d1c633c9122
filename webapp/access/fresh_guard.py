"""Before what does great harm, the password again: an open computer is no key (ASVS 7.5.2).

The table names the endpoints. Who gave their password longer ago than the settings allow is asked for it on a
page of its own. What they had typed goes through that page sealed: nothing is lost, nothing is shown, and one
press of the button does what was asked for.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

import orjson
from flask import Response, abort, g, make_response, render_template, request, url_for
from werkzeug.datastructures import ImmutableMultiDict

from webapp import crypto, db
from webapp.access import current
from webapp.access.signing_in import demo, entering, sessions
from webapp.access.signing_in.authentication import SignInRefused
from webapp.access.trail import audit
from webapp.services import services
from webapp.web import htmx, security

SEALED, PASSWORD = "sigillato", "password_di_adesso"
WRONG = "Non è la password che usi adesso."
LOST = "Quello che avevi scritto non si legge più e non abbiamo cambiato nulla: torna indietro e ripeti."

# What a change asks for by itself (password, second factor) is not here: it always wants the password.
ASKED_FOR = {
    # sessions
    "access.close_session",
    "access.close_other_sessions",
    # people, roles, settings
    "access.invite",
    "access.renew_invitation",
    "access.change_role",
    "access.deactivate_operator",
    "access.reactivate_operator",
    "access.remove_operator",
    "access.close_sessions_of",
    "access.save_settings",
    "access.create_client",
    # the keys to ad accounts
    "meta.create_account",
    "meta.update_account",
    "meta.reauthorise",
    "meta.delete_account",
    # everything of somebody, out of here or gone
    "contacts.export_contacts",
    "contacts.export_file",
    "contacts.rejected_rows",
    "uploads.invalid_csv",
    "access.trail_csv",
    "contacts.delete_database",
}


def restore_what_was_typed() -> None:
    """The form that was sealed into the page that asks, in place of that page's own; 400 if that fails.

    To be called before anything else reads the form.
    """
    if request.endpoint not in ASKED_FOR or SEALED not in request.form:
        return
    g.password_given = request.form.get(PASSWORD, "")
    try:
        text = services().seal.open(urlsafe_b64decode(request.form[SEALED]), _purpose())
    except (crypto.CannotOpen, NotBase64, ValueError):
        abort(400, LOST)
    request.form = ImmutableMultiDict([(name, value) for name, value in orjson.loads(text)])


def ask() -> Response | None:
    """The page that asks, or None when the request may go on."""
    if request.endpoint not in ASKED_FOR or request.method == "OPTIONS" or _needs_none():
        return None
    if request.method in security.SAFE_METHODS:
        return page_for_file(request.endpoint, security.page_around() or url_for("home.overview"))
    given = g.get("password_given")
    if given is None:
        return _page_for_form(None)
    refused = give(given, request.endpoint)
    return None if refused is None else _page_for_form(refused)


def give(password: str, page: str) -> SignInRefused | None:
    """Note that the password was given in this session, for *page* (an endpoint); or why it was not taken."""
    operator = current.current_operator()
    outcome = entering.try_password(operator.email, password)
    if isinstance(outcome, SignInRefused):
        return outcome if outcome.wait_s else SignInRefused(WRONG)
    with db.writing() as session:
        sessions.prove(session, current.current_session())
        audit.record(
            session, audit.Action.PASSWORD_CONFIRMED, operator.name, {"pagina": page}, client_id=None
        )
    return None


def _needs_none() -> bool:
    """In the demo Giulia enters without a password, so she has none to give."""
    settings = services().settings
    if settings.demo and current.current_operator().email == demo.EMAIL:
        return True
    return sessions.was_proven_within(current.current_session(), settings.confirm_minutes * 60)


def page_for_file(page: str, back: str, refused: SignInRefused | None = None) -> Response:
    """A file cannot be the answer to this form: the password leads *back*, where the file is asked for."""
    return _answer(refused, action=url_for("access.confirm_password"), page=page, back=back)


def _page_for_form(refused: SignInRefused | None) -> Response:
    action, back = security.this_page(), security.page_around() or url_for("home.overview")
    return _answer(refused, action=action, sealed=_sealed(), back=back)


def _answer(refused: SignInRefused | None, **shown: str) -> Response:
    """The page that asks; for htmx, what stands in place of the page's content."""
    template = "access/signing_in/_fresh_form.html" if htmx.is_htmx() else "access/signing_in/fresh.html"
    sentence = refused.sentence if refused else ""
    answer = make_response(
        render_template(template, refusal=sentence, minutes=services().settings.confirm_minutes, **shown),
        403 if refused is None else 429 if refused.wait_s else 422,
    )
    if refused and refused.wait_s:
        answer.headers["Retry-After"] = str(refused.wait_s)
    return htmx.into(answer, "#contenuto", "innerHTML") if htmx.is_htmx() else answer


def _sealed() -> str:
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    return urlsafe_b64encode(services().seal.close(orjson.dumps(fields).decode(), _purpose())).decode()


def _purpose() -> str:
    return f"form:{current.current_operator().id}:{request.path}"
