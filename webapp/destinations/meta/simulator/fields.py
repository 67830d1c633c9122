"""The `fields` parameter: which fields a node answers with, in the order they were asked for."""

import re
from collections.abc import Mapping
from typing import Any

from .graph_errors import unknown_field

# One field, with its own fields in braces: business{id,name}
FIELD = re.compile(r"\s*([a-z0-9_.]+)\s*(?:\{([^{}]*)\})?\s*(?:,|$)", re.IGNORECASE)


def asked_fields(text: str) -> list[tuple[str, list[str]]]:
    """`id,business{id,name}` → [("id", []), ("business", ["id", "name"])]."""
    text = text.strip().removeprefix("[").removesuffix("]").replace('"', "")
    return [
        (match[1], [part.strip() for part in (match[2] or "").split(",") if part.strip()])
        for match in FIELD.finditer(text)
    ]


def select(
    node: Mapping[str, Any], asked: str, kind: str, always: tuple[str, ...] = ("id",)
) -> dict[str, Any]:
    """The node as asked for. A field whose value is None is left out, as Graph does.

    Raises GraphError 100 for a field that this kind of node does not have. Source: Meta sheet §3.1.
    """
    chosen = asked_fields(asked)
    answer: dict[str, Any] = {}
    for name, inner in chosen:
        if name not in node:
            raise unknown_field(name, kind)
        value = node[name]
        if value is not None:
            answer[name] = _inner(value, inner)
    for name in always:
        answer.setdefault(name, node[name])
    return answer


def _inner(value: Any, names: list[str]) -> Any:
    if not names or not isinstance(value, Mapping):
        return value
    return {name: value[name] for name in [*names, "id"] if name in value}
