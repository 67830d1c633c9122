"""The words and the sum of a check, before an upload and beside it afterwards. PURE."""

from collections.abc import Mapping
from typing import NamedTuple

from webapp.uploads.checking.facts import Numbers
from webapp.uploads.exits import Exit
from webapp.uploads.operations import Operation
from webapp.uploads.screens import texts
from webapp.uploads.screens.numbers import Numbers as Came
from webapp.values import reasons
from webapp.values.readings import group
from webapp.values.texts import duration, number, plural

EXITS = {
    Exit.NOT_CHOSEN: "non è più nella selezione",
    Exit.REFUSED: "ha detto no, o ha lo stesso dato di chi ha detto no",
    Exit.UNDECIDED: "ha una risposta da decidere",
    Exit.UNANSWERED: "non ha detto sì",
    Exit.NO_DETAIL: "non ha più un’email o un numero valido",
    Exit.NO_CONTACT: "il contatto non c’è più nel database",
    Exit.CHANGED: "ha cambiato indirizzo o numero: esce quello di prima",
    Exit.OWED: "doveva già uscire, e finora non era stato possibile",
    Exit.CHOSEN: "è nella selezione",
}


class Term(NamedTuple):
    """A line of the sum: *op* is less or equals, empty for the first; *look* total or apart."""

    term: str
    label: str
    value: int
    op: str = ""
    look: str = ""
    detail: str = ""


def bill(numbers: Numbers, operation: Operation) -> list[Term]:
    """The selected contacts down to those that go, each counted once; whoever is taken out stands apart."""
    takes_out = operation == Operation.REMOVE
    terms = [Term("selected", "Selezionati", numbers.selected)]
    if not takes_out:
        terms.append(
            Term(
                "excluded",
                "Esclusi",
                sum(numbers.excluded.values()),
                "less",
                detail=_listed(numbers.excluded, texts.EXCLUDED),
            )
        )
    invalid, why = sum(numbers.discarded.values()), _listed(numbers.discarded, reasons.GROUPS)
    terms.append(Term("discarded", "Non validi", invalid, "less", detail=why))
    terms.append(Term("duplicates", "Doppioni", numbers.duplicates, "less"))
    if takes_out:
        never = "mai inviati da Platea a questa custom audience"
        terms.append(Term("never-there", "Mai inviati qui", numbers.never_there or 0, "less", detail=never))
        return [*terms, Term("to-remove", "Da togliere", numbers.to_remove, "equals", "total")]
    if operation == Operation.ALIGN:
        there = "inviati prima da Platea, non ripartono"
        terms.append(Term("already-there", "Già presenti", numbers.already_there, "less", detail=there))
    label = "Da aggiungere" if operation == Operation.ALIGN else "Da inviare"
    terms.append(Term("to-send", label, numbers.to_send, "equals", "total"))
    return [*terms, *_apart(numbers, operation)]


def _apart(numbers: Numbers, operation: Operation) -> list[Term]:
    found = []
    if operation == Operation.ADD and numbers.present:
        again = "ripartono con gli altri: nessuno entra due volte"
        found.append(Term("present", "di cui già presenti", numbers.present, look="apart", detail=again))
    if numbers.refused_included:
        found.append(
            Term("refused-included", "di cui hanno detto no", numbers.refused_included, look="apart")
        )
    if operation == Operation.ALIGN or numbers.to_remove:
        apart = "contati a parte: sono nella custom audience, non nella selezione"
        found.append(Term("to-remove", "Da togliere", numbers.to_remove, look="apart", detail=apart))
    return found


def is_same(foretold: Numbers, came: Came) -> bool:
    """Whether an upload's own preparation came to the numbers that its check had said.

    Between the two some may have been erased or have said no: those are taken out of the batches.
    """
    return (foretold.selected, foretold.duplicates, foretold.already_there, foretold.to_remove) == (
        came.selected,
        came.duplicates,
        came.already_there,
        came.to_remove,
    ) and foretold.to_send == came.to_send


def effort(calls: int, lasts_s: float, label: str) -> str:
    """“2 chiamate a Facebook, meno di un minuto.”"""
    lasts = "meno di un minuto" if lasts_s < 60 else f"circa {duration(lasts_s)}"
    return f"{plural(calls, 'chiamata', 'chiamate')} a {label}, {lasts}."


def _listed(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    return ", ".join(
        f"{words.get(key) or words.get(group(key), key)}: {number(count)}"
        for key, count in sorted(counts.items(), key=lambda one: -one[1])
    )
