"""Error pages: not there, not allowed, broken; never a trace, always what to do.

The pages have their own layout and need neither session nor database, so they work when those do not. Where
only one thing is missing or refused, who is signed in keeps the menu.
"""

from typing import Any

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError, default_exceptions

from webapp.data_keys import KeysLost
from webapp.host import storage_trouble
from webapp.host.storage_trouble import Words
from webapp.services import services
from webapp.web import htmx, request_log, security

log = structlog.get_logger(__name__)

ORDINARY = (403, 404, 405, 409, 413)  # the pages around these work: their menu stays
RETRY_S = 15  # a page that says "riprova" tries by itself after as long


PAGES = {
    400: Words("Richiesta non valida", "Qualcosa in questo indirizzo o modulo non è come ce lo aspettiamo."),
    401: Words("Serve l’accesso", "Entra con la tua email e la tua password."),
    403: Words("Operazione non permessa", "Il tuo ruolo non permette questa operazione."),
    404: Words("Questa pagina non c’è", "Forse il link è vecchio o l’elemento è stato eliminato."),
    405: Words(
        "Operazione non prevista", "A questo indirizzo non si arriva così: torna alla pagina precedente."
    ),
    409: Words(
        "Nel frattempo qualcosa è cambiato", "Non abbiamo cambiato nulla: ricarica la pagina e riprova."
    ),
    413: Words("File troppo grande", "Dividilo in più file oppure togli le colonne che non ti servono."),
    429: Words("Troppe richieste", "Aspetta qualche minuto e riprova.", can_retry=True),
    500: Words(
        "Qualcosa non ha funzionato",
        "L’errore è nostro e l’abbiamo registrato. Riprova tra un minuto; se continua, manda questo codice "
        "all’assistenza:",
        can_retry=True,
    ),
    503: Words(
        "Platea non è disponibile",
        "Non riusciamo a leggere i dati. I caricamenti in corso non si perdono: riprendono da soli. "
        "Questa pagina riprova tra pochi secondi.",
        can_retry=True,
        is_passing=True,
    ),
}
STALE_FORM = Words(
    "Ricarica la pagina",
    "Il modulo è rimasto aperto troppo a lungo oppure sei uscito nel frattempo. Ricarica la pagina e ripeti.",
)


def init_app(app: Flask) -> None:
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(SecurityError, _other_host)
    app.register_error_handler(HTTPException, _http_error)
    for error in (OperationalError, InterfaceError, InternalError, PoolTimeout):
        app.register_error_handler(error, _database_away)
    app.register_error_handler(KeysLost, _keys_lost)
    app.register_error_handler(IntegrityError, _lost_race)
    app.register_error_handler(OSError, _no_room)
    app.register_error_handler(500, _our_fault)


def _stale_form(error: CSRFError) -> Response:
    log.warning("modulo scaduto", reason=error.description)
    security.forged("modulo senza il suo segno")
    return _answer(400, STALE_FORM)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    words = PAGES.get(status, PAGES[400 if status < 500 else 500])
    if status == 403:
        log.warning("operazione rifiutata", route=request.endpoint, method=request.method)
    if own_words := _own_words(error):
        words = words._replace(text=own_words)
    answer = _answer(status, words)
    answer.headers.extend(value for value in error.get_headers() if value[0] in ("Allow", "Retry-After"))
    return answer


def _own_words(error: HTTPException) -> str | None:
    """The sentence that a view gave to `abort(403, "…")`; the descriptions Werkzeug writes are English."""
    is_ours = type(error) is default_exceptions.get(error.code or 0)
    return error.description if is_ours and error.description != type(error).description else None


def _other_host(_error: SecurityError) -> Response:
    address = services().settings.public_url
    text = f"Questo indirizzo non è quello di Platea: aprila da {address}."
    return _answer(400, PAGES[400]._replace(text=f"{text} Chi la installa lo cambia con PLATEA_URL."))


def _database_away(error: Exception) -> Response:
    words = storage_trouble.of_database(getattr(error, "orig", None)) or PAGES[503]
    return _broken(words, error)


def _keys_lost(error: KeysLost) -> Response:
    return _broken(PAGES[503]._replace(text=str(error), is_passing=False), error)


def _no_room(error: OSError) -> Response:
    words = storage_trouble.of_system(error)
    if words is None:
        raise error
    return _broken(words, error)


def _broken(words: Words, error: Exception) -> Response:
    """507 when there is no room, else 503; only what passes by itself asks to be tried again."""
    code = request_log.request_id()
    log.error("i dati non si leggono o non si scrivono", code=code, said=words.title, exc_info=error)
    is_full = words in (storage_trouble.DISK_FULL, storage_trouble.DISK_BROKEN)
    answer = _answer(507 if is_full else 503, words, code)
    if words.is_passing:
        answer.headers["Retry-After"] = str(RETRY_S)
    return answer


def _lost_race(error: IntegrityError) -> Response:
    if not storage_trouble.is_lost_race(error.orig):
        raise error
    log.warning("qualcun altro è stato più veloce", route=request.endpoint, exc_info=error)
    return _answer(409, storage_trouble.TAKEN)


def _our_fault(error: InternalServerError) -> Response:
    code = request_log.request_id()
    log.error("errore imprevisto", code=code, exc_info=error.original_exception)
    return _answer(500, PAGES[500], code)


def _has_menu() -> bool:
    """Whether somebody is signed in, for whom the frame of every page can be drawn."""
    try:
        frame: Any = current_app.jinja_env.globals["page_frame"]
        return frame().client is not None
    except (DBAPIError, PoolTimeout, HTTPException):  # the page in its own frame needs none of it
        return False


def _answer(status: int, words: Words, code: str = "") -> Response:
    """A whole page, or for htmx what it needs: nothing swapped and a toast, or nothing at all.

    htmx leaves the page as it is on 5xx (`noSwap`), and where we say nothing app.js says that the connection
    was lost.
    """
    if htmx.is_htmx():
        says_more = status < 500 or (status != 500 and not words.is_passing)
        return htmx.refused(words.text, status) if says_more else make_response("", status)
    page = render_template(
        "errors/signed_in.html" if status in ORDINARY and _has_menu() else "errors/page.html",
        status=status,
        words=words,
        code=code or request_log.request_id(),
        theme=request.cookies.get("tema"),
        retry_s=RETRY_S if words.is_passing else None,
    )
    return make_response(page, status)
