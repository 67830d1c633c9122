"""The guide: how-tos in the words of the product, and the questions people ask first."""

from typing import NamedTuple

from flask import render_template

from webapp.home.routes import blueprint
from webapp.uploads.status import UploadStatus


class Question(NamedTuple):
    """A question people ask, and its answer; *anchor* is what other pages link to."""

    anchor: str
    title: str
    answer: str


QUESTIONS = (
    Question(
        "account-id",
        "Dove trovo l’Account ID?",
        "Apri Gestione inserzioni su Facebook con l’account inserzionista che ti serve: l’Account ID è il"
        " numero dopo “act=” nell’indirizzo della pagina. Lo trovi anche nel menu degli account, sotto il"
        " nome. Qui lo scrivi con o senza “act_”.",
    ),
    Question(
        "custom-audience",
        "Che cos’è una custom audience?",
        "È un pubblico di Facebook creato dai tuoi contatti: Facebook confronta le impronte SHA-256 di email"
        " e cellulari, e degli altri dati se lo scegli, con quelle dei suoi iscritti, e le tue inserzioni"
        " possono raggiungere, o escludere, le persone che riconosce. Tu vedi quanti utenti sono stati"
        " inviati; è Facebook a decidere quanti ne trova.",
    ),
    Question(
        "dati-non-validi",
        "Perché sono partiti meno utenti dei contatti selezionati?",
        "Restano fuori i contatti senza un dato valido per il Medium, quelli esclusi e i duplicati. Nel"
        " dettaglio del caricamento i conti tornano riga per riga, e puoi scaricare i dati non validi per"
        " correggerli e importarli di nuovo.",
    ),
    Question(
        "numerosita",
        "Perché su Facebook la numerosità non è cambiata?",
        "Facebook aggiorna la numerosità entro 24 ore dal caricamento. Fino ad allora può risultare non"
        " ancora disponibile: non è un errore.",
    ),
)


STATES = (
    (UploadStatus.QUEUED, "Aspetta il suo turno: comincia da solo."),
    (UploadStatus.PREPARING, "Legge i contatti e calcola le impronte SHA-256."),
    (UploadStatus.SENDING, "Invia un blocco dopo l’altro. Puoi chiudere la pagina."),
    (UploadStatus.PAUSED, "Fermo: la pagina dice se riprende da solo o chi deve intervenire."),
    (UploadStatus.COMPLETED, "Finito. I dati non validi sono contati accanto."),
    (
        UploadStatus.COMPLETED_WITH_WARNINGS,
        "Finito, ma resta qualcosa da fare: un blocco non è partito, Facebook non conferma tutti, o i dati"
        " non validi sono più di quanti ne prevedono le impostazioni.",
    ),
    (UploadStatus.FAILED, "Non è partito nessuno: leggi il motivo e carica di nuovo."),
    (UploadStatus.STOPPED, "Fermato da una persona: chi era già partito resta nella custom audience."),
)


@blueprint.get("/guida")
def guide() -> str:
    return render_template("home/guide.html", questions=QUESTIONS, states=STATES)
