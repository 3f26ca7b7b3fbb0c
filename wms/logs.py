"""Logs: one JSON object a line on standard error, without names, scans or form values."""

import io
import logging
import re
import sys
from typing import Any, Final, TextIO, cast

import structlog

#: Whatever a caller passes by these names is not written.
_PERSONAL: Final = frozenset(
    {
        "name",
        "display_name",
        "password",
        "pin",
        "badge",
        "token",
        "cookie",
        "authorization",
        "body",
        "form",
        "raw",
    }
)
#: With an error PostgreSQL repeats the row it is about, values and all.
_DETAIL: Final = re.compile(
    r"^DETAIL:.*?(?=^\[SQL|^The above exception|^During handling|\Z)", re.MULTILINE | re.DOTALL
)


def set_up_logs() -> None:
    """Structured logs for this process; harmless when called again."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _drop_personal,
            structlog.processors.format_exc_info,
            _drop_rows,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_names: structlog.PrintLogger(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )


class _StandardError(io.TextIOBase):
    """Whatever standard error is when a line is written; a kept logger must not write to one that was closed."""

    def write(self, text: str, /) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def get_log() -> Any:
    """The log; ``get_log().info("message.refused", kind="INV201", refusal="NoSuchList")``."""
    return structlog.get_logger()


def _drop_rows(_logger: object, _method: str, event: Any) -> Any:
    if "exception" in event:
        event["exception"] = _DETAIL.sub("", event["exception"])
    return event


def _drop_personal(_logger: object, _method: str, event: Any) -> Any:
    return {key: "•••" if key in _PERSONAL else value for key, value in event.items()}
