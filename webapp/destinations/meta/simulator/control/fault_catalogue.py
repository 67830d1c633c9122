"""Every error of the Meta sheet's §6.2 as an answer that can be ordered by name.

Statuses without evidence are the sheet's assumption (400). Texts are the real ones where one was ever
published, otherwise the meaning of the code in Meta's words.
"""

from collections.abc import Callable
from dataclasses import replace

from ..graph_errors import GraphError, no_such_object, retired_version, terms_missing, too_many_calls
from ..replace import REFUSALS, refusal
from ..settings import LATEST_VERSION
from ..sign_in import auth

RATE_LIMITS = "https://developers.facebook.com/docs/graph-api/overview/rate-limiting"
TOO_MANY = f"Wait a bit and try again. For more info, please refer to {RATE_LIMITS}."
LOW = "You cannot remove users from this audience because it will result in a low audience size."
NEEDS_TERMS = "Custom Audience Terms Not Accepted"
CODE_USED = "This authorization code has been used."
BLOCKED = "The action attempted has been deemed abusive or is otherwise disallowed"
UPLOAD_BLOCKED = (
    "Before updating user memberships, you must resolve integrity restrictions on this Data File Custom"
    " Audience. Go to Audience Manager to appeal the restrictions or create a new audience with updated data"
)
EDIT_BLOCKED = (
    "This custom audience has integrity restrictions. To continue, you must update the restricted fields and"
    " the rule in your current edit"
)


def _unknown(message: str, subcode: int | None = None) -> GraphError:
    return GraphError(message, 1, subcode, status=500)


def _limit(code: int, subcode: int | None, who: str) -> GraphError:
    return GraphError(f"(#{code}) {who}", code, subcode)


def _account_limit(code: int, word: str = "to") -> GraphError:
    return GraphError(
        f"(#{code}) There have been too many calls {word} this ad-account. {TOO_MANY}", code, 2446079
    )


def _titled(code: int, subcode: int, title: str, text: str, message: str = "Permissions error") -> GraphError:
    return GraphError(message, code, subcode, is_transient=False, title=title, user_message=text)


def _flagged(subcode: int, title: str, text: str) -> GraphError:
    return GraphError("Invalid parameter", 100, subcode, title=title, user_message=text)


def _proof(text: str) -> GraphError:
    return GraphError(text, 100, type="GraphMethodException")


# Bodies that do not change from call to call. The key is `code` or `code/subcode`.
FIXED: dict[str, GraphError] = {
    "1": _unknown("An unknown error occurred"),
    "1/99": _unknown("An unknown error occurred", 99),
    "1/reduce": _unknown("Please reduce the amount of data you're asking for, then retry your request"),
    "2": GraphError("(#2) Service temporarily unavailable", 2, is_transient=True),
    "2/503": GraphError("(#2) Service temporarily unavailable", 2, status=503, is_transient=True),
    "3": GraphError("(#3) Application does not have the capability to make this API call.", 3),
    "4": _limit(4, None, "Application request limit reached"),
    "4/1504022": _limit(4, 1504022, "Application request limit reached"),
    "4/1504039": _limit(4, 1504039, "Application request limit reached"),
    "10": GraphError("(#10) Application does not have permission for this action", 10, status=403),
    "17": _limit(17, None, "User request limit reached"),
    "17/2446079": _limit(17, 2446079, "User request limit reached"),
    "17/1885172": _limit(17, 1885172, "User request limit reached"),
    "32": _limit(32, None, "Page request limit reached"),
    "100": GraphError("Invalid parameter", 100, data={"blame_field_specs": [["name"]]}),
    "100/36007": GraphError("Error validating verification code. This code has expired.", 100, 36007),
    "100/36008": GraphError(
        "Error validating verification code. Please make sure your redirect_uri is identical to the one you"
        " used in the OAuth dialog request",
        100,
        36008,
    ),
    "100/36009": GraphError(CODE_USED, 100, 36009),
    "100/proof_missing": _proof("API calls from the server require an appsecret_proof argument"),
    "100/proof_invalid": _proof("Invalid appsecret_proof provided in the API argument"),
    "100/1713228": _flagged(1713228, "Audience Edit Blocked", EDIT_BLOCKED),
    "100/1713230": _flagged(1713230, "Audience Upload Blocked", UPLOAD_BLOCKED),
    "100/1713231": _flagged(1713231, "Update Restricted Fields and Rule", EDIT_BLOCKED),
    "102": GraphError("Session key invalid or no longer valid", 102),
    "104": GraphError("Incorrect signature", 104),
    "105": GraphError("The number of parameters exceeded the maximum for this operation", 105),
    "200/1870047": _titled(200, 1870047, "Audience Size too Low", LOW),
    "200/1870050": _titled(
        200, 1870050, "Ad Account Not in a Business", "This ad account must be part of a business."
    ),
    "200/1870092": _titled(
        200, 1870092, "Business Tools Terms Not Accepted", "Accept the Business Tools terms to continue."
    ),
    "1870065": GraphError("This custom audience is disabled.", 1870065),
    "2655": GraphError("(#2655) Terms of service has not been accepted.", 2655),
    "2664": GraphError("(#2664) Business terms of service has not been accepted.", 2664),
    "270": GraphError(
        "(#270) This Ads API request is not allowed for apps with development access level", 270
    ),
    "294": GraphError(
        "(#294) Managing advertisements requires an access token with the extended permission ads_management",
        294,
    ),
    "341": _limit(341, None, "Application limit reached"),
    "368": GraphError(f"(#368) {BLOCKED}", 368),
    "368/1390008": GraphError(f"(#368) {BLOCKED}", 368, 1390008),
    "506": GraphError("(#506) Duplicate status message", 506),
    "613": _limit(613, None, "Calls to this api have exceeded the rate limit."),
    "613/1487742": _limit(613, 1487742, "There have been too many calls from this ad-account."),
    "613/1487632": _limit(613, 1487632, "Calls to this api have exceeded the rate limit."),
    "613/1996": _limit(613, 1996, "Inconsistent volume of calls."),
    "613/5044001": _limit(613, 5044001, "Calls to this api have exceeded the rate limit."),
    "960": GraphError("(#960) The request could not be completed. Try again.", 960, is_transient=True),
    "1487301": GraphError(
        "Custom Audience Unavailable: The custom audience you are trying to use has not been shared with your"
        " ad account",
        1487301,
        type="GraphMethodException",
    ),
    "1487366": GraphError("Custom Audience Has Been Deleted", 1487366, type="GraphMethodException"),
    "2500": GraphError("Unknown path components: /customaudience", 2500),
    "2635": retired_version(LATEST_VERSION),
    "2650": GraphError("Failed to update the custom audience", 2650),
    "2654": GraphError("(#2654) Failed to create custom audience", 2654),
    "2654/1713092": _titled(
        2654,
        1713092,
        "No Write Permission",
        "No permission to create custom audience in this ad account.",
        message="(#2654) Failed to create custom audience",
    ),
    "2656": GraphError("(#2656) Failed to delete custom audience: lookalikes depend on it", 2656),
    "80000": _account_limit(80000, "from"),
    "1404078": GraphError("Your account is restricted.", 1404078),
    "1404163": GraphError("Your account is restricted from advertising.", 1404163),
    "2859015": GraphError("The account is restricted.", 2859015),
    "3910001": GraphError("The ad account is restricted.", 3910001),
    "21009": GraphError("The data set upload is temporarily not ready", 21009, is_transient=True),
    **{str(code): _account_limit(code) for code in (80001, 80002, 80004, 80005, 80006, 80008, 80009, 80014)},
    **{f"2650/{subcode}": refusal(subcode) for subcode in REFUSALS},
}

