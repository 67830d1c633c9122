"""MADID and EXTERN_ID: sent in clear, never hashed. PURE."""

import re

from webapp.values.emails import INVISIBLE, trim
from webapp.values.readings import Reading, invalid, valid

# Source: [page] mobile advertiser ids keep their hyphens; Apple's and Google's are both UUIDs.
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_TRACKING_OFF = "00000000-0000-0000-0000-000000000000"  # what phones answer when their owner said no

_BLANKS = re.compile(rf"[\s{INVISIBLE}]+")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dt[\d:.]+z?").fullmatch


def madid(raw: str) -> Reading:
    """Lower case with hyphens. Source: [page], [uploader]."""
    value = trim(raw).lower()
    if not value:
        return invalid("madid_empty")
    return valid(value) if _UUID(value) and value != _TRACKING_OFF else invalid("madid_invalid")


def extern_id(raw: str) -> Reading:
    """Lower case without blanks, the same form every time. Source: [builder] (externalIDUtil).

    A timestamp is no identifier of anybody: [builder] rewrites it in a form of its own.
    """
    value = trim(_BLANKS.sub("", trim(raw).lower()))
    if not value:
        return invalid("extern_id_empty")
    return invalid("extern_id_invalid") if _TIMESTAMP(value) else valid(value)
