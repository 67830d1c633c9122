"""Words of consent that a person has decided, remembered for the next file of the database.

    decide ─ the meaning, told of in the audit trail
      └ apply_some … until no contact holds the word: its answer is set, the word cleared

Contacts that still hold a decided word stay undecided until it is their turn, so they are not sent meanwhile.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlmodel import Session, col

from webapp import clock, db, rounds
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts.answers import BY_HAND, FIELDS, TURNED, field_of, is_turned, pack_unread, unread_of
from webapp.contacts.ledger import refusals
from webapp.contacts.models import CONTACT, ConsentWord, UserDatabase

MOST_OFFERED = 50
BLOCK_ROWS = 2_000
SHIFT_S = 1.0  # whoever calls has other things to look after
_TEXTS = 5_000  # different texts that are looked at to find the words held most
UNREAD = CONTACT.c.consent_unread


@dataclass(frozen=True, slots=True)
class UndecidedWord:
    """A word, how many contacts hold it, and what was said of it: None is nothing, or still to decide.

    One with an answer is being applied.
    """

    turned: bool
    word: str
    contacts: int
    answer: bool | None = None


@dataclass(frozen=True, slots=True)
class Undecided:
    """*contacts* of a database wait for a decision; *words* are those held most, *more*: others too.

    *by_hand*: how many of them were set to "da decidere" by hand, to be decided one by one.
    """

    contacts: int
    words: Sequence[UndecidedWord]
    by_hand: int
    more: bool


def meanings(session: Session, database_id: int) -> dict[tuple[bool, str], bool | None]:
    """(is the column turned, folded word) → what somebody said it says; None: that it is still to decide."""
    known = select(ConsentWord).where(col(ConsentWord.database_id) == database_id)
    return {(one.turned, one.word): one.answer for one in session.execute(known).scalars()}


def decide(session: Session, database_id: int, turned: bool, word: str, answer: bool | None, who: str) -> int:
    """Remember what *word* says of a contact (True: yes; None: still to decide), and begin to apply it.

    *word* is folded. *turned*: of a column that says who is out; *answer* is the contact's all the same. The
    contacts that hold the word now; the first block of them is done with it, `apply_some` does the others.
    Raises ValueError for the word of who was set to undecided by hand.
    """
    if word == BY_HAND:
        raise ValueError("a contact set to undecided by hand is decided by hand")
    # One at a time: two people may be saying it at once.
    session.get_one(UserDatabase, database_id, with_for_update={"key_share": True})
    held = count(session, database_id, turned, word)
    mine = (
        col(ConsentWord.database_id) == database_id,
        col(ConsentWord.turned).is_(turned),
        col(ConsentWord.word) == word,
    )
    known = session.execute(select(ConsentWord).where(*mine)).scalar_one_or_none()
    if known is None:
        known = ConsentWord(database_id=database_id, turned=turned, word=word, decided_by=who)
    known.answer, known.decided_by, known.decided_at = answer, who, clock.now()
    session.add(known)
    session.flush()
    if answer is not None:
        _apply_block(session, known)
    _tell(session, database_id, turned, word, answer, held)
    return held


def apply_some(seconds: float = SHIFT_S) -> None:
    """Give contacts the answers their words have by now, for about as long; call again for the rest."""
    until = clock.epoch() + seconds
    with db.reading() as session:
        waiting = select(CONTACT.c.id).where(
            CONTACT.c.database_id == ConsentWord.database_id, UNREAD.is_not(None)
        )
        decided = select(ConsentWord).where(col(ConsentWord.answer).is_not(None), waiting.exists())
        words = session.execute(decided.order_by(col(ConsentWord.id))).scalars().all()

    def apply(word_id: int) -> None:
        while clock.epoch() <= until and _apply(word_id):
            db.give_way()

    with rounds.guarded("parola del consenso") as guard:
        guard.each(map(db.saved_id, words), apply)


def count_undecided(session: Session, database_id: int) -> int:
    """How many contacts of the database wait for a person; reads an index alone."""
    of = (CONTACT.c.database_id == database_id, UNREAD.is_not(None))
    return int(session.execute(select(func.count()).select_from(CONTACT).where(*of)).scalar_one())


def undecided(session: Session, database_id: int) -> Undecided:
    """The words that wait for a person, those of most contacts first; at most 50."""
    of = (CONTACT.c.database_id == database_id, UNREAD.is_not(None))
    contacts = count_undecided(session, database_id)
    if not contacts:
        return Undecided(0, (), 0, more=False)
    often = select(UNREAD, func.count().label("contacts")).where(*of).group_by(UNREAD)
    texts = session.execute(often.order_by(func.count().desc(), UNREAD).limit(_TEXTS)).all()
    held: Counter[tuple[bool, str]] = Counter()
    for packed, number in texts:
        for key in {(is_turned(target), word) for target, word in unread_of(packed).items()}:
            held[key] += number
    by_hand = count(session, database_id, False, BY_HAND) if len(texts) == _TEXTS else held[False, BY_HAND]
    held.pop((False, BY_HAND), None)
    most = sorted(held, key=lambda key: (-held[key], key[1], key[0]))
    offered = most[:MOST_OFFERED]
    if len(texts) == _TEXTS:  # there may be others, so these have to be counted
        dict.update(held, _counts(session, database_id, offered))  # a Counter's own would add
    said = meanings(session, database_id)
    words = [UndecidedWord(*key, held[key], said.get(key)) for key in offered]
    return Undecided(contacts, words, by_hand, more=len(most) > len(offered))


def count(session: Session, database_id: int, turned: bool, word: str) -> int:
    """How many contacts of the database hold the word."""
    of = (CONTACT.c.database_id == database_id, UNREAD.is_not(None), holds(turned, word))
    return int(session.execute(select(func.count()).select_from(CONTACT).where(*of)).scalar_one())


def holds(turned: bool, word: str) -> ColumnElement[bool]:
    """Whether a contact holds the word, for whatever field. In JSON nothing else can look like it."""
    quoted = orjson.dumps(word).decode()
    behind = TURNED if turned else ""
    return or_(*(UNREAD.contains(f'"{field}{behind}":{quoted}', autoescape=True) for field in FIELDS))


def _apply(word_id: int) -> bool:
    """One transaction; False when no contact holds the word any more."""
    with db.writing() as session:
        known = session.get(ConsentWord, word_id, with_for_update=True)
        return known is not None and known.answer is not None and _apply_block(session, known)


def _apply_block(session: Session, known: ConsentWord) -> bool:
    """Give a block of contacts the answer, a yes over a no too: somebody says that it is one."""
    of = (CONTACT.c.database_id == known.database_id, UNREAD.is_not(None), holds(known.turned, known.word))
    found = session.execute(
        select(CONTACT.c.id, UNREAD).where(*of).order_by(CONTACT.c.id).limit(BLOCK_ROWS).with_for_update()
    ).all()
    by_text: dict[str, list[int]] = {}
    for contact_id, packed in found:
        by_text.setdefault(packed, []).append(contact_id)
    for packed, ids in by_text.items():
        values = _decided(packed, known)
        session.execute(update(CONTACT).where(CONTACT.c.id.in_(ids)).values(**values))
    if found and not known.answer:
        refusals.answers_change(session, known.database_id)
    return bool(found)


def _decided(packed: str, known: ConsentWord) -> dict[str, Any]:
    """A contact's new values: column → value. A no settles its field, whatever else was written for it."""
    words = unread_of(packed)
    mine = {t for t, word in words.items() if word == known.word and is_turned(t) == known.turned}
    fields = {field_of(target) for target in mine}
    settled = mine if known.answer else {target for target in words if field_of(target) in fields}
    left = pack_unread({target: word for target, word in words.items() if target not in settled})
    return {**dict.fromkeys(fields, known.answer), "consent_unread": left}


def _counts(
    session: Session, database_id: int, keys: Sequence[tuple[bool, str]]
) -> dict[tuple[bool, str], int]:
    """All of them in one look at the contacts."""
    sums = [func.count(case((holds(*key), 1))) for key in keys]
    of = (CONTACT.c.database_id == database_id, UNREAD.is_not(None))
    return dict(zip(keys, session.execute(select(*sums).where(*of)).one(), strict=True))


def _tell(
    session: Session, database_id: int, turned: bool, word: str, answer: bool | None, contacts: int
) -> None:
    """The word itself, unless it looks like something of a person that came into the wrong column."""
    database = session.get_one(UserDatabase, database_id)
    is_word = not any(sign.isdigit() or sign == "@" for sign in word)
    detail: audit.Detail = {
        "database": database.public_id,
        "word": word if is_word else "(non riportata: sembra un dato personale)",
        "turned": turned,
        "answer": {True: "yes", False: "no", None: "undecided"}[answer],
        "contacts": contacts,
    }
    audit.record(session, Action.CONSENT_WORD_DECIDED, database.name, detail, client_id=database.client_id)
