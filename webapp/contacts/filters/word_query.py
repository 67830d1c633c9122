"""The words a contact must have in its name, e-mail or city to be whom a search or a rule means. PURE.

`word_index` looks for them. They tell who may be meant: the contact itself decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.contacts.cells import fold
from webapp.contacts.filters.filter_rules import ALL, Condition, Group, Rule

COLUMNS = ("last_name", "first_name", "email", "city")
ASKING = ("is", "one_of", "contains", "starts_with")  # operators whose values stand in the text
SHORTEST = 3  # letters: a shorter word has no group of three
MOST_WORDS = 50  # of a rule


@dataclass(frozen=True, slots=True)
class WordQuery:
    """Folded words, and groups of them, all of which a contact must have, or any."""

    every: bool
    parts: tuple["WordQuery | str", ...]


def of_search(words: Iterable[str]) -> WordQuery | None:
    """All of the folded *words*; None: none of them helps."""
    return _all([_word(word) for word in words])


def of_rule(rule: Rule) -> WordQuery | None:
    """The words that every contact chosen by *rule* has, None when some group can choose without any word."""
    groups = [group for group in rule.groups if group.conditions]
    if sum(len(one.values) for group in groups for one in group.conditions) > MOST_WORDS:
        return None
    return _any([_group(group) for group in groups])


def _group(group: Group) -> WordQuery | None:
    conditions = [_condition(one) for one in group.conditions]
    return _all(conditions) if group.match == ALL else _any(conditions)


def _condition(condition: Condition) -> WordQuery | None:
    if condition.field not in COLUMNS or condition.operator not in ASKING:
        return None
    return _any([_word(fold(str(value))) for value in condition.values])


def _word(word: str) -> str | None:
    return word if len(word) >= SHORTEST else None


def _all(parts: Sequence[WordQuery | str | None]) -> WordQuery | None:
    some = tuple(one for one in parts if one is not None)
    return WordQuery(True, some) if some else None


def _any(parts: Sequence[WordQuery | str | None]) -> WordQuery | None:
    some = tuple(one for one in parts if one is not None)
    return WordQuery(False, some) if some and len(some) == len(parts) else None
