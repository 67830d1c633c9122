"""The check before an upload: facts → lines of green, amber and red. PURE.

Green is a fact. Amber is confirmed by whoever sends, red keeps it from being sent and names the way out. What
the vendor could not be asked is amber, never green.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from webapp.destinations.base import Audience
from webapp.uploads.checking import amounts
from webapp.uploads.checking.facts import Facts
from webapp.uploads.checking.lines import Line, Tone, Way
from webapp.uploads.origin_words import ORIGINS
from webapp.values.texts import clock_time, day, number

SOON = timedelta(days=7)


def judge(facts: Facts) -> list[Line]:
    """The lines in the order in which they are read; a subject that has nothing to say is not among them."""
    lines = [*_account(facts), *_target(facts), *amounts.people(facts), *amounts.size(facts)]
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
    if end is not None and end < facts.at + SOON:
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


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith('.') else '.'}"
