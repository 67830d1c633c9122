"""Names of countries in Italian and English → ISO codes, from Unicode's CLDR as Babel carries it. PURE."""

import re
from functools import cache

from babel import Locale

# What people write and CLDR does not.
_ALSO_KNOWN_AS = {
    "usa": "us", "unitedstatesofamerica": "us", "unitedstatesamerica": "us", "statiunitidamerica": "us",
    "ita": "it", "gbr": "gb", "fra": "fr", "deu": "de", "esp": "es", "che": "ch", "aut": "at",
    "inghilterra": "gb", "granbretagna": "gb", "olanda": "nl", "macao": "mo", "hongkong": "hk",
    "vaticano": "va", "vatican": "va", "repubblicadisanmarino": "sm", "coreadelsud": "kr", "macedonia": "mk",
}  # fmt: skip

# CLDR also names regions ("001", "EU") and codes that ISO keeps for itself ("QO", "ZZ").
_NOT_ISO = {"ac", "cp", "dg", "ea", "eu", "ez", "ic", "qo", "ta", "un", "xa", "xb", "xk", "zz", "cq"}


def _territories(language: str) -> dict[str, str]:
    names = {str(code).lower(): str(name) for code, name in Locale(language).territories.items()}
    return {code: name for code, name in names.items() if re.fullmatch("[a-z]{2}", code)}


COUNTRY_CODES = _territories("en").keys() - _NOT_ISO


@cache
def _codes_by_name() -> dict[str, str]:
    codes = {}
    for language in ("it", "en"):  # English last: where the two differ, Meta's own table is English
        for code, name in _territories(language).items():
            if code in COUNTRY_CODES:
                codes[_letters(name)] = code
    return codes | _ALSO_KNOWN_AS


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalpha())


def code_of_country(letters: str) -> str | None:
    """The code of a country whose name, in lower case and letters only, is *letters*."""
    return _codes_by_name().get(letters)
