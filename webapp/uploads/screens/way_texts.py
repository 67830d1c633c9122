"""The Italian words of the ways to fill an audience. PURE."""

from webapp.uploads.operations import Operation
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import UploadStatus
from webapp.uploads.way_words import WAYS
from webapp.values.texts import number

DONE = (UploadStatus.COMPLETED, UploadStatus.COMPLETED_WITH_WARNINGS)
PREPARED_OUT = (
    "Preparazione conclusa: {selected} contatti letti, {to_send} da aggiungere e {to_remove} da togliere "
    "in {batches} blocchi"
)
ONLY_DUE = "Rimozione di chi resta da togliere"
IN_LINE = "Già allineato: non c’era nulla da aggiungere né da togliere."
NOBODY_THERE = "Nessuno di loro è in questa custom audience: non c’era nulla da togliere."


def way(row: UploadRow) -> str:
    """How it fills its audience."""
    return ONLY_DUE if row.only_due else WAYS[Operation(row.operation)]


def nothing_to_do(row: UploadRow) -> str:
    """Of one that ended without anything to send."""
    if not row.is_in_line:
        return "Non c’era nulla da inviare."
    return NOBODY_THERE if row.takes_out else IN_LINE


def how_far(row: UploadRow) -> str:
    """“34 di 34 tolti, 80 di 120 aggiunti”; of one that only adds, “80 di 120 utenti inviati”."""
    numbers = row.numbers
    added = f"{number(numbers.sent)} di {number(numbers.to_send)}"
    if not numbers.to_remove:
        return f"{added} utenti inviati"
    out = f"{number(numbers.removed)} di {number(numbers.to_remove)} tolti"
    return f"{out}, {added} aggiunti" if numbers.to_send else out


def changed(row: UploadRow) -> str:
    """“+120 −34”, of one that takes somebody out too; else how many were sent.

    Of one that replaces everybody: how many are there in all, once they are.
    """
    numbers = row.numbers
    if row.operation == Operation.ADD and not numbers.to_remove:
        return number(numbers.sent)
    if row.replaces:
        whole = number(numbers.sent)
        return f"{whole} in tutto" if row.status in DONE else f"{whole} di {number(numbers.to_send)}"
    added = [f"+{number(numbers.sent)}"] if row.operation != Operation.REMOVE else []
    return " ".join([*added, f"−{number(numbers.removed)}"])
