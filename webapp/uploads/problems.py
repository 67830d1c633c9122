"""Reasons of ours, in the same three parts as the destination's: cosa è successo, cosa fare, chi."""

from datetime import datetime

from webapp.contacts.consent import ConsentPolicy
from webapp.destinations.base import Medium, Problem
from webapp.values.texts import moment

MARKETER = "chi carica gli utenti"
ADMINISTRATOR = "un amministratore"
NOBODY = "nessuno: si riprende da solo"

NOTHING_TO_SEND = {
    Medium.EMAIL: Problem(
        "nessun_contatto",
        "Nessun contatto ha un’email valida: non c’è nulla da inviare.",
        "Controlla il filtro o scegli SMS.",
        MARKETER,
    ),
    Medium.SMS: Problem(
        "nessun_contatto",
        "Nessun contatto ha un cellulare valido: non c’è nulla da inviare.",
        "Controlla il filtro o scegli Email.",
        MARKETER,
    ),
}
SHORTEST_REASON = 10
REASON_SHORT = (
    f"Scrivi perché puoi includere chi ha detto no: almeno {SHORTEST_REASON} caratteri. "
    "Il motivo resta scritto nel caricamento e nel registro attività."
)


def is_reason(text: str | None) -> bool:
    """Whether *text* says why, in at least ten characters; blanks count once."""
    return len(" ".join((text or "").split())) >= SHORTEST_REASON


NOBODY_ALLOWED = {
    ConsentPolicy.NOT_REFUSED: Problem(
        "nessun_consenso",
        "Tutti i contatti con un dato valido hanno detto no o hanno una risposta da decidere: "
        "non c’è nulla da inviare.",
        "Controlla il filtro e le risposte sul consenso.",
        MARKETER,
    ),
    ConsentPolicy.ANYONE: Problem(
        "nessun_consenso",
        "Tutti i contatti con un dato valido hanno una risposta da decidere: non c’è nulla da inviare.",
        "Decidi che cosa vogliono dire le parole del consenso e ripeti il caricamento.",
        MARKETER,
    ),
    ConsentPolicy.GIVEN: Problem(
        "nessun_consenso",
        "Nessun contatto con un dato valido ha detto sì: non c’è nulla da inviare.",
        "Controlla il filtro e le risposte sul consenso.",
        MARKETER,
    ),
}
ACCOUNT_GONE = Problem(
    "account_eliminato",
    "L’account Facebook di questo caricamento è stato eliminato.",
    "Configuralo di nuovo e ripeti il caricamento.",
    ADMINISTRATOR,
)
FILTER_BROKEN = Problem(
    "filtro",
    "Il filtro usa un campo che non esiste più.",
    "Apri il filtro, correggi la condizione e ripeti il caricamento.",
    MARKETER,
)
RESTING = Problem("limite", "Facebook chiede di rallentare.", "Non devi fare nulla.", NOBODY)
INTERRUPTED = Problem(
    "interrotto",
    "L’invio di questo blocco si è interrotto tre volte, quindi è stato messo da parte.",
    "Ripeti il caricamento: riparte solo ciò che manca. Se succede ancora, manda la diagnosi all’assistenza.",
    MARKETER,
)
PREPARATION_INTERRUPTED = Problem(
    "preparazione_interrotta",
    "La preparazione si è interrotta tre volte.",
    "Ripeti il caricamento. Se succede ancora, manda la diagnosi all’assistenza.",
    MARKETER,
)

RESTORED = "ripristino"


def restored(taken_at: datetime) -> Problem:
    """After the database was put back from a copy: what was sent since is not in it."""
    return Problem(
        RESTORED,
        f"Il database è stato ripristinato da una copia del {moment(taken_at).replace(' ', ' alle ')}.",
        "Riprendi il caricamento: ciò che era già partito dopo la copia parte di nuovo, senza doppioni.",
        MARKETER,
    )


def audience_unsuitable(name: str, reason: str) -> Problem:
    return Problem(
        "audience_non_adatta",
        f"La custom audience “{name}” non può ricevere utenti: {reason}",
        "Scegli un’altra custom audience oppure creane una nuova.",
        MARKETER,
    )


def waiting_behind(audience: str, upload: str) -> str:
    return f"In coda dietro al caricamento {upload}, che sta usando la custom audience “{audience}”."
