"""Invented customers of a shop, to look around with before having a file of one's own.

They reach nobody: every address is under `.example`, which RFC 2606 keeps from ever existing, and there are
no mobile numbers, because an invented one may be somebody's.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

COUNT = 2_000
HEADER = (
    "Codice cliente", "Email", "Nome", "Cognome", "Città", "Provincia", "CAP", "Data di nascita",
    "Consenso marketing", "Tessera", "Totale speso", "Ultimo acquisto",
)  # fmt: skip
_FIRST = (
    "Anna", "Luca", "Chiara", "Marco", "Giulia", "Paolo", "Sara", "Matteo", "Elena", "Davide", "Nicolò",
    "Zoe", "Irene", "Andrea", "Marta",
)  # fmt: skip
_LAST = (
    "Moretti", "Ferri", "Conti", "Riva", "Gallo", "Neri", "Testa", "Basile", "Lombardi", "Caputo", "Vitali",
    "Serra", "Villa", "Greco",
)  # fmt: skip
_CITIES = (
    ("Torino", "TO", "10121"),
    ("Milano", "MI", "20121"),
    ("Bologna", "BO", "40121"),
    ("Forlì", "FC", "47121"),
    ("Roma", "RM", "00184"),
    ("Napoli", "NA", "80132"),
    ("Bari", "BA", "70121"),
    ("Cantù", "CO", "22063"),
)
_HOUSES = ("posta.example", "ufficio.example", "casa.example")
_CARDS = ("Oro", "Argento", "Bronzo", "")
_NO_ACCENTS = str.maketrans("òìù", "oiu")


def rows(today: date) -> Iterator[list[str]]:
    """Header and `COUNT` customers, the same ones each time; purchases are of the year before *today*."""
    yield list(HEADER)
    chance = random.Random(2026)
    for number in range(COUNT):
        yield _customer(number, chance, today)


def _customer(number: int, chance: random.Random, today: date) -> list[str]:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
    bought = today - timedelta(days=chance.randrange(365))
    spent = chance.randrange(900, 150_000)
    return [
        f"E-{number + 1:04}",
        _email(number, f"{first}.{last}".lower().translate(_NO_ACCENTS), chance),
        first,
        last,
        *chance.choice(_CITIES),
        f"{born:%d/%m/%Y}",
        chance.choices(("sì", "no", ""), (80, 12, 8))[0],
        chance.choices(_CARDS, (10, 25, 40, 25))[0],
        f"{spent // 100},{spent % 100:02}",
        f"{bought:%d/%m/%Y}",
    ]


def _email(number: int, name: str, chance: random.Random) -> str:
    """One in forty is wrong, as in the files of real shops, and one in fifty is missing."""
    if number % 50 == 49:
        return ""
    return f"{name}{number}{'.' if number % 40 == 39 else '@'}{chance.choice(_HOUSES)}"
