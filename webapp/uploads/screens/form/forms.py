"""The form "Carica gli utenti": what was typed, and what is wrong or missing in it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from babel.dates import format_date

from webapp.contacts.consent import ConsentPolicy
from webapp.destinations import registry
from webapp.destinations.base import OTHER_MEDIUM, Account, Identifier, Medium, Origin
from webapp.uploads import problems
from webapp.uploads.operations import Operation
from webapp.uploads.screens.form import ways
from webapp.uploads.screens.form.audience_list import Listing
from webapp.uploads.screens.form.forecast import Forecast
from webapp.values.identifiers import looks_like_public_id, new_public_id
from webapp.values.texts import LOCALE

NEW, EXISTING = "nuova", "esistente"
LONGEST_NAME = 200
ACCOUNT_GONE = "L’account Facebook che avevi scelto non c’è più: scegline un altro."
ACCOUNT_MISSING = "Scegli su quale account Facebook caricare gli utenti."
NAME_MISSING = "Scrivi un nome per la nuova custom audience."
NAME_LONG = f"Usa al massimo {LONGEST_NAME} caratteri."
AUDIENCE_MISSING = "Scegli la custom audience su cui caricare gli utenti."
NOT_YOURS = "Includere chi ha detto no può deciderlo solo un amministratore: scegli una delle altre due voci."
BOTH_WAYS = (
    "Hai scelto solo chi ha detto sì e insieme anche chi ha detto no: "
    "scegli “Tutti tranne chi ha detto no” oppure togli la spunta."
)
LONGEST_REASON = 500
REASON_LONG = f"Usa al massimo {LONGEST_REASON} caratteri."
CONSENT_MISSING = "Conferma di avere il consenso per usare questi dati su Facebook."
NOT_READABLE = (
    "Non riusciamo a leggere le custom audience da {label}. "
    "Riprova tra un minuto; se continua, autorizza di nuovo l’account."
)
NO_CONTACT = {
    Medium.EMAIL: "Nessun contatto ha un’email valida: non c’è nulla da inviare.",
    Medium.SMS: "Nessun contatto ha un cellulare valido: non c’è nulla da inviare.",
}
MEDIUM_NAMES = {Medium.EMAIL: "Email", Medium.SMS: "SMS"}


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as typed; *account* and *audience* are ids that were not looked up yet."""

    medium: Medium
    account: str
    mode: str
    name: str
    audience: str = ""
    consent: bool = False
    who: ConsentPolicy = ConsentPolicy.NOT_REFUSED  # of the ordinary choices
    includes_refused: bool = False  # who said no too: not ordinary, and with a reason
    reason: str = ""
    search: str = ""
    token: str = ""
    keeps_name: bool = False  # although the vendor may block an audience with it
    identifiers: tuple[Identifier, ...] = ()  # data by which people are recognised too
    origin: Origin = Origin.CUSTOMERS
    value: str = ""  # the own field that says what each person is worth
    operation: Operation = Operation.ADD
    understood: bool = False  # who leaves when everybody is replaced
    repeated: str = ""  # the number of those who stay, as typed to confirm that
    confirmed: frozenset[str] = frozenset()  # amber lines of the check
    seen: str = ""  # `checking.reading.Check.seal` of the check that was shown

    @property
    def is_new(self) -> bool:
        return self.mode == NEW

    @property
    def takes_out(self) -> bool:
        """Nobody is sent: what people answered, and by what they are recognised, does not count."""
        return self.operation == Operation.REMOVE

    @property
    def policy(self) -> ConsentPolicy:
        return ConsentPolicy.ANYONE if self.includes_refused else self.who


def read(
    form: Mapping[str, str],
    prospect: Forecast,
    accounts: Sequence[Account],
    proposed: str,
    remembered: Collection[str] = (),
    declared: str = Origin.CUSTOMERS,
    value: str = "",
) -> Draft:
    """From a form or a query string; the only medium, or only account, is chosen before anybody chooses.

    An account that the form names is obeyed: it may have been deleted since, and another one never takes its
    place unseen. *remembered*: the identifiers chosen last, *declared*: the origin, for whoever has not
    been asked yet. *value*: the field that was chosen for it.
    """
    media = prospect.media or tuple(Medium)
    given = form.get("medium", "")
    only = accounts[0].public_id if len(accounts) == 1 and "account" not in form else ""
    token = form.get("token", "")
    return Draft(
        medium=Medium(given) if given in {*media} else media[0],
        account=only or form.get("account", ""),
        mode=EXISTING if form.get("modo") == EXISTING else NEW,
        name=form.get("nome", proposed).strip(),
        audience=form.get("audience", ""),
        consent=bool(form.get("consenso")),
        who=ConsentPolicy.GIVEN if form.get("chi") == ConsentPolicy.GIVEN else ConsentPolicy.NOT_REFUSED,
        includes_refused=bool(form.get("includi_no")) or form.get("chi") == ConsentPolicy.ANYONE,
        reason=form.get("motivo", "").replace("\0", "").strip(),
        search=form.get("cerca", "").strip()[:100],
        keeps_name=bool(form.get("nome_confermato")),
        identifiers=_identifiers(form, remembered),
        value=value,
        origin=Origin(form["origine"] if form.get("origine") in {*Origin} else declared),
        operation=Operation(form["come"]) if form.get("come") in {*Operation} else Operation.ADD,
        understood=bool(form.get("capito")),
        repeated=form.get("ripeti", "").strip()[:20],
        confirmed=frozenset(name.removeprefix("ok_") for name in form if name.startswith("ok_")),
        seen=form.get("visto", "")[:200],
        token=token if looks_like_public_id(token) else new_public_id(),
    )


