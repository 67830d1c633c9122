"""Italian chosen by code for the screens of this room."""

from webapp.contacts.imports.files.sheets import Sheet
from webapp.contacts.models_imports import ContactImport, ImportMode
from webapp.values.texts import plural

ROW_REASONS = {
    "too_few_cells": "la riga ha meno celle delle colonne",  # of imports before such cells were empty
    "too_many_cells": "la riga ha più celle delle colonne",
    "bad_character": "contiene un carattere che non si può leggere",  # of imports before � stood for it
    "cell_too_long": "una cella è troppo lunga",
    "line_too_long": "la riga è troppo lunga",
    "open_quote": "c’è una virgoletta aperta e mai chiusa",
    "erased": "la persona ha chiesto la cancellazione dei suoi dati",
    "code_taken": "il codice è già di un altro contatto, con un’altra email o un altro cellulare",
    "not_a_contact": "mancano codice, email, cellulare e nome",
}
ENCODINGS = (
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows (ANSI)"),
    ("cp850", "DOS (CP850)"),
    ("cp437", "DOS americano (CP437)"),
    ("mac_roman", "Mac (MacRoman)"),
    ("utf-16", "UTF-16"),
    ("utf-16-le", "UTF-16 senza segno iniziale (LE)"),
    ("utf-16-be", "UTF-16 senza segno iniziale (BE)"),
)
GUESSED_ENCODINGS = ("cp1252", "cp850", "cp437", "mac_roman")  # by their letters: no file says which it is
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
FILE_GONE = "Il file non c’è più: caricalo di nuovo."
FILE_MISSING = "Scegli il file da importare."
FIELD_TWICE = "“{field}” è abbinato a due colonne: scegline una e togli l’altra."
OTHER_SHEET_READ = "Abbiamo letto il foglio “{sheet}”: controlla la riga con i nomi delle colonne."

BLANK_CELLS = (
    (
        "keep",
        "Tieni il valore che c’è già",
        "Una cella vuota non cancella: né un’email, né un no al consenso.",
    ),
    ("clear", "Svuota il campo", "Solo per i campi, mai per il consenso: un no resta no."),
)
DATE_ORDERS = (("dmy", "giorno/mese"), ("mdy", "mese/giorno"))


def encoding_warning(job: ContactImport) -> str:
    """For a file whose encoding was told by its letters."""
    return (
        f"Il file non è in UTF-8: lo leggiamo come {dict(ENCODINGS)[job.encoding]}. Guarda le lettere "
        "accentate qui sotto; se non tornano, cambia la codifica."
    )


TO_CONFIRM = "Prima di importare conferma l’avviso: {alert}"


# Of a proxy in front of Platea: nginx takes 1 MB by itself. Source: nginx.org, client_max_body_size.
TOO_LARGE_IN_FRONT = (
    "Il file non è arrivato: il server davanti a Platea accetta file più piccoli. "
    "Chi gestisce Platea può alzare il suo limite (con nginx: client_max_body_size)."
)
NOBODY_BEHIND = (
    "Il file non è arrivato: il server davanti a Platea non ha avuto risposta in tempo. "
    "Riprova tra un minuto; se succede ancora, avvisa chi gestisce Platea."
)


def too_large(limit_mb: int) -> str:
    return f"Il file supera {limit_mb} MB. Dividilo in più file oppure togli le colonne che non ti servono."


def undo_consequence(job: ContactImport) -> str:
    """The effect that undoing an import has on the contacts."""
    sentences = []
    if job.rows_new:
        words = ("contatto nuovo viene eliminato", "contatti nuovi vengono eliminati")
        sentences.append(f"{plural(job.rows_new, *words)}.")
    if job.rows_updated > job.rows_unchanged:
        sentences.append("I contatti aggiornati tornano com’erano prima.")
    return " ".join(sentences) or "Nessun contatto cambia: erano già come li dice il file."


def unchanged(contacts: int) -> str:
    """Of contacts a file updates, those it says nothing new of."""
    return f"di cui {plural(contacts, 'già uguale', 'già uguali')}"


def undo_question(job: ContactImport) -> str:
    """For hx-confirm."""
    return "|".join(
        ("Annullare questa importazione?", undo_consequence(job), "annulla l’importazione", "lasciala com’è")
    )


def row_reason(code: str) -> str:
    return ROW_REASONS.get(code, code)


def format_words(job: ContactImport) -> str:
    """UTF-8, separatore punto e virgola · Excel, foglio “Clienti”"""
    if job.kind == "xlsx":
        return f"Excel, foglio “{job.sheet}”" if job.sheet else "Excel"
    encoding = dict(ENCODINGS).get(job.encoding, job.encoding)
    return f"{encoding}, separatore {dict(DELIMITERS).get(job.delimiter, job.delimiter)}"


def sheet_words(sheet: Sheet) -> str:
    """12.000 righe, 14 colonne, ci sono email"""
    hidden = "" if sheet.is_visible else "il foglio è nascosto in Excel"
    if sheet.rows is None:
        return hidden or "non l’abbiamo ancora guardato"
    if not sheet.rows:
        return "vuoto" + (f" · {hidden}" if hidden else "")
    said = (
        f"{plural(sheet.rows, 'riga', 'righe')}, {plural(sheet.columns or 0, 'colonna', 'colonne')}, "
        f"{'ci sono email' if sheet.has_email else 'nessuna email'}"
    )
    return f"{said} · {hidden}" if hidden else said


def hidden_title(rows: int, columns: int) -> str:
    return "In Excel " + ("alcune righe sono nascoste" if rows else "alcune colonne sono nascoste")


def hidden_words(rows: int, columns: int) -> str:
    """3 righe e una colonna non si vedono"""
    return f"{_of_hidden(rows, columns)} non si {'vede' if rows + columns == 1 else 'vedono'}"


def left_out(rows: int, columns: int) -> str:
    return f"senza {_of_hidden(rows, columns)}"


def taken_too(rows: int, columns: int) -> str:
    return f"anche {_of_hidden(rows, columns)}"


def _of_hidden(rows: int, columns: int) -> str:
    said = [plural(rows, "riga", "righe")] if rows else []
    return " e ".join([*said, *([plural(columns, "colonna", "colonne")] if columns else [])])


TOO_MANY_DRAFTS = (
    "I file in attesa di questo spazio cliente superano insieme {mb} MB: importa o elimina quelli che "
    "ci sono, poi invia di nuovo questo."
)
