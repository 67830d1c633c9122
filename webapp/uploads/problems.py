"""Reasons of ours, in the same three parts as the destination's: cosa è successo, cosa fare, chi."""

from dataclasses import replace
from datetime import datetime

from webapp.contacts.consent import ConsentPolicy
from webapp.destinations.base import Medium, Problem
from webapp.values.texts import moment, number, numbered, plural

MARKETER = "chi carica gli utenti"
ADMINISTRATOR = "un amministratore"
NOBODY = "nessuno: si riprende da solo"
ANOTHER_AUDIENCE = "Scegli un’altra custom audience oppure creane una nuova."

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
        "Tutti i contatti con un dato valido hanno detto no: non c’è nulla da inviare.",
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
SOME_UNDECIDED = Problem(
    "nessun_consenso",
    "Tutti i contatti con un dato valido hanno detto no o hanno una risposta da decidere: "
    "non c’è nulla da inviare.",
    "Decidi che cosa vogliono dire le parole del consenso e ripeti il caricamento.",
    MARKETER,
)


def nobody_allowed(policy: ConsentPolicy, some_undecided: bool) -> Problem:
    """Why the answers leave nobody to send. *some_undecided*: whether some wait for a decision."""
    if policy == ConsentPolicy.NOT_REFUSED and some_undecided:
        return SOME_UNDECIDED
    return NOBODY_ALLOWED[policy]


EMPTY_DATABASE = Problem(
    "nessun_contatto",
    "Il database utenti non ha nessun contatto: non c’è nulla da inviare.",
    "Importa dei contatti e ripeti il caricamento.",
    MARKETER,
)
EMPTY_FILTER = Problem(
    "nessun_contatto",
    "Il filtro non sceglie nessun contatto: non c’è nulla da inviare.",
    "Correggi il filtro e ripeti il caricamento.",
    MARKETER,
)
DATABASE_GONE = Problem(
    "database_eliminato",
    "Il database utenti di questo caricamento è stato eliminato: non c’è più nessuno da inviare.",
    "Per caricare degli utenti parti da un altro database.",
    MARKETER,
)
FILTER_BROKEN = Problem(
    "filtro",
    "Il filtro usa un campo che non esiste più.",
    "Apri il filtro, correggi la condizione e ripeti il caricamento.",
    MARKETER,
)
VALUE_GONE = Problem(
    "valore",
    "Il campo del valore non c’è più, o non è più un numero: non è stato inviato nulla.",
    "Ripeti il caricamento e scegli di nuovo il campo del valore.",
    MARKETER,
)


def nobody_with_value(field: str) -> Problem:
    """Everybody who could be sent lacks the number in *field*."""
    return Problem(
        "nessun_valore",
        f"Nessuno dei contatti che si possono inviare ha un numero in “{field}”: non c’è nulla da inviare.",
        "Controlla il campo, oppure scegline un altro.",
        MARKETER,
    )


INTERRUPTED = Problem(
    "interrotto",
    "L’invio di questo blocco si è interrotto tre volte, quindi non lo inviamo più.",
    "Ripeti il caricamento: riparte solo ciò che manca. Se succede ancora, manda la diagnosi all’assistenza.",
    MARKETER,
)
SET_ASIDE_TODO = INTERRUPTED.todo


def refused_again_and_again(problem: Problem, tries: int) -> Problem:
    """On a batch that is set aside after *problem*: nobody waits for it any more, whatever that said."""
    what = f"Facebook non ha accettato questo blocco in {number(tries)} tentativi."
    return replace(problem, what=what, todo=SET_ASIDE_TODO, who=MARKETER)


def set_aside(batches: int, code: str | None, error: str, trace: str | None) -> Problem:
    """At the end of an upload, about the *batches* (≥ 1) that did not go out; *error* is one's own."""
    more = f"{number(batches)} blocchi non sono partiti. Uno di essi: "
    return Problem(
        code or "messo_da_parte",
        error if batches == 1 else more + error,
        SET_ASIDE_TODO,
        MARKETER,
        trace=trace,
    )


PREPARATION_INTERRUPTED = Problem(
    "preparazione_interrotta",
    "La preparazione si è interrotta tre volte.",
    "Ripeti il caricamento. Se succede ancora, manda la diagnosi all’assistenza.",
    MARKETER,
)

