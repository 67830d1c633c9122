"""The form "Carica gli utenti per una custom audience": offered, checked, sent once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, abort, make_response, render_template, request
from sqlmodel import Session

from webapp import db
from webapp.access.current import current_operator, may
from webapp.access.models import Role
from webapp.contacts import databases
from webapp.contacts.consent import answers_of
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.ledger import unknown
from webapp.contacts.ledger.unknown import Unknown
from webapp.destinations import registry
from webapp.destinations.base import Account, Identifier, Medium
from webapp.uploads import commands, idempotency, origin_words
from webapp.uploads.checking import keeping
from webapp.uploads.checking.reading import Check
from webapp.uploads.screens import queries, texts
from webapp.uploads.screens.form import (
    audience_list,
    check,
    forecast,
    forms,
    offers,
    recognise,
    value_choice,
    ways,
)
from webapp.uploads.screens.form.audience_list import Listing
from webapp.uploads.screens.form.forecast import Forecast
from webapp.uploads.screens.form.forms import Draft
from webapp.uploads.screens.form.offers import Offer
from webapp.uploads.screens.routes import blueprint
from webapp.web import htmx

URL = "/database/<database_id>/custom-audience/carica"
TOKEN_S = 3600.0  # a form that is sent again after an hour is a new request


@blueprint.get(URL)
def new_upload(database_id: str) -> str:
    offer = offers.offer(database_id)
    draft = forms.offered(offer.draft(request.args))
    return _page(offer, draft, listing=_listing(offer, draft))


@blueprint.get(f"{URL}/audience")
def audience_fragment(database_id: str) -> str:
    """The choice of the audience, when account, kind or search change."""
    offer = offers.offer(database_id, count=False)
    draft = offer.draft(request.args)
    listing = _listing(offer, draft, again="aggiorna" in request.args)
    return render_template("uploads/screens/detail/_audience.html", **_shown(offer, draft, {}, listing))


@blueprint.get(f"{URL}/nome")
def name_fragment(database_id: str) -> str:
    """Whether the name of the new audience is taken on the account, or one that its vendor may block."""
    offer = offers.offer(database_id, count=False)
    draft = offer.draft(request.args)
    account = forms.account_of(draft, offer.accounts)
    listing = audience_list.read(offer.client_id, account) if account and not account.problem else None
    taken = forms.about_name(draft, account, listing)
    return render_template(
        "uploads/screens/form/_name_check.html", **_shown(offer, draft, {}, None) | {"taken": taken}
    )


@blueprint.get(f"{URL}/pronto")
def ready_fragment(database_id: str) -> str:
    """The foot of the form: what is missing, or how many users go; counts come back as they were shown."""
    is_another_value = request.args.get("valore", "") != request.args.get("n_valore", "")
    offer = offers.offer(database_id, count=is_another_value)
    if not is_another_value:
        shown_before = Forecast(0, forecast.shown_before(request.args), tuple(Medium))
        offer = replace(offer, prospect=shown_before, counted=shown_before)
    draft = forms.offered(offer.draft(request.args))
    shown = _shown(offer, draft, {}, None) | {"comes_again": True}
    return render_template("uploads/screens/form/_ready.html", **shown)


@blueprint.get(f"{URL}/dati")
def recognise_fragment(database_id: str) -> str:
    """How many of those who would be sent have each further datum: counted when somebody wants to know."""
    offer = offers.offer(database_id, count=False)
    draft = offer.draft(request.args)
    with db.reading() as session:
        media = forecast.media_of(session, db.saved_id(offer.source.database))
        by_consent = answers_of(session, db.saved_id(offer.source.database)).given
        try:
            users, found = recognise.counts(
                session, offer.source, draft.medium, draft.policy, offers.today(), offer.value
            )
        except BrokenRule:
            abort(404)
    offer = replace(offer, prospect=Forecast(0, offers.NOBODY.reach, media, by_consent))
    shown = _shown(offer, draft, {}, None) | {"users": users, "found": found}
    return render_template("uploads/screens/form/_recognise.html", **shown)


@blueprint.get(f"{URL}/verifica")
def check_fragment(database_id: str) -> str:
    """ "Verifica prima dell'invio", and the cards of the ways with what it has counted."""
    offer = offers.offer(database_id, count=False)
    draft = forms.offered(offer.draft(request.args))
    account = forms.account_of(draft, offer.accounts)
    asks = account is not None and not account.problem
    listing = audience_list.read(offer.client_id, account) if account and asks else None
    try:
        made = (
            check.read(offer.source, draft, account, listing, offers.today()) if check.is_due(draft) else None
        )
        shown = _shown(offer, draft, {}, listing, made=made)
    except BrokenRule:
        abort(404)
    return render_template("uploads/screens/form/_check.html", **shown | {"comes_again": made is not None})


@blueprint.post(URL, endpoint="start_upload")
def send(database_id: str) -> Response:
    offer = offers.offer(database_id)
    if offer.prospect is None or offer.counted is None:  # the page says what is wrong with the filter
        return htmx.go_to(offer.source.upload_url())
    draft = offer.draft(request.form)
    account = forms.account_of(draft, offer.accounts)
    listing = (
        audience_list.read(offer.client_id, account, again=True) if account and not account.problem else None
    )
    warning = registry.name_warning(draft.name, account)
    may_include = may(Role.ADMINISTRATOR)
    errors = forms.errors(draft, offer.counted, account, listing, warning, may_include)
    errors |= value_choice.problems(draft, offer.values, listing)
    errors |= ways.unknown_way(request.form.get("come"))
    if errors or account is None:
        status = 403 if draft.includes_refused and not may_include else 422
        return _refuse(offer, draft, status, errors=errors, listing=listing)
    with db.reading() as session:
        running = _twin_of(offer, draft, account)(session)
    if running:
        return _refuse(offer, draft, 409, running=running, listing=listing)
    try:
        made = check.read(offer.source, draft, account, listing, offers.today(), again=True)
    except BrokenRule:
        return htmx.go_to(offer.source.upload_url())
    if "solo_verifica" in request.form:
        return make_response(_page(offer, draft, listing=listing, made=made))
    if refused := check.refusal(made, draft):
        status, sentence = refused
        return _refuse(offer, draft, status, errors={"verifica": sentence}, listing=listing, made=made)
    try:
        _start(offer, draft, account, listing, made)
    except commands.TwinRunning as twin:  # from another tab, since we looked
        return _refuse(offer, draft, 409, running=str(twin), listing=listing)
    except commands.Gone as gone:  # deleted while the form was open
        if gone.what != commands.Thing.ACCOUNT:
            abort(404, str(gone))
        return _refuse(offer, draft, 422, errors={"account": str(gone)}, listing=None)
    return htmx.notice(htmx.go_to(offer.source.url()), "Caricamento avviato. Lo trovi in cima allo storico.")


def _start(offer: Offer, draft: Draft, account: Account, listing: Listing | None, made: Check) -> None:
    chosen = None if draft.is_new or listing is None else listing.find(draft.audience)
    database, saved = offer.source.database, offer.source.filter
    assert database.id is not None
    try:
        commands.start_upload(
            client_id=database.client_id,
            database_id=database.id,
            filter_id=saved.id if saved else None,
            destination=account.kind,
            account_id=account.id,
            audience_id=chosen.id if chosen else None,
            audience_name=chosen.name if chosen else draft.name,
            medium=draft.medium,
            consent=draft.policy,
            reason=draft.reason,
            identifiers=draft.identifiers,
            origin=draft.origin,
            operation=draft.operation,
            value_field=draft.value or None,
            started_by=current_operator().name,
            key=idempotency.IdempotencyKey(f"upload:{draft.token}", TOKEN_S),
            twin_of=_twin_of(offer, draft, account),
            check=keeping.row_of(made, current_operator().name, draft.confirmed),
        )
    except idempotency.AlreadyHandled:  # the same form, sent twice
        return
    databases.remember_choices(database.id, draft.identifiers, draft.origin)


def _twin_of(offer: Offer, draft: Draft, account: Account) -> Callable[[Session], str | None]:
    return partial(
        queries.running_twin,
        scope=offer.source.scope,
        account_id=account.id,
        medium=draft.medium,
        operation=draft.operation,
        audience_id="" if draft.is_new else draft.audience,
        audience_name=draft.name,
    )


def _unknown(offer: Offer, draft: Draft, account: Account | None) -> Unknown:
    """What the ledger cannot know of the existing audience that was chosen."""
    if draft.is_new or account is None or not draft.audience:
        return Unknown()
    with db.reading() as session:
        return unknown.of_audience(session, offer.client_id, account.kind, draft.audience)


def _identifiers(account: Account | None) -> frozenset[Identifier]:
    """Those that the account's destination can recognise people by; before it is chosen, all there are."""
    return frozenset(registry.destination(account.kind).identifiers if account else Identifier)


