"""How an upload ended, in one sentence: the answer that its page begins with. PURE."""

from webapp.uploads.operations import Operation
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.screens.way_texts import DONE, nothing_to_do
from webapp.uploads.status import UploadStatus
from webapp.values.texts import plural


def outcome(row: UploadRow) -> str:
    """“12.000 utenti inviati, 352 dati non validi”; empty while it is on its way."""
    if not row.is_final:
        return ""
    numbers = row.numbers
    if not numbers.is_known or not numbers.to_do and row.status not in DONE:
        return "Nessun utente inviato"
    if not numbers.to_do:
        return nothing_to_do(row).rstrip(".")
    said = [_went(row)]
    if left := numbers.set_aside + numbers.not_removed:
        words = (
            ("fermato", "fermati") if row.status == UploadStatus.STOPPED else ("non partito", "non partiti")
        )
        said.append(plural(left, *words))
    if numbers.invalid:
        said.append(plural(numbers.invalid, "dato non valido", "dati non validi"))
    return ", ".join(said)


def _went(row: UploadRow) -> str:
    numbers = row.numbers
    if row.operation in (Operation.ADD, Operation.REPLACE) and not numbers.to_remove:
        return _users(numbers.sent, "inviato", "inviati")
    if row.takes_out or not numbers.to_send:
        return _users(numbers.removed, "tolto", "tolti")
    out = plural(numbers.removed, "tolto", "tolti") if numbers.removed else "nessuno tolto"
    return f"{_users(numbers.sent, 'aggiunto', 'aggiunti')}, {out}"


def _users(count: int, one: str, many: str) -> str:
    return plural(count, f"utente {one}", f"utenti {many}") if count else f"Nessun utente {one}"
