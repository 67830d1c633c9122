"""Which columns hold answers about consent, by their names: for which channel, and which way round. PURE.

Consenso marketing         consent
Accepts SMS Marketing      consent_sms
BLACKLIST                  consent:not          its yes is a no
Email Suppressions         consent_email:not
Disiscritto il             consent:not          the day it happened is a no
Data del consenso          none: the day of a yes is no answer
"""

import re
from collections.abc import Mapping, Sequence

from webapp.contacts.answers import FIELDS, TURNED, field_of
from webapp.contacts.imports.column_names import CONSENT_WORDS
from webapp.contacts.imports.matching.names import name_of

# Words that say by themselves that the column is about who is out.
_OUT = {
    *("blacklist", "blacklisted", "blocklist", "blocklisted", "suppressed", "suppression", "suppressions"),
    *(
        "unsubscribe",
        "unsubscribed",
        "unsub",
        "optout",
        "optedout",
        "disiscritto",
        "disiscritta",
        "disiscritti",
    ),
    *("disiscrizione", "revoca", "revocato", "revocata", "rifiuto", "rifiutato", "rifiuta", "dnc"),
    *("bounce", "bounced", "hardbounce", "complaint", "complaints", "complained"),
    *("escludi", "escludere", "exclude", "nega", "negato", "negata", "robinson", "rpo"),
}
_OUT_PHRASES = re.compile(
    r"\b(?:opt(?:ed)? out|do not (?:contact|e?mail|call|sms|disturb|send)|clean time|"
    r"non (?:contattare|inviare|chiamare|disturbare|scrivere|spedire|acconsent\w+|vuole|desidera)|"
    r"non (?:iscritt[oa]|interessat[oa])|not (?:subscribed|interested)|registro (?:\w+ ){0,2}opposizioni)\b"
)
# Said of a person only when the name says nothing else: an `Ordine cancellato` is nobody who is out.
_GONE = re.compile(
    r"(?:(?:cliente|utente|contatto|account|iscrizione|customer|user|contact) )?"
    r"(?:cancellat[oa]|eliminat[oa]|bloccat[oa]|esclus[oa]|sospes[oa]|deleted|blocked|excluded|banned|suspended)"
    r"(?: (?:il|at|on|dal?|dalle|dagli|from)(?: .*)?)?"
).fullmatch
# Words that turn an answer round only right before what is answered: "No newsletter".
_NOT = {"no", "non", "not", "senza"}
_NEVER = {*_NOT, "niente", "mai", "stop", "never"}
_NOT_SURE = {*_NOT, "out", "blocco"}
_YES_OR_NO = re.compile(r"\b(?:si|s|yes|y|true|vero|1) (?:o )?(?:no|n|false|falso|0)\b|\bno si\b")
# About a consent, but no answer.
_BESIDE = {
    *(
        "campaign",
        "campagna",
        "title",
        "id",
        "reason",
        "motivo",
        "link",
        "url",
        "token",
        "other",
        "ip",
        "count",
    ),
    *(
        "numero",
        "totale",
        "rate",
        "source",
        "fonte",
        "origine",
        "testo",
        "versione",
        "text",
        "version",
        "costo",
    ),
    *("metodo", "method", "utente", "operatore", "type", "subtype", "tipo", "nl"),
}
_DAY = {"data", "date", "time", "timestamp", "il", "del", "at", "giorno", "ora", "dal"}
_CHANNELS = {
    "consent_email": {"email", "mail", "emails", "mailing", "posta"},
    "consent_sms": {"sms", "whatsapp", "mms"},
    "consent_phone": {"telefono", "tel", "phone", "telefonico", "telefonate", "chiamate", "call", "calls"},
}
_ABOUT_CHANNELS = {
    *(
        "vuole",
        "via",
        "per",
        "ok",
        "contattabile",
        "contatto",
        "invio",
        "ricevere",
        "riceve",
        "comunicazioni",
    ),
    *("canale", "accetta", "si", "tramite", "con", "elettronica"),
}
_NAMES_OF_CHANNELS = _ABOUT_CHANNELS.union(*_CHANNELS.values())
_SPEAKS = frozenset().union(*CONSENT_WORDS)
# Who tells that everybody in a file is out: Mailchimp names the files of an audience so and gives them these
# columns (mailchimp.com/help/view-export-contacts).
_LIST_OF_REFUSALS = re.compile(
    r"^(?:unsubscribed|cleaned)_(?:email_audience|sms_audience|members|segment)_export"
).match
_REFUSAL_DAYS = {"unsub time", "clean time", "unsub reason", "optout date"}
_ALL = 0.9


