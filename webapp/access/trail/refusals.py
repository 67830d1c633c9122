"""What was refused, told in the audit trail: too little a role, too many tries, a budget, what is forged.

Also whoever is signed in and tries what our pages do not send: an address that takes no such request, or one
thing after the other that is not there or not theirs, is not accepted, comes out of turn. A person mistypes
too and opens old links, so of these only so many are told (ASVS 5.0, 16.3.3).

Somebody who tries without end writes one entry for each person or network in five minutes, not one a try.
"""

from typing import NamedTuple

import structlog
from flask import Response, g, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from webapp import budgets, db
from webapp.access import current
from webapp.access.models import Operator
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.values.texts import number

ONCE_IN_S = 300.0


class Invalid(NamedTuple):
    """*what* is Italian; *untold*: how many a person may have in five minutes before it is told."""

    what: str
    untold: int


_UNEXPECTED = Invalid("richiesta che le pagine non mandano", 0)
_NOT_THERE = Invalid("cose che non ci sono, o di altri", 9)
_NOT_TAKEN = Invalid("dati o passaggi non accettati", 29)
INVALID = {
    **dict.fromkeys((400, 405, 413, 415, 431), _UNEXPECTED),
    404: _NOT_THERE,
    **dict.fromkeys((409, 422), _NOT_TAKEN),
}

log = structlog.get_logger(__name__)


def not_allowed() -> None:
    """The role of who asks is too little for this endpoint."""
    operator, client_id = current.current_operator(), current.current_client_id()
    detail: audit.Detail = {"pagina": request.endpoint, "metodo": request.method}
    _tell(f"role:{operator.id}:{client_id}:{request.endpoint}", Action.REQUEST_REFUSED, detail, client_id)


def budget_used_up(kind: budgets.Kind) -> None:
    operator, client_id = current.current_operator(), current.current_client_id()
    detail: audit.Detail = {"che cosa": budgets.WHAT[kind], "per persona": number(budgets.most(kind))}
    _tell(f"budget:{operator.id}:{client_id}:{kind}", Action.BUDGET_USED_UP, detail, client_id)


def slowed(what: str, wait_s: int, who: Operator | None = None) -> None:
    """Too many tries of *what* (Italian); *who*: whose password was right, if any was."""
    place = str(who.id) if who else audit.shortened(request.remote_addr)
    _tell(f"slowed:{what}:{place}", Action.SIGN_IN_SLOWED, {"attesa": wait_s}, None, what, who)


def forged(what: str) -> None:
    """*what* (Italian) did not come from where it should; of what it said nothing is told.

    A trail that cannot be written to is no reason to answer otherwise.
    """
    operator = current.current_operator() if current_user.is_authenticated else None
    client_id = current.current_client_id() if operator and current.spaces() else None
    place = str(operator.id) if operator else audit.shortened(request.remote_addr)
    detail: audit.Detail = {"pagina": request.endpoint, "metodo": request.method}
    try:
        _tell(f"forged:{what}:{place}", Action.FORGERY_REFUSED, detail, client_id, what)
    except SQLAlchemyError as error:
        log.warning("rifiuto non annotato", error=type(error).__name__)


def note_answer(answer: Response) -> Response:
    """Told when it refuses what somebody who is signed in has sent, and nothing else has told it."""
    invalid = INVALID.get(answer.status_code)
    if invalid is None or "refusal_told" in g:
        return answer
    try:
        if current_user.is_authenticated:
            _note_invalid(invalid)
    except SQLAlchemyError as error:
        log.warning("rifiuto non annotato", error=type(error).__name__)
    return answer


def _note_invalid(invalid: Invalid) -> None:
    operator = current.current_operator()
    client_id = current.current_client_id() if current.spaces() else None
    key = f"invalid:{operator.id}:{invalid.what}"
    if invalid.untold:
        with db.writing() as session:
            if budgets.is_within(session, key, invalid.untold, ONCE_IN_S):
                return
    detail: audit.Detail = {"pagina": request.endpoint, "metodo": request.method}
    if invalid.untold:
        detail["in 5 minuti"] = f"più di {invalid.untold}"
    _tell(key, Action.REQUESTS_INVALID, detail, client_id, invalid.what)


def _tell(
    key: str,
    action: Action,
    detail: audit.Detail,
    client_id: int | None,
    on: str = "",
    who: Operator | None = None,
) -> None:
    g.refusal_told = True
    with db.writing() as session:
        if budgets.once(session, f"told:{key}", ONCE_IN_S):
            audit.record(session, action, on, detail, client_id=client_id, who=who)
