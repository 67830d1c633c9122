"""The lines of a check about people: who stays out, who goes all the same, how many would be there. PURE."""

from webapp.uploads import plan
from webapp.uploads.checking.facts import Facts, Numbers
from webapp.uploads.checking.lines import Line, Tone, Way
from webapp.uploads.operations import Operation
from webapp.values.texts import number, plural

# Fewer matched people are never served ads. Source: Meta sheet §3.1 `delivery_status` 300, §4.7.
SMALLEST = 100
# Small audiences show this lower bound, so it tells nothing. Source: Meta sheet §3.1.
SHOWN_AT_LEAST = 1_000


def people(facts: Facts) -> list[Line | None]:
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


def size(facts: Facts) -> list[Line | None]:
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
            "I numeri della verifica dicono chi resta fuori e perché.",
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
