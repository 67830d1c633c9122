"""The form "Carica gli utenti per una custom audience": offered, checked, sent once."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Response, abort, make_response, render_template, request

from webapp import clock, db
from webapp.access.current import current_client, current_client_id, current_operator, may
from webapp.access.models import Role
from webapp.contacts import databases
from webapp.contacts.consent import ConsentPolicy, answers_of
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.ledger import unknown
from webapp.contacts.ledger.unknown import Unknown
from webapp.destinations import registry
from webapp.destinations.base import Account, Identifier, Medium
from webapp.uploads import commands, idempotency, origin_words
from webapp.uploads.screens import queries, sources, texts
from webapp.uploads.screens.form import audience_list, forecast, forms, recognise, ways
from webapp.uploads.screens.form.audience_list import Listing
from webapp.uploads.screens.form.forecast import Forecast, MediumCounts
from webapp.uploads.screens.form.forms import Draft
from webapp.uploads.screens.routes import blueprint
from webapp.uploads.screens.sources import Source
from webapp.values.texts import ROME
from webapp.web import htmx

URL = "/database/<database_id>/custom-audience/carica"
TOKEN_S = 3600.0  # a form that is sent again after an hour is a new request


@dataclass(frozen=True, slots=True)
class Offer:
    """The choices of the form; *prospect* is None for a filter that cannot be evaluated."""

    source: Source
    accounts: list[Account]
    prospect: Forecast | None
    proposed: str

    @property
    def client_id(self) -> int:
        return self.source.database.client_id

    def draft(self, given: Any) -> Draft:
        of = self.source.database
        prospect = self.prospect or NOBODY
        return forms.read(given, prospect, self.accounts, self.proposed, of.identifiers, of.data_origin)


NOBODY = Forecast(0, {medium: MediumCounts(0, 0) for medium in Medium}, ())


@blueprint.get(URL)
def new_upload(database_id: str) -> str:
    offer = _offer(database_id)
    draft = forms.offered(offer.draft(request.args))
    return _page(offer, draft, listing=_listing(offer, draft))


@blueprint.get(f"{URL}/audience")
def audience_fragment(database_id: str) -> str:
    """The choice of the audience, when account, kind or search change."""
    offer = _offer(database_id, count=False)
    draft = offer.draft(request.args)
    listing = _listing(offer, draft, again="aggiorna" in request.args)
    return render_template("uploads/screens/detail/_audience.html", **_shown(offer, draft, {}, listing))


@blueprint.get(f"{URL}/nome")
def name_fragment(database_id: str) -> str:
    """Whether the name of the new audience is taken on the account, or one that its vendor may block."""
    offer = _offer(database_id, count=False)
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
    offer = _offer(database_id, count=False)
    reach = {medium: _shown_before(medium) for medium in Medium}
    offer = replace(offer, prospect=Forecast(0, reach, tuple(Medium)))
    draft = forms.offered(offer.draft(request.args))
    shown = _shown(offer, draft, {}, None) | {"comes_again": True}
    return render_template("uploads/screens/form/_ready.html", **shown)


@blueprint.get(f"{URL}/dati")
def recognise_fragment(database_id: str) -> str:
    """How many of those who would be sent have each further datum: counted when somebody wants to know."""
    offer = _offer(database_id, count=False)
    draft = offer.draft(request.args)
    with db.reading() as session:
        media = forecast.media_of(session, db.saved_id(offer.source.database))
        by_consent = answers_of(session, db.saved_id(offer.source.database)).given
        try:
            users, found = recognise.counts(session, offer.source, draft.medium, draft.policy, _today())
        except BrokenRule:
            abort(404)
    offer = replace(offer, prospect=Forecast(0, NOBODY.reach, media, by_consent))
    shown = _shown(offer, draft, {}, None) | {"users": users, "found": found}
    return render_template("uploads/screens/form/_recognise.html", **shown)


def _shown_before(medium: Medium) -> MediumCounts:
    """The counts that the form was given: of all, and of a choice by consent where it leaves somebody out."""

    def count(name: str) -> int | None:
        given = request.args.get(name, "")
        return int(given) if given.isdecimal() else None

    by_choice = {policy: count(f"n_{medium}_{policy}") for policy in ConsentPolicy}
    allowed = {policy: sent for policy, sent in by_choice.items() if sent is not None}
    return MediumCounts(0, count(f"n_{medium}") or 0, allowed, count(f"n_{medium}_no") or 0)


@blueprint.post(URL, endpoint="start_upload")
def send(database_id: str) -> Response:
    offer = _offer(database_id)
    if offer.prospect is None:  # the page says what is wrong with the filter
        return htmx.go_to(offer.source.upload_url())
    draft = offer.draft(request.form)
    account = forms.account_of(draft, offer.accounts)
    listing = (
        audience_list.read(offer.client_id, account, again=True) if account and not account.problem else None
    )
    warning = registry.name_warning(draft.name, account)
    may_include = may(Role.ADMINISTRATOR)
    errors = forms.errors(draft, offer.prospect, account, listing, warning, may_include)
    if errors or account is None:
        status = 403 if draft.includes_refused and not may_include else 422
        return _refuse(offer, draft, status, errors=errors, listing=listing)
    if running := _running_twin(offer, draft, account):
        return _refuse(offer, draft, 409, running=running, listing=listing)
    try:
        _start(offer, draft, account, listing)
    except commands.Gone as gone:  # deleted while the form was open
        if gone.what != commands.Thing.ACCOUNT:
            abort(404, str(gone))
        return _refuse(offer, draft, 422, errors={"account": str(gone)}, listing=None)
    return htmx.notice(htmx.go_to(offer.source.url()), "Caricamento avviato. Lo trovi in cima allo storico.")


def _start(offer: Offer, draft: Draft, account: Account, listing: Listing | None) -> None:
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
            started_by=current_operator().name,
            key=idempotency.IdempotencyKey(f"upload:{draft.token}", TOKEN_S),
        )
    except idempotency.AlreadyHandled:  # the same form, sent twice
        return
    databases.remember_choices(database.id, draft.identifiers, draft.origin)


def _running_twin(offer: Offer, draft: Draft, account: Account) -> str | None:
    with db.reading() as session:
        return queries.running_twin(
            session,
            offer.source.scope,
            account_id=account.id,
            medium=draft.medium,
            operation=draft.operation,
            audience_id="" if draft.is_new else draft.audience,
            audience_name=draft.name,
        )


def _offer(database_id: str, count: bool = True) -> Offer:
    today = _today()
    with db.reading() as session:
        filtro = request.values.get("filtro") or None
        source = sources.find(session, current_client_id(), database_id, filtro)
        prospect = _prospect(session, source, today) if count else NOBODY
    filter_name = source.filter.name if source.filter else None
    proposed = forms.proposed_name(current_client().name, source.database.name, filter_name, today)
    accounts = registry.accounts(source.database.client_id)
    return Offer(source, accounts, prospect, proposed)


def _today() -> date:
    return clock.now().astimezone(ROME).date()


def _prospect(session: Any, source: Source, today: date) -> Forecast | None:
    try:
        return forecast.forecast(session, source, today)
    except BrokenRule:
        return None


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
    offer: Offer, draft: Draft, errors: dict[str, str], listing: Listing | None, running: str | None = None
) -> dict[str, Any]:
    prospect, account = offer.prospect, forms.account_of(draft, offer.accounts)
    to_send = forms.users(draft, prospect) if prospect else 0
    included = prospect.reach[draft.medium].included if prospect and draft.includes_refused else 0
    return {
        "source": offer.source,
        "accounts": offer.accounts,
        "account": account,
        "prospect": prospect,
        "draft": draft,
        "errors": errors,
        "listing": listing,
        "running": running,
        "missing": forms.missing(draft),
        "to_send": to_send,
        "included": included,
        "may_include": may(Role.ADMINISTRATOR),
        "name_warning": registry.name_warning(draft.name, account) if draft.is_new else None,
        "taken": None,
        "offered": _identifiers(account),
        "users": None,
        "found": {},
        "nobody": forms.no_contact(draft.medium, prospect, draft.policy) if prospect and not to_send else "",
        "may_configure": may(Role.ADMINISTRATOR),
        "forms": forms,
        "words": texts,
        "recognise": recognise,
        "ways": ways,
        "sendable": prospect.to_send(draft.medium, draft.policy) if prospect else 0,
        "comes_again": False,
        "presence": None,
        "unknown": _unknown(offer, draft, account),
        "origins": origin_words,
    }
