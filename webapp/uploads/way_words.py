"""The Italian words for the ways to fill an audience. PURE."""

from webapp.uploads.operations import Operation

WAYS = {
    Operation.ADD: "Aggiungi",
    Operation.ALIGN: "Allinea",
    Operation.REPLACE: "Sostituisci",
    Operation.REMOVE: "Rimuovi",
}
# On the command line, after `--modo`.
NAMES = {word.lower(): operation for operation, word in WAYS.items()}
