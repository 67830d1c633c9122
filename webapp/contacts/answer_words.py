"""Words of consent in a cell: yes, no, no answer, or a word that nobody knows. PURE.

A refusal is never lost: a cell that begins with no, non, not, never or mai is one, whatever follows. A yes is
only what is wholly understood: `sì, ma non per email` is neither, and somebody has to say what it means.
"""

import re
from functools import lru_cache

from webapp.contacts.dates import read_date
from webapp.values.blanks import fold, is_missing, unpack
from webapp.values.readings import UNREADABLE, Unreadable

# What says only yes or no, about whatever the name of the column says.
_BARE_YES = {
    *("si", "si'", "s", "yes", "y", "yep", "oui", "true", "vero", "v", "t", "x", "ok", "okay", "on"),
    *("✓", "✔", "☑", "✅", "🗹", "[x]", "[v]", "(x)", "👍"),
    *("attivo", "attiva", "attivato", "attivata", "active", "activated", "enabled", "abilitato", "abilitata"),
    *("confermato", "confermata", "confermo", "confirmed", "certo", "checked", "spuntato"),
}
_BARE_NO = {
    *("no", "n", "n0", "nope", "nein", "false", "falso", "f", "off"),
    *("✗", "✘", "✕", "✖", "❌", "☐", "⬜", "◻", "□", "👎", "[ ]", "[]", "( )", "()"),
    *("disattivo", "disattiva", "disattivato", "disattivata", "inattivo", "inattiva", "inactive"),
    *("disabled", "deactivated", "disabilitato", "disabilitata", "unchecked"),
}
# What says that somebody is in, or out, whatever the name of the column says.
_IN = re.compile(
    r"(?:iscritt[oaie]|subscribed|subscriber|opt(?:ed)?[ -]?in|optedin)"
    r"|(?:acconsent\w*|accett\w*|autorizz\w*|consente|consento|concess[oa]|concedo|concede|dato|prestato)"
    r"|(?:granted|agreed|accepted|accepts?|allowed|approved|consented|favorevole)"
).fullmatch
_SUBSCRIBED = re.compile(r"iscritt[oaie]|subscribed|opt(?:ed)?[ -]?in|optedin").fullmatch
_OUT = re.compile(
    r"(?:disiscri\w*|disinscri\w*|disdett\w*|disdi(?:ce|co)|unsub\w*|opt(?:ed)?[ -]?out|optedout)"
    r"|(?:rifiut\w*|neg|nega|nego|negan\w*|negare|negat\w*|negazione|revoc\w*|ritirat\w*|rinunci\w*)"
    r"|(?:cancellat\w*|cancello|annull\w*|eliminat\w*|rimoss[oaie]|esclus[oaie]|bloccat\w*)"
    r"|(?:oppost[oa]|oppone|opposizione|contrari[oa])"
    r"|(?:black ?list\w*|block ?list\w*|black-?list\w*|block-?list\w*|blocked|bounced?|hardbounced?|cleaned)"
    r"|(?:suppress\w*|denied|deny|declin\w*|reject\w*|refus\w*|withdr\w*|revoked|removed|excluded|cancell?ed)"
    r"|(?:complain\w*|spam|disagree\w*|dnc|senza|stop|deleted)"
).fullmatch
_NOT = {"no", "non", "not", "never", "mai", "nope", "nein", "nessun", "nessuna", "without", "dont", "don't"}
_BEGINS_NOT = {"no", "non", "not", "never", "mai"}
# Words that change nothing: courtesies, where and when the answer was given. Not channels: "sì, per sms".
_BESIDE = {
    *("grazie", "thanks", "consenso", "consent", "iscrizione", "il", "lo", "la", "in", "data", "dal", "del"),
    *("on", "at", "via", "ho", "ha", "e", "double", "single", "doppio"),
    *("web", "online", "line", "sito", "form", "modulo", "negozio", "store", "shop", "cartaceo", "carta"),
    *("app", "cassa", "evento", "fiera", "checkout", "landing"),
}

# Elsewhere these say that there is no value; here they may say that there is no consent.
_MAY_BE_NO = {"none", "nil", "nullo", "missing", "mancante"}

