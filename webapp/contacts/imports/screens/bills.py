"""The sums of an import, as a screen shows them: each line a term, and the terms add up. PURE.

righe da leggere = scartate + cancellazioni chieste + lasciate stare + diventano contatti
diventano contatti = nuovi + aggiornati + già uguali + ripetono
con email + con cellulare - con tutti e due + con nessuno = diventano contatti
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.contacts import texts
from webapp.contacts.imports.dry_run import Forecast
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.store.row_converter import ERASED
from webapp.values.texts import percent, plural


@dataclass(frozen=True, slots=True)
class Term:
    """*term* names it for programs. *op*: "" or less, more, equals. *look*: "" or total, apart, warn."""

    term: str
    label: str
    value: int
    op: str = ""
    detail: str = ""
    look: str = ""


def rows_bill(found: Forecast) -> list[Term]:
    erased = found.reasons[ERASED]
    discarded = {reason: rows for reason, rows in found.reasons.items() if reason != ERASED}
    become = found.new + found.updated
    same = min(found.unchanged, len(found.met))
    terms = [
        Term("rows", "Righe da leggere", found.rows),
        Term("rejected", "Scartate", found.rejected - erased, "less", _reasons(discarded)),
    ]
    if erased:
        terms.append(
            Term("erased", "Hanno chiesto la cancellazione", erased, "less", "non entrano nel database")
        )
    if found.skipped:
        terms.append(
            Term("skipped", "Lasciate stare", found.skipped, "less", "per la scelta del passo precedente")
        )
    terms += [
        Term("become", "Diventano contatti", become, "equals", look="total"),
        Term("new", "Nuovi", found.new, look="apart"),
        Term("updated", "Aggiornati", len(found.met) - same),
        Term("unchanged", "Già uguali", same),
    ]
    if found.repeated:
        words = "lo stesso contatto è anche in un’altra riga del file: vince l’ultima"
        terms.append(Term("repeated", "Ripetono un contatto", found.repeated, detail=words))
    return terms


def data_bill(found: Forecast, draft: ContactImport) -> list[Term]:
    quality = found.quality
    rows = quality.rows

    def share(of: int) -> str:
        return f"{percent(of / rows)} di quelle che diventano contatti" if rows else ""

    look = "warn" if quality.neither else ""
    country = next((draft.header[int(i)] for i, target in draft.mapping.items() if target == "country"), None)
    read_by = (
        f" · letti con il paese scritto nella riga (colonna “{country}”)"
        if country and quality.mobile
        else ""
    )
    terms = [
        Term("email", "Con email valida", quality.email, detail=share(quality.email)),
        Term("mobile", "Con cellulare valido", quality.mobile, "more", share(quality.mobile) + read_by),
        Term("both", "Con tutti e due", quality.both, "less"),
        Term("neither", "Con nessuno dei due", quality.neither, "more", _neither(found), look),
    ]
    return [*terms, Term("become", "Diventano contatti", rows, "equals", look="total")]


def _neither(found: Forecast) -> str:
    if not found.quality.neither:
        return ""
    if not found.updated:
        return "entrano nel database, ma non si possono caricare"
    return "da questo file non arriva né un’email né un cellulare validi"


def _reasons(reasons: Mapping[str, int]) -> str:
    ordered: Sequence[tuple[str, int]] = sorted(reasons.items(), key=lambda one: -one[1])
    return ", ".join(
        f"{plural(rows, 'riga', 'righe')}: {texts.row_reason(reason)}" for reason, rows in ordered
    )
