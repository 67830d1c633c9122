"""GEN. PURE."""

from webapp.values.emails import trim
from webapp.values.readings import Reading, invalid, valid

# The words [builder] knows (genderUtil); [page] only names the letters they become.
_MALE = (
    "bloke boy boyfriend chap count dad daddy dude duke emperor father fellow gentleman god groom guy he him "
    "himself his husband king lad m male man mister mr nephew papa prince sir son uncle widower"
)
_FEMALE = (
    "aunt chick countess dame daughter duchess empress f female gal girl girlfriend goddess her hers herself "
    "lady lass ma'am madam maiden mama miss mom mommy mother mrs ms niece princess queen she sister widow "
    "wife woman"
)
# Read only for Italians: Meta's tool leaves "uomo" out, and in other languages these may mean something else.
_MALE_IN_ITALY = "maschile maschio uomo signore sig sig."
_FEMALE_IN_ITALY = "donna femmina femminile signora signorina sig.ra sig.na"

_WORDS = dict.fromkeys(_MALE.split(), "m") | dict.fromkeys(_FEMALE.split(), "f")
_ITALIAN_WORDS = dict.fromkeys(_MALE_IN_ITALY.split(), "m") | dict.fromkeys(_FEMALE_IN_ITALY.split(), "f")


def gender(raw: str, country: str | None = None) -> Reading:
    """`m` or `f`; anything else is left out, never guessed. Source: [page], words of [builder]."""
    word = trim(raw).lower()
    if not word:
        return invalid("gender_empty")
    letter = _WORDS.get(word) or (_ITALIAN_WORDS.get(word) if country == "IT" else None)
    return valid(letter) if letter else invalid("gender_invalid")
