"""Which encoding a text file is in: by its mark, its zero bytes, UTF-8, or the letters it would have. PURE.

Programs of Windows write cp1252, of DOS and old cash registers cp850 or cp437, of old Macs MacRoman. A byte
over 127 is a letter in each of them; only one of the readings looks like words. No detector library: they
take Italian cp1252 for something else.
"""

import codecs
import re
from collections import Counter

UTF_16 = ("utf-16", "utf-16-le", "utf-16-be")
EIGHT_BITS = ("cp1252", "cp850", "cp437", "mac_roman")  # in case of doubt the first

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WRONG = re.compile("[\udc80-\udcff]")  # bytes that are no UTF-8, as `surrogateescape` gives them
_SURE = 1_000
_HIGH = re.compile(rb"(?s)([^\x80-\xff]?)([\x80-\xff]{1,3})(?=([^\x80-\xff]?))")
_ENOUGH = 50_000  # places looked at

# What Italians write: grave accents, é, and few others; then the letters of names from elsewhere.
_ITALIAN = frozenset("àèéìòùÀÈÉÌÒÙ")
_OTHERS = frozenset("áíóúâêîôûäëïöüçñßãõåæøœšžýÿÁÍÓÚÂÊÎÔÛÄËÏÖÜÇÑÃÕÅÆØŒŠŽÝŸ")
_BEFORE_A = "tniTNI"  # what comes before the à at the end of most words: città, Donà, già
_OPENING, _CLOSING = frozenset("“‘«„‚¿¡€£©®§–—•·"), frozenset("”’»…°ºª€%™®–—²³¹½¼¾")


def by_mark(sample: bytes) -> str | None:
    """The encoding that the first bytes of a file name, or that its zero bytes leave no doubt of."""
    named = next((name for bom, name in _BOMS if sample.startswith(bom)), None)
    return named or _utf_16_without_mark(sample)


def _utf_16_without_mark(sample: bytes) -> str | None:
    """Latin letters in UTF-16 have a zero beside each: on one side nearly all, on the other nearly none."""
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    even, odd = sample[: pairs * 2 : 2].count(0), sample[1 : pairs * 2 : 2].count(0)
    if odd * 10 >= pairs * 7 and even * 20 <= pairs:
        return "utf-16-le"
    return "utf-16-be" if even * 10 >= pairs * 7 and odd * 20 <= pairs else None


class Guess:
    """UTF-8 or an encoding of one byte a letter, from the bytes of a file.

    A single damaged character must not turn every accent of a UTF-8 file into two strange letters: the file
    is no UTF-8 only when more bytes are wrong as UTF-8 than characters are right.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._wrong = self._right = 0
        self._places: Counter[tuple[bytes, bytes, bytes]] = Counter()
        self._seen = 0

    def look_at(self, chunk: bytes) -> None:
        if self._seen >= _ENOUGH and self._wrong > max(_SURE, self._right):
            return
        text = self._decoder.decode(chunk)
        # Every character of several bytes is at least one shorter.
        self._right += max(len(chunk) - len(text), 0)
        if chunk.isascii():
            return
        self._wrong += len(_WRONG.findall(text))
        for found in _HIGH.finditer(chunk):
            if self._seen >= _ENOUGH:
                break
            self._places[(found[1], found[2], found[3])] += 1
            self._seen += 1

    @property
    def encoding(self) -> str:
        self._wrong += len(_WRONG.findall(self._decoder.decode(b"", final=True)))
        if not self._wrong or self._wrong < self._right:
            return "utf-8"
        return max(EIGHT_BITS, key=self._score)  # of equals the first

    def _score(self, encoding: str) -> float:
        return sum(
            count * _likelihood(before, high, after, encoding)
            for (before, high, after), count in self._places.items()
        )


def _likelihood(before: bytes, high: bytes, after: bytes, encoding: str) -> float:
    """How much the bytes *high* look like writing in *encoding*, between the ASCII bytes around them."""
    text = high.decode(encoding, "replace")
    around = [before.decode("ascii"), *text, after.decode("ascii")]
    return sum(_fits(*around[at : at + 3]) for at in range(len(text)))


def _fits(before: str, letter: str, after: str) -> float:
    if letter in _ITALIAN or letter in _OTHERS:
        return _letter_fits(before, letter, after)
    if letter == "\u00a0":
        return 1.0
    if letter == "…" and before.isalpha() and before not in _BEFORE_A:
        return 3.0  # as much as the à of DOS that it would be
    if letter in _CLOSING and before.isalnum() and not after.isalpha():
        return 1.5
    if letter in "’" and before.isalpha():
        return 2.5
    if letter in _OPENING and not before.isalpha():
        return 1.5
    return -5.0 if letter == "\ufffd" else -2.0


def _letter_fits(before: str, letter: str, after: str) -> float:
    if letter.isupper() and before.islower():
        return -3.0  # no word goes on with a capital
    if letter.isupper() and not before.isalpha() and after.islower() and letter not in "ÈÉÀÁÅÖÜØÇŠŽÓÍÚÑÂÎ":
        return -1.0
    if letter.islower() and before.isupper() and after.isupper():
        return -2.0
    if letter not in _ITALIAN:
        return 1.0 if before.isalpha() or after.isalpha() else -1.0
    if letter in "ìòùÌÒÙ" and not before.isalpha():
        return 0.0  # no Italian word begins so
    if letter.lower() == "é" and not (before.isalpha() or after.isalpha()):
        return 0.5
    ends = not after.isalpha()
    if ends and letter.islower() and before.isupper():
        return 1.5  # NOé is NOÈ of a Mac
    return 3.0 if ends or letter.lower() in "èé" else 2.0
