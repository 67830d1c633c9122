"""The ways to fill an audience, as the form and the command line offer them. PURE."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from webapp.uploads.operations import Operation
from webapp.uploads.way_words import WAYS
from webapp.values.texts import moment, number, plural

LABELS = {**WAYS, Operation.ALIGN: "Allinea: aggiungi e togli"}
HINTS = {
    Operation.ADD: "Chi manca entra, nessuno esce.",
    Operation.ALIGN: "Entra chi manca, esce chi non è più nella selezione o ha detto no. "
    "Togliamo solo persone inviate da Platea.",
    Operation.REPLACE: "Il contenuto diventa esattamente questo. "
    "Esce anche chi è stato aggiunto fuori da Platea.",
    Operation.REMOVE: "Chi è nella selezione esce dalla custom audience. Il consenso qui non conta.",
}
ALIGN_NEW = "Su una custom audience nuova equivale ad aggiungere. Serve per i caricamenti che si ripetono."
BUTTONS = {
    Operation.ADD: "carica gli utenti",
    Operation.ALIGN: "allinea gli utenti",
    Operation.REPLACE: "sostituisci gli utenti",
    Operation.REMOVE: "togli gli utenti",
}
# There has to be somebody in it.
NEED_EXISTING = frozenset({Operation.REPLACE, Operation.REMOVE})
NOT_ON_NEW = {
    Operation.REPLACE: "Si può sostituire solo il contenuto di una custom audience che esiste già.",
    Operation.REMOVE: "Si può togliere qualcuno solo da una custom audience che esiste già.",
}
NOT_OFFERED = "Questo modo di caricare qui non c’è: scegline uno di quelli proposti."
NO_CODE = "Il codice cliente non parte con una sostituzione."
UNDERSTOOD = "Conferma di aver capito chi esce dalla custom audience."


@dataclass(frozen=True, slots=True)
class Presence:
    """Those chosen against who is in an audience already: *present* of them are in it, and *leaving* people
    whom the same source has put there are not among them. *removable*: of all that are chosen, whatever they
    answered. None where nobody has counted.
    """

    present: int | None
    leaving: int | None
    removable: int | None = None

    def carried(self, audience: str) -> str:
        """As the form carries it while the rest of it changes: it holds for that audience alone."""
        return ".".join(["" if one is None else str(one) for one in astuple(self)] + [audience])


def presence_in(given: Mapping[str, str], audience: str) -> Presence | None:
    """What `Presence.carried` wrote, if it is about *audience*."""
    *counts, about = given.get("presenza", "").split(".", 3)
    if not audience or about != audience or len(counts) != 3:
        return None
    return Presence(*(int(one) if one.isdecimal() else None for one in counts))


@dataclass(frozen=True, slots=True)
class Change:
    """How many would enter and leave; None where nobody knows. *whole*: how many would be there in all."""

    plus: int | None = None
    minus: int | None = None
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way as a card of the form shows it."""

    operation: Operation
    label: str
    hint: str
    change: Change


def offered(is_new: bool) -> list[Operation]:
    """The ways there are for an audience that is made now, or for one that exists, in order."""
    return [one for one in Operation if not (is_new and one in NEED_EXISTING)]


def cards(is_new: bool, to_send: int, presence: Presence | None) -> list[Way]:
    """*presence* None: it is not known who is in the audience."""
    return [
        Way(
            one,
            LABELS[one],
            ALIGN_NEW if is_new and one == Operation.ALIGN else HINTS[one],
            change(one, is_new, to_send, presence),
        )
        for one in offered(is_new)
    ]


def change(operation: Operation, is_new: bool, to_send: int, presence: Presence | None) -> Change:
    """What *operation* would do to the audience, of the *to_send* users chosen."""
    if operation == Operation.REPLACE:
        return Change(whole=to_send)
    if is_new:
        return Change(plus=to_send)
    if presence is None:
        return Change()
    if operation == Operation.REMOVE:
        return Change(minus=presence.removable)
    if presence.present is None:
        return Change()
    return Change(
        plus=to_send - presence.present, minus=presence.leaving if operation == Operation.ALIGN else None
    )


def problems(
    operation: Operation, is_new: bool, to_send: int, understood: bool, repeated: str
) -> Mapping[str, str]:
    """Field of the form → what is wrong with the way that was chosen. *repeated*: the number typed."""
    if is_new and operation in NEED_EXISTING:
        return {"come": NOT_ON_NEW[operation]}
    if operation != Operation.REPLACE:
        return {}
    if not understood:
        return {"capito": UNDERSTOOD}
    return {} if is_same_number(repeated, to_send) else {"ripeti": wrong_number(to_send)}


def unknown_way(named: str | None) -> Mapping[str, str]:
    """A form that names a way which is none, so that none is taken for it."""
    return {} if named is None or named in {*Operation} else {"come": NOT_OFFERED}


def after_replacing(stay: int) -> str:
    """Who will be there, and who will not."""
    there = "ci sarà solo questo utente" if stay == 1 else f"ci saranno solo questi {number(stay)} utenti"
    return (
        f"Dopo, nella custom audience {there}. Esce anche chi è stato aggiunto fuori da Platea, "
        "e Platea non può rimetterlo."
    )


def unknown(sent_before: int, since: datetime | None) -> Sequence[str]:
    """What Platea cannot know of the audience that was chosen, and what helps."""
    told = []
    if sent_before:
        who = plural(sent_before, "utente inviato", "utenti inviati")
        told.append(
            f"{who} prima di questa versione: Platea non sa più con quale dato, e non può "
            f"{'toglierlo' if sent_before == 1 else 'toglierli'}. Sostituisci lascia solo chi scegli."
        )
    if since:
        told.append(
            f"Chi è stato inviato dopo la copia del {moment(since)} è ancora nella custom audience e "
            "Platea non sa chi è: Allinea e Rimuovi non possono toglierlo. "
            "Sostituisci lascia solo chi scegli."
        )
    return told


def is_same_number(typed: str, wanted: int) -> bool:
    """Whether “5.115” or “5115” is *wanted*."""
    return typed.strip() in {number(wanted), str(wanted)}


def wrong_number(wanted: int) -> str:
    return f"Scrivi {number(wanted)}: sono gli utenti che resteranno nella custom audience."


def sentence(operation: Operation, count: int) -> str:
    """The foot of the form. *count*: of REMOVE, those chosen; of the others, those that may be sent."""
    users = plural(count, "utente", "utenti")
    if operation == Operation.REMOVE:
        return f"Esce chi, tra {users}, è nella custom audience."
    if operation == Operation.REPLACE:
        return f"Nella custom audience resteranno {users} e nessun altro."
    if operation == Operation.ALIGN:
        there = f"Nella custom audience ci saranno {users} di questa selezione"
        return f"{there}: entra chi manca, esce chi non c’è più."
    return ""


def shown(changed: Change) -> Sequence[tuple[str, str]]:
    """Class and text of each number on a card: “+120”, “−34”, “1.755 in tutto”."""
    told = [("plus", f"+{number(changed.plus)}")] if changed.plus is not None else []
    if changed.minus is not None:
        told.append(("minus", f"−{number(changed.minus)}"))
    if changed.whole is not None:
        told.append(("", f"{number(changed.whole)} in tutto"))
    return told
