"""The step of the columns: where each one goes, proof of what it holds, what there is to decide. PURE.

A column is `look` (amber) when something is to decide in it, `bad` (red) when none of its values can be used
as the field it goes to. What to do about it is an `Offer`: a button that does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from webapp.contacts.answers import FIELDS, field_of, is_turned
from webapp.contacts.fields import SKIP, STANDARD_BY_NAME
from webapp.contacts.imports.matching.date_orders import OrderSeen, open_columns
from webapp.contacts.imports.screens.cell_readings import Frame, kind_of, media_readings, readings
from webapp.contacts.imports.screens.evidence import Evidence, gather
from webapp.contacts.imports.screens.media_columns import Found, MediaColumns
from webapp.contacts.imports.tallies import MEDIA
from webapp.contacts.models_imports import ContactImport
from webapp.values.texts import number, plural

LOOK, BAD = "look", "bad"
WELL = 90  # hundredths of a column: with fewer good cells its bar is amber
TURNED_COLUMN = "Questa colonna dice chi NON vuole: sì vuol dire no."
ONLY_NO = "Di questa colonna contano solo i «no»: i «sì» li dice “{name}”."
BY_ROW = "I numeri di telefono si leggono con il paese della riga."
EMPTY = "colonna vuota: non la abbiniamo da soli"
EMPTY_CHOSEN = "colonna vuota"
MIXED = "Le date sono in due ordini: quelle che si possono leggere in due modi restano vuote."
ASK_ORDER = "03/04 è il 3 aprile o il 4 marzo? Le date di questa colonna non lo dicono."


@dataclass(frozen=True, slots=True)
class Offer:
    """A button of the form: *value* of `azione`, and what it says."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under the field of a column. *tone*: "" or warn or err."""

    text: str
    tone: str = ""
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """*bar*: class of its bar, none when there is nothing to measure. *order*: dmy, mdy or open, when asked.

    *has_words*: its words are decided on a page of their own.
    """

    index: int
    name: str
    target: str
    edge: str
    evidence: Evidence
    bar: str
    notes: tuple[Note, ...]
    empty: str = ""
    order: str | None = None
    has_words: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What is told above the columns when a field has not a single valid value, and the way out."""

    title: str
    text: str
    offer: Offer | None


@dataclass(frozen=True, slots=True)
class ColumnScreen:
    """*key_words*: how a contact is recognised → what the file says of it. *is_whole*: all rows were read."""

    rows: Sequence[ColumnRow]
    problems: Sequence[Problem]
    is_blocked: bool
    key_words: Mapping[str, str]
    rows_read: int
    is_whole: bool

    @property
    def wrong(self) -> int:
        return sum(row.edge == BAD for row in self.rows)

    @property
    def to_decide(self) -> list[str]:
        """Names of the columns with an amber edge."""
        return [row.name for row in self.rows if row.edge == LOOK]


def column_screen(
    draft: ContactImport, rows: Sequence[Sequence[str]], frame: Frame, is_whole: bool
) -> ColumnScreen:
    """From *rows*, the first of the file. *frame*: without the orders of dates that only *rows* decide."""
    columns = [[row[index] for row in rows] for index in range(len(draft.header))]
    orders = {
        index: seen
        for index in open_columns(draft.mapping, {}, frame.types)
        if (seen := _met(columns, index))
    }
    decided = {index: seen.order for index, seen in orders.items() if seen.order}
    frame = replace(frame, orders={**decided, **draft.date_orders})
    media = MediaColumns(draft.header, draft.mapping, draft.feeding, columns, frame)
    found = [
        _row(draft, index, columns[int(index)], frame, media, orders.get(index)) for index in draft.mapping
    ]
    return ColumnScreen(
        found,
        _problems(draft, media),
        is_blocked=is_whole
        and any(media.is_wrong(one) for one in MEDIA)
        and not any(map(media.valid, MEDIA)),
        key_words=_key_words(draft, found),
        rows_read=len(rows),
        is_whole=is_whole,
    )


def _met(columns: Sequence[Sequence[str]], index: str) -> OrderSeen:
    seen = OrderSeen()
    for cell in columns[int(index)]:
        seen.meet(cell)
    return seen


def _row(
    draft: ContactImport,
    index: str,
    cells: Sequence[str],
    frame: Frame,
    media: MediaColumns,
    seen: OrderSeen | None,
) -> ColumnRow:
    target = draft.mapping[index]
    offer = media.offered.get(int(index))
    shown = offer.medium if offer else target
    if shown in MEDIA:
        column = media.column(int(index), shown)
        keys: Sequence[object] = column.sha256
        read_as = media_readings(column)
    else:
        keys = cells
        read_as = readings(target, index, cells, frame)
    evidence = gather(shown, cells, read_as, keys, kind_of(target, frame.types), offer is not None)
    notes = [*_notes(draft, index, evidence, media), *_date_notes(seen, frame.orders.get(index))]
    is_consent = field_of(target) in FIELDS
    asks = seen is not None and seen.may_be_both and seen.order is None
    edge = _edge(target, evidence, notes, is_consent, asks and index not in draft.date_orders)
    return ColumnRow(
        int(index), draft.header[int(index)], target, edge, evidence, _bar(shown, evidence, edge),
        tuple(notes),
        empty="" if not evidence.is_empty else EMPTY if target == SKIP else EMPTY_CHOSEN,
        order=draft.date_orders.get(index, "open") if asks else None,
        has_words=is_consent and not evidence.is_empty,
    )  # fmt: skip


def _edge(target: str, evidence: Evidence, notes: Sequence[Note], is_consent: bool, asks: bool) -> str:
    if target != SKIP and evidence.is_wrong and not is_consent:
        return BAD
    undecided = is_consent and evidence.valid < evidence.filled
    return LOOK if undecided or asks or any(note.tone == "warn" for note in notes) else ""


def _bar(target: str, evidence: Evidence, edge: str) -> str:
    measured = target != SKIP and not evidence.is_empty
    if not measured:
        return ""
    return "err" if edge == BAD else "warn" if edge == LOOK or evidence.share < WELL else "ok"


def _notes(draft: ContactImport, index: str, evidence: Evidence, media: MediaColumns) -> list[Note]:
    target = draft.mapping[index]
    if target in MEDIA:
        return _media_notes(draft, int(index), target, media)
    if is_turned(target):
        return [Note(TURNED_COLUMN)]
    if target in ("country", "dial_code") and "mobile" in draft.mapping.values() and not evidence.is_empty:
        return [Note(BY_ROW)]
    first = int(draft.feeding.get(target, [index])[0])
    if field_of(target) in FIELDS and first != int(index):
        return [Note(ONLY_NO.format(name=draft.header[first]))]
    if evidence.is_wrong and target != SKIP and field_of(target) not in FIELDS:
        return [Note("Qui non c’è nessun valore che si legga.", "err")]
    offer = media.offered.get(int(index))
    return [_offer_note(draft, offer)] if offer else []


def _media_notes(draft: ContactImport, index: int, medium: str, media: MediaColumns) -> list[Note]:
    label = STANDARD_BY_NAME[medium].label
    if media.is_wrong(medium) and media.counts[index].filled:
        return [Note(media.what_is_there(index, medium), "err")]
    first, *reserves = media.fed(medium)
    if index in reserves:
        return [Note(f"Riserva: vale quando “{draft.header[first]}” non ha {_a_valid(medium)}.")]
    rivals = [one for one in media.offered.values() if one.medium == medium]
    if not rivals or index != first:
        return []
    told = ", ".join(f"“{draft.header[one.index]}” {number(one.valid)}" for one in rivals)
    return [
        Note(
            f"Più colonne possono essere {label}: questa ne ha {number(media.counts[index].valid)}, {told}.",
            "warn",
        )
    ]


def _offer_note(draft: ContactImport, offer: Found) -> Note:
    label = STANDARD_BY_NAME[offer.medium].label
    if not offer.is_reserve:
        words = {"email": "Sembra la colonna delle email.", "mobile": "Sembra la colonna dei cellulari."}
        name = draft.header[offer.index]
        return Note(words[offer.medium], "warn", Offer(f"usa {offer.medium} {offer.index}", f"usa “{name}”"))
    text = f"{label} manca in alcune righe e qui c’è: {number(offer.more)} in più."
    return Note(text, "warn", Offer(f"riserva {offer.medium} {offer.index}", "usa come riserva"))


def _date_notes(seen: OrderSeen | None, order: str | None) -> list[Note]:
    if seen is None:
        return []
    if order == "mixed":
        return [Note(MIXED, "warn")]
    return [Note(ASK_ORDER, "" if order else "warn")] if seen.may_be_both and seen.order is None else []


def _problems(draft: ContactImport, media: MediaColumns) -> list[Problem]:
    found = []
    for medium in MEDIA:
        if not media.is_wrong(medium):
            continue
        none = {"email": "Nessuna email valida", "mobile": "Nessun cellulare valido"}[medium]
        names = ", ".join(f"“{draft.header[index]}”" for index in media.fed(medium))
        where = "nella colonna" if len(media.fed(medium)) == 1 else "nelle colonne"
        alone = not any(map(media.valid, MEDIA))
        title = f"{none} {where} {names}" + (": così nessuno si può caricare" if alone else "")
        filled = sum(media.counts[index].filled for index in media.fed(medium))
        text = f"{plural(filled, 'valore non va', 'valori non vanno')} bene. "
        best = media.best(medium)
        if best is None:
            found.append(
                Problem(title, text + "Guarda i motivi accanto agli esempi e scegli un’altra colonna.", None)
            )
            continue
        what = {"email": "Le email sembrano", "mobile": "I cellulari sembrano"}[medium]
        words = {"email": ("valida", "valide"), "mobile": ("valido", "validi")}[medium]
        name = draft.header[best.index]
        text += f"{what} essere nella colonna “{name}”: {plural(best.valid, *words)}."
        found.append(Problem(title, text, Offer(f"usa {medium} {best.index}", f"usa “{name}”")))
    return found


def _key_words(draft: ContactImport, rows: Sequence[ColumnRow]) -> dict[str, str]:
    """How often what tells a contact from another is there, and how often it comes again."""
    said: dict[str, str] = {}
    for key in ("code", "email", "mobile"):
        of = [row.evidence for row in rows if row.target == key]
        if len(of) != 1 or not of[0].valid:
            continue
        one = of[0]
        repeated = one.valid - one.different
        if key == "code":
            of_rows = f"{number(one.valid)} righe su {number(one.rows)}"
            said[key] = (
                f"Presente in {of_rows}, {plural(repeated, 'ripetuto', 'ripetuti')}."
                if repeated
                else f"Presente e diverso in {of_rows}."
            )
        elif repeated:
            words = (
                ("email si ripete", "email si ripetono")
                if key == "email"
                else ("cellulare si ripete", "cellulari si ripetono")
            )
            said[key] = f"{plural(repeated, *words)} nel file."
        else:
            said[key] = (
                "Nessuna email si ripete nel file."
                if key == "email"
                else "Nessun cellulare si ripete nel file."
            )
    return said


def _a_valid(medium: str) -> str:
    return "un’email valida" if medium == "email" else "un cellulare valido"
