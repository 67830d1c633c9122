"""The account form: what was typed becomes a name, an ad account id and perhaps a pasted token. PURE."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from webapp.destinations.meta import texts

NAME_MAX = 80
# A Graph id is a positive 64-bit number. Source: Meta sheet §3.1 "keep as string".
ACT_ID = re.compile(r"[1-9][0-9]{0,19}", re.ASCII)
# What tokens are made of: `EAAB…`, and `<app id>|<…>` for the app's own. Source: Meta sheet §1.2, §1.3.
TOKEN = re.compile(r"[A-Za-z0-9_|.-]{20,2000}", re.ASCII)
MASK = "••••••••••••••••"  # stands for a token we hold; coming back unchanged it keeps that token


@dataclass(frozen=True)
class AccountForm:
    """The form as it is shown again, and *errors* by field id. Without errors it can be used as it is.

    *token* is the pasted one, None when none was pasted (empty, or the mask). *is_cleaned*: "act_" or spaces
    were taken off the id.
    """

    name: str = ""
    act_id: str = ""
    token: str | None = field(default=None, repr=False)
    errors: Mapping[str, str] = field(default_factory=dict)
    is_cleaned: bool = False


def read_account(values: Mapping[str, str]) -> AccountForm:
    """Parse the fields `nome`, `account_id` and `token` of the account form."""
    name, name_error = _name(values.get("nome", ""))
    act_id, act_id_error = _act_id(values.get("account_id", ""))
    token, token_error = _token(values.get("token", ""))
    found = {"nome": name_error, "account_id": act_id_error, "token": token_error}
    errors = {key: error for key, error in found.items() if error}
    is_cleaned = act_id_error is None and act_id != values.get("account_id", "").strip()
    return AccountForm(name, act_id, token, errors, is_cleaned)


def _name(typed: str) -> tuple[str, str | None]:
    visible = "".join(" " if character.isspace() else character for character in typed)
    name = " ".join(unicodedata.normalize("NFC", visible).split())
    if not name:
        return name, texts.NAME_MISSING
    if len(name) > NAME_MAX:
        return name, texts.NAME_LONG
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in name):
        return "", texts.NAME_STRANGE
    return name, None


def _act_id(typed: str) -> tuple[str, str | None]:
    """Spaces are how people group digits, and "act_" is how Graph writes the id; all else is refused."""
    digits = "".join(typed.split())
    if not digits:
        return "", texts.ACT_ID_MISSING
    act_id = digits.lower().removeprefix("act_")
    return (act_id, None) if ACT_ID.fullmatch(act_id) else (digits[:40], texts.ACT_ID_WRONG)


def _token(typed: str) -> tuple[str | None, str | None]:
    token = typed.strip()
    if not token or token == MASK:
        return None, None
    return (token, None) if TOKEN.fullmatch(token) else (None, texts.TOKEN_WRONG)
