"""Italian chosen by code for the screens of this room."""

from webapp.contacts.models_imports import ContactImport, ImportMode
from webapp.values.texts import plural

ROW_REASONS = {
    "too_few_cells": "la riga ha meno celle delle colonne",
    "too_many_cells": "la riga ha più celle delle colonne",
    "bad_character": "contiene un carattere che non si può leggere",
    "cell_too_long": "una cella è troppo lunga",
    "line_too_long": "la riga è troppo lunga",
    "open_quote": "c’è una virgoletta aperta e mai chiusa",
    "erased": "la persona ha chiesto la cancellazione dei suoi dati",
    "code_taken": "il codice è già di un altro contatto, con un’altra email o un altro cellulare",
    "not_a_contact": "mancano codice, email, cellulare e nome",
}
ENCODINGS = (("utf-8", "UTF-8"), ("cp1252", "Windows (ANSI)"), ("utf-16", "UTF-16"))
DELIMITERS = ((";", "punto e virgola"), (",", "virgola"), ("\t", "tabulazione"), ("|", "barra verticale"))
KEYS = (
    ("none", "Ogni riga è un contatto nuovo", "Le email ripetute restano: a Facebook ne arriva una sola."),
    ("code", "Stesso codice cliente", "Se il codice c’è già, la riga aggiorna quel contatto."),
    ("email", "Stessa email", "Se l’email c’è già, la riga aggiorna quel contatto."),
    ("mobile", "Stesso cellulare", "Se il cellulare c’è già, la riga aggiorna quel contatto."),
)
MODES = (
    (ImportMode.CREATE_AND_UPDATE, "Crea e aggiorna"),
    (ImportMode.CREATE_ONLY, "Crea solo i nuovi"),
    (ImportMode.UPDATE_ONLY, "Aggiorna solo i presenti"),
)
FILE_MISSING = "Scegli il file da importare."
FIELD_TWICE = "“{field}” è abbinato a due colonne: scegline una e togli l’altra."
CP1252_WARNING = (
    "Il file non è in UTF-8: lo leggiamo come Windows (ANSI). Guarda le lettere accentate qui sotto; "
    "se non tornano, cambia la codifica."
)


def too_large(limit_mb: int) -> str:
    return f"Il file supera {limit_mb} MB. Dividilo in più file oppure togli le colonne che non ti servono."


def undo_consequence(made: ContactImport) -> str:
    """What undoing an import does to the contacts."""
    sentences = []
    if made.rows_new:
        words = ("contatto nuovo viene eliminato", "contatti nuovi vengono eliminati")
        sentences.append(f"{plural(made.rows_new, *words)}.")
    if made.rows_updated > made.rows_unchanged:
        sentences.append("I contatti aggiornati tornano com’erano prima.")
    return " ".join(sentences) or "Nessun contatto cambia: erano già come li dice il file."


def unchanged(contacts: int) -> str:
    """Of contacts a file updates, those it says nothing new of."""
    return f"di cui {plural(contacts, 'già uguale', 'già uguali')}"


def undo_question(made: ContactImport) -> str:
    """For hx-confirm."""
    return "|".join(
        ("Annullare questa importazione?", undo_consequence(made), "annulla l’importazione", "lasciala com’è")
    )


def row_reason(code: str) -> str:
    return ROW_REASONS.get(code, code)


def format_words(made: ContactImport) -> str:
    """UTF-8, separatore punto e virgola"""
    if made.kind == "xlsx":
        return "Excel, primo foglio"
    encoding = dict(ENCODINGS).get(made.encoding, made.encoding)
    return f"{encoding}, separatore {dict(DELIMITERS).get(made.delimiter, made.delimiter)}"
