"""Notices about a file: things left out, or read with care, counted and told in Italian. PURE."""

from collections import Counter

from webapp.values.texts import number

OTHER_SHEETS = "other_sheets"
ROWS_ABOVE = "rows_above"  # titles above the names of the columns
HIDDEN_ROWS = "hidden_rows"
HIDDEN_ROWS_TAKEN = "hidden_rows_taken"
HIDDEN_COLUMNS = "hidden_columns"
HIDDEN_COLUMNS_TAKEN = "hidden_columns_taken"
HIDDEN_CONSENT = "hidden_consent"
REPEATED_HEADER = "repeated_header"
TOTALS = "totals"
NO_STORED_VALUE = "no_stored_value"
BAD_CHARACTER = "bad_character"
SHORT_ROWS = "short_rows"

# A person may want it otherwise: then the wizard asks.
TO_CHOOSE = frozenset(
    {OTHER_SHEETS, ROWS_ABOVE, HIDDEN_ROWS, HIDDEN_ROWS_TAKEN, HIDDEN_COLUMNS, HIDDEN_COLUMNS_TAKEN}
)

# Something of the contacts themselves could not be read.
_WARNINGS = (NO_STORED_VALUE, BAD_CHARACTER)
_RECALCULATE = "Apri il file in Excel, salvalo e caricalo di nuovo."
_NOT_USED = "Un’email o un cellulare con � non si usa."
# Code → what is said of one, and of several.
_WORDS = {
    OTHER_SHEETS: (
        "Letto solo il foglio “{sheet}”: nel file ce n’è un altro.",
        "Letto solo il foglio “{sheet}”: nel file ce ne sono altri {n}.",
    ),
    ROWS_ABOVE: (
        "Una riga sopra i nomi delle colonne: non diventa un contatto.",
        "{n} righe sopra i nomi delle colonne: non diventano contatti.",
    ),
    HIDDEN_ROWS: (
        "Una riga nascosta in Excel: lasciata fuori.",
        "{n} righe nascoste in Excel: lasciate fuori.",
    ),
    HIDDEN_ROWS_TAKEN: (
        "Una riga nascosta in Excel: letta come le altre, come hai chiesto.",
        "{n} righe nascoste in Excel: lette come le altre, come hai chiesto.",
    ),
    HIDDEN_COLUMNS: (
        "Una colonna nascosta in Excel: lasciata fuori.",
        "{n} colonne nascoste in Excel: lasciate fuori.",
    ),
    HIDDEN_COLUMNS_TAKEN: (
        "Una colonna nascosta in Excel: letta come le altre, come hai chiesto.",
        "{n} colonne nascoste in Excel: lette come le altre, come hai chiesto.",
    ),
    HIDDEN_CONSENT: (
        "Una colonna nascosta in Excel parla di consenso: l’abbiamo letta lo stesso, "
        "per non perdere nessun no.",
        "{n} colonne nascoste in Excel parlano di consenso: le abbiamo lette lo stesso, "
        "per non perdere nessun no.",
    ),
    REPEATED_HEADER: (
        "I nomi delle colonne tornano in un’altra riga: non è un contatto, l’abbiamo saltata.",
        "I nomi delle colonne tornano in altre {n} righe: non sono contatti, le abbiamo saltate.",
    ),
    TOTALS: (
        "Una riga di totali in fondo: non è un contatto, l’abbiamo saltata.",
        "{n} righe di totali in fondo: non sono contatti, le abbiamo saltate.",
    ),
    NO_STORED_VALUE: (
        "Una cella ha una formula mai calcolata e resta vuota (colonna {columns}). " + _RECALCULATE,
        "{n} celle hanno una formula mai calcolata e restano vuote (colonna {columns}). " + _RECALCULATE,
    ),
    BAD_CHARACTER: (
        "Una riga ha lettere che non si leggono: al loro posto c’è �. " + _NOT_USED,
        "{n} righe hanno lettere che non si leggono: al loro posto c’è �. " + _NOT_USED,
    ),
    SHORT_ROWS: (
        "Una riga finisce prima delle altre: le celle che mancano sono vuote.",
        "{n} righe finiscono prima delle altre: le celle che mancano sono vuote.",
    ),
}  # fmt: skip

Notice = dict[str, str | int]


class FileNotices:
    """How often each thing was met, and where the table was found.

    *columns*: letters of the columns with formulas never calculated; *header_row*: as of `FileFormat`, once
    the first row was read.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.columns: list[str] = []
        self.sheet = ""
        self.header_row = 0

    @property
    def warn(self) -> bool:
        """Whether an import with these has not simply gone well."""
        return any(self.counts[code] for code in _WARNINGS)

    def as_list(self) -> list[Notice]:
        """[{"code", "count", "text"}] of what was met, as `ContactImport.file_notices` keeps it."""
        return [
            {"code": code, "count": count, "text": self._said(code, count)}
            for code in _WORDS
            if (count := self.counts[code])
        ]

    def _said(self, code: str, count: int) -> str:
        one, several = _WORDS[code]
        words = one if count == 1 else several
        return words.format(n=number(count), sheet=self.sheet, columns=", ".join(self.columns))
