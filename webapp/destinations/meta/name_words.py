"""Words in the name of a custom audience for which Meta may block it: health, or trouble with money. PURE.

Meta publishes no list. It flags audiences (operation status 471, uploads refused with 100/1713230) whose name
or description suggests a health condition or a financial status of the people in it. Source: Meta sheet §3.3,
§8 (change of 2 September 2025), §10.28. The words are ours: those an Italian agency writes in such names, as
beginnings where endings change ("pazient" for paziente, pazienti).
"""

import re
import unicodedata

HEALTH = (
    *("pazient", "malat", "diabet", "oncolog", "tumor", "cancro", "terapi", "farmac", "medicinal", "obes"),
    *("celiac", "allergi", "depress", "ansia", "psicolog", "psichiatr", "psicoterap", "disabil", "invalidit"),
    *("gravidanz", "incint", "fertilit", "menopaus", "hiv", "aids", "sieropositiv", "alcolis", "tossicodip"),
    *("ludopat", "dipendenz", "cardiopat", "ipertes", "epilessi", "alzheimer", "parkinson", "sordit"),
    *("ospedal", "chirurg", "ortoped", "dentist", "odontoiatr", "dermatolog", "ginecolog", "urolog"),
    *("patologi", "sintom", "diagnos", "salute", "sanitar", "medicin", "vaccin", "covid"),
)
MONEY = (
    *("debit", "indebitat", "insolven", "moros", "pignora", "protestat", "fallit", "fallimen", "bancarott"),
    *("prestit", "poverta", "disoccupat", "isee", "usura", "sovraindebita", "cassintegrat", "bonus social"),
    *("cattivi pagator", "cattivo pagator", "recupero credit", "basso reddit", "reddito bass", "crif"),
)
# Whole words: the beginning alone would stop harmless names.
WHOLE = ("in cura", "cure", "asma", "medico", "medici", "medica", "mediche", "mutuo", "mutui", "poveri")
_SEPARATORS = re.compile(r"[\W_]+")


def risky_word(name: str) -> str | None:
    """The first word of *name*, as written, for which Meta may block the audience; None without one."""
    words = [word for word in _SEPARATORS.split(name) if word]
    plain = [_plain(word) for word in words]
    for n, word in enumerate(plain):
        pair = " ".join(plain[n : n + 2])
        if word in WHOLE or word.startswith(HEALTH) or word.startswith(MONEY):
            return words[n]
        if pair in WHOLE or pair.startswith(MONEY):
            return " ".join(words[n : n + 2])
    return None


def warning(name: str) -> str | None:
    """The warning before an audience with this name is made; None when nothing speaks against it."""
    word = risky_word(name)
    if word is None:
        return None
    return (
        f"“{word}” può far pensare alla salute o alla situazione economica delle persone: per nomi così"
        " Facebook può bloccare la custom audience. Meglio un nome neutro."
    )


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