# Bodies that speak of the moment, the account or the object: (account id, object id, app id, now) → error.
Maker = Callable[[str, str, str, float], GraphError]
MADE: dict[str, Maker] = {
    "80003": lambda account, thing, app, now: too_many_calls(5),
    "100/33": lambda account, thing, app, now: no_such_object(thing, "POST"),
    "190": lambda account, thing, app, now: GraphError(
        f"The token has expired on {auth.pacific(now - 86_400)}. The current time is {auth.pacific(now)}.",
        190,
    ),
    "200": lambda account, thing, app, now: GraphError(
        f"(#200) The current user can not update audience {thing}", 200, status=403
    ),
    "200/1870034": lambda account, thing, app, now: terms_missing(account),
    "200/1870090": lambda account, thing, app, now: _titled(
        200,
        1870090,
        NEEDS_TERMS,
        f"Accept the terms: https://business.facebook.com/ads/manage/customaudiences/tos/?act={account}",
    ),
    "2663": lambda account, thing, app, now: GraphError(
        "(#2663) Terms of service has not been accepted."
        f" To accept, go to https://www.facebook.com/customaudiences/app/tos/?act={account}",
        2663,
    ),
}


def _made_190(subcode: int) -> Maker:
    return lambda account, thing, app, now: auth.token_error(subcode, app, now - 86_400, now)


MADE.update({f"190/{subcode}": _made_190(subcode) for subcode in auth.INVALID_TEXTS})

# Other names for the same things, as a person thinks of them.
ALIASES = {
    "token_expired": "190/463",
    "token_revoked": "190/458",
    "password_changed": "190/460",
    "inactive_90_days": "190/493",
    "terms_missing": "200/1870034",
    "permission_lost": "200",
    "rate_limit": "80003",
    "app_limit": "4",
    "audience_too_small": "200/1870047",
    "audience_flagged": "100/1713230",
    "audience_deleted": "1487366",
    "unavailable": "2",
}


def fixed_error(name: str) -> GraphError:
    """A new one each time: an exception raised twice keeps the frames, and the rows, of both calls."""
    return replace(FIXED[name])


def error_named(name: str, account: str, thing: str, app: str, now: float) -> GraphError | None:
    """The error of that name, None when it is no error of the catalogue.

    Any other `code` or `code/subcode` in digits is an error too: one Meta has not told us of.
    """
    name = ALIASES.get(name, name)
    if name in MADE:
        return MADE[name](account, thing, app, now)
    if name in FIXED:
        return fixed_error(name)
    code, _, subcode = name.partition("/")
    if code.isdigit() and (subcode.isdigit() or not subcode):
        return GraphError(f"(#{code}) Error", int(code), int(subcode) if subcode else None)
    return None
