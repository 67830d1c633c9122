"""The lines of a check: green is a fact, amber is confirmed, red names the way out. PURE."""

from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32


class Tone(StrEnum):
    OK = "ok"
    WARN = "warn"
    ERR = "err"


class Way(StrEnum):
    """Where the way out of a red or amber line leads."""

    ACCOUNT = "account"
    AUDIENCE = "audience"
    NAME = "nome"
    CONTACTS = "contacts"
    ANSWERS = "answers"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Line:
    """One subject. *accept*: what whoever ticks an amber line says; empty where nothing is to be ticked.

    *way_out* with its *label*; *link*: an address outside Platea.
    """

    key: str
    tone: Tone
    title: str
    detail: str = ""
    accept: str = ""
    way_out: Way | None = None
    label: str = ""
    link: str = ""

    @property
    def sign(self) -> str:
        """Of the line as it reads: a tick beside another number is another tick."""
        return f"{self.key}-{crc32(self.title.encode()):x}"
