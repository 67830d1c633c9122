"""Connected ad accounts: save, change, forget, and the token that each of them keeps sealed.

Facebook is asked first, with no transaction open; what it says is then written in one, so nothing is saved
half.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from webapp import clock, db
from webapp.access.models import Client
from webapp.access.trail.audit import Action, record
from webapp.crypto import CannotOpen
from webapp.destinations import hooks
from webapp.destinations.base import NeedsPersonError
from webapp.destinations.meta import queries, texts
from webapp.destinations.meta.accounts.forms import AccountForm
from webapp.destinations.meta.accounts.grants import (
    SYSTEM_USER,
    Grant,
    GrantRefused,
    check_account,
    read_grant,
)
from webapp.destinations.meta.health import health_notes
from webapp.destinations.meta.models import KIND, MAX_ACCOUNTS, AuthorisationDraft, MetaAccount
from webapp.services import services
from webapp.web import seen


def save(
    client_id: int,
    form: AccountForm,
    grant: Grant,
    account_id: int | None = None,
    draft_id: int | None = None,
) -> MetaAccount:
    """Connect a new ad account, or give account *account_id* a new token. Raises GrantRefused.

    Afterwards the draft *draft_id* is gone.
    """
    refuse_conflict(client_id, form.act_id, account_id)
    check_account(grant.token, form.act_id, form.name)
    try:
        with db.writing() as session:
            hold_client(session, client_id)
            refuse_conflicts(session, client_id, form.act_id, account_id)
            account = _row(session, client_id, account_id)
            if account_id is not None:
                seen.refuse_unseen(account.name)
            account.name, account.act_id = form.name, form.act_id
            _seal_into(account, grant)
            session.add(account)
            session.flush()
            health_notes.note_good_start(session, db.saved_id(account))
            action = Action.ACCOUNT_CREATED if account_id is None else Action.ACCOUNT_AUTHORISED
            _audit(session, action, account)
            if draft_id is not None:
                session.execute(sql_delete(AuthorisationDraft).where(col(AuthorisationDraft.id) == draft_id))
    except IntegrityError:  # the same account, saved at the same moment by somebody else
        raise GrantRefused([], {"account_id": texts.duplicate(form.name)}) from None
    return account


def save_with_token(
    client_id: int, name: str, act_id: str, token: str, kind: str = SYSTEM_USER
) -> MetaAccount:
    """Connect an ad account with a token that is already at hand, as commands do. Raises GrantRefused.

    Opens its own transactions: none may be open across the calls to Facebook.
    """
    return save(client_id, AccountForm(name, act_id), read_grant(token, kind))


def rename(client_id: int, account_id: int, name: str) -> MetaAccount:
    """Raises `seen.ChangedMeanwhile` when somebody else has renamed it since the form was made."""
    with db.writing() as session:
        account = _row(session, client_id, account_id)
        seen.refuse_unseen(account.name)
        account.name = name
        session.add(account)
        _audit(session, Action.ACCOUNT_RENAMED, account)
    return account


def delete(account: MetaAccount) -> bool:
    """Forget the account and its token; False while an upload uses it. Audiences on Facebook stay.

    Told once, however many ask at the same moment. An upload that starts meanwhile either is seen here, or
    finds the account gone: its row refers to the account's, which is locked.
    """
    assert account.id is not None
    with db.writing() as session:
        mine = select(MetaAccount.id).where(MetaAccount.id == account.id).with_for_update()
        if session.exec(mine).one_or_none() is None:
            return True
        if hooks.registered().is_account_busy(session, KIND, account.client_id, account.id):
            return False
        drafts = col(AuthorisationDraft.account_id) == account.id
        session.execute(sql_delete(AuthorisationDraft).where(drafts))
        session.execute(sql_delete(MetaAccount).where(col(MetaAccount.id) == account.id))
        _audit(session, Action.ACCOUNT_DELETED, account)
    return True


def used_now_by(account: MetaAccount) -> list[str]:
    """The names of what uses the account at this moment."""
    with db.reading() as session:
        return hooks.registered().running_names(session, KIND, account.client_id, db.saved_id(account))


def last_used(session: Session, owners: Mapping[int, int]) -> Mapping[int, datetime]:
    """When each account was last used. *owners*: account id → its client's id."""
    return hooks.registered().last_account_uses(session, KIND, owners)


def hold_client(session: Session, client_id: int) -> None:
    """Nobody else connects an account of the client until the transaction ends: two would both count nine."""
    session.get(Client, client_id, with_for_update={"key_share": True})


