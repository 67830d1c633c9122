"""What a search found, as the page and the dialog show it. PURE."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST = 5  # of a kind: who wants the others writes more


class Hit(NamedTuple):
    """A line that leads to *url*; *detail* tells it from its namesakes."""

    title: str
    url: str
    icon: str
    detail: str = ""


@dataclass(frozen=True)
class Group:
    """Hits of one kind, the best first; *has_more*: there are others than these."""

    label: str
    hits: Sequence[Hit]
    has_more: bool = False


@dataclass(frozen=True)
class Found:
    """*groups* hold one hit at least; *note* (Italian): what was not looked for, and what to do."""

    groups: Sequence[Group] = ()
    note: str = ""

    @property
    def summary(self) -> str:
        """What is said to whoever does not see the list."""
        count = sum(len(group.hits) for group in self.groups)
        if not count:
            return "Nessun risultato: controlla come l’hai scritto, o scrivi una parte sola."
        return "1 risultato" if count == 1 else f"{count} risultati"


def group(label: str, hits: Iterable[Hit]) -> Group:
    """The first `MOST` of *hits*, which may be one more."""
    some = list(hits)
    return Group(label, some[:MOST], len(some) > MOST)
