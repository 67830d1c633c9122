"""`CustomAudienceMatchRateInsights` → the score as people read it. PURE.

Its edge is unconfirmed (Meta sheet §4.7), so nothing is taken for granted of what it answers.
"""

from collections.abc import Mapping
from typing import Any

FIELDS = "match_rate_score,is_eligible"
LONGEST = 40  # of a score, in characters


def score(answer: Mapping[str, Any]) -> str | None:
    """The score in *answer*, itself the node or a list of one; None when there is none to show."""
    listed = answer.get("data")
    node = listed[0] if isinstance(listed, list) and listed else answer
    if not isinstance(node, Mapping) or node.get("is_eligible") is False:
        return None
    found = node.get("match_rate_score")
    if isinstance(found, bool) or not isinstance(found, str | int | float) or found in ("", -1, "-1"):
        return None
    return str(found)[:LONGEST]
