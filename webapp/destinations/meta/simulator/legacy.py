"""Features that apps made after 4 November 2026 may not use any more, on any version. Source: Meta sheet §8,
developers.facebook.com/blog/post/2026/11/04/introducing-graph-api-v27-and-marketing-api-v27.

How Graph refuses is printed nowhere: each plausible way can be chosen with the setting `legacy_refusal`.
"""

import re
from typing import Any

from .graph_errors import GraphError, no_such_object

ALIAS = re.compile(r"\.as\(")
# Parameter → the feature in Meta's words.
PARAMETERS = {
    "method": "HTTP method override",
    "ids": "multi-ID requests",
    "date_format": "date/time formatting",
    "callback": "JSONP callbacks",
    "asyncbatch": "asynchronous batch requests",
}


def feature_of(params: dict[str, Any]) -> str | None:
    """The closed feature that a call uses, if any; *params* of query string and body."""
    for name, feature in PARAMETERS.items():
        if name in params:
            return feature
    return "field aliases" if ALIAS.search(str(params.get("fields", ""))) else None


def refusal(feature: str, path: str, how: str) -> GraphError:
    """*how* is one of `settings.REFUSALS`."""
    text = f"{feature} is not available for this app"
    if how == "100/33":
        return no_such_object(path.strip("/").split("/")[0], "POST")
    if how == "405":
        return GraphError(f"(#100) {text}", 100, status=405)
    return GraphError(f"(#{how}) {text}", int(how))