_NUMBER = re.compile(r"([01])(?:[.,]0{1,6})?").fullmatch
_WORDS = re.compile(r"opt(?:ed)?[ -]?(?:in|out)(?![a-z])|(?:black|block)[ -]?list\w*|[a-z']+").findall
_DATES = re.compile(r"[0-9]{1,4}(?:[/.-][0-9]{1,4}){0,2}|[0-9]{1,2}:[0-9]{2}")
# A 0 that is no part of a day or an hour: the no of a column of 0 and 1.
_LONE_ZERO = re.compile(r"(?<!\w)(?<![0-9][/.:-])0+(?:[.,]0+)?(?!\w)(?![/.:-][0-9])").search
_PLAIN_SIGN = re.compile(r"[a-z\s.,;:!'\"()/-]").match
_EDGES = " \t\r\n.,;:!\"'`´«»“”‘’-–—_/\\|"
_VARIATION = dict.fromkeys([0xFE0E, 0xFE0F])  # ✔️ is ✔ as an emoji


@lru_cache(maxsize=10_000)
def read_consent(cell: str, turned: bool = False) -> bool | Unreadable | None:
    """Whether the person of this cell said yes; None for an empty one, UNREADABLE for words nobody knows.

    *turned* is for a column that says who is out ("Disiscritto", BLACKLIST, "Disiscritto il"): there sì, 1,
    x or a date are refusals and no, 0 are none. Words that say it by themselves are not turned round:
    `unsubscribed` in a column "Unsubscribed" is a refusal, not its opposite.
    """
    word = _word(cell)
    if is_missing(word) and word not in _MAY_BE_NO:
        return None
    return _turned(word, cell) if turned else _plain(word)


def _word(cell: str) -> str:
    text = fold(unpack(cell).translate(_VARIATION)).replace("_", " ")
    return " ".join(text.split())


def _plain(word: str) -> bool | Unreadable:
    bare = _bare(word)
    if bare is not None:
        return bare
    words = _words(word)
    if words and words[0] in _BEGINS_NOT:
        return False
    yes = any(_is_yes(one) for one in words)
    no = any(_is_no(one) for one in words)
    if no:
        return UNREADABLE if yes else False
    # A sign that is no word (✗, ?, %) may change what the words say.
    is_clear = not _other_signs(word) and not _LONE_ZERO(word)
    is_understood = is_clear and all(_is_yes(one) or one in _BESIDE for one in words)
    return True if yes and is_understood else UNREADABLE


def _turned(word: str, cell: str) -> bool | Unreadable:
    bare = _bare(word)
    if bare is not None:
        return not bare
    if read_date(cell) is not UNREADABLE:
        return False  # since that day
    words = _words(word)
    if not words:
        return UNREADABLE
    if len(words) == 1 and not _other_signs(word) and _SUBSCRIBED(words[0]):
        return True
    is_negated = any(one in _NOT for one in words)
    is_yes = words[0] in _BARE_YES
    return False if not is_negated and (is_yes or any(_OUT(one) for one in words)) else UNREADABLE


def _bare(word: str) -> bool | None:
    """Yes or no when *word* says nothing else, None when it says more."""
    if number := _NUMBER(word.strip(" .,;:!()[]\"'")):
        return number[1] == "1"
    for text in (word, word.strip(_EDGES), word.strip(_EDGES + "()[]")):
        if text in _BARE_YES:
            return True
        if text in _BARE_NO:
            return False
    return None


def _words(word: str) -> list[str]:
    return [one.strip("'") if one != "si'" else "si" for one in _WORDS(word)]


def _is_yes(word: str) -> bool:
    return (word in _BARE_YES and len(word) > 1 and word != "on") or _IN(word) is not None


def _is_no(word: str) -> bool:
    return word in _NOT or (word in _BARE_NO and len(word) > 1) or _OUT(word) is not None


def _other_signs(word: str) -> bool:
    return any(not (_PLAIN_SIGN(c) or c in _BARE_YES) for c in _DATES.sub("", word))
