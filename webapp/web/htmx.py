"""Answers to htmx: where it goes next, and the notice that something went well.

A page URL never looks at these headers on GET; a POST may: 422 + the form fragment for htmx, the whole
page without. htmx 4 reads HX-Redirect, HX-Reswap and HX-Trigger from any answer.
"""

import json
from typing import Any, cast

from flask import Response, flash, redirect
from htmx_flask import make_response, request


def is_htmx() -> bool:
    return bool(request.htmx)


def go_to(url: str) -> Response:
    """To another page after a form: 303 for a plain form, 204 + HX-Redirect for htmx.

    303 also because Chromium checks `form-action` against every redirect of a plain form.
    """
    if is_htmx():
        answer: Response = make_response("", 204, redirect=url)
        return answer
    return cast(Response, redirect(url, 303))


def trigger(response: Response, event: str, detail: Any = True) -> Response:
    """Add a browser event to those the answer fires (`HX-Trigger`); listeners say `event from:body`."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    # json escapes everything outside ASCII, which a header cannot carry.
    response.headers["HX-Trigger"] = json.dumps({**events, event: detail})
    return response


def into(response: Response, target: str, swap: str = "outerMorph") -> Response:
    """Let the answer go to another place than who asked named. htmx-flask knows no swap of htmx 4."""
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = target, swap
    return response


def notice(response: Response, text: str, kind: str = "ok") -> Response:
    """Show *text* as a toast (*kind*: ok or err): at once for a fragment, on the next page for a redirect."""
    goes_elsewhere = response.status_code in (302, 303) or "HX-Redirect" in response.headers
    if goes_elsewhere or not is_htmx():
        flash(text, kind)
        return response
    return trigger(response, "avviso", {"testo": text, "tipo": kind})


def refused(text: str, status: int) -> Response:
    """A 4xx for htmx: nothing is swapped, the reason is a toast."""
    return trigger(make_response("", status, reswap="none"), "avviso", {"testo": text, "tipo": "err"})
