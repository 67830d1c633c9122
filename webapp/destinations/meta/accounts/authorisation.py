"""From "autorizza" to Facebook and back: what was typed waits in a draft, and the state proves whose it is.

The state is 32 random bytes, kept only as a digest, bound to browser session, operator and client, good for
ten minutes and once. It is checked before Meta hears of the answer.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import delete, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations.base import DestinationError
from webapp.destinations.meta import queries, texts
from webapp.destinations.meta.accounts import oauth
from webapp.destinations.meta.accounts.forms import AccountForm
from webapp.destinations.meta.accounts.grants import USER, Grant, GrantRefused, in_words, read_grant
from webapp.destinations.meta.graph_api.blame import INACTIVE, REDIRECT, WRONG_APP
from webapp.destinations.meta.models import AuthorisationDraft, MetaAccount
from webapp.services import services

log = structlog.get_logger(__name__)

STATE_LIVES = timedelta(minutes=10)
# `error_code` of the dialog. 1349126: "App Not Active", 1349048 and 191: the address is not the app's.
APP_CODES = {"1349126": INACTIVE, "1349048": REDIRECT, "191": REDIRECT, "101": WRONG_APP}
STATE_CHARS, CODE_MAX_CHARS = 43, 4096


class StateRefused(Exception):
    """The answer is not to a question this browser session asked; `str()` says why, for the log."""


@dataclass(frozen=True)
class Asker:
    """The operator who asks for an authorisation; *browser* is the secret of their browser session."""

    client_id: int
    operator_id: int
    browser: str = field(repr=False)


def new_browser_secret() -> str:
    return secrets.token_urlsafe(32)


def begin(
    asker: Asker, form: AccountForm, account: MetaAccount | None, draft_id: str, asks_again: bool
) -> str:
    """Keep what was typed and return the address of Facebook's dialog.

    *draft_id*: the draft the form was shown with, if any; its token stays until a new one arrives.
    """
    state = secrets.token_urlsafe(32)
    with db.writing() as session:
        _forget_old(session)
        draft = queries.draft_of(session, asker.client_id, asker.operator_id, draft_id)
        asks_again = asks_again or draft is not None
        draft = draft or AuthorisationDraft(
            client_id=asker.client_id, operator_id=asker.operator_id, state_sha256="", session_sha256=""
        )
        draft.account_id = account.id if account else None
        draft.name, draft.act_id = form.name, form.act_id
        draft.state_sha256, draft.state_at, draft.state_used = _digest(state), clock.now(), False
        draft.session_sha256 = _digest(asker.browser)
        draft.refusal = None
        session.add(draft)
    return oauth.dialog_url(state, asks_again)


def finish(asker: Asker, answer: Mapping[str, str]) -> AuthorisationDraft:
    """The draft after Facebook's *answer* (`code` or `error`, and `state`), with the token or the refusal.

    Raises StateRefused before Meta was asked anything.
    """
    draft = _claim(asker, answer.get("state", ""))
    if refusal := _refusal(answer):  # whatever else came with it
        return _settle(draft, refusal=refusal)
    try:
        grant = _grant(answer.get("code", ""))
    except GrantRefused as refused:
        log.warning("autorizzazione non riuscita", code=str(refused))
        return _settle(draft, refusal=" ".join(f"{p.what} {p.todo}" for p in refused.problems))
    return _settle(
        draft,
        token=services().seal.close(grant.token, draft.purpose),
        token_kind=grant.kind,
        token_expires_at=grant.expires_at,
        facebook_user_id=grant.user_id,
        facebook_user_name=grant.user_name,
        authorised_at=clock.now(),
        refusal=None,
    )


def _refusal(answer: Mapping[str, str]) -> str | None:
    """Why the dialog gave no code (Italian). An app that is not active comes without `error` (seen:
    jaredhanson/passport-oauth#16), and 191 when the app does not know our address."""
    code = answer.get("error_code", "")
    if code in APP_CODES:
        return f"{APP_CODES[code].what} {APP_CODES[code].todo} ({APP_CODES[code].who})"
    if answer.get("error") == "access_denied":
        return texts.ACCESS_DENIED
    return texts.FACEBOOK_REFUSED if "error" in answer or code else None


def grant_of(draft: AuthorisationDraft) -> Grant | None:
    """The token a draft holds, opened. Raises CannotOpen."""
    if draft.token is None:
        return None
    return Grant(
        services().seal.open(draft.token, draft.purpose),
        draft.token_kind,
        draft.token_expires_at,
        draft.facebook_user_id,
        draft.facebook_user_name,
    )


def _claim(asker: Asker, state: str) -> AuthorisationDraft:
    """The draft that waits for *state*, which is thereby used up. Raises StateRefused.

    Somebody else's answer does not use it up: the person it belongs to can still come back.
    """
    if len(state) != STATE_CHARS:
        raise StateRefused("missing or malformed")
    with db.writing() as session:
        claimed = session.execute(
            update(AuthorisationDraft)
            .where(
                col(AuthorisationDraft.state_sha256) == _digest(state),
                col(AuthorisationDraft.state_used).is_(False),
                col(AuthorisationDraft.state_at) > clock.now() - STATE_LIVES,
                col(AuthorisationDraft.session_sha256) == _digest(asker.browser),
                col(AuthorisationDraft.operator_id) == asker.operator_id,
                col(AuthorisationDraft.client_id) == asker.client_id,
            )
            .values(state_used=True)
            .returning(col(AuthorisationDraft.id))
        ).scalar_one_or_none()
        if claimed is None:
            raise StateRefused("unknown, used, expired or of another session")
        return session.get_one(AuthorisationDraft, claimed, populate_existing=True)


def _grant(code: str) -> Grant:
    """Raises GrantRefused."""
    if not 0 < len(code) <= CODE_MAX_CHARS:
        raise GrantRefused([texts.BAD_ANSWER])
    try:
        token = oauth.long_lived_token(code)
    except DestinationError as error:
        raise GrantRefused([in_words(error)]) from None
    return read_grant(token, USER)


def _settle(draft: AuthorisationDraft, **values: object) -> AuthorisationDraft:
    with db.writing() as session:
        current = session.get_one(AuthorisationDraft, draft.id)
        for name, value in values.items():
            setattr(current, name, value)
        session.add(current)
    return current


def _forget_old(session: Session) -> None:
    old = col(AuthorisationDraft.created_at) < clock.now() - queries.DRAFT_LIVES
    session.execute(delete(AuthorisationDraft).where(old))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
