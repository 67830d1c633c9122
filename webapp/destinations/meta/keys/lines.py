"""One value in, one answer out, for `platea normalizza`. PURE."""

from typing import Any

from webapp.destinations.meta.keys import normalise, sha256


def normalise_line(line: dict[str, Any]) -> dict[str, str | None]:
    """`{"key", "raw", "country"}` → `{"normalised", "sha256", "reason"}`.

    `country` may be missing. Discarded values have a reason code and neither value nor hash; MADID and
    EXTERN_ID have no hash. Raises KeyError for an unknown key or a missing field.
    """
    value, reason = normalise(line["key"], line["raw"], line.get("country"))
    return {
        "normalised": value,
        "sha256": sha256(line["key"], value) if value else None,
        "reason": reason,
    }
