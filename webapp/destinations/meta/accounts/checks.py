"""Reasons why a token or an ad account cannot be used for uploads, in Italian, with a remedy. PURE."""

from collections.abc import Collection, Mapping
from typing import Any

from webapp.destinations.base import Problem

WRITE_SCOPE = "ads_management"  # creates, changes and fills audiences. Source: Meta sheet §1.5
TERMS = "custom_audience_tos"  # absent until accepted. Source: Meta sheet §2
TERMS_URL = "https://business.facebook.com/ads/manage/customaudiences/tos/?act={act_id}"
TERMS_CODES = ("1870034", "1870090", "1870092", "2655", "2663", "2664", "condizioni")  # Meta sheet §2
# ACTIVE, IN_GRACE_PERIOD (still delivers), ANY_ACTIVE. Source: Meta sheet §2 `account_status`.
USABLE_STATUSES = (1, 9, 201)
STATUSES = {
    2: "è disabilitato",
    3: "ha un pagamento da saldare",
    7: "è in verifica da parte di Facebook",
    8: "ha un pagamento in sospeso",
    100: "è in fase di chiusura",
    101: "è chiuso",
    202: "è chiuso",
}
UPLOAD_TASKS = {"ADVERTISE", "MANAGE"}  # inferred from the errors of code 200. Source: Meta sheet §2
ADMINISTRATOR = "chi amministra l’account su Facebook"
AUTHORISER = "chi autorizza"

MISSING_PERMISSION = Problem(
    "permesso",
    "Manca il permesso di gestire le inserzioni (ads_management): senza, non possiamo creare né caricare"
    " le custom audience.",
    "Clicca di nuovo su autorizza e lascia selezionate tutte le voci.",
    AUTHORISER,
)
MISSING_PERMISSION_SYSTEM_USER = Problem(
    "permesso",
    "Il token utente di sistema non ha il permesso ads_management.",
    "Nelle Impostazioni del portfolio business genera un token che lo comprende, e incollalo qui.",
    ADMINISTRATOR,
)
INVALID_TOKEN = Problem(
    "190",
    "Facebook dice che questo access token non è valido.",
    "Generane uno nuovo e incollalo per intero, oppure clicca su autorizza.",
    AUTHORISER,
)
OTHER_APP = Problem(
    "altra_app",
    "Questo access token è stato creato per un’altra app di Meta.",
    "Genera il token scegliendo l’app di questa installazione.",
    ADMINISTRATOR,
)
NO_ACCESS = Problem(
    "100/33",
    "L’utente Facebook che ha autorizzato non vede questo account inserzionista, oppure l’Account ID non"
    " esiste.",
    "Controlla l’Account ID; se è giusto, fatti assegnare l’account inserzionista oppure autorizza con un"
    " altro utente.",
    AUTHORISER,
)
NO_TASK = Problem(
    "ruolo",
    "L’utente Facebook che ha autorizzato può solo guardare questo account inserzionista.",
    "Fatti dare il ruolo di inserzionista o il controllo completo, oppure autorizza con un altro utente.",
    AUTHORISER,
)


def token_problem(description: Mapping[str, Any], app_id: str) -> Problem | None:
    """The faults of a token, from the `data` of debug_token. Source: Meta sheet §1.4.

    `app_id` was a number in old answers, so it is compared as text.
    """
    owner = str(description.get("app_id") or "")
    if owner and owner != app_id:
        return OTHER_APP
    if not description.get("is_valid") or not owner:
        return INVALID_TOKEN
    return None


def permission_problem(granted: Collection[str], kind: str) -> Problem | None:
    """A person may untick single permissions in the dialog. Source: Meta sheet §1.1."""
    if WRITE_SCOPE in granted:
        return None
    return MISSING_PERMISSION_SYSTEM_USER if kind == "system_user" else MISSING_PERMISSION


def account_problems(node: Mapping[str, Any], act_id: str, name: str) -> list[Problem]:
    """Everything that keeps the ad account *node* from receiving uploads, most serious first."""
    problems = [
        _status_problem(node.get("account_status"), name),
        _task_problem(node.get("user_tasks")),
        _terms_problem(node.get("tos_accepted"), act_id, name),
    ]
    return [problem for problem in problems if problem is not None]


def terms_url(code: str | None, act_id: str) -> str | None:
    """Where the terms are accepted, when *code* is one of those that say they were not."""
    return TERMS_URL.format(act_id=act_id) if code and code.endswith(TERMS_CODES) else None


def _status_problem(status: object, name: str) -> Problem | None:
    if status is None or status in USABLE_STATUSES:
        return None
    words = STATUSES.get(status, "non è attivo") if isinstance(status, int) else "non è attivo"
    return Problem(
        f"account_status/{status}",
        f"Su Facebook l’account inserzionista di “{name}” {words}.",
        "Apri Gestione inserzioni, sistema l’account, poi torna qui e salva.",
        ADMINISTRATOR,
    )


def _task_problem(tasks: object) -> Problem | None:
    if not isinstance(tasks, list) or not tasks or UPLOAD_TASKS.intersection(map(str, tasks)):
        return None
    return NO_TASK


def _terms_problem(accepted: object, act_id: str, name: str) -> Problem | None:
    """An empty map comes as `[]` from some Graph versions (PHP style). Source: Meta sheet §4.4."""
    if isinstance(accepted, Mapping) and accepted.get(TERMS):
        return None
    return Problem(
        "condizioni",
        f"Nessuno ha ancora accettato le Condizioni d’uso per il pubblico personalizzato per “{name}”.",
        "Apri le condizioni, accettale su Facebook, poi torna qui e salva.",
        ADMINISTRATOR,
        TERMS_URL.format(act_id=act_id),
    )
