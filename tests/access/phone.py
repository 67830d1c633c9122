"""An authenticator app for tests: it knows the key a page shows and the code of any moment."""

import re
import time
from base64 import b32decode

from lxml import html

from webapp.access.signing_in.totp import code_at, step_at


class Phone:
    """What a person holds: `Phone.reading(page)` copies the key, `code()` is what it shows now."""

    def __init__(self, key: str) -> None:
        self.secret = b32decode(key)

    @classmethod
    def reading(cls, page: html.HtmlElement) -> "Phone":
        return cls(re.sub(r"\s", "", page.get_element_by_id("chiave").text_content()))

    def code(self, steps_later: int = 0) -> str:
        return code_at(self.secret, step_at(time.time()) + steps_later)