def target_of(label: str) -> str | None:
    """The target of a column whose name speaks of consent; None for a name that does not, or not surely."""
    name = _YES_OR_NO.sub(" ", name_of(label).replace("e mail", "email"))
    words = name.split()
    if not words or _BESIDE & set(words):
        return None
    field = _channel(words) or "consent"
    if _OUT & set(words) or _OUT_PHRASES.search(name) or _GONE(name):
        return field + TURNED
    if len(words) > 1 and words[0] in _NEVER and set(words[1:]) <= _NAMES_OF_CHANNELS:
        return field + TURNED  # No SMS, Stop email
    if not _SPEAKS & set(words) and "opt in" not in name:
        return None
    if _NOT_SURE & set(words):
        before = any(one in _NOT for one in words[: _first_spoken(words)])
        return field + TURNED if before else None
    return None if _DAY & set(words) and not _is_question(words) else field


def channel_of(label: str) -> str | None:
    """The answer that a column named after a way of being reached holds, when it holds yes and no: SMS.

    A name with words of another kind, as in `Email verificata`, tells something else.
    """
    words = name_of(label).replace("e mail", "email").split()
    return _channel(words) if set(words) <= _NAMES_OF_CHANNELS else None


def is_answer(target: str) -> bool:
    """Whether a target is an answer about consent, whichever way round."""
    return field_of(target) in FIELDS


def is_turned_answer(target: str) -> bool:
    """Whether a target says who is out."""
    return is_answer(target) and target.endswith(TURNED)


def ignored(header: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """Indexes of the columns that seem to say who is out and do not go to a consent."""
    return [
        index
        for index, target in mapping.items()
        if (target_of(header[int(index)]) or "").endswith(TURNED) and not is_answer(target)
    ]


def unused(header: Sequence[str], mapping: Mapping[str, str]) -> list[int]:
    """The columns that speak of consent by their names and do not go to one: a no in them would be lost."""
    return [
        int(index)
        for index, target in mapping.items()
        if (found := target_of(header[int(index)])) and not is_turned_answer(found) and not is_answer(target)
    ]


def everybody_refused(file_name: str, header: Sequence[str], samples: Sequence[Sequence[str]]) -> bool:
    """Whether the file is a list of who unsubscribed: by its name, or by a day for nearly all of them."""
    if _LIST_OF_REFUSALS(file_name.lower()):
        return True
    return any(
        name_of(name) in _REFUSAL_DAYS
        and samples
        and sum(bool(row[index].strip()) for row in samples) >= _ALL * len(samples)
        for index, name in enumerate(header)
    )


def is_for_advertising(label: str) -> int:
    """How little a name speaks of advertising: of two columns of consent the lower one is taken."""
    words = set(name_of(label).split())
    return next((rank for rank, some in enumerate(CONSENT_WORDS) if words & some), len(CONSENT_WORDS))


def _channel(words: Sequence[str]) -> str | None:
    found = [field for field, names in _CHANNELS.items() if names & set(words)]
    return found[0] if len(found) == 1 else None


def _first_spoken(words: Sequence[str]) -> int:
    spoken = [place for place, word in enumerate(words) if word in _SPEAKS]
    return spoken[0] if spoken else 0


def _is_question(words: Sequence[str]) -> bool:
    """`Consenso del cliente`, `Consenso al trattamento` have no day, whatever small words they have."""
    return (
        not {"data", "date", "time", "timestamp", "giorno", "ora", "dal", "at"} & set(words)
        and words[-1] not in _DAY
    )
