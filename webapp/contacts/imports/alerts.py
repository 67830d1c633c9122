"""Alerts of an import: a code, how many, a sentence in Italian. PURE.

to be confirmed, for otherwise nobody may be reached, or somebody who said no is
  no_valid_email      the column of e-mails holds no valid one; quanti: values that are not valid
  no_valid_mobile     the same of mobiles
  no_valid.<field>    a field none of whose values can be read; quanti: those values
  nobody_to_send      nobody in the file may be sent; quanti: its contacts
  refusals_ignored    a column that seems to say who is out goes elsewhere; quanti: such columns
  refusals_unused     columns that speak of consent go elsewhere; quanti: their cells that say no
  values_lost         valid values that empty cells empty, as was asked; quanti: those values
a result "con avvisi"
  undecided_words     answers about consent nobody can read; quanti: cells
  kept_email          valid addresses that an invalid one of the file did not replace; quanti: contacts
  kept_mobile         the same of mobiles
  dates_contradictory a column of dates in two orders; quanti: columns
for information
  refusal_list        the file is a list of people who unsubscribed: all of them are a no; quanti: rows
  dates_undecided     a column of dates that may be read in two orders; quanti: columns
  <medium>.<note>     what was said beside values that were read (`values.reasons`); quanti: cells
and the notices about the file itself, with their own codes (`ContactImport.file_notices`).
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from webapp.contacts.cells import DateOrder
from webapp.contacts.fields import OWN, STANDARD_BY_NAME
from webapp.contacts.imports.matching import consent_columns
from webapp.contacts.models_imports import ContactImport
from webapp.values.reasons import explain_note
from webapp.values.texts import number, plural


class Alert(TypedDict):
    """As `platea importa --json` prints it."""

    codice: str
    quanti: int
    testo: str


TO_CONFIRM = ("no_valid", "nobody_to_send", "refusals_ignored", "refusals_unused", "values_lost")
WARNINGS = (*TO_CONFIRM, "undecided_words", "kept_", "dates_contradictory")


def of_import(job: ContactImport) -> list[Alert]:
    """Of an import that has ended, or of a part of it."""
    return of_forecast(job, job.tally, job.unreadable_cells, job.rows_new + job.rows_updated)


def of_forecast(
    draft: ContactImport, tally: Mapping[str, int], unreadable: Mapping[str, int], contacts: int
) -> list[Alert]:
    """*tally* as of `tallies`; *unreadable*: column index as text → cells; *contacts*: new or updated."""
    found = [*_no_valid(draft, tally, unreadable)]
    if contacts and not tally.get("sendable") and not draft.all_refused:
        found.append(_nobody(tally, contacts))
    found += [*_consents(draft, tally, contacts), *_kept(tally), *_lost(draft, tally), *_dates(draft, tally)]
    return [*found, *_notes(tally), *_of_the_file(draft)]


def to_confirm(found: Sequence[Alert]) -> list[Alert]:
    """Those without whose confirmation nothing is imported."""
    return [one for one in found if one["codice"].startswith(TO_CONFIRM)]


def are_warnings(found: Sequence[Alert]) -> bool:
    """Whether an import with them ended "con avvisi"."""
    return any(one["codice"].startswith(WARNINGS) for one in found)


def alert(code: str, count: int, text: str) -> Alert:
    return {"codice": code, "quanti": count, "testo": text}


def _no_valid(draft: ContactImport, tally: Mapping[str, int], unreadable: Mapping[str, int]) -> list[Alert]:
    found = []
    words = {"email": ("nessuna email valida", "email"), "mobile": ("nessun cellulare valido", "cellulare")}
    for medium, (none, _) in words.items():
        invalid = tally.get(f"invalid.{medium}", 0)
        if not invalid or tally.get(f"valid.{medium}"):
            continue
        columns = _named(draft, [index for index, target in draft.mapping.items() if target == medium])
        text = f"Nella colonna {columns} non c’è {none} su {number(invalid)}."
        if medium == "email" and tally.get("no_at.email") == invalid:
            text += " Manca sempre la chiocciola: sembrano nomi, non indirizzi."
        found.append(alert(f"no_valid_{medium}", invalid, f"{text} Controlla gli abbinamenti delle colonne."))
    for index, count in unreadable.items():
        field = draft.mapping.get(index, "")
        if tally.get(f"readable.{index}") or consent_columns.is_answer(field):
            continue  # of an answer about consent, its undecided words are told
        text = (
            f"Nella colonna {_named(draft, [index])} non si legge nessun valore su {number(count)}: "
            "i valori restano vuoti. Controlla a quale campo è abbinata."
        )
        found.append(alert(f"no_valid.{field.removeprefix(OWN)}", count, text))
    return found


def _nobody(tally: Mapping[str, int], contacts: int) -> Alert:
    people = plural(contacts, "contatto", "contatti")
    if tally.get("valid.email") or tally.get("valid.mobile"):
        why = "chi ha un’email o un cellulare validi ha detto no, o la sua risposta è da decidere"
    else:
        why = "non c’è nessuna email e nessun cellulare validi"
    return alert("nobody_to_send", contacts, f"Di {people} nessuno si può inviare: {why}.")


def _consents(draft: ContactImport, tally: Mapping[str, int], contacts: int) -> list[Alert]:
    found = []
    if draft.all_refused:
        text = "Il file è un elenco di disiscritti: per tutti registriamo un «no», nessuno verrà inviato."
        found.append(alert("refusal_list", contacts, text))
    if unread := tally.get("unread"):
        words = ("risposta sul consenso non si legge", "risposte sul consenso non si leggono")
        rest = "resta da decidere: non si invia a nessuno finché qualcuno non dice che cosa vuol dire"
        if unread > 1:
            rest = "restano da decidere: non si inviano finché qualcuno non dice che cosa vogliono dire"
        found.append(alert("undecided_words", unread, f"{plural(unread, *words)}: {rest}."))
    if ignored := consent_columns.ignored(draft.header, draft.mapping):
        text = (
            f"La colonna {_named(draft, ignored)} sembra dire chi non vuole, ma non è abbinata "
            "al consenso: quei «no» andrebbero persi."
        )
        found.append(alert("refusals_ignored", len(ignored), text))
    return [*found, *_unused(draft, tally)]


def _unused(draft: ContactImport, tally: Mapping[str, int]) -> list[Alert]:
    """Of columns that speak of consent by their names and go elsewhere."""
    unused = {}
    for index in draft.mapping:
        no, zero, other = (tally.get(f"unused.{kind}.{index}", 0) for kind in ("no", "zero", "other"))
        if refusals := no + (0 if other else zero):
            unused[index] = refusals
    if not unused:
        return []
    where, advice = "La colonna {} contiene", "abbinala al consenso, se dice chi non vuole"
    if len(unused) > 1:
        where, advice = "Le colonne {} contengono", "abbinale al consenso, se dicono chi non vuole"
    count = sum(unused.values())
    words = plural(count, "«no» che non viene usato", "«no» che non vengono usati")
    return [
        alert("refusals_unused", count, f"{where.format(_named(draft, list(unused)))} {words}: {advice}.")
    ]


def _kept(tally: Mapping[str, int]) -> list[Alert]:
    found = []
    for medium, one, many in (
        ("email", "contatto tiene la sua email valida", "contatti tengono la loro email valida"),
        ("mobile", "contatto tiene il suo cellulare valido", "contatti tengono il loro cellulare valido"),
    ):
        if kept := tally.get(f"kept.{medium}"):
            text = f"{plural(kept, one, many)}: quello che c’è nel file non si può usare."
            found.append(alert(f"kept_{medium}", kept, text))
    return found


def _lost(draft: ContactImport, tally: Mapping[str, int]) -> list[Alert]:
    lost = {key.removeprefix("lost."): count for key, count in tally.items() if key.startswith("lost.")}
    if not lost:
        return []
    labels = {target.removeprefix(OWN): draft.header[int(index)] for index, target in draft.mapping.items()}
    labels |= {name: field.label for name, field in STANDARD_BY_NAME.items()}
    told = ", ".join(f"{labels.get(name, name)} {number(count)}" for name, count in lost.items())
    text = f"Le celle vuote del file svuotano valori che ci sono: {told}."
    return [alert("values_lost", sum(lost.values()), text)]


def _dates(draft: ContactImport, tally: Mapping[str, int]) -> list[Alert]:
    if undecided := tally.get("dates_open"):
        words = ("colonna di date si può leggere", "colonne di date si possono leggere")
        text = f"{plural(undecided, *words)} in due ordini: leggiamo prima il giorno, poi il mese."
        return [*_mixed(draft), alert("dates_undecided", undecided, text)]
    return _mixed(draft)


def _mixed(draft: ContactImport) -> list[Alert]:
    mixed = [index for index, order in draft.date_orders.items() if order == DateOrder.MIXED]
    if not mixed:
        return []
    text = (
        f"Nella colonna {_named(draft, mixed)} le date sono in due ordini: quelle che si "
        "possono leggere in due modi restano vuote."
    )
    return [alert("dates_contradictory", len(mixed), text)]


def _notes(tally: Mapping[str, int]) -> list[Alert]:
    found = []
    for key, count in tally.items():
        if key.startswith("note."):
            code = key.removeprefix("note.")
            medium, _, note = code.partition(".")
            words = f"{plural(count, 'cella', 'celle')} di {STANDARD_BY_NAME[medium].label}"
            found.append(alert(code, count, f"{words}: {explain_note(note)}."))
    return found


def _of_the_file(draft: ContactImport) -> list[Alert]:
    notices: Sequence[Mapping[str, str | int]] = getattr(draft, "file_notices", None) or ()
    return [alert(str(one["code"]), int(one["count"]), str(one["text"])) for one in notices]


def _named(draft: ContactImport, indexes: Sequence[str]) -> str:
    return ", ".join(f"“{draft.header[int(index)]}”" for index in indexes)