def _identifiers(form: Mapping[str, str], remembered: Collection[str]) -> tuple[Identifier, ...]:
    if "riconosci" not in form:
        return tuple(one for one in Identifier if one in remembered)
    return tuple(one for one in Identifier if form.get(f"riconosci_{one}"))


def proposed_name(client: str, database: str, filter_name: str | None, today: date) -> str:
    """The client, the source and the month: “Studio Aurora, Clienti Italia, inattivi, novembre 2026”.

    The client is left out when the database is already called after it.
    """
    whose = None if client.casefold() in database.casefold() else client
    month = format_date(today, "MMMM yyyy", locale=LOCALE)
    return ", ".join(part for part in (whose, database, filter_name, month) if part)[:LONGEST_NAME]


def account_of(draft: Draft, accounts: Sequence[Account]) -> Account | None:
    return next((account for account in accounts if account.public_id == draft.account), None)


def missing(draft: Draft) -> list[str]:
    """The fields still to be filled in, as words after "manca:".

    Not the reason for who said no: what a person writes there stays out of addresses.
    """
    audience = ("il nome della custom audience", draft.name) if draft.is_new else (
        "la custom audience", draft.audience
    )  # fmt: skip
    consent = ("il consenso", draft.consent or draft.takes_out)
    replaces = draft.operation == Operation.REPLACE
    leaving = ("la conferma di chi esce", draft.understood or not replaces)
    staying = ("il numero degli utenti che resteranno", draft.repeated or not replaces)
    wanted = (("l’account Facebook", draft.account), audience, leaving, staying, consent)
    return [words for words, given in wanted if not given]


def errors(
    draft: Draft,
    prospect: Forecast,
    account: Account | None,
    listing: Listing | None,
    name_warning: str | None = None,
    may_include: bool = False,
) -> dict[str, str]:
    """Field → sentence. *listing* is a new reading of the account's audiences, None without an account.

    *name_warning*: why the vendor may block an audience with the new name; it can be confirmed.
    *may_include*: whether whoever asks may include who said no.
    """
    found: dict[str, str] = {}
    to_send = users(draft, prospect)
    if not to_send:
        found["medium"] = no_contact(draft.medium, prospect, draft.policy)
    if account is None:
        found["account"] = ACCOUNT_GONE if draft.account else ACCOUNT_MISSING
    elif account.problem:
        found["account"] = account.problem
    if problem := _about_audience(draft, account, listing):
        found["nome" if draft.is_new else "audience"] = problem
    if draft.is_new and name_warning and not draft.keeps_name:
        found.setdefault("nome", name_warning)
    found |= ways.problems(draft.operation, draft.is_new, to_send, draft.understood, draft.repeated)
    if draft.takes_out:
        return found
    found |= _about_refused(draft, may_include)
    if not draft.consent:
        found["consenso"] = CONSENT_MISSING
    return found


def offered(draft: Draft) -> Draft:
    """*draft* in a way that is offered for its audience: who turns from an existing one to a new one adds."""
    fits = draft.operation in ways.offered(draft.is_new)
    return draft if fits else replace(draft, operation=Operation.ADD)


def users(draft: Draft, prospect: Forecast) -> int:
    """Those that would be sent; for taking out, all that are chosen, whatever they answered."""
    reach = prospect.reach[draft.medium]
    return reach.distinct if draft.takes_out else reach.to_send(draft.policy)


def _about_refused(draft: Draft, may_include: bool) -> dict[str, str]:
    """Mistakes in including people who said no, if that is asked for."""
    if not draft.includes_refused:
        return {}
    if not may_include:
        return {"chi": NOT_YOURS}
    if draft.who == ConsentPolicy.GIVEN:
        return {"chi": BOTH_WAYS}
    if not problems.is_reason(draft.reason):
        return {"motivo": problems.REASON_SHORT}
    return {"motivo": REASON_LONG} if len(draft.reason) > LONGEST_REASON else {}


def no_contact(medium: Medium, prospect: Forecast, policy: ConsentPolicy) -> str:
    """Why there is nothing to send, and the other medium when that one would have somebody."""
    if prospect.reach[medium].distinct:
        return problems.nobody_allowed(policy, bool(prospect.reach[medium].undecided)).what
    other = OTHER_MEDIUM[medium]
    way_out = f" o scegli {MEDIUM_NAMES[other]}" if prospect.to_send(other, policy) else ""
    return f"{NO_CONTACT[medium]} Controlla il filtro{way_out}."


def about_name(draft: Draft, account: Account | None, listing: Listing | None) -> str | None:
    """The fault of a new audience's name, as far as is known; None when nothing is."""
    return _about_audience(draft, account, listing) if draft.is_new else None


def _about_audience(draft: Draft, account: Account | None, listing: Listing | None) -> str | None:
    if draft.is_new and not draft.name:
        return NAME_MISSING
    if draft.is_new and len(draft.name) > LONGEST_NAME:
        return NAME_LONG
    if account is None or listing is None:
        return None if draft.is_new or draft.audience else AUDIENCE_MISSING
    if draft.is_new:
        return _same_name(account) if listing.has_name(draft.name) else None
    if listing.problem:
        return NOT_READABLE.format(label=registry.destination(account.kind).label)
    chosen = listing.find(draft.audience)
    return AUDIENCE_MISSING if chosen is None else chosen.unsuitable


def _same_name(account: Account) -> str:
    return (
        f"Su “{account.name}” esiste già una custom audience con questo nome: "
        "scegline un altro oppure usa quella esistente."
    )
