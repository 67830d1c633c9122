"""Rows of a file → the contacts they make and those that make none, for an import and its dry run. PURE."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.contacts.imports.files.file_rows import FileRow
from webapp.contacts.store.row_converter import ERASED, NOT_A_CONTACT, RowConverter, Values

CODE_TAKEN = "code_taken"  # the code is of a contact with another e-mail, or mobile


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of the file in their order: *contacts* as `contact` column values, *rejected* as read.

    *sources*: the rows that *contacts* were made from, at the same places.
    *met*: own field that is a list → values met. *readable*: column index as text → cells that hold what
    they should. *words*, *notes* and *unused* as of `RowConverter`.
    """

    contacts: list[Values]
    rejected: list[FileRow]
    unreadable: dict[str, int]
    met: dict[str, set[str]]
    sources: list[FileRow]
    readable: Counter[str] = field(default_factory=Counter)
    words: Counter[tuple[bool, str]] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)

    def rejected_with(self, conflicts: Sequence[int]) -> list[FileRow]:
        """The rejected rows and the contacts at *conflicts*, whose code is another's, in their order."""
        taken = [FileRow(self.sources[at].line, self.sources[at].cells, CODE_TAKEN) for at in conflicts]
        return sorted([*self.rejected, *taken], key=lambda row: row.line) if taken else self.rejected

    @property
    def rows(self) -> int:
        return len(self.contacts) + len(self.rejected)


def convert_block(converter: RowConverter, rows: Sequence[FileRow]) -> Block:
    sources, rejected = [], []
    for row in rows:
        if row.problem:
            rejected.append(row)
        elif converter.is_nobody(row.cells):
            rejected.append(FileRow(row.line, row.cells, NOT_A_CONTACT))
        else:
            sources.append(row)
    contacts = converter.convert_all([row.cells for row in sources])
    erased_at = [at for at, values in enumerate(contacts) if converter.is_erased(values)]
    for at in reversed(erased_at):
        rejected.append(FileRow(sources.pop(at).line, [], ERASED))  # nothing of the row is kept
        del contacts[at]
    if erased_at:
        rejected.sort(key=lambda row: row.line)
    unreadable = dict(converter.unreadable)
    readable, words, notes = Counter(converter.readable), Counter(converter.words), Counter(converter.notes)
    unused = Counter(converter.unused)
    for counted in (converter.unreadable, converter.readable, converter.notes, converter.unused):
        counted.clear()
    converter.words.clear()
    met = {key: set(values) for key, values in converter.met.items()}
    return Block(contacts, rejected, unreadable, met, sources, readable, words, notes, unused)
