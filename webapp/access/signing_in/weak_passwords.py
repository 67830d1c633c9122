"""Is a password one of those everybody tries first? Answered from lists we ship, nobody is asked.

One list is published: the passwords of leaks that are used most (ASVS 5.0, 6.2.4 and 6.2.12). It is more
English and Russian than Italian, and knows nothing of this year, so there is a rule too: of the passwords
people use most, those of twelve characters and more are nearly all a frequent word or two, a name of the
person or the place, a row of the keyboard, a number that counts up, a year, or one piece twice. So all these
are taken out, and what is left must still be something to guess.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FEWEST_LEFT = 5  # different characters that no list and no context explains
_WORDS = Path(__file__).with_name("frequent_words.txt")
_PUBLISHED = Path(__file__).with_name("published_passwords.txt")  # its source and licence stand beside it
_SHORTEST, _SHORTEST_OF_CONTEXT = 3, 4
_ROWS = (
    *(
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789",
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "qwertzuiop",
    ),
    *(
        "azertyuiop",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
        "qazwsxedcrfvtgbyhnujmikolp",
        "1q2w3e4r5t6y7u8i9o0p",
    ),
    *("789456123", "147258369", '!"£$%&/()=', "!@#$%^&*()"),
)
_SHORTEST_ROW = 3
_YEAR = re.compile(r"(?:19|20)\d\d|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])")
# As people write letters when a figure or a sign is asked for.
_INSTEAD = str.maketrans("013457@$!€", "oieastasie")


def is_frequent(password: str, context: Iterable[str] = ()) -> bool:
    """*context*: names and addresses that whoever guesses knows too."""
    plain = _plain(password)
    own = {word for text in context for word in _words_of(text)}
    return any(len(set(_left(text, own))) < FEWEST_LEFT for text in {plain, plain.translate(_INSTEAD)})


def is_published(password: str) -> bool:
    """Whether it is in the published list, however its letters are capitalised or accented."""
    return bool({password.lower(), _plain(password)} & published())


@cache
def published() -> frozenset[str]:
    """The published passwords of twelve characters and more, in lower case: 4 MB, of who sets a password."""
    return frozenset(_PUBLISHED.read_text(encoding="ascii").splitlines())


def _left(text: str, context: set[str]) -> str:
    """What of *text* is explained by nothing."""
    unit = next((n for n in range(1, len(text) // 2 + 1) if text == (text[:n] * len(text))[: len(text)]), 0)
    text = text[:unit] if unit else text
    left, at = [], 0
    while at < len(text):
        taken = max(_word(text, at, context), _row(text, at), _same(text, at))
        if not taken and (year := _YEAR.match(text, at)):
            taken = len(year[0])
        if not taken:
            left.append(text[at])
        at += taken or 1
    return "".join(left)


def _word(text: str, at: int, context: set[str]) -> int:
    """How long the longest word is that begins there."""
    frequent, longest = frequent_words()
    most = min(len(text) - at, max(longest, max(map(len, context), default=0)))
    for length in range(most, _SHORTEST - 1, -1):
        word = text[at : at + length]
        if word in frequent or word in context:
            return length
    return 0


def _row(text: str, at: int) -> int:
    """How far the text follows a row of keys, letters or figures, there and back."""
    best = 0
    for row in _ROWS:
        for line in (row, row[::-1]):
            length = _SHORTEST_ROW
            while at + length <= len(text) and text[at : at + length] in line:
                best = max(best, length)
                length += 1
    return best


def _same(text: str, at: int) -> int:
    length = len(text[at:]) - len(text[at:].lstrip(text[at]))
    return length if length >= _SHORTEST_ROW else 0


@cache
def frequent_words() -> tuple[frozenset[str], int]:
    """(the words, the length of the longest), in lower case and without accents."""
    words = frozenset(_WORDS.read_text(encoding="ascii").split())
    return words, max(map(len, words))


def _words_of(text: str) -> set[str]:
    """The words of a name or an address, each alone and all together."""
    words = re.findall(r"[a-z0-9]+", _plain(text))
    return {word for word in [*words, "".join(words)] if len(word) >= _SHORTEST_OF_CONTEXT}


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
