"""How a list of uploads is narrowed; it stands in the URL, so that Back and sharing work. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

G = TypeVar("G", bound=StrEnum)
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class ListState(Generic[G]):
    group: G
    default: G
    q: str = ""
    page: int = 1

    def args(self, **changed: object) -> dict[str, Any]:
        """The query string of this state with *changed* in it; what is as by default is left out.

        A change of state or search goes back to the first page.
        """
        page = changed.get("pagina", 1 if changed else self.page)
        values: dict[str, Any] = {"stato": self.group, "q": self.q, **changed, "pagina": page}
        usual = {"stato": self.default, "q": "", "pagina": 1}
        return {key: value for key, value in values.items() if value != usual.get(key)}


def read(args: Mapping[str, str], default: G) -> ListState[G]:
    """From a query string; what is not understood is as by default: an old link still opens a list."""
    groups = type(default)
    given = args.get("stato", "")
    group = groups(given) if given in set(groups) else default
    number = args.get("pagina", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1
    return ListState(group, default, args.get("q", "").strip()[:LONGEST_SEARCH], page)
