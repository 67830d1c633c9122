"""The index of what contacts are called: who may have a word in their name, e-mail or city.

It holds those four, folded, and of which database the contact is, by groups of three letters:

    SQLite      `contact_words` (FTS5), which has the groups and no text; triggers on `contact` keep it
    PostgreSQL  the column `words` of `contact`, which keeps itself, and where the server has pg_trgm an index
                of it; without one, reading that column is six times quicker than folding all four

Whoever has all groups of a word is only a candidate. Words of one or two letters have no group.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, String, and_, column, func, literal_column, or_, select, table, true
from sqlmodel import Session

from webapp.contacts.filters import json_prefilter, word_query
from webapp.contacts.filters.filter_rules import parse
from webapp.contacts.filters.selection import Clause, selected
from webapp.contacts.filters.word_query import COLUMNS, WordQuery
from webapp.contacts.folding import folded_text
from webapp.contacts.models import CONTACT

FEW = 20_000  # candidates: reading more of them one by one is no quicker than reading all contacts in a row
NEAREST = 5_000  # contacts that PostgreSQL reads before it asks the index, which finds all at once
MOST_GROUPS = 20  # of a word
_MARK = 0xE000  # first of the private characters that tell a database: 11 bits of its id each
_WORDS = table("contact_words", column("rowid"))
_TEXT = literal_column("contact.words", String)


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A question to the index: which contacts of the database may have the words."""

    database_id: int
    asked: WordQuery


def of_search(database_id: int, words: Iterable[str]) -> IndexQuery | None:
    """Contacts that may have all of the folded *words*; None: no word helps."""
    asked = word_query.of_search(words)
    return IndexQuery(database_id, asked) if asked else None


def is_there(session: Session) -> bool:
    """Whether some index answers; without one, PostgreSQL reads every contact for a word that few have."""
    if not _is_postgresql(session):
        return True
    return session.execute(select(func.to_regclass("ix_contact_words"))).scalar_one() is not None


def among_the_first(session: Session, question: IndexQuery, limit: int) -> Sequence[int]:
    """On PostgreSQL without an index: those among the first `NEAREST` contacts of the database."""
    return session.execute(_near(question, limit, 0, None)).scalars().all()


def having(session: Session, words: Sequence[str]) -> Clause:
    """Whether a contact has all of the folded *words*, each in any of its four texts."""
    if _is_postgresql(session):
        return and_(true(), *map(_like, words))
    columns = [folded_text(CONTACT.c[name]) for name in COLUMNS]
    return and_(true(), *(or_(*(one.contains(word, autoescape=True) for one in columns)) for word in words))


def candidates(
    session: Session, question: IndexQuery, limit: int, after: int = 0, before: int | None = None
) -> Sequence[int]:
    """The first ids after *after*, or the last before *before*, at most *limit* of them."""
    if not _is_postgresql(session):
        return session.execute(_next(_asked(question), _WORDS.c.rowid, limit, after, before)).scalars().all()
    nearby = _nearest(session, question, limit, after, before)
    return nearby if nearby is not None else _of_all(session, question, limit, after, before)


def chosen(
    session: Session,
    database_id: int,
    rule: dict[str, Any] | None,
    fields: Mapping[str, str],
    today: date,
) -> Clause:
    """The contacts of `selection.selected`, looked for among candidates where that is quicker."""
    all_of_them = selected(database_id, rule, fields, today)
    if rule is None:
        return all_of_them
    parsed = parse(rule, fields)
    asked = word_query.of_rule(parsed)
    question = IndexQuery(database_id, asked) if asked else None
    if _is_postgresql(session):  # which knows by its statistics when there are few
        return all_of_them & _may_have(question) if question else all_of_them
    if question is None or len(candidates(session, question, FEW)) == FEW:
        return and_(json_prefilter.may_choose(parsed, fields), all_of_them)
    return all_of_them & CONTACT.c.id.in_(_asked(question))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _next(ids: Select[Any], key: Any, limit: int, after: int, before: int | None) -> Select[Any]:
    if before is None:
        return ids.where(key > after).order_by(key).limit(limit)
    return ids.where(key < before).order_by(key.desc()).limit(limit)


# On SQLite: a question to FTS5.


def _asked(question: IndexQuery) -> Select[Any]:
    """Several databases share the index: the million of another one must not be in the way."""
    mark = "".join(chr(_MARK + (question.database_id >> shift & 2047)) for shift in (22, 11, 0))
    match = f'"{mark}" AND {_match(question.asked)}'
    return select(_WORDS.c.rowid).where(literal_column("contact_words").op("MATCH")(match))


def _match(asked: WordQuery | str) -> str:
    if isinstance(asked, WordQuery):
        return f"({(' AND ' if asked.every else ' OR ').join(map(_match, asked.parts))})"
    groups = dict.fromkeys(asked[place : place + 3] for place in range(len(asked) - 2))
    quoted = ('"' + one.replace('"', '""') + '"' for one in list(groups)[:MOST_GROUPS])
    return f"({' AND '.join(quoted)})"


# On PostgreSQL: LIKE on a column.


def _nearest(
    session: Session, question: IndexQuery, limit: int, after: int, before: int | None
) -> Sequence[int] | None:
    """Those among the nearest contacts, None when they are less than *limit*: what many have is soon met."""
    found = session.execute(_near(question, limit, after, before)).scalars().all()
    return found if len(found) == limit else None


def _near(question: IndexQuery, limit: int, after: int, before: int | None) -> Select[Any]:
    of_database = select(CONTACT.c.id, _TEXT).where(CONTACT.c.database_id == question.database_id)
    nearest = _next(of_database, CONTACT.c.id, NEAREST, after, before).subquery("contact")
    ids = select(nearest.c.id).where(_has(question.asked))
    return _next(ids, nearest.c.id, limit, after, before)


def _of_all(
    session: Session, question: IndexQuery, limit: int, after: int, before: int | None
) -> Sequence[int]:
    """By the index, apart from the order: PostgreSQL would else walk along it for a word that nobody has."""
    key = CONTACT.c.id
    those = select(key).where(CONTACT.c.database_id == question.database_id, _may_have(question))
    those = those.where(key > after if before is None else key < before)
    found = those.cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    return session.execute(_next(select(found.c.id), found.c.id, limit, after, before)).scalars().all()


def _may_have(question: IndexQuery) -> Clause:
    """The database is among the words too: else the index would also name everybody's namesakes."""
    return and_(_has(question.asked), _like(f"<{question.database_id}>"))


def _has(asked: WordQuery | str) -> Clause:
    if isinstance(asked, str):
        return _like(asked)
    return (and_ if asked.every else or_)(*map(_has, asked.parts))


def _like(word: str) -> Clause:
    return _TEXT.like("%" + re.sub(r"([\\%_])", r"\\\1", word) + "%")
