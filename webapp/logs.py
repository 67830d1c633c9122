"""Logs: one JSON line per event on stderr, without anything personal or secret.

Redaction is the last gate and not the only one: nobody logs tokens or contacts on purpose. Tracebacks
carry no local variables. JSON escapes line breaks, so one event can never look like two.
"""

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from webapp.config import VERSION

SECRET_KEYS = re.compile(
    r"password|token|secret|authorization|cookie|appsecret_proof|^code_grant$", re.IGNORECASE
)
_MASKS = (
    # Facebook access tokens, wherever they stand, and secrets in addresses.
    (re.compile(r"\bEAA[A-Za-z0-9]{6,}"), "[token]"),
    (re.compile(r"(?i)\b(Bearer|OAuth)\s+[A-Za-z0-9._|~+/=-]+"), r"\1 [token]"),
    (
        re.compile(
            r"(?i)\b(access_token|appsecret_proof|client_secret|input_token|fb_exchange_token|password|code|state)"
            r"(=|%3D|['\"]?\s*[:=]\s*['\"]?)[^&\s'\",}]+"
        ),
        r"\1\2[…]",
    ),
    (re.compile(r"[\w.+'-]+@([\w-]+(?:\.[\w-]+)+)"), r"[email]@\1"),
    # Italian mobiles and anything with an international prefix; longer ids (accounts, audiences) stay.
    (
        re.compile(
            r"(?<![\w.:-])(?:(?:\+|00)\d(?:[ ./-]?\d){6,12}"
            r"|(?:39)?3\d{2}(?:[ ./-]?\d){5}(?:[ ./-]?\d{1,2}))(?![\w])"
        ),
        "[telefono]",
    ),
)


def configure(stream: TextIO | None = None, level: int | str = logging.INFO) -> None:
    """Send our events, and what libraries log, through the same gate to *stream* (stderr)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _say_version,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Their lines carry query strings, those to Facebook with tokens; urllib3 warns with the whole address.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The event with secrets and personal data masked, in keys and inside texts."""
    return {key: "[…]" if SECRET_KEYS.search(key) else _masked(value) for key, value in event.items()}


def mask(text: str) -> str:
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return redact(None, "", value)
    if isinstance(value, list | tuple | set):
        return [_masked(item) for item in value]
    return value if isinstance(value, int | float | None) else mask(str(value))


def _say_version(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {**event, "version": VERSION}