def _listing(offer: Offer, draft: Draft, again: bool = False) -> Listing | None:
    """The audiences to choose from; the vendor is not asked for a new one."""
    account = forms.account_of(draft, offer.accounts)
    if draft.is_new or account is None:
        return None
    return audience_list.read(offer.client_id, account, again)


def _page(offer: Offer, draft: Draft, **more: Any) -> str:
    shown = _shown(offer, draft, more.pop("errors", {}), more.pop("listing", None), **more)
    return render_template("uploads/screens/form/new_upload.html", **shown)


def _refuse(offer: Offer, draft: Draft, status: int, **more: Any) -> Response:
    """The form with what is wrong: only itself for htmx, the whole page without."""
    if not htmx.is_htmx():
        return make_response(_page(offer, draft, **more), status)
    shown = _shown(offer, draft, more.pop("errors", {}), more.pop("listing", None), **more)
    return make_response(render_template("uploads/screens/form/_upload_form.html", **shown), status)


def _shown(
    offer: Offer,
    draft: Draft,
    errors: dict[str, str],
    listing: Listing | None,
    running: str | None = None,
    made: Check | None = None,
) -> dict[str, Any]:
    prospect, account = offer.prospect, forms.account_of(draft, offer.accounts)
    counted = offer.counted
    to_send = forms.users(draft, counted) if counted else 0
    included = counted.reach[draft.medium].included if counted and draft.includes_refused else 0
    return {
        "source": offer.source,
        "accounts": offer.accounts,
        "account": account,
        "prospect": prospect,
        "counted": counted,
        "value_fields": offer.values,
        "value_choice": value_choice,
        "draft": draft,
        "errors": errors,
        "listing": listing,
        "running": running,
        "missing": forms.missing(draft),
        "missing_for_check": not check.is_due(draft),
        "to_send": to_send,
        "included": included,
        "may_include": may(Role.ADMINISTRATOR),
        "name_warning": registry.name_warning(draft.name, account) if draft.is_new else None,
        "taken": None,
        "offered": _identifiers(account),
        "users": None,
        "found": {},
        "nobody": "" if to_send else value_choice.nobody(draft, offer.values, prospect, counted),
        "may_configure": may(Role.ADMINISTRATOR),
        "forms": forms,
        "words": texts,
        "recognise": recognise,
        "ways": ways,
        "sendable": counted.to_send(draft.medium, draft.policy) if counted else 0,
        "comes_again": False,
        "presence": ways.presence_in(request.values, draft.audience),
        "unknown": _unknown(offer, draft, account),
        "origins": origin_words,
        "check": None,
        **(check.section(made, offer.source, draft, account, offers.today()) if made else {}),
    }
