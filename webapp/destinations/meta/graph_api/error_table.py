"""Meta's errors and our reaction to each: passes by itself, needs a person, or is final. PURE data.

Codes and reactions: Meta sheet §2, §4.5, §6.2, from developers.facebook.com/documentation/ads-commerce/
marketing-api/error-reference and, where that page is silent, from bodies users printed. Messages of Meta
are not stable and are looked at only where `blame` and `errors` say so. Trouble of the app is in `blame`,
trouble of the network in `obstacles`.
"""

from dataclasses import dataclass

from webapp.destinations.base import (
    NEW_AUDIENCE,
    DestinationError,
    NeedsPersonError,
    PermanentError,
    TemporaryError,
)

MINUTE = 60.0
HOUR = 60 * MINUTE

ALONE = "Non devi fare nulla: riproviamo da soli."
NOBODY = "nessuno"
_AUTHORISER = "chi accede a Facebook con i privilegi sull’account inserzionista"
_FACEBOOK_ADMIN = "chi amministra l’account inserzionista su Facebook"
_UPLOADER = "chi ha avviato il caricamento"
OPERATOR = "chi gestisce Platea"
_AUTHORISE = "Autorizza di nuovo l’account: il caricamento riparte da solo."

# Source: Meta sheet §2; the older address facebook.com/customaudiences/app/tos/?act= leads to the same page.
TERMS_LINK = "https://business.facebook.com/ads/manage/customaudiences/tos/?act={act}"


@dataclass(frozen=True, slots=True)
class Case:
    """One reaction. *wait_s* None: the sender's own back-off. *link* may hold `{act}`."""

    kind: type[DestinationError]
    what: str
    todo: str
    who: str
    wait_s: float | None = None
    account_wide: bool = False
    too_large: bool = False
    link: str | None = None


def passing(what: str, wait_s: float | None = None, too_large: bool = False) -> Case:
    """Trouble that goes away: of one request when it has a *wait_s* of its own, else maybe of the peer."""
    return Case(TemporaryError, what, ALONE, NOBODY, wait_s, too_large=too_large)


def _slow_down(wait_s: float) -> Case:
    """Limits count per ad account or app, so every call of the account waits; insisting makes it longer."""
    return Case(TemporaryError, "Facebook chiede di rallentare.", ALONE, NOBODY, wait_s, account_wide=True)


def _person(what: str, todo: str, who: str, link: str | None = None) -> Case:
    return Case(NeedsPersonError, what, todo, who, link=link)


def _final(what: str, todo: str, who: str = _UPLOADER) -> Case:
    return Case(PermanentError, what, todo, who)


def _login(what: str, todo: str = _AUTHORISE) -> Case:
    return _person(what, todo, _AUTHORISER)


_TROUBLE = passing("Facebook ha un problema temporaneo.")
_TOO_MUCH = passing("Facebook non è riuscito a elaborare la richiesta.", too_large=True)
_EXPIRED = _login("L’autorizzazione di questo account Facebook è scaduta.")
_NO_RIGHTS = _person(
    "L’utente Facebook che ha autorizzato non ha i privilegi su questo account inserzionista.",
    "Autorizza con un altro utente, oppure assegna l’account a questo utente su Facebook.",
    _AUTHORISER,
)
_TERMS = _person(
    "Le condizioni di Facebook per il pubblico personalizzato non sono state accettate.",
    "Apri le condizioni e accettale: il caricamento riparte da solo.",
    _FACEBOOK_ADMIN,
    TERMS_LINK,
)
_RESTRICTED = _person(
    "Facebook ha limitato questo account o chi lo ha autorizzato.",
    "Apri Facebook per sapere perché, risolvi e poi riprendi il caricamento.",
    _FACEBOOK_ADMIN,
)
_FLAGGED = _final(
    "Facebook ha bloccato questa custom audience.",
    "Apri Gestione pubblici per sapere perché, oppure creane una nuova.",
)
GONE = _final("La custom audience è stata eliminata su Facebook.", NEW_AUDIENCE)
_BUG = _final("Facebook rifiuta la richiesta come è stata scritta.", "Segnala il codice.", OPERATOR)
_NEW_CODE = _login("Il codice di autorizzazione non vale più.", "Clicca di nuovo su autorizza.")
_OTHER_SESSION = passing("La sessione di invio non è più valida: ne apriamo un’altra.", 5)

