"""Why a command of an upload is not carried out."""

from enum import StrEnum

from webapp.destinations import registry


class NotAllowed(Exception):
    """The person who asks may not include people who said no."""


class ReasonMissing(ValueError):
    """People who said no are to be sent too, and no reason is given; `str()` is the Italian sentence."""


class ConfirmationMissing(Exception):
    """Replacing everybody is confirmed each time, by who sees how many will stay."""


class TwinRunning(Exception):
    """The same upload is running already; `str()` is its public id."""


class Thing(StrEnum):
    """The parts of an upload that may have been deleted, each as a sentence that says so."""

    DATABASE = "Il database utenti è stato eliminato: non c’è più nessuno da caricare."
    FILTER = "Il filtro è stato eliminato: scegli da dove caricare gli utenti."
    SELECTION = "Questo caricamento ha tolto chi restava da togliere: non ha una scelta da ripetere."
    ACCOUNT = "L’account {label} è stato eliminato: configuralo di nuovo."


class Gone(LookupError):
    """The client has no such thing, or not any more; `str()` is the Italian sentence.

    *destination*: the kind of the one that an account is of.
    """

    def __init__(self, what: Thing, destination: str | None = None) -> None:
        label = registry.destination(destination).label if destination else ""
        super().__init__(what.value.format(label=label))
        self.what = what
