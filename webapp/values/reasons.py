"""The Italian words for every reason a contact detail is discarded. PURE.

A code is a group (`phone_invalid`) or a group and a detail (`phone_invalid.excel`); groups are what numbers
on screen are added up by, details are what a person reads beside the value to correct.
"""

from webapp.values.readings import group

GROUPS = {
    "email_empty": "email mancante",
    "email_invalid": "email non valida",
    "phone_empty": "numero mancante",
    "phone_invalid": "numero non valido",
    "phone_landline": "numero fisso",
    "no_value": "senza un valore",
}

REASONS = {
    "email_empty": "manca l’indirizzo email",
    "email_invalid": "indirizzo email non valido",
    "email_invalid.accent": "indirizzo email non valido: c’è una lettera accentata o un carattere speciale",
    "email_invalid.comma": "indirizzo email non valido: c’è una virgola al posto del punto",
    "email_invalid.domain": "indirizzo email non valido: dopo la chiocciola manca un dominio completo",
    "email_invalid.hash": "indirizzo email non valido: è un codice SHA-256, serve l’indirizzo in chiaro",
    "email_invalid.local": "indirizzo email non valido: manca la parte prima della chiocciola",
    "email_invalid.many_at": "indirizzo email non valido: c’è più di una chiocciola",
    "email_invalid.no_at": "indirizzo email non valido: manca la chiocciola",
    "email_invalid.sign": "indirizzo email non valido: c’è un segno che non ne fa parte (per esempio #, = "
    "o un punto in fondo)",
    "email_invalid.space": "indirizzo email non valido: c’è uno spazio",
    "email_invalid.text": "indirizzo email non valido: accanto all’indirizzo c’è altro testo o uno "
    "spazio di troppo",
    "email_invalid.two": "indirizzo email non valido: ci sono più indirizzi nella stessa cella e non tutti "
    "si leggono",
    "phone_empty": "manca il numero di cellulare",
    "phone_invalid": "numero non valido: nessun operatore usa questo numero",
    "phone_invalid.country": "numero non valido: il prefisso internazionale manca o non esiste",
    "phone_invalid.abroad": "numero non valido: nel paese del contatto nessun operatore usa questo numero",
    "phone_invalid.dial_code": "numero non valido: il prefisso nel numero e quello nella sua colonna sono di "
    "paesi diversi",
    "phone_invalid.excel": "numero non valido: Excel ne ha perso alcune cifre (per esempio 3,33E+09)",
    "phone_invalid.half": "numero non valido: accanto al numero ci sono altre cifre (per esempio /1 o (2))",
    "phone_invalid.letters": "numero non valido: contiene lettere",
    "phone_invalid.long": "numero non valido: ha troppe cifre",
    "phone_invalid.service": "numero non valido: è un numero di servizio, non di una persona",
    "phone_invalid.short": "numero non valido: ha poche cifre",
    "phone_invalid.signs": "numero non valido: ci sono segni che non fanno parte di un numero",
    "phone_invalid.two": "numero non valido: ci sono più numeri nella stessa cella e non si sa quale usare",
    "phone_invalid.zero": "numero non valido: c’è uno zero di troppo all’inizio o dopo il prefisso "
    "internazionale",
    "phone_landline": "numero fisso: non riceve SMS",
    "no_value": "senza un valore: il campo è vuoto o non contiene un numero",
    "no_value.negative": "senza un valore: il numero è negativo, e Facebook accetta solo da zero in su",
}

# What a person is told about values that were read although something stood beside them.
NOTES = {
    "cleaned": "accanto al valore c’era altro, che è stato tolto (per esempio virgolette o «mailto:»)",
    "extension_left": "dopo il numero c’era un interno, che è stato tolto",
    "second_address_left": "nella cella c’erano più indirizzi: è stato preso il primo",
    "second_number_left": "nella cella c’erano più numeri: è stato preso il primo cellulare",
}


def explain(reason: str) -> str:
    """The Italian words for *reason*; a detail without words of its own is told by its group."""
    return REASONS.get(reason) or REASONS[group(reason)]


def explain_note(note: str) -> str:
    """The Italian words for the *note* of a reading."""
    return NOTES[note]
