"""Log lines: one event a line, as text or JSON, with the request's id and without secrets."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dataferry.server.web.request_id import request_id

_HIDDEN = "[hidden]"
_NAMED = r"(?:password|passwd|secret|token|api[_-]?key|authorization|cookie|sessionid|csrftoken|code|signature)"
# A value after a telling name, a bearer token, a secret of our own making, a password inside an address.
_SECRETS = (
    (re.compile(rf"(?i)(\b{_NAMED}\b[\"']?\s*[=:]\s*[\"']?)(?:bearer\s+)?[^\s\"'&,;]+"), rf"\g<1>{_HIDDEN}"),
    (re.compile(r"(?i)(\bbearer\s+)\S+"), rf"\g<1>{_HIDDEN}"),
    (re.compile(r"\b(df[sy]_)[\w-]{20,}"), rf"\g<1>{_HIDDEN}"),
    (re.compile(r"(://[^\s:/@]*:)[^\s@/]+(@)"), rf"\g<1>{_HIDDEN}\g<2>"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# What every log record has; anything else was given by the caller and belongs to the line.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "server_time", "taskName"}

access = logging.getLogger("dataferry.access")


def without_secrets(text: str) -> str:
    """The text with passwords, tokens and keys hidden, and control characters made visible."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def _details(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _USUAL}


class TextLines(logging.Formatter):
    """For people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        details = " ".join(f"{key}={value}" for key, value in _details(record).items())
        request = f" [{request_id()}]" if request_id() else ""
        line = f"{at} {record.levelname} {record.name}{request} {record.getMessage()} {details}".rstrip()
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return "\n".join(map(without_secrets, line.split("\n")))


class JsonLines(logging.Formatter):
    """For a collector of logs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if request_id():
            line["request_id"] = request_id()
        for key, value in _details(record).items():
            line[key] = value if isinstance(value, bool | int | float | None) else without_secrets(str(value))
        if record.exc_info:
            line["trace"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def access_log(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: one line for each request. The query is left out: searches and codes are nobody's business."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = get_response(request)
        details = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round(1000 * (time.monotonic() - began)),
        }
        access.info("request", extra=details)
        return response

    return layer
