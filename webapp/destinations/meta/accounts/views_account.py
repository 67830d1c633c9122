"""One account, in the order of a visit: the form, "autorizza" and the way back, "salva", delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from flask import Response, abort, make_response, render_template, request, url_for
from flask_login import current_user

from webapp import db
from webapp.access.current import current_client_id, may
from webapp.access.models import Role
from webapp.access.trail import refusals
from webapp.crypto import CannotOpen
from webapp.destinations.base import Problem
from webapp.destinations.meta import queries, texts
from webapp.destinations.meta.accounts import accounts, authorisation, oauth
from webapp.destinations.meta.accounts.authorisation import StateRefused
from webapp.destinations.meta.accounts.forms import MASK, AccountForm, read_account
from webapp.destinations.meta.accounts.grants import SYSTEM_USER, Grant, GrantRefused, read_grant
from webapp.destinations.meta.health import checking
from webapp.destinations.meta.models import MAX_ACCOUNTS, AuthorisationDraft, MetaAccount
from webapp.destinations.meta.routes import (
    ACCOUNT,
    FACEBOOK,
    account_with_id,
    asker,
    blueprint,
    find_account,
    find_draft,
)
from webapp.web import htmx, seen

log = structlog.get_logger(__name__)

TOKEN_BLOCK = "access-token"  # id of the block in the form that errors about the token lead to


@dataclass(frozen=True)
class FormPage:
    """Everything the account form shows, on a page of its own or as an answer to htmx."""

    form: AccountForm
    account: MetaAccount | None = None
    draft: AuthorisationDraft | None = None
    problems: Sequence[Problem] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    is_stale: bool = False  # somebody else has renamed the account meanwhile

    @property
    def holder(self) -> MetaAccount | AuthorisationDraft | None:
        """The owner of the token that would be used: the draft's is the newer one."""
        for row in (self.draft, self.account):
            if row is not None and row.token is not None:
                return row
        return None

    @property
    def is_fresh(self) -> bool:
        return self.draft is not None and self.draft.token is not None

    @property
    def is_id_locked(self) -> bool:
        return self.account is not None and self.account.token is not None

    @property
    def trouble(self) -> str | None:
        """The fault of the token at hand, unless a new one has just arrived."""
        if self.is_fresh or self.account is None or self.account.token is None:
            return None
        return accounts.authorisation(self.account).problem

    @property
    def mask(self) -> str:
        return MASK if self.account and self.account.token and self.account.token_kind == SYSTEM_USER else ""

    @property
    def valid_until(self) -> str:
        return texts.valid_until(self.holder.token_expires_at if self.holder else None)

    @property
    def authorised_at(self) -> datetime | None:
        return self.holder.authorised_at if self.holder else None


@blueprint.get(f"{FACEBOOK}/nuovo")
def new_account() -> Response:
    with db.reading() as session:
        if queries.count_of(session, current_client_id()) >= MAX_ACCOUNTS:
            return make_response(render_template("destinations/meta/full.html", limit=texts.LIMIT))
    draft = find_draft(request.args.get("bozza", ""))
    form = AccountForm(draft.name, draft.act_id) if draft else AccountForm()
    return _answer(FormPage(form, None, draft))


@blueprint.post(f"{FACEBOOK}/nuovo")
def create_account() -> Response:
    return _submit(None)


@blueprint.get(f"{ACCOUNT}/modifica")
def edit_account(account_id: str) -> Response:
    account = find_account(account_id)
    draft = find_draft(request.args.get("bozza", ""))
    if draft is not None and draft.account_id != account.id:
        draft = None
    form = AccountForm(draft.name if draft else account.name, account.act_id)
    return _answer(FormPage(form, account, draft))


@blueprint.post(f"{ACCOUNT}/modifica")
def update_account(account_id: str) -> Response:
    return _submit(find_account(account_id))


@blueprint.post(f"{ACCOUNT}/autorizza")
def reauthorise(account_id: str) -> Response:
    """From the list, without passing by the form: name and id are those of the account."""
    account = find_account(account_id)
    return _authorise(FormPage(AccountForm(account.name, account.act_id), account))


@blueprint.post(f"{ACCOUNT}/controlla")
def check_again(account_id: str) -> Response:
    """The terms were accepted, the payment settled: what waits for it may go on."""
    try:
        accounts.look_again(find_account(account_id))
    except GrantRefused as refused:
        problem = refused.problems[0]
        return htmx.notice(htmx.go_to(url_for("meta.accounts")), f"{problem.what} {problem.todo}", "err")
    return htmx.notice(htmx.go_to(url_for("meta.accounts")), texts.FINE_AGAIN)


@blueprint.get(oauth.RETURN_PATH)
def authorisation_return() -> Response:
    """Facebook sends people here. The address, which holds the code, is left at once for a clean one."""
    if not current_user.is_authenticated or not may(Role.ADMINISTRATOR):
        return _refuse_return("no session")
    if any(len(request.args.getlist(name)) > 1 for name in request.args):
        return _refuse_return("repeated parameters")
    try:
        draft = authorisation.finish(asker(), request.args.to_dict())
    except StateRefused as refused:
        return _refuse_return(str(refused))
    return _save_again(draft) or htmx.go_to(_form_url(draft))