# A code alone stands for all its subcodes; a subcode alone for whatever code it comes with.
CASES: dict[tuple[int | None, int | None], Case] = {
    (1, None): _TOO_MUCH,
    (2, None): _TROUBLE,
    (3, None): _final(
        "L’app di Facebook non è abilitata a questa operazione.",
        "Chiedi la funzione a Meta (App Review), poi ripeti il caricamento.",
        OPERATOR,
    ),
    (4, None): _slow_down(5 * MINUTE),
    (17, None): _slow_down(5 * MINUTE),
    (32, None): _slow_down(5 * MINUTE),
    (341, None): _slow_down(5 * MINUTE),
    # A pause of five minutes did not help. Source: facebook-php-business-sdk#344.
    (613, None): _slow_down(10 * MINUTE),
    (21009, None): passing("Facebook non è ancora pronto a ricevere i dati.", MINUTE),
    # An audience made a moment ago. Source: facebook-ruby-business-sdk#124, a repeat succeeds.
    (803, None): passing("Facebook non vede ancora la custom audience appena creata.", 5),
    # Every attempt opens a session of its own, so the repeat is no duplicate any more.
    (506, None): passing("Facebook dice che questa richiesta è già arrivata.", MINUTE),
    (368, None): Case(
        TemporaryError,
        "Facebook ha bloccato per qualche ora le operazioni di questo account.",
        "Non devi fare nulla: riproviamo tra quattro ore. Se continua, controlla l’account su Facebook.",
        _FACEBOOK_ADMIN,
        4 * HOUR,
        account_wide=True,
    ),
    (105, None): _TOO_MUCH,
    (10, None): _NO_RIGHTS,
    (100, 33): _NO_RIGHTS,
    (100, 36007): _NEW_CODE,
    (100, 36009): _NEW_CODE,
    (None, 1713228): _FLAGGED,
    (None, 1713230): _FLAGGED,
    (None, 1713231): _FLAGGED,
    (100, None): _BUG,
    (2500, None): _BUG,
    (102, None): _EXPIRED,
    (190, 458): _login("Platea è stata rimossa dalle app dell’utente Facebook che aveva autorizzato."),
    (190, 459): _login(
        "Facebook chiede una verifica all’utente che ha autorizzato.",
        "Entra su facebook.com con quell’utente, completa la verifica e autorizza di nuovo l’account.",
    ),
    (190, 460): _login("L’utente che ha autorizzato ha cambiato la password di Facebook."),
    (190, 464): _login(
        "L’utente Facebook che ha autorizzato non ha confermato il suo profilo.",
        "Confermalo su facebook.com, poi autorizza di nuovo l’account.",
    ),
    (190, 492): _login("L’utente che ha autorizzato non ha più un ruolo sull’account o sulla pagina."),
    (190, 493): _login("L’utente che ha autorizzato non usa Platea da più di 90 giorni."),
    (190, None): _EXPIRED,
    (200, 1870047): _final(
        "Facebook non toglie utenti da una custom audience così piccola.",
        "Riprova quando la custom audience è più grande, oppure sostituiscila.",
    ),
    (None, 1870050): _person(
        "L’account inserzionista non appartiene a un Business Manager.",
        "Aggiungilo a un Business Manager su Facebook, poi riprendi il caricamento.",
        _FACEBOOK_ADMIN,
    ),
    (None, 1870065): _FLAGGED,
    (1870065, None): _FLAGGED,
    (None, 1870034): _TERMS,
    (None, 1870090): _TERMS,
    (None, 1870092): _TERMS,
    (2655, None): _TERMS,
    (2663, None): _TERMS,
    (2664, None): _TERMS,
    (294, None): _login(
        "Manca il permesso di gestire le inserzioni (ads_management).",
        "Autorizza di nuovo e accetta tutti i permessi richiesti.",
    ),
    (None, 1487301): _final("La custom audience non è condivisa con questo account.", NEW_AUDIENCE),
    (1487301, None): _final("La custom audience non è condivisa con questo account.", NEW_AUDIENCE),
    (None, 1487366): GONE,
    (1487366, None): GONE,
    (2650, 1870144): _final("La custom audience ha 100 milioni di utenti o più.", NEW_AUDIENCE),
    (2650, 1870145): passing("La custom audience è in aggiornamento su Facebook.", 5 * MINUTE),
    (2650, 1870147): _OTHER_SESSION,
    (2650, 1870148): _OTHER_SESSION,
    (2650, 1870158): _OTHER_SESSION,
    (2650, 1870159): _OTHER_SESSION,
    (2650, None): passing("Facebook non è riuscito ad aggiornare la custom audience.", MINUTE),
    (2654, None): _final(
        "Facebook non ha creato la custom audience.",
        "Controlla su Facebook che l’account possa creare custom audience (al massimo 500) e riprova.",
        _FACEBOOK_ADMIN,
    ),
    (2656, None): _final(
        "Altri pubblici simili dipendono da questa custom audience.", "Elimina prima quei pubblici."
    ),
    (1404078, None): _RESTRICTED,
    (1404163, None): _RESTRICTED,
    (2859015, None): _RESTRICTED,
    (3910001, None): _RESTRICTED,
}

# Business-use-case limits come as HTTP 400; the wait is in the headers. Source: airbyte#8773, Meta sheet §7.
BUSINESS_LIMITS = range(80000, 80015)
BUSINESS_LIMIT = _slow_down(5 * MINUTE)

PERMISSIONS = range(200, 300)
NO_PERMISSION = _NO_RIGHTS

OTHER_DATA_SOURCE = _final(
    "La custom audience è nata da un altro tipo di dati e non accetta questi.", NEW_AUDIENCE
)
UNKNOWN_PASSING = _TROUBLE
UNKNOWN_FINAL = _final("Facebook ha rifiutato la richiesta.", "Segnala il codice a chi gestisce Platea.")
UNREADABLE = passing("Facebook ha dato una risposta che non si può leggere.", too_large=True)
NO_ANSWER = passing("La connessione con Facebook si è interrotta.", too_large=True)
TOO_SLOW = passing("Facebook non ha risposto in tempo.", too_large=True)
# HTTP 429 of the edge, without a word of which limit. Not for smaller batches to cure.
TOO_MANY = passing("Facebook chiede di rallentare.")
