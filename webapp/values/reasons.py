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
    "email_invalid.space": "indirizzo email non valido: c’è uno spazio",
    "phone_empty": "manca il numero di cellulare",
    "phone_invalid": "numero non valido: nessun operatore usa questo numero",
    "phone_invalid.country": "numero non valido: il prefisso internazionale manca o non esiste",
    "phone_invalid.excel": "numero non valido: Excel ne ha perso alcune cifre (per esempio 3,33E+09)",
    "phone_invalid.letters": "numero non valido: contiene lettere",
    "phone_invalid.long": "numero non valido: ha troppe cifre",
    "phone_invalid.service": "numero non valido: è un numero di servizio, non di una persona",
    "phone_invalid.short": "numero non valido: ha poche cifre",
    "phone_invalid.two": "numero non valido: ci sono più numeri nella stessa cella",
    "phone_invalid.zero": "numero non valido: dopo il prefisso internazionale c’è uno zero di troppo",
    "phone_landline": "numero fisso: non riceve SMS",
}


def explain(reason: str) -> str:
    """What to tell a person about *reason*; a detail without words of its own is told by its group."""
    return REASONS.get(reason) or REASONS[group(reason)]
