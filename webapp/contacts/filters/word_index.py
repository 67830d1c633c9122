"""The index of what contacts are called, on SQLite: who may have a word in their name, e-mail or city.

`contact_words` (FTS5) holds the trigrams of those four, folded, and of which database the contact is;
triggers on `contact` keep it. It holds no text: whoever has all trigrams of a word is only a candidate, and
the contact itself decides. Words of one or two letters have no trigram, and PostgreSQL has no such index.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, column, literal_column, select, table
from sqlmodel import Session

from webapp.contacts.cells import fold
from webapp.contacts.filters import json_hint
from webapp.contacts.filters.filter_rules import ALL, Condition, Group, Rule, parse
from webapp.contacts.filters.selection import Clause, selected
from webapp.contacts.models import CONTACT

COLUMNS = ("last_name", "first_name", "email", "city")
ASKING = ("is", "one_of", "contains", "starts_with")  # operators whose values stand in the text
FEW = 20_000  # candidates: reading more of them one by one is no quicker than reading all contacts in a row
MOST_TRIGRAMS = 20  # of a word
MOST_WORDS = 50  # of a rule
_MARK = 0xE000  # first of the private characters that tell a database: 11 bits of its id each
_WORDS = table("contact_words", column("rowid"))


def is_there(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def of_words(database_id: int, words: Iterable[str]) -> str | None:
    """The question, for FTS5, for contacts that may have all of the folded *words*; None: no word helps."""
    return _of_database(database_id, _all([_word(word) for word in words]))


def of_rule(database_id: int, rule: Rule) -> str | None:
    """The same for contacts that *rule* may choose, None when some group can choose without any word."""
    groups = [group for group in rule.groups if group.conditions]
    if sum(len(one.values) for group in groups for one in group.conditions) > MOST_WORDS:
        return None
    return _of_database(database_id, _any([_group(group) for group in groups]))


def candidates(
    session: Session, question: str, limit: int, after: int = 0, before: int | None = None
) -> Sequence[int]:
    """The first ids after *after*, or the last before *before*, at most *limit* of them."""
    ids = _asked(question)
    if before is None:
        ids = ids.where(_WORDS.c.rowid > after).order_by(_WORDS.c.rowid)
    else:
        ids = ids.where(_WORDS.c.rowid < before).order_by(_WORDS.c.rowid.desc())
    return session.execute(ids.limit(limit)).scalars().all()


def chosen(
    session: Session,
    database_id: int,
    rule: dict[str, Any] | None,
    fields: Mapping[str, str],
    today: date,
) -> Clause:
    """The contacts of `selection.selected`, looked for among candidates where these are few.

    Otherwise all contacts are read, by a look at their JSON first.
    """
    all_of_them = selected(database_id, rule, fields, today)
    if rule is None or not is_there(session):
        return all_of_them
    parsed = parse(rule, fields)
    question = of_rule(database_id, parsed)
    if question is None or len(candidates(session, question, FEW)) == FEW:
        return and_(json_hint.may_choose(parsed, fields), all_of_them)
    return all_of_them & CONTACT.c.id.in_(_asked(question))


def _asked(question: str) -> Select[Any]:
    return select(_WORDS.c.rowid).where(literal_column("contact_words").op("MATCH")(question))


def _of_database(database_id: int, question: str | None) -> str | None:
    """Several databases share the index: the million of another one must not be in the way."""
    mark = "".join(chr(_MARK + (database_id >> shift & 2047)) for shift in (22, 11, 0))
    return None if question is None else f'"{mark}" AND {question}'


def _group(group: Group) -> str | None:
    conditions = [_condition(one) for one in group.conditions]
    return _all(conditions) if group.match == ALL else _any(conditions)


def _condition(condition: Condition) -> str | None:
    if condition.field not in COLUMNS or condition.operator not in ASKING:
        return None
    return _any([_word(fold(str(value))) for value in condition.values])


def _all(questions: Sequence[str | None]) -> str | None:
    some = [one for one in questions if one is not None]
    return f"({' AND '.join(some)})" if some else None


def _any(questions: Sequence[str | None]) -> str | None:
    some = [one for one in questions if one is not None]
    return f"({' OR '.join(some)})" if some and len(some) == len(questions) else None


def _word(word: str) -> str | None:
    trigrams = dict.fromkeys(word[place : place + 3] for place in range(len(word) - 2))
    return _all(['"' + one.replace('"', '""') + '"' for one in list(trigrams)[:MOST_TRIGRAMS]])
