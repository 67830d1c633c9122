"""Where the room's pages hang: /configura/integrazioni and below."""

from flask import Blueprint, abort
from flask import session as cookie

from webapp import db
from webapp.access.current import current_client_id, current_operator
from webapp.destinations.meta import queries
from webapp.destinations.meta.accounts.authorisation import Asker, new_browser_secret
from webapp.destinations.meta.models import AuthorisationDraft, MetaAccount

blueprint = Blueprint("meta", __name__)

INTEGRATIONS = "/configura/integrazioni"
FACEBOOK = f"{INTEGRATIONS}/facebook"
ACCOUNT = f"{FACEBOOK}/<account_id>"


def asker() -> Asker:
    """The operator who asks, with the secret that ties an authorisation to this browser session."""
    operator = current_operator()
    assert operator.id is not None
    secret = cookie.setdefault("authorising", new_browser_secret())
    return Asker(current_client_id(), operator.id, secret)


def find_account(public_id: str) -> MetaAccount:
    """404 for what is not there or belongs to another client."""
    with db.reading() as session:
        account = queries.account_of(session, current_client_id(), public_id)
        session.expunge_all()  # stays readable after the transaction
    return account or abort(404)


def account_with_id(account_id: int) -> MetaAccount | None:
    with db.reading() as session:
        account = session.get(MetaAccount, account_id)
        session.expunge_all()  # stays readable after the transaction
    return account


def find_draft(public_id: str) -> AuthorisationDraft | None:
    """The operator's own draft, None for any other id: a form without it starts anew."""
    who = asker()
    with db.reading() as session:
        draft = queries.draft_of(session, who.client_id, who.operator_id, public_id)
        session.expunge_all()  # stays readable after the transaction
    return draft
