"""Cells of the columns of consent → what a contact answered, and the words nobody can read yet. PURE.

    a plain column        yes → yes; no → no
    a turned column       yes, or the day it happened → no; a no says nothing: who is not on a list of
                          refusals has not said yes by that
    a word nobody knows   what somebody said it means in this database, else it waits for a person
    several columns       for one answer: one no is enough; a yes counts only in the column that decides

`answers` says what a contact holds.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from webapp.contacts import cells as read
from webapp.contacts.answers import FIELDS, field_of, fold_word, is_turned, pack_unread

# (turned, folded word) → what a person said it says of a contact; None: that it is still to decide.
Meanings = Mapping[tuple[bool, str], bool | None]

_COMPACT = re.compile(
    r"(?:19|20)[0-9]{6}(?:T[0-9]{4,6}.*)?"
).fullmatch  # 20110122T111244, as MailUp writes it
_CACHED = 50_000  # different cells: a column of consent has a handful
_EMPTY_LISTS = {"[]", "{}", "()"}  # nothing on the list of suppressions
# keila.io/docs: a contact nothing can be delivered to.
_ZERO = {"0", "0,0", "0.0", "0,00", "0.00"}
_STATES = {"unreachable": False}


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer in a cell. *word*: folded, of a cell that could not be read."""

    answer: bool | None
    word: str | None = None


NOTHING = Answered(None)
NO_DECIDING: Mapping[str, int] = {}


def read_answer(cell: str, turned: bool, meanings: Meanings) -> Answered:
    """What a cell of a column of consent says of the contact: by what was said of its word, else as read.

    A refusal that we read ourselves stays one, whatever was said of its word: a no is never decided away.
    """
    if turned and cell.strip() in _EMPTY_LISTS:
        return NOTHING
    said = read.read_consent(cell, turned)
    if said is None:
        return NOTHING
    if said is False:
        return Answered(False)
    if meanings and (key := (turned, fold_word(cell))) in meanings:
        meant = meanings[key]
        return Answered(None, key[1]) if meant is None else Answered(meant)
    if not isinstance(said, bool):
        word = fold_word(cell)
        if word in _STATES:
            return Answered(_STATES[word])
        return Answered(False) if turned and _happened(cell) else Answered(None, word)
    return NOTHING if turned and said else Answered(said)


class ConsentColumns:
    """The columns of consent of a file. `read` gives the values of *fields*, then those of consent_unread.

    *mapping*: column index → target; *refused*: the field that everybody in the file said no to. *deciding*:
    target → the only column of it whose yes counts; of a target that is not there all do. `words`:
    (turned, word) → how many cells; `unread`: column index as text → cells nobody could read.
    """

    def __init__(
        self,
        mapping: Mapping[int, str],
        meanings: Meanings,
        refused: str | None,
        deciding: Mapping[str, int] = NO_DECIDING,
    ) -> None:
        self.fields = [
            field for field in FIELDS if field == refused or field in map(field_of, mapping.values())
        ]
        self.words: Counter[tuple[bool, str]] = Counter()
        self.unread: Counter[str] = Counter()
        self._mapping = mapping
        self._meanings = meanings
        self._refused = refused
        self._deciding = deciding
        self._known: dict[tuple[bool, str], Answered] = {}

    def read(self, rows: Sequence[Sequence[str]]) -> list[list[bool | None] | list[str | None]]:
        answers: dict[str, list[bool | None]] = {field: [None] * len(rows) for field in self.fields}
        unread: dict[int, dict[str, str]] = {}
        for index, target in self._mapping.items():
            said = answers[field_of(target)]
            may_agree = self._deciding.get(target, index) == index
            for place, one in enumerate(self._column(rows, index, is_turned(target))):
                if one.answer is False or (one.answer and may_agree and said[place] is None):
                    said[place] = one.answer
                elif one.word is not None:
                    unread.setdefault(place, {})[target] = one.word
        if self._refused:
            answers[self._refused] = [False] * len(rows)
        words: list[str | None] = [None] * len(rows)
        for place, by_target in unread.items():
            # Beside a no for the same way of being reached an unread word changes nothing.
            words[place] = pack_unread(
                {
                    target: word
                    for target, word in by_target.items()
                    if answers[field_of(target)][place] is not False
                }
            )
        return [*answers.values(), words]

    def _column(self, rows: Sequence[Sequence[str]], index: int, turned: bool) -> list[Answered]:
        if len(self._known) > _CACHED:
            self._known.clear()
        found = []
        for cells in rows:
            key = (turned, cells[index])
            one = self._known.get(key)
            if one is None:
                one = self._known[key] = read_answer(cells[index], turned, self._meanings)
            if one.word is not None:
                self.words[turned, one.word] += 1
                self.unread[str(index)] += 1
            found.append(one)
        return found


def count_refusals(cells: Iterable[str]) -> Counter[str]:
    """What the cells of a column that is read as something else say: how many `no`, `zero`, `other`.

    A zero is a no, unless the column also holds others: words or sums that are no answer.
    """
    found: Counter[str] = Counter()
    for cell, count in Counter(cells).items():
        said = read_answer(cell, False, {})
        if said.answer is False:
            found["zero" if cell.strip() in _ZERO else "no"] += count
        elif said.word is not None:
            found["other"] += count
    return found


def _happened(cell: str) -> bool:
    """Whether the cell holds the day of the refusal, or the list of its reasons."""
    text = cell.strip()
    is_day = isinstance(read.read_date(text, serial=True), date) or _COMPACT(text)
    return bool(is_day) or (text.startswith("[") and text.endswith("]"))