REPLACE_A_NEW_ONE = Problem(
    "pubblico_nuovo",
    "In una custom audience nuova non c’è nessuno da sostituire.",
    "Scegli una custom audience che esiste già, oppure Aggiungi.",
    MARKETER,
)
REPLACE_WITH_NOBODY = Problem(
    "nessuno_da_tenere",
    "La scelta non contiene nessuno da inviare, e nessuno può prendere il posto di chi c’è. "
    "La custom audience resta com’era.",
    "Controlla il filtro, le risposte sul consenso e i dati, poi ripeti. Per togliere tutti scegli Rimuovi.",
    MARKETER,
)
REPLACEMENT_LOST = Problem(
    "sostituzione",
    "La sostituzione è ricominciata tre volte e non è arrivata in fondo: la custom audience può essere "
    "com’era, oppure contenere già i nuovi utenti.",
    "Ripeti il caricamento più tardi. Se succede ancora, manda la diagnosi all’assistenza.",
    MARKETER,
)
NOBODY_IN_A_NEW_AUDIENCE = Problem(
    "pubblico_nuovo",
    "Da una custom audience nuova non c’è nessuno da rimuovere.",
    "Scegli una custom audience che esiste già.",
    MARKETER,
)
CONFIRM = "conferma_rimozione"
ALIGN_WITH_NOBODY = Problem(
    "nessuno_da_tenere",
    "La scelta non contiene nessuno da tenere: allineando, Platea toglierebbe tutti. "
    "Non è stato tolto nessuno.",
    "Controlla il filtro, le risposte sul consenso e i dati, poi ripeti. Per togliere tutti scegli Rimuovi.",
    MARKETER,
)


def confirm_removal(leaving: int, members: int) -> Problem:
    """Many would leave: *leaving* of *members*."""
    return Problem(
        CONFIRM,
        f"Conferma: toglierà {number(leaving)} di {number(members)}.",
        "Se è quello che vuoi, conferma; altrimenti ferma il caricamento e controlla il filtro.",
        MARKETER,
    )


def unknown_since(taken_at: datetime) -> Problem:
    """To align an audience of which nobody knows who was sent after *taken_at*."""
    return Problem(
        CONFIRM,
        f"Il database è stato ripristinato da una copia del {moment(taken_at).replace(' ', ' alle ')}: chi è "
        "stato inviato dopo resta nella custom audience, perché Platea non sa più chi è.",
        "Se va bene così, conferma. Per lasciare solo chi scegli, ferma il caricamento e usa Sostituisci.",
        MARKETER,
    )


def still_to_remove(label: str, rows: int) -> Problem:
    """*rows*: of people that the destination refuses to take out for now."""
    left = "1 utente resta da togliere" if rows == 1 else f"{number(rows)} utenti restano da togliere"
    return Problem(
        STILL_OWED,
        f"{label} non toglie utenti da una custom audience così piccola: {left}.",
        "Non devi fare nulla: Platea riprova a ogni caricamento e da sola, ogni giorno e poi più di rado.",
        NOBODY,
    )


def many_invalid(invalid: int, chosen: int) -> Problem:
    """*invalid* of the *chosen* contacts: more than the client takes for ordinary."""
    told = plural(invalid, "dato non valido", "dati non validi")
    return Problem(
        "molti_non_validi",
        f"{told} su {plural(chosen, 'contatto scelto', 'contatti scelti')}.",
        "Guarda i motivi: se uno pesa da solo, di solito è una colonna abbinata al campo sbagliato.",
        MARKETER,
    )


STILL_OWED = "da_completare"
RESTORED = "ripristino"
COUNTS = "conteggi"  # on a batch that was answered for: the counts do not say that all of it arrived


def account_gone(label: str) -> Problem:
    """*label*, here and below: of the destination, as people call it."""
    return Problem(
        "account_eliminato",
        f"L’account {label} di questo caricamento è stato eliminato.",
        "Configuralo di nuovo e ripeti il caricamento.",
        ADMINISTRATOR,
    )


def resting(label: str) -> Problem:
    return Problem("limite", f"{label} chiede di rallentare.", "Non devi fare nulla.", NOBODY)


def counts_in_doubt(label: str, received: int, sent: int, doubt: str | None) -> str | None:
    """The doubt about the answer for a batch, in Italian; None when it confirms every row."""
    if doubt is not None:
        return doubt
    return _confirms(label, received, sent) if received < sent else None


def unconfirmed(label: str, received: int, sent: int) -> Problem:
    """At the end of an upload, when some answer did not confirm what was sent."""
    contradicts = f"{label} ha risposto con conteggi che si contraddicono."
    return Problem(
        COUNTS,
        _confirms(label, received, sent) if received < sent else contradicts,
        "Carica di nuovo: chi c’è già non viene aggiunto due volte. Se succede ancora, manda la diagnosi "
        "all’assistenza.",
        MARKETER,
    )


def _confirms(label: str, received: int, sent: int) -> str:
    return f"{label} ne conferma {number(received)} di {number(sent)}."


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
        ANOTHER_AUDIENCE,
        MARKETER,
    )


def waiting_behind(audience: str, upload: int | None) -> str:
    """*upload*: the number of the one that is served first; None when it is another client's."""
    if upload is None:
        return f"In coda: la custom audience “{audience}” è in uso da un altro caricamento."
    first = f"In coda dietro al caricamento {numbered(upload)}"
    return f"{first}, che sta usando la custom audience “{audience}”."
