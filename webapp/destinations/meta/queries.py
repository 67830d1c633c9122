"""Reads of the connected ad accounts; always of one client."""

from datetime import timedelta

from sqlmodel import Session, col, func, select

from webapp import clock
from webapp.destinations.meta.models import AuthorisationDraft, MetaAccount
from webapp.values.identifiers import looks_like_public_id

DRAFT_LIVES = timedelta(hours=12)  # as long as a session may last


def accounts_of(session: Session, client_id: int) -> list[MetaAccount]:
    """The client's accounts, by name."""
    mine = select(MetaAccount).where(MetaAccount.client_id == client_id)
    return list(session.exec(mine.order_by(func.lower(MetaAccount.name), col(MetaAccount.id))))


def account_of(session: Session, client_id: int, public_id: str) -> MetaAccount | None:
    """None for what is not there, of another client, or no id of ours."""
    if not looks_like_public_id(public_id):
        return None
    return session.exec(
        select(MetaAccount).where(MetaAccount.client_id == client_id, MetaAccount.public_id == public_id)
    ).one_or_none()


def account_with_act_id(session: Session, client_id: int, act_id: str) -> MetaAccount | None:
    return session.exec(
        select(MetaAccount).where(MetaAccount.client_id == client_id, MetaAccount.act_id == act_id)
    ).one_or_none()


def count_of(session: Session, client_id: int) -> int:
    return session.exec(
        select(func.count()).select_from(MetaAccount).where(MetaAccount.client_id == client_id)
    ).one()


def draft_of(session: Session, client_id: int, operator_id: int, public_id: str) -> AuthorisationDraft | None:
    """An operator's own draft of the last hours, None otherwise."""
    if not looks_like_public_id(public_id):
        return None
    return session.exec(
        select(AuthorisationDraft).where(
            AuthorisationDraft.client_id == client_id,
            AuthorisationDraft.operator_id == operator_id,
            AuthorisationDraft.public_id == public_id,
            AuthorisationDraft.created_at > clock.now() - DRAFT_LIVES,
        )
    ).one_or_none()