def _save_again(draft: AuthorisationDraft) -> Response | None:
    """An account that is saved and did not change has its new token at once: nothing is left to decide.

    None where something is: a new account, a refusal, another name, or a token that Facebook's answers speak
    against; the form then says so.
    """
    account = account_with_id(draft.account_id) if draft.account_id is not None else None
    if account is None or account.token is None or draft.token is None or draft.name != account.name:
        return None
    answer = _save(
        FormPage(AccountForm(account.name, account.act_id), account, draft), texts.AUTHORISED_AGAIN
    )
    return answer if answer.status_code == 303 else None


@blueprint.get(f"{ACCOUNT}/elimina")
def confirm_delete(account_id: str) -> str:
    return _delete_page(find_account(account_id))


@blueprint.post(f"{ACCOUNT}/elimina")
def delete_account(account_id: str) -> Response:
    account = find_account(account_id)
    if accounts.delete(account):
        log.info("account Facebook eliminato", account=account_id)
        return htmx.notice(htmx.go_to(url_for("meta.accounts")), texts.DELETED)
    if htmx.is_htmx():
        return htmx.refused(texts.IN_USE, 409)
    return make_response(_delete_page(account, texts.IN_USE), 409)


def _submit(account: MetaAccount | None) -> Response:
    form = read_account(request.form)
    draft = find_draft(request.form.get("bozza", ""))
    page = FormPage(form, account, draft, errors=form.errors)
    if page.is_id_locked and account is not None:
        errors = {key: text for key, text in form.errors.items() if key != "account_id"}
        page = replace(page, form=replace(form, act_id=account.act_id), errors=errors)
    authorises = request.form.get("azione") == "autorizza"
    if authorises and not request.form.get("account_id", "").strip():  # it is chosen on the way back
        page = replace(page, errors={key: text for key, text in page.errors.items() if key != "account_id"})
    if page.errors:
        return _answer(page, 422)
    return _authorise(page) if authorises else _save(page)


def _authorise(page: FormPage) -> Response:
    """Off to Facebook; what was typed is kept here until the person comes back."""
    if not oauth.is_available():
        return _answer(replace(page, errors={TOKEN_BLOCK: texts.NO_APP}), 422)
    account_id = page.account.id if page.account else None
    try:
        accounts.refuse_conflict(current_client_id(), page.form.act_id, account_id)
    except GrantRefused as refused:
        return _answer(replace(page, errors=refused.errors), 422)
    draft_id = page.draft.public_id if page.draft else ""
    asks_again = page.holder is not None
    return htmx.go_to(authorisation.begin(asker(), page.form, page.account, draft_id, asks_again))


def _save(page: FormPage, done: str = texts.SAVED) -> Response:
    """*done*: what is said when it is saved."""
    account, draft = page.account, page.draft
    account_id = account.id if account else None
    try:
        grant = _new_grant(page)
        if grant is not None:
            saved = accounts.save(
                current_client_id(), page.form, grant, account_id, draft.id if draft else None
            )
            checking.ask_for_a_look(db.saved_id(saved))
        elif account is not None and account.id is not None and account.token is not None:
            accounts.rename(current_client_id(), account.id, page.form.name)
        else:
            missing = texts.TOKEN_MISSING if oauth.is_available() else texts.TOKEN_MISSING_NO_APP
            return _answer(replace(page, errors={TOKEN_BLOCK: missing}), 422)
    except GrantRefused as refused:
        return _answer(replace(page, problems=refused.problems, errors=refused.errors), 422)
    except seen.ChangedMeanwhile:
        newest = find_account(account.public_id) if account else None
        return _answer(replace(page, account=newest, is_stale=True), 409)
    except LookupError:
        abort(404)
    log.info("account Facebook salvato", act_id=page.form.act_id, new_token=grant is not None)
    said = f"{done} {texts.ACT_ID_CLEANED}" if page.form.is_cleaned else done
    return htmx.notice(htmx.go_to(url_for("meta.accounts")), said)


def _new_grant(page: FormPage) -> Grant | None:
    """The token pasted in the form, or the one that came back from Facebook. Raises GrantRefused."""
    if page.form.token:
        return read_grant(page.form.token, SYSTEM_USER)
    if page.draft is None:
        return None
    try:
        return authorisation.grant_of(page.draft)
    except CannotOpen:
        return None


def _answer(page: FormPage, status: int = 200) -> Response:
    """The form alone for htmx, which puts it in place of the old one; the whole page otherwise."""
    is_fragment = htmx.is_htmx() and status != 200
    template = "_account_form" if is_fragment else "account"
    return make_response(
        render_template(
            f"destinations/meta/{template}.html",
            page=page,
            can_authorise=oauth.is_available(),
            no_app=texts.NO_APP,
            texts=texts,
        ),
        status,
    )


def _form_url(draft: AuthorisationDraft) -> str:
    """The anchor also takes the place of the `#_=_` that Facebook adds and browsers carry along."""
    if draft.account_id is None:
        return url_for("meta.new_account", bozza=draft.public_id, _anchor=TOKEN_BLOCK)
    account = account_with_id(draft.account_id) or abort(404)
    return url_for(
        "meta.edit_account", account_id=account.public_id, bozza=draft.public_id, _anchor=TOKEN_BLOCK
    )


def _refuse_return(reason: str) -> Response:
    log.warning("ritorno da Facebook rifiutato", reason=reason)
    refusals.forged("ritorno da Facebook")
    abort(400, texts.STATE_REFUSED)


def _delete_page(account: MetaAccount, refusal: str | None = None) -> str:
    return render_template(
        "destinations/meta/delete.html",
        account=account,
        refusal=refusal,
        users=accounts.used_now_by(account),
    )
