"""How many people the vendor recognised, in words. It is a range of theirs, never in a sum of ours. PURE."""

from collections.abc import Mapping, Sequence
from datetime import date

from webapp.destinations.base import Size
from webapp.values.texts import number, percent

# Meta says 1000 of every audience up to there. Source: Meta sheet §3.1.
FLOOR = 1_000
SHOWN = 12  # changes of the size

NOT_YET = (
    "Non abbiamo ancora letto una stima. La chiediamo ogni ora, e {label} di solito la calcola "
    "entro un giorno dal caricamento."
)
AT_THE_FLOOR = (
    "{label} scrive 1.000 per ogni custom audience che non supera le 1.000 persone: "
    "quante di quelle inviate ha riconosciuto non lo dice."
)
OTHERS_TOO = (
    "Sono più delle persone inviate da Platea: nella custom audience c’è anche chi è arrivato da altrove, "
    "e la quota non si può stimare."
)
CAVEAT = "Stima di {label}, che la aggiorna entro 24 ore da un caricamento."


def size_words(size: Size | None) -> str:
    """“48.000–57.000”; "" while there is none."""
    if size is None:
        return ""
    return number(size.least) if size.most <= size.least else f"{number(size.least)}–{number(size.most)}"


def recognised(size: Size | None, sent: int, label: str) -> str:
    """How large a part of the *sent* people in the audience the vendor knows, as a sentence."""
    if size is None:
        return NOT_YET.format(label=label)
    if size.most <= FLOOR:
        return AT_THE_FLOOR.format(label=label)
    if not sent:
        return ""
    if size.least > sent:
        return OTHERS_TOO
    least, most = percent(size.least / sent, 0), percent(min(1.0, size.most / sent), 0)
    share = f"circa {least}" if least == most else f"{least.removesuffix('%')}–{most}"
    people = "dell’unica persona inviata" if sent == 1 else f"delle {number(sent)} persone inviate"
    return f"Stima: {share} {people} da Platea."


def changes(sizes: Mapping[date, Size], most: int = SHOWN) -> Sequence[tuple[date, Size]]:
    """The days on which the size was another one than before, newest first."""
    found: list[tuple[date, Size]] = []
    for day in sorted(sizes):
        former = found[-1][1] if found else None
        if former is None or former[:2] != sizes[day][:2]:
            found.append((day, sizes[day]))
    return found[::-1][:most]
