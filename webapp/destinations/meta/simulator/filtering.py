"""The `filtering` parameter of a list. Source: Meta sheet §3.2."""

from collections.abc import Callable, Mapping
from typing import Any

from .graph_errors import invalid_parameter

Test = Callable[[Any, Any], bool]


def _contains(have: Any, wanted: Any) -> bool:
    return str(wanted).lower() in str(have).lower()


TESTS: dict[str, Test] = {
    "EQUAL": lambda have, wanted: str(have) == str(wanted),
    "NOT_EQUAL": lambda have, wanted: str(have) != str(wanted),
    "GREATER_THAN": lambda have, wanted: float(have) > float(wanted),
    "GREATER_THAN_OR_EQUAL": lambda have, wanted: float(have) >= float(wanted),
    "LESS_THAN": lambda have, wanted: float(have) < float(wanted),
    "LESS_THAN_OR_EQUAL": lambda have, wanted: float(have) <= float(wanted),
    "IN_RANGE": lambda have, wanted: float(wanted[0]) <= float(have) <= float(wanted[1]),
    "NOT_IN_RANGE": lambda have, wanted: not float(wanted[0]) <= float(have) <= float(wanted[1]),
    "CONTAIN": _contains,
    "NOT_CONTAIN": lambda have, wanted: not _contains(have, wanted),
    "CONTAINS_ANY": lambda have, wanted: any(_contains(have, one) for one in wanted),
    "CONTAINS_ALL": lambda have, wanted: all(_contains(have, one) for one in wanted),
    "NOT_CONTAINS_ANY": lambda have, wanted: not any(_contains(have, one) for one in wanted),
    "IN": lambda have, wanted: str(have) in map(str, wanted),
    "NOT_IN": lambda have, wanted: str(have) not in map(str, wanted),
    "STARTS_WITH": lambda have, wanted: str(have).startswith(str(wanted)),
    "ENDS_WITH": lambda have, wanted: str(have).endswith(str(wanted)),
    "BEFORE": lambda have, wanted: float(have) < float(wanted),
    "AFTER": lambda have, wanted: float(have) > float(wanted),
    "ON_OR_BEFORE": lambda have, wanted: float(have) <= float(wanted),
    "ON_OR_AFTER": lambda have, wanted: float(have) >= float(wanted),
}


def passes(node: Mapping[str, Any], filters: list[dict[str, Any]]) -> bool:
    """Whether the node meets all *filters*. Raises GraphError 100 for one that makes no sense."""
    return all(_passes_one(node, rule) for rule in filters)


def read_filters(value: Any) -> list[dict[str, Any]]:
    """Raises GraphError 100 when the parameter is no list of {field, operator, value}."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(rule, dict) for rule in value):
        raise invalid_parameter("Param filtering must be an array of objects")
    for rule in value:
        if rule.get("operator") not in TESTS or "field" not in rule or "value" not in rule:
            raise invalid_parameter("Param filtering has an invalid field, operator or value")
    return value


def _passes_one(node: Mapping[str, Any], rule: dict[str, Any]) -> bool:
    have: Any = node
    for step in str(rule["field"]).split("."):
        if not isinstance(have, Mapping) or step not in have:
            raise invalid_parameter(f"Filtering field {rule['field']} is invalid")
        have = have[step]
    try:
        return TESTS[rule["operator"]](have, rule["value"])
    except (TypeError, ValueError, IndexError):
        raise invalid_parameter("Param filtering has an invalid value") from None
