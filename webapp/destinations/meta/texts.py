"""The Italian of the Facebook configuration: what a person reads on its screens, chosen by state. PURE.

Seed wording first ("autorizza", "salva", "Account ID", "access token"); the ready strings are those of the
copy guide.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from webapp.destinations.base import Problem
from webapp.destinations.meta.graph_api import outage
from webapp.destinations.meta.graph_api.error_table import OPERATOR
from webapp.values import texts as house
from webapp.values.texts import Look

NAME_MISSING = "Scrivi un nome: è quello che vedrai nei menu."
NAME_LONG = "Il nome è troppo lungo: usa al massimo 80 caratteri."
NAME_STRANGE = "Il nome contiene caratteri che non si vedono: scrivilo di nuovo."
ACT_ID_WRONG = "Scrivi il numero dell’account, con o senza “act_”. Esempio: 1029384756102."
ACT_ID_MISSING = "Scegli l’account inserzionista, oppure scrivi il suo numero."
ACT_ID_CLEANED = "L’Account ID è fatto di sole cifre: abbiamo tolto il resto."
NOT_AUTHORISED_YET = "Autorizza di nuovo per scegliere l’account da un elenco, oppure scrivi il suo numero."
TYPE_THE_ID = "Puoi scrivere il numero dell’account."
REACHES_NOTHING = (
    "Chi ha autorizzato non raggiunge nessun account inserzionista: fatti assegnare quello che ti serve "
    "e autorizza di nuovo, oppure scrivi il suo numero."
)
TOKEN_WRONG = "Questo non sembra un access token: copialo per intero, senza spazi."
TOKEN_MISSING = "Prima di salvare, clicca su autorizza: senza access token non possiamo caricare utenti."
TOKEN_MISSING_NO_APP = (
    "Prima di salvare, incolla il token utente di sistema: senza access token non possiamo caricare utenti."
)

LIMIT = "Hai raggiunto 10 account su 10. Per aggiungerne uno, elimina un account che non usi più."
ACCESS_DENIED = (
    "Facebook non ha concesso l’accesso. Clicca di nuovo su autorizza e accetta i permessi richiesti."
)
FACEBOOK_REFUSED = "Facebook ha interrotto l’autorizzazione. Clicca di nuovo su autorizza."
BAD_ANSWER = Problem(
    "risposta", "La risposta di Facebook non è completa.", "Clicca di nuovo su autorizza.", "chi autorizza"
)
STATE_REFUSED = (
    "Questa autorizzazione non è più valida: è già stata usata, è scaduta o è partita da un’altra sessione."
    " Torna agli account Facebook e clicca di nuovo su autorizza."
)
NO_APP = (
    "Il pulsante autorizza non è disponibile: su questa installazione manca l’app di Meta. Puoi collegare"
    " l’account con un token utente di sistema. Per attivare autorizza, chi gestisce l’installazione"
    " imposta META_APP_ID e META_APP_SECRET e riavvia Platea."
)
SAVED = "Account salvato."
AUTHORISED_AGAIN = "Account autorizzato di nuovo: i caricamenti in pausa ripartono da soli."
FINE_AGAIN = "L’account è a posto: i caricamenti in pausa ripartono da soli."
DELETED = "Account eliminato."
IN_USE = (
    "Su questo account c’è un caricamento in corso. Aspetta che finisca o fermalo, poi elimina l’account."
)
INFO_EMPTY = (
    "Su questo account non ci sono ancora custom audience. La prima la crei caricando gli utenti da un"
    " database o da un filtro."
)

NO_TOKEN = "Manca l’access token: autorizza l’account."
EXPIRED = "L’autorizzazione è scaduta: autorizza di nuovo l’account."
TODO_AUTHORISE = "Autorizza di nuovo l’account: il caricamento riparte da solo."
WHO = "un amministratore"
WARN_DAYS = 14  # before a token expires


class Authorisation(NamedTuple):
    """How an account's authorisation is shown: *look* is the badge, *detail* the small line below it.

    *problem*: the sentence that says why the account cannot send, None when it can. *can_look_again*: it may
    have been put right on Facebook, without a new token.
    """

    look: Look
    detail: str
    problem: str | None = None
    can_look_again: bool = False


def duplicate(name: str) -> str:
    return f"Questo Account ID è già configurato come “{name}”."


def authorisation(
    has_token: bool, who: str, expires_at: datetime | None, problem: str | None, now: datetime
) -> Authorisation:
    """The state of an authorisation at *now*; *problem* is what Meta told us, *who* comes of `granted_by`."""
    if not has_token:
        return Authorisation(Look("err", "circle-x", "Da autorizzare"), "manca l’access token", NO_TOKEN)
    if expires_at is not None and expires_at <= now:
        return Authorisation(
            Look("err", "circle-x", "Scaduta"), f"il {house.day(expires_at)}, {who}", EXPIRED
        )
    if problem:
        return Authorisation(Look("err", "circle-x", "Da controllare"), who, problem, True)
    if expires_at is not None and (expires_at - now).days < WARN_DAYS:
        return Authorisation(Look("warn", "triangle-alert", f"Scade {_in_days(expires_at, now)}"), who)
    return Authorisation(Look("ok", "circle-check", "Valida"), who)


def granted_by(kind: str, user_name: str | None) -> str:
    if kind == "system_user":
        return f"token utente di sistema di {user_name}" if user_name else "token utente di sistema"
    return f"concessa da {user_name}" if user_name else "concessa con Facebook"


def valid_until(expires_at: datetime | None) -> str:
    return f"vale fino al {house.day(expires_at)}" if expires_at else "non scade"


def expiring(name: str, expires_at: datetime, now: datetime) -> str:
    return (
        f"L’autorizzazione di “{name}” scade {_in_days(expires_at, now)}."
        " Autorizza di nuovo per non fermare i caricamenti."
    )


def expired(name: str) -> Problem:
    what = f"L’autorizzazione di “{name}” è scaduta, quindi nessun utente è stato inviato."
    return Problem("190/463", what, TODO_AUTHORISE, WHO)


def no_token(name: str) -> Problem:
    return Problem("token", f"“{name}” non ha un access token che possiamo usare.", TODO_AUTHORISE, WHO)


def resting(because: Problem | None, until: float) -> Problem:
    """Why an account is not called before *until* (seconds since 1970); a limit also says when it goes on."""
    if because is not None and (because.who == OPERATOR or because.code.startswith(f"{outage.CODE}/")):
        return because
    return Problem(
        code="limite",
        what=(
            "Facebook chiede di rallentare: riprende da solo alle"
            f" {house.clock_time(datetime.fromtimestamp(until, UTC))}."
        ),
        todo="Non devi fare nulla.",
        who="nessuno",
    )


def _in_days(end: datetime, now: datetime) -> str:
    days = max((end - now).days, 0)
    return "oggi" if days == 0 else f"tra {house.plural(days, 'giorno', 'giorni')}"
