"""The words of a column about consent, each with how many rows hold it and what it is taken for. PURE.

Words nobody can read come first; what a person said about a word in this database stands before what we read
in it. A word a person cannot decide as a word (a refusal, a day, the mark of who is decided by hand) is told
with why.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from webapp.contacts import cells as read
from webapp.contacts.answers import BY_HAND, fold_word
from webapp.contacts.consent_words import MOST_OFFERED
from webapp.contacts.imports.screens.cell_readings import example
from webapp.contacts.store.consent_cells import Answered, Meanings, read_answer

IS_REFUSAL = "è un no: da quel giorno"
SAYS_NOTHING = "non dice niente: chi non è tra i disiscritti non ha detto sì per questo"
ONE_BY_ONE = "si decide contatto per contatto"
STAYS_NO = "è un no, e un no resta un no"
# How many different cells stand for one reason: by a name of its own, a refusal as it is written.
SHOWN = {IS_REFUSAL: "un giorno", SAYS_NOTHING: "no, 0", ONE_BY_ONE: BY_HAND}


@dataclass(frozen=True, slots=True)
class Word:
    """*word* is folded, *shown* as most rows write it, in *contacts* rows. *answer* None: to decide."""

    turned: bool
    word: str
    shown: str
    contacts: int
    answer: bool | None


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is no word to decide: how it is shown, in how many rows, why."""

    shown: str
    contacts: int
    why: str


@dataclass(frozen=True, slots=True)
class Words:
    """`yes + no + undecided + none` are the rows read, *empty* those of *none* whose cell is empty.

    *left*: words beyond those offered, *left_rows* the rows that hold them.
    """

    offered: Sequence[Word]
    fixed: Sequence[Fixed]
    yes: int
    no: int
    undecided: int
    none: int
    empty: int
    left: int
    left_rows: int

    @property
    def to_decide(self) -> int:
        return sum(word.answer is None for word in self.offered)


def words_of(cells: Iterable[str], turned: bool, meanings: Meanings) -> Words:
    """*turned*: of a column that says who is out. *meanings*: of the database."""
    typed = Counter(cells)
    empty = 0
    found: dict[str, Counter[str]] = {}
    fixed: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for cell, count in typed.items():
        said = read_answer(cell, turned, meanings)
        if read.read_text(cell) is None and said.answer is None and said.word is None:
            empty += count
            continue
        totals[_total(said)] += count
        if (why := _fixed(cell, turned, said)) is not None:
            fixed[SHOWN.get(why) or example("consent", cell), why] += count
        else:
            found.setdefault(fold_word(cell), Counter())[cell] += count
    words = [_word(word, cells_of, turned, meanings) for word, cells_of in found.items()]
    words.sort(key=lambda one: (one.answer is not None, -one.contacts, one.word))
    offered, left = words[:MOST_OFFERED], words[MOST_OFFERED:]
    return Words(
        offered,
        [Fixed(shown, count, why) for (shown, why), count in fixed.most_common(MOST_OFFERED)],
        totals["yes"], totals["no"], totals["undecided"], totals["none"] + empty, empty,
        len(left), sum(one.contacts for one in left),
    )  # fmt: skip


def _word(word: str, typed: Counter[str], turned: bool, meanings: Meanings) -> Word:
    most = typed.most_common(1)[0][0]
    said = read_answer(most, turned, meanings)
    return Word(turned, word, example("consent", most), typed.total(), said.answer)


def _total(said: Answered) -> str:
    if said.word is not None:
        return "undecided"
    return {True: "yes", False: "no", None: "none"}[said.answer]


def _fixed(cell: str, turned: bool, said: Answered) -> str | None:
    if said.word == BY_HAND:
        return ONE_BY_ONE
    if said.word is None and said.answer is None:
        return SAYS_NOTHING
    if said.answer is not False:
        return None
    is_day = turned and isinstance(read.read_date(cell, serial=True), date)
    return IS_REFUSAL if is_day else STAYS_NO if read.read_consent(cell, turned) is False else None
