"""A customer file of any length, in the shape of the shop's (`tests/data/clienti-negozio.csv.gz`), seeded.

Thirteen columns, cp1252, `;`. One row in a hundred repeats the e-mail of an earlier one, and as many values
are missing or wrong as in the shop's: nothing here is a real person.
"""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "Codice cliente", "E-mail", "Cellulare", "Nome", "Cognome", "Città", "Prov.", "CAP", "Data di nascita",
    "Tessera fedeltà", "Totale speso", "Ultimo acquisto", "Consenso profilazione",
)  # fmt: skip
FIRST = (
    "Anna",
    "Marco",
    "Giulia",
    "Luca",
    "Elena",
    "Matteo",
    "Sara",
    "Davide",
    "Irène",
    "Nicolò",
    "Zoë",
    "José",
)
LAST = (
    "Rossi",
    "Ferrari",
    "Bianchi",
    "Lombardi",
    "D'Amico",
    "Barone",
    "Conti",
    "Gallo",
    "Longo",
    "Neri",
    "Villa",
)
PLACES = (
    ("Torino", "TO", "10121"), ("Roma", "RM", "184"), ("Bologna", "BO", "40121"), ("Cantù", "CO", "22063"),
    ("Milano", "MI", "20121"), ("L'Aquila", "AQ", "67100"), ("Forlì", "FC", "47121"),
    ("San Donà di Piave", "VE", "30027"), ("Napoli", "NA", "80132"), ("Reggio nell'Emilia", "RE", "42121"),
)  # fmt: skip
HOSTS = ("gmail.com", "libero.it", "YAHOO.IT", "virgilio.it", "hotmail.it", "alice.it", "icloud.com")
CARDS = ("Oro", "Argento", "Bronzo", "Bronzo", "")
MOBILES = ("{}{}", "{} {}", "+39 {} {}", "0039{}{}", "(+39) {}{}", "{}/{}", "39{}{}")


def write_file(path: Path, rows: int, seed: int = 1) -> Path:
    """A file of *rows* customers; the same for the same *seed*."""
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows(customers(rows, seed))
    return path


def customers(rows: int, seed: int = 1) -> Iterator[list[str]]:
    chance = random.Random(seed)
    for number in range(rows):
        yield [
            str(1_000_000 + number),
            _email(chance, number),
            _mobile(chance, number),
            *_name(number),
            *chance.choice(PLACES),
            f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/{chance.randint(1940, 2006)}",
            chance.choice(CARDS),
            f"{chance.randint(500, 250_000) / 100:.2f}".replace(".", ","),
            f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/{chance.randint(2024, 2026)}",
            chance.choice(("sì", "sì", "no")),
        ]


def _name(number: int) -> tuple[str, str]:
    return FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]


def _email(chance: random.Random, number: int) -> str:
    luck = chance.random()
    if luck < 0.08:
        return ""
    who = number // 2 if luck < 0.09 else number
    name = "".join(c for c in ".".join(_name(who)).lower() if c.isascii() and c not in " '")
    address = f"{name}{who}@{HOSTS[who % len(HOSTS)]}"
    if 0.09 < luck < 0.11:
        return address.replace("@", " @ ")
    if 0.11 < luck < 0.13:
        return address.replace("@", "")
    return f"  {address} " if luck > 0.97 else address


def _mobile(chance: random.Random, number: int) -> str:
    luck = chance.random()
    if luck < 0.08:
        return ""
    if luck < 0.11:
        return f"02 76{number % 100_000:05}"
    if luck < 0.15:
        return f"328{number % 1000:03}"
    if luck < 0.18:
        return f"+41 79{number % 10_000_000:07}"
    return chance.choice(MOBILES).format(f"3{chance.randint(20, 99)}", f"{number % 10_000_000:07}")
