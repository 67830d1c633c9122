"""Two people, or two tabs, that save the same thing: the second is told, and nothing is written over unseen.

A form holds the mark of what it showed (`_macros.seen`). Whoever saves compares it with the mark of what is
there now. The form then comes back as it was typed, with the new mark: to
save it once more is a decision.
"""

import hashlib
import json

from flask import request

FIELD = "visto"


class ChangedMeanwhile(Exception):
    """What the form showed is no longer what is there."""


def mark(*values: object) -> str:
    """The same for the same values, in the order given; of what a person may change there."""
    told = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def refuse_unseen(*now: object) -> None:
    """Raises ChangedMeanwhile when the form that is being saved was made from other values than *now*.

    A request without a mark comes from no form of ours that shows anything: there is nothing to compare.
    """
    shown = request.form.get(FIELD)
    if shown is not None and shown != mark(*now):
        raise ChangedMeanwhile
