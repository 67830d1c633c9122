"""The one who enters without a password, in demo mode only."""

import secrets

from sqlmodel import Session

from webapp.access.members.operators import create_operator
from webapp.access.models import Operator, Role
from webapp.access.queries import operator_by_email

EMAIL = "giulia@aurora.example"
NAME = "Giulia Ferri"
CLIENT = "Studio Aurora"


def ensure_demo_operator(session: Session) -> Operator:
    """Giulia Ferri, administrator of Studio Aurora and owner; her password is random and nobody knows it."""
    known = operator_by_email(session, EMAIL)
    if known is not None:
        return known
    return create_operator(
        session, EMAIL, NAME, secrets.token_urlsafe(32), CLIENT, Role.ADMINISTRATOR, owner=True
    )
