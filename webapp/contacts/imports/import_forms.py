"""The forms of the import wizard: how the file is to be read, and which column goes to which field."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from webapp.contacts import texts
from webapp.contacts.answers import FIELDS, TURNED
from webapp.contacts.cells import DateOrder
from webapp.contacts.fields import SKIP, STANDARD, TYPE_LABELS, Field
from webapp.contacts.imports.columns import NEW
from webapp.contacts.imports.files.file_format import FileFormat
from webapp.contacts.imports.import_draft import NO_MEDIUM, format_of
from webapp.contacts.imports.tallies import MEDIA
from webapp.contacts.models_imports import ContactImport, ImportMode

MAY_BE_SEVERAL = (*MEDIA, *FIELDS)  # columns that feed one field together
BLANK_CELLS = ("keep", "clear")
ASKED_ORDERS = (DateOrder.DAY_FIRST.value, DateOrder.MONTH_FIRST.value)
KEY_NAMES = {name for name, _, _ in texts.KEYS}

Options = list[tuple[str, list[tuple[str, str]]]]


def target_options(own: Sequence[Field]) -> Options:
    """The choices for a column, in groups (label, [(value, words)])."""
    groups: Options = [
        ("Campi di ogni contatto", [(field.name, field.label) for field in STANDARD]),
        ("Come si legge la riga", [("dial_code", "Prefisso internazionale")]),
        (
            "Dice chi NON vuole: sì vuol dire no",
            [
                (f"{field.name}{TURNED}", f"{field.label}: chi non vuole")
                for field in STANDARD
                if field.name in FIELDS
            ],
        ),
    ]
    if own:
        groups.append(("Campi tuoi", [(field.name, field.label) for field in own]))
    groups.append(
        (
            "Crea un campo nuovo",
            [(NEW + kind, f"+ Nuovo: {words}") for kind, words in TYPE_LABELS.items()],
        )
    )
    return groups


def read_format(form: Mapping[str, str], draft: ContactImport) -> FileFormat:
    """How the file is to be read, as asked; what is no choice stays as it was.

    Another sheet has its names in another row: that is found anew.
    """
    now = format_of(draft)
    encoding, delimiter = form.get("codifica", ""), form.get("separatore", "")
    sheet = form.get("foglio", now.sheet) if now.sheet is not None else None
    hidden = {"tutte": True, "visibili": False}.get(form.get("nascoste", ""), now.with_hidden)
    return replace(
        now,
        encoding=encoding if encoding in dict(texts.ENCODINGS) else now.encoding,
        delimiter=delimiter if delimiter in dict(texts.DELIMITERS) else now.delimiter,
        header_row=_header_row(form, now.header_row or 0) if sheet == now.sheet else None,
        sheet=sheet,
        with_hidden=hidden if sheet == now.sheet else False,
    )


def _header_row(form: Mapping[str, str], now: int) -> int:
    row = form.get("riga", "")
    if row.isascii() and row.isdigit() and len(row) < 8:
        return int(row)
    return {"si": now or 1, "no": 0}.get(form.get("intestazione", ""), now)


def read_mapping(form: Mapping[str, str], draft: ContactImport, own: Sequence[Field]) -> dict[str, str]:
    """Write the choices of the form into *draft* and return what is wrong with them: field id → sentence."""
    allowed = {value for _, options in target_options(own) for value, _ in options} | {SKIP}
    mapping = {}
    for index in draft.mapping:
        asked = form.get(f"colonna-{index}", "")
        mapping[index] = asked if asked in allowed else draft.mapping[index]
    _give(draft, mapping)
    draft.key = _key(form.get("chiave", ""), draft)
    mode = form.get("modo", "")
    draft.mode = mode if mode in {*ImportMode} else ImportMode.CREATE_AND_UPDATE
    blank = form.get("vuote", "")
    draft.blank_cells = blank if blank in BLANK_CELLS else draft.blank_cells
    orders = {index: form.get(f"date-{index}", "") for index in mapping}
    draft.date_orders = {
        **draft.date_orders,
        **{index: order for index, order in orders.items() if order in ASKED_ORDERS},
    }
    return mapping_errors(draft, own)


def follow_offer(action: str, draft: ContactImport) -> None:
    """Do what a button beside a column offers; anything else is left alone.

    `usa email 4`: the addresses are in column 4 and in no other. `riserva mobile 4`: column 4 feeds the
    mobile where the columns before it have none.
    """
    what, _, rest = action.partition(" ")
    medium, _, index = rest.partition(" ")
    if what not in ("usa", "riserva") or medium not in MEDIA or index not in draft.mapping:
        return
    mapping = dict(draft.mapping)
    if what == "usa":
        mapping = {one: SKIP if target == medium else target for one, target in mapping.items()}
    mapping[index] = medium
    _give(draft, mapping)
    draft.key = _key(draft.key, draft)


def mapping_errors(draft: ContactImport, own: Sequence[Field]) -> dict[str, str]:
    """Field id → sentence; empty when the file can be imported with these columns."""
    labels = {field.name: field.label for field in (*STANDARD, *own)}
    used = Counter(target for target in draft.mapping.values() if target in labels)
    errors = {}
    for index, target in draft.mapping.items():
        if used[target] > 1 and target not in MAY_BE_SEVERAL:
            errors[f"colonna-{index}"] = texts.FIELD_TWICE.format(field=labels[target])
    if not errors and not used["email"] and not used["mobile"]:
        errors["colonna-0"] = NO_MEDIUM
    return errors


def _give(draft: ContactImport, mapping: dict[str, str]) -> None:
    """Write *mapping* into *draft*, and in which order several columns feed a field: new ones last."""

    def rank(index: int, field: str) -> tuple[int, int]:
        order = draft.feeding.get(field, [])
        if index in order:
            return 0, order.index(index)
        return (0 if draft.mapping[str(index)] == field else 1), index

    fed = {
        field: [int(index) for index, target in mapping.items() if target == field]
        for field in MAY_BE_SEVERAL
    }
    draft.feeding = {
        field: sorted(indexes, key=lambda index, field=field: rank(index, field))  # type: ignore[misc]
        for field, indexes in fed.items()
        if len(indexes) > 1
    }
    draft.mapping = mapping


def _key(asked: str, draft: ContactImport) -> str:
    """Among the fields that the file brings; with codes, which are of one contact each, there must be one."""
    targets = set(draft.mapping.values())
    if asked in KEY_NAMES and asked in targets:
        return asked
    return "code" if "code" in targets else "none"
