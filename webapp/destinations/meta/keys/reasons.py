"""The Italian words for why a value has no normalised form. PURE."""

from webapp.values import reasons

REASONS = {
    "birth_empty": "manca la data di nascita",
    "birth_invalid": "data di nascita non valida: serve una data con l’anno di quattro cifre",
    "city_empty": "manca la città",
    "city_invalid": "città non valida: servono lettere, senza cifre",
    "country_empty": "manca il paese",
    "country_invalid": "paese non riconosciuto",
    "damaged": "contiene caratteri di controllo: il file è danneggiato",
    "extern_id_empty": "manca il codice cliente",
    "extern_id_invalid": "codice cliente non valido",
    "gender_empty": "manca il genere",
    "gender_invalid": "genere non riconosciuto: serve M o F",
    "hash_of_nothing": "è l’hash di un valore vuoto",
    "key_unknown": "chiave sconosciuta",
    "madid_empty": "manca l’identificativo pubblicitario",
    "madid_invalid": "identificativo pubblicitario non valido",
    "name_empty": "manca il nome",
    "name_invalid": "nome non valido: contiene un segno che Facebook non accetta",
    "postcode_empty": "manca il CAP",
    "postcode_invalid": "CAP non valido",
    "state_empty": "manca la provincia",
    "state_invalid": "provincia non riconosciuta",
}


def explain(reason: str) -> str:
    """The Italian words for a reason of any key, e-mail and phone included."""
    return REASONS.get(reason) or reasons.explain(reason)
