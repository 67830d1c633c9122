"""Decides whose fault an error is: the app's, or that of the credentials of the call. PURE.

The same code says different things to different calls: 190 to a call with the app's own token speaks of the
app's secret, not of any person's authorisation; 1 to the exchange of a code is a wrong secret (seen:
facebookarchive/php-graph-sdk#538, catarse/catarse#2716). An app that is blocked or not active says so with
codes of permissions, whoever calls (mqarchane/Mautic-facebook#4, pxdl/fbpages-telegram-bot#9).

Trouble of the app never stands on an account, since authorising again does not help: the account rests, and
goes on by itself once the app was put in order.
"""

from enum import StrEnum

from webapp.destinations.base import TemporaryError
from webapp.destinations.meta.graph_api.error_table import MINUTE, OPERATOR, Case

Key = tuple[int | None, int | None]  # code, subcode

APP_REST_S = 5 * MINUTE
GOES_ON = "I caricamenti ripartono da soli."


class Carried(StrEnum):
    """The owner of a call's credentials. TOKEN: the token of a person or system user."""

    SECRET = "secret"  # id, secret and redirect address of the app: the exchange of a code or a token
    APP_TOKEN = "app_token"  # `<app id>|<app secret>`: debug_token
    TOKEN = "token"


def _app(what: str, todo: str) -> Case:
    return Case(TemporaryError, what, f"{todo} {GOES_ON}", OPERATOR, APP_REST_S, account_wide=True)


WRONG_SECRET = _app(
    "Facebook non riconosce il segreto dell’app di Platea.",
    "Copia la chiave segreta dell’app dall’App Dashboard di Meta in META_APP_SECRET e riavvia Platea.",
)
WRONG_APP = _app(
    "Facebook non riconosce l’app di Platea.",
    "Controlla META_APP_ID nell’App Dashboard di Meta e riavvia Platea.",
)
INACTIVE = _app(
    "L’app di Platea non è attiva su Facebook.",
    "Apri l’App Dashboard di Meta, leggi gli avvisi e riattiva l’app.",
)
REDIRECT = _app(
    "L’indirizzo di ritorno di Platea non è tra quelli dell’app di Facebook.",
    "Controlla PLATEA_URL e aggiungi l’indirizzo agli URI di reindirizzamento OAuth validi dell’app.",
)
CAPABILITY = _app(
    "L’app di Facebook non ha i permessi per questa operazione.",
    "Chiedi la funzione a Meta (App Review) dall’App Dashboard.",
)
NO_REVIEW = _app(
    "L’app di Facebook può usare solo gli account di chi la sviluppa.", "Completa l’App Review di Meta."
)
OLD_VERSION = _app("La versione della Graph API usata da Platea non è più accettata.", "Aggiorna Platea.")
LEGACY = _app(
    "Facebook non accetta più il modo in cui Platea chiede notizie di un access token.",
    "Aggiorna Platea e segnala il codice.",
)
UNKNOWN_APP = _app(
    "Facebook ha rifiutato una richiesta fatta con le credenziali dell’app di Platea.",
    "Controlla META_APP_ID e META_APP_SECRET, e gli avvisi nell’App Dashboard di Meta.",
)

# Texts that tell the app from the person where the code does not, in lower case.
_INACTIVE_TEXTS = (
    "api access blocked",
    "api access deactivated",
    "non-active app",
    "app not active",
    "application has been deleted",
)
_SECRET_CODES: dict[Key, Case] = {(100, 36008): REDIRECT}
_APP_TOKEN_CODES: dict[Key, Case] = {
    (101, None): WRONG_APP,
    (104, None): WRONG_SECRET,
    (190, None): WRONG_SECRET,  # "Invalid OAuth access token signature."
    # A GET that is the documented form: whatever refuses it refuses the app. Source: Meta sheet §8.
    (12, None): LEGACY,
    (100, None): LEGACY,
    (2500, None): LEGACY,
}
_ANYONE_CODES: dict[Key, Case] = {
    (101, None): WRONG_APP,
    (104, None): WRONG_SECRET,
    (191, None): REDIRECT,
    (270, None): NO_REVIEW,
    (2635, None): OLD_VERSION,
}
_PERMISSION_CODES = range(200, 300)


def app_case(code: int | None, subcode: int | None, text: str, carried: Carried, passes: bool) -> Case | None:
    """The trouble of the app that this error is, None when it is none. *passes*: Meta says it will."""
    said = text.lower()
    if any(words in said for words in _INACTIVE_TEXTS) and (code in (10, 190) or code in _PERMISSION_CODES):
        return INACTIVE
    if code == 100 and subcode is None and "appsecret_proof" in said:
        # Trouble with the proof has no code of its own. Source: Meta sheet §1.5 and §10.21.
        return WRONG_SECRET
    if code == 1 and carried is Carried.SECRET and "client secret" in said:
        return WRONG_SECRET  # the same code without these words is an outage
    if code == 10 and "application does not have permission" in said:
        return CAPABILITY
    for table in (_by_caller(carried), _ANYONE_CODES):
        for key in ((code, subcode), (code, None)):
            if key in table:
                return table[key]
    if carried is Carried.APP_TOKEN and not passes and code in _PERMISSION_CODES:
        return UNKNOWN_APP
    return None


def _by_caller(carried: Carried) -> dict[Key, Case]:
    return {Carried.SECRET: _SECRET_CODES, Carried.APP_TOKEN: _APP_TOKEN_CODES}.get(carried, {})
