"""The check before an upload: facts → lines of green, amber and red. PURE.

Green is a fact. Amber is confirmed by whoever sends, red keeps it from being sent and names the way out. What
the vendor could not be asked is amber, never green.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zlib import crc32

from webapp.destinations.base import Audience
from webapp.uploads import plan
from webapp.uploads.checking.facts import Facts, Numbers
from webapp.uploads.operations import Operation
from webapp.uploads.origin_words import ORIGINS
from webapp.values.texts import clock_time, day, number, plural

# Fewer matched people are never served ads. Source: Meta sheet §3.1 `delivery_status` 300, §4.7.
SMALLEST = 100
# Small audiences show this lower bound, so it tells nothing. Source: Meta sheet §3.1.
SHOWN_AT_LEAST = 1_000
SOON = timedelta(days=7)


class Tone(StrEnum):
    OK = "ok"
    WARN = "warn"
    ERR = "err"


class Way(StrEnum):
    """Where the way out of a red or amber line leads."""

    ACCOUNT = "account"
    AUDIENCE = "audience"
    NAME = "nome"
    CONTACTS = "contacts"
    ANSWERS = "answers"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Line:
    """One subject. *accept*: what whoever ticks an amber line says; empty where nothing is to be ticked.

    *way_out* with its *label*; *link*: an address outside Platea.
    """

    key: str
    tone: Tone
    title: str
    detail: str = ""
    accept: str = ""
    way_out: Way | None = None
    label: str = ""
    link: str = ""

    @property
    def sign(self) -> str:
        """Of the line as it reads: a tick beside another number is another tick."""
        return f"{self.key}-{crc32(self.title.encode()):x}"


def judge(facts: Facts) -> list[Line]:
    """The lines in the order in which they are read; a subject that has nothing to say is not among them."""
    lines = [*_account(facts), *_target(facts), *_people(facts), *_size(facts)]
    return [line for line in lines if line is not None]


def blocking(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.tone == Tone.ERR]


def unconfirmed(lines: Sequence[Line], confirmed: Collection[str]) -> list[Line]:
    """Amber lines that want a tick and have none."""
    return [line for line in lines if line.accept and line.key not in confirmed]


def badge(lines: Sequence[Line], confirmed: Collection[str] = ()) -> tuple[Tone, str]:
    """“Pronta”, “1 da confermare”, “3 cose bloccano”."""
    if red := len(blocking(lines)):
        return Tone.ERR, "1 cosa blocca" if red == 1 else f"{number(red)} cose bloccano"
    if amber := len(unconfirmed(lines, confirmed)):
        return Tone.WARN, f"{number(amber)} da confermare"
    return Tone.OK, "Pronta"


def _account(facts: Facts) -> list[Line]:
    account, answer = facts.account, facts.answer
    if account is None:
        return [Line("account", Tone.ERR, "L’account scelto non c’è più", "Scegline un altro.")]
    if account.problem:
        title = f"“{account.name}” non può ricevere utenti"
        open_it = ("apri l’account", "")
        return [Line("account", Tone.ERR, title, account.problem, "", Way.ACCOUNT, *open_it)]
    if answer.unasked:
        title = "Adesso non si può chiedere se l’account è a posto"
        accept = "Vado avanti: se l’account non risponde, il caricamento aspetta."
        return [Line("account", Tone.WARN, title, answer.unasked, accept)]
    if answer.obstacles:
        return [
            Line(
                f"account-{place}" if place else "account",
                Tone.ERR,
                problem.what,
                problem.todo,
                "",
                Way.LINK if problem.link else Way.ACCOUNT,
                "apri le condizioni" if problem.link else "apri l’account",
                problem.link or "",
            )
            for place, problem in enumerate(answer.obstacles)
        ]
    read = f"letto alle {clock_time(answer.asked_at)}"
    end = account.expires_at
    if end is not None and end < facts.now + SOON:
        title = f"L’autorizzazione di “{account.name}” scade il {day(end)}"
        detail = "Quello che non è partito prima resta in pausa finché qualcuno non autorizza di nuovo."
        return [
            Line("scadenza", Tone.WARN, title, detail, "Va bene così.", Way.ACCOUNT, "autorizza di nuovo")
        ]
    until = f"L’autorizzazione scade il {day(end)}" if end else "L’autorizzazione non ha una scadenza nota"
    title = "Account pronto: autorizzazione, permessi e condizioni a posto"
    return [Line("account", Tone.OK, title, f"{until} · {read}")]


def _target(facts: Facts) -> list[Line | None]:
    target = facts.target
    if facts.account is None or facts.account.problem:
        return []  # nobody can ask, and the line above says why
    if target.is_busy:
        busy = Line(
            "in-uso",
            Tone.WARN,
            "Un altro caricamento sta usando questa custom audience",
            "Il tuo aspetta in coda; quando tocca a lui i numeri possono essere cambiati.",
            "Aspetto il mio turno.",
        )
    else:
        busy = None
    return [_new(facts) if target.is_new else _existing(facts), _named(facts), _expiring(facts), busy]


def _new(facts: Facts) -> Line:
    assert facts.account is not None
    target, account = facts.target, facts.account
    if target.unasked:
        title = "Adesso non si può chiedere se il nome è libero"
        return Line("audience", Tone.WARN, title, target.unasked, "Vado avanti con questo nome.")
    if target.name_taken:
        title = f"Su “{account.name}” c’è già una custom audience con questo nome"
        return Line(
            "audience",
            Tone.ERR,
            title,
            "Scrivine un altro, oppure usa quella che esiste.",
            "",
            Way.NAME,
            "cambia il nome",
        )
    source = f"Nasce da un elenco di clienti; origine dei dati: {ORIGINS[facts.origin].lower()}"
    return Line("audience", Tone.OK, f"Il nome è libero su “{account.name}”", source)


def _existing(facts: Facts) -> Line:
    target, choose = facts.target, (Way.AUDIENCE, "scegline un’altra")
    if target.unasked:
        title = "Adesso non si può chiedere se la custom audience accetta utenti"
        accept = "Vado avanti: prima dell’invio viene controllata di nuovo."
        return Line("audience", Tone.WARN, title, target.unasked, accept)
    if target.found is None:
        title = "La custom audience scelta su questo account non c’è"
        return Line("audience", Tone.ERR, title, "Può essere stata eliminata.", "", *choose)
    if target.found.unsuitable:
        title = f"“{target.name}” non può ricevere utenti"
        return Line("audience", Tone.ERR, title, _sentence(target.found.unsuitable), "", *choose)
    title = "La custom audience accetta aggiunte e rimozioni"
    return Line("audience", Tone.OK, title, f"Nata da un elenco di clienti · {_estimate(target.found)}")


def _estimate(audience: Audience) -> str:
    if audience.size is None:
        return "numerosità non ancora calcolata da chi la ospita"
    return f"numerosità: almeno {number(audience.size)}, stima"


def _named(facts: Facts) -> Line | None:
    if not facts.target.is_new or not facts.target.name_warning:
        return None
    return Line("nome", Tone.WARN, "Il nome può far bloccare la custom audience", facts.target.name_warning)


def _expiring(facts: Facts) -> Line | None:
    found = facts.target.found
    if found is None or found.unsuitable or not found.warning:
        return None
    return Line(
        "inutilizzata", Tone.WARN, f"“{found.name}” sta per sparire", found.warning, "La uso lo stesso."
    )


def _people(facts: Facts) -> list[Line | None]:
    numbers = facts.numbers
    if facts.operation == Operation.REMOVE:
        return []
    return [_undecided(numbers.excluded.get("undecided", 0)), _included(numbers.refused_included)]


def _undecided(contacts: int) -> Line | None:
    if not contacts:
        return None
    title = f"{plural(contacts, 'contatto ha', 'contatti hanno')} una risposta da decidere"
    return Line(
        "da-decidere",
        Tone.WARN,
        title,
        "Finché non si sa che cosa hanno risposto, non partono.",
        "Lasciali fuori.",
        Way.ANSWERS,
        "decidi che cosa hanno risposto",
    )


def _included(users: int) -> Line | None:
    if not users:
        return None
    who = plural(users, "utente che ha", "utenti che hanno")
    title = f"{who} detto no {'parte' if users == 1 else 'partono'}"
    detail = "Li includi tu: la scelta, il motivo e il tuo nome restano scritti."
    return Line("detto-no", Tone.WARN, title, detail, "Lo confermo.")


def _size(facts: Facts) -> list[Line | None]:
    if facts.operation == Operation.REMOVE:
        return [_taken_out(facts.numbers, facts.label)]
    return [_leaving(facts), _left_over(facts)]


def _leaving(facts: Facts) -> Line | None:
    numbers = facts.numbers
    before, leaving = numbers.members_before or 0, numbers.leaving
    if not leaving or leaving <= before * plan.MOST_LEAVING:
        return None
    title = (
        f"{'Esce' if leaving == 1 else 'Escono'} {plural(leaving, 'utente', 'utenti')} su {number(before)}"
    )
    detail = "Non sono più nella selezione, o hanno detto no. Prima di toglierli te lo chiediamo ancora."
    return Line("escono", Tone.WARN, title, detail, "Li tolgo.")


def _left_over(facts: Facts) -> Line:
    numbers = facts.numbers
    after = numbers.to_send + numbers.already_there
    if not after:
        return Line(
            "numero",
            Tone.ERR,
            "Non c’è nessuno da inviare",
            "Guarda qui sotto chi resta fuori e perché.",
            "",
            Way.CONTACTS,
            "vai ai contatti",
        )
    is_known_large = (
        facts.operation == Operation.ADD
        and facts.target.found is not None
        and (facts.target.found.size or 0) > SHOWN_AT_LEAST
    )
    if after < SMALLEST and not is_known_large:
        title = f"Verrebbe inviato un pubblico troppo piccolo: {plural(after, 'utente', 'utenti')}"
        return _small(facts.label, title)
    if facts.operation == Operation.ALIGN and not facts.target.is_new:
        title = f"Dopo l’allineamento: {plural(after, 'utente inviato', 'utenti inviati')} da Platea"
        return Line("numero", Tone.OK, title, _equation(numbers, after))
    title = "Pubblico abbastanza grande"
    return Line("numero", Tone.OK, title, f"{plural(after, 'utente', 'utenti')} da questa selezione")


def _equation(numbers: Numbers, after: int) -> str:
    """“Erano 1.669: 1.669 + 120 − 34 = 1.755”, where it adds up: a person with two addresses counts twice."""
    before = numbers.members_before or 0
    if before + numbers.to_send - numbers.to_remove != after:
        return f"Erano {number(before)}"
    terms = f"{number(before)} + {number(numbers.to_send)} − {number(numbers.to_remove)} = {number(after)}"
    return f"Erano {number(before)}: {terms}"


def _taken_out(numbers: Numbers, label: str) -> Line:
    if not numbers.to_remove:
        return Line(
            "numero",
            Tone.WARN,
            "Nessuno di questi utenti risulta inviato da Platea in questa custom audience",
            "Non verrebbe tolto nessuno: le persone aggiunte altrove non si toccano.",
            "Va bene così.",
        )
    after = max(numbers.members - numbers.to_remove, 0)
    title = (
        f"{'Esce' if numbers.to_remove == 1 else 'Escono'} {plural(numbers.to_remove, 'utente', 'utenti')}"
    )
    if after < SMALLEST:
        left = (
            "Degli utenti inviati da Platea non resta nessuno" if not after else f"Ne restano {number(after)}"
        )
        return _small(label, title, f"{left}. ")
    return Line("numero", Tone.OK, title, f"Restano {number(after)} utenti inviati da Platea")


def _small(label: str, title: str, before: str = "") -> Line:
    detail = (
        f"{before}Sotto circa {SMALLEST} persone riconosciute {label} non usa la custom audience nelle "
        "inserzioni, e può rifiutare di togliere altre persone."
    )
    return Line("numero", Tone.WARN, title, detail, "Va bene così.")


def _go(users: int) -> str:
    return f"{'Esce' if users == 1 else 'Escono'} {plural(users, 'utente', 'utenti')}"


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith('.') else '.'}"