def refuse_conflict(client_id: int, act_id: str, account_id: int | None) -> None:
    """`refuse_conflicts`, before anybody is sent to Facebook in vain."""
    with db.reading() as session:
        refuse_conflicts(session, client_id, act_id, account_id)


def refuse_conflicts(session: Session, client_id: int, act_id: str, account_id: int | None) -> None:
    """Raises GrantRefused for the eleventh account, and for an ad account that is connected already."""
    if account_id is None and queries.count_of(session, client_id) >= MAX_ACCOUNTS:
        raise GrantRefused([], {"account_id": texts.LIMIT})
    twin = queries.account_with_act_id(session, client_id, act_id)
    if twin is not None and twin.id != account_id:
        raise GrantRefused([], {"account_id": texts.duplicate(twin.name)})


def token_of(account: MetaAccount) -> str:
    """The account's token, opened. Raises NeedsPersonError when there is none that can be used."""
    if account.token is None:
        raise NeedsPersonError(texts.no_token(account.name))
    if account.token_expires_at is not None and account.token_expires_at <= clock.now():
        raise NeedsPersonError(texts.expired(account.name))
    try:
        return services().seal.open(account.token, account.purpose)
    except CannotOpen:
        raise NeedsPersonError(texts.no_token(account.name)) from None


def authorisation(account: MetaAccount) -> texts.Authorisation:
    """How the account's authorisation is doing now."""
    who = texts.granted_by(account.token_kind, account.facebook_user_name)
    has_token = account.token is not None
    return texts.authorisation(has_token, who, account.token_expires_at, account.problem_text, clock.now())


def set_problem(account_id: int, problem: str, text: str) -> None:
    """Remember what a person has to put right before the account can send."""
    _write(account_id, problem=problem, problem_text=text)


def clear_problem(account_id: int) -> None:
    _write(account_id, problem=None, problem_text=None)


def look_again(account: MetaAccount) -> None:
    """Somebody says that the problem was put right: ask Facebook. Raises GrantRefused while it was not."""
    try:
        check_account(token_of(account), account.act_id, account.name)
    except NeedsPersonError as error:
        raise GrantRefused([error.problem]) from None
    clear_problem(db.saved_id(account))


def forget_tokens(facebook_user_id: str, until: datetime, erase: bool) -> None:
    """Throw away every token that a Facebook user gave *until* then, and with *erase* also who they were.

    What they gave later stays: whoever sends an old request of Meta again takes nothing away.
    """
    changes: dict[str, object] = {"token": None, "token_expires_at": None}
    if erase:
        changes |= {"facebook_user_id": None, "facebook_user_name": None}
    with db.writing() as session:
        theirs = _given_until(MetaAccount, facebook_user_id, until)
        for account in session.exec(select(MetaAccount).where(theirs)).all():
            _audit(session, Action.ACCOUNT_REVOKED, account)
        for table in (MetaAccount, AuthorisationDraft):
            theirs = _given_until(table, facebook_user_id, until)
            session.execute(update(table).where(theirs).values(changes))


def _given_until(
    table: type[MetaAccount] | type[AuthorisationDraft], facebook_user_id: str, until: datetime
) -> ColumnElement[bool]:
    given = col(table.authorised_at)
    return (col(table.facebook_user_id) == facebook_user_id) & (given.is_(None) | (given <= until))


def _audit(session: Session, action: Action, account: MetaAccount) -> None:
    told = {"id": account.public_id, "account_id": account.act_id}
    record(session, action, on=account.name, detail={**told}, client_id=account.client_id)


def _write(account_id: int, **values: object) -> None:
    with db.writing() as session:
        session.execute(update(MetaAccount).where(col(MetaAccount.id) == account_id).values(**values))


def _row(session: Session, client_id: int, account_id: int | None) -> MetaAccount:
    """Raises LookupError for an account that was deleted meanwhile."""
    if account_id is None:
        return MetaAccount(client_id=client_id, name="", act_id="")
    account = session.get(MetaAccount, account_id)
    if account is None or account.client_id != client_id:
        raise LookupError(f"meta account {account_id}")
    return account


def _seal_into(account: MetaAccount, grant: Grant) -> None:
    account.token = services().seal.close(grant.token, account.purpose)
    account.token_kind = grant.kind
    account.token_expires_at = grant.expires_at
    account.facebook_user_id, account.facebook_user_name = grant.user_id, grant.user_name
    account.authorised_at = clock.now()
    account.problem = account.problem_text = None
