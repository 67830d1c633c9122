"""Graph's error envelope, and the errors the simulator meets by itself (ordered ones: `faults`)."""

from dataclasses import dataclass
from typing import Any

DOCS = "https://developers.facebook.com/docs/graph-api"


@dataclass
class GraphError(Exception):
    """An answer that is an error. Shape: Meta sheet §6.1; texts: §6.2 unless said otherwise."""

    message: str
    code: int
    subcode: int | None = None
    status: int = 400
    type: str = "OAuthException"
    is_transient: bool | None = None
    title: str | None = None
    user_message: str | None = None
    data: dict[str, Any] | None = None
    wait_minutes: int = 0

    def body(self, trace: str) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": self.type, "code": self.code}
        optional = {
            "error_subcode": self.subcode,
            "is_transient": self.is_transient,
            "error_user_title": self.title,
            "error_user_msg": self.user_message,
            "error_data": self.data,
        }
        error.update({key: value for key, value in optional.items() if value is not None})
        error["fbtrace_id"] = trace
        return {"error": error}

    def challenge(self) -> str:
        """The WWW-Authenticate header that goes with every 4xx. Source: Meta sheet §6.1."""
        reason = "invalid_token" if self.code == 190 else "invalid_request"
        text = self.message.replace('"', "'").encode("latin-1", "replace").decode("latin-1")
        return f'OAuth "Facebook Platform" "{reason}" "{text}"'


def invalid_parameter(text: str) -> GraphError:
    return GraphError(f"(#100) {text}", 100)


def no_such_object(object_id: str, method: str) -> GraphError:
    """Missing, or not for this token: Graph does not say which."""
    return GraphError(
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, cannot be loaded"
        " due to missing permissions, or does not support this operation."
        f" Please read the Graph API documentation at {DOCS}",
        100,
        33,
        type="GraphMethodException",
    )


def unknown_path(path: str) -> GraphError:
    return GraphError(f"Unknown path components: {path}", 2500)


def unknown_field(name: str, node: str) -> GraphError:
    return GraphError(f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})", 100)


def retired_version(latest: str) -> GraphError:
    """Meta names no text for 2635 in the sheet (§8); this is the wording Ads API callers know."""
    return GraphError(
        "(#2635) You are calling a deprecated version of the Ads API."
        f" Please update to the latest version: {latest}.",
        2635,
    )


def terms_missing(account_id: str) -> GraphError:
    """A raw body of 1870034 was never published; title from the sheet §2, link form from §2."""
    return GraphError(
        "Permissions error",
        200,
        1870034,
        is_transient=False,
        title="Custom Audience Terms Not Accepted",
        user_message="You can't create or edit a Custom Audience until you accept the terms: "
        f"https://business.facebook.com/ads/manage/customaudiences/tos/?act={account_id}",
    )


def too_many_calls(wait_minutes: int) -> GraphError:
    """HTTP 400, not 429. Source: Meta sheet §6.2 and §7."""
    return GraphError(
        "(#80003) There have been too many calls to this ad-account. Wait a bit and try again."
        " For more info, please refer to"
        " https://developers.facebook.com/docs/graph-api/overview/rate-limiting#custom-audience.",
        80003,
        2446079,
        wait_minutes=wait_minutes,
    )
