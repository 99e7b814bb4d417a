"""Every refusal of the API in one form: `application/problem+json` (RFC 9457), in the caller's language."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Schema
from ninja.errors import HttpError, ValidationError
from ninja.responses import NinjaJSONEncoder

from dataferry.messages import (
    DataferryError,
    Finding,
    InputError,
    LimitError,
    MissingError,
    RefusedError,
    UnavailableError,
    UsageError,
    current_language,
    say,
)
from dataferry.server.web.field_words import field_message
from dataferry.server.web.request_id import request_id

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:dataferry:problem:"
REQUEST_PREFIX = "urn:dataferry:request:"
LONGEST_TEXT = 2000
MOST_ENTRIES = 100
RETRY_AFTER_SECONDS = 5

logger = logging.getLogger(__name__)


class ConflictError(RefusedError):
    """What is there now stands against it: a name that is taken, a state that does not allow the step."""

    http_status = 409


class PreconditionError(RefusedError):
    """What the caller saw is no longer what is there (`If-Match`)."""

    http_status = 412


class PreconditionNeededError(RefusedError):
    """The caller must say which state it changes (`If-Match`)."""

    http_status = 428


class TooManyError(LimitError):
    """More requests than the caller may make in this time."""

    http_status = 429


class FieldError(Schema):
    """One field that was not as it must be."""

    place: str = Field(description="Where it stands, such as `query.limit` or `body.title.en`.")
    code: str = Field(description="What is wrong with it, as a word for programs.")
    message: str = Field(description="The same in the caller's language.")


class ProblemFinding(Schema):
    """One of several things found, such as a mistake in product.yaml."""

    code: str = Field(description="Code of the message.")
    severity: str = Field(description="How grave it is: note, repaired, attention, irrecoverable or blocked.")
    message: str = Field(description="The finding in the caller's language.")
    data: dict[str, Any] = Field(description="The data of the case: file, line, column and the like.")


class Problem(Schema):
    """What went wrong (RFC 9457), in the caller's language, with a stable code for programs."""

    type: str = Field(description="A stable URN of the kind of problem, made of the message code.")
    title: str = Field(description="What this status means, in the caller's language.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What was wrong in this case and what to do, in the caller's language.")
    instance: str = Field(description="A URN with the id of this request, as the server's log has it; may be empty.")
    code: str = Field(description="The message code, such as `server.web.not_found`.")
    data: dict[str, Any] = Field(description="The data of the case.")
    retry: bool = Field(description="Whether the same request can succeed later without a change.")
    errors: list[FieldError] = Field(description="The fields that were not as they must be.")
    findings: list[ProblemFinding] = Field(description="Everything found, where there is more than one thing.")

    STATUSES: ClassVar[tuple[int, ...]] = (
        400,
        401,
        403,
        404,
        405,
        406,
        409,
        410,
        412,
        413,
        415,
        422,
        423,
        428,
        429,
        500,
        503,
        507,
    )


_BY_STATUS: Mapping[int, DataferryError] = {
    400: UsageError("server.web.bad_request"),
    401: RefusedError("server.web.sign_in_needed"),
    403: RefusedError("server.web.forbidden"),
    404: MissingError("server.web.not_found"),
    405: UsageError("server.web.method_not_allowed"),
    412: PreconditionError("server.web.changed_meanwhile"),
    413: LimitError("server.web.too_large"),
    415: UsageError("server.web.media_type"),
    422: InputError("server.web.fields"),
    429: TooManyError("server.web.too_many", retry=True),
    503: UnavailableError("server.web.busy", retry=True),
}
_UNKNOWN = DataferryError("server.web.unknown")


def problem_of(
    error: DataferryError, request: HttpRequest, status: int | None = None, errors: Sequence[FieldError] = ()
) -> HttpResponse:
    """The answer that tells this error; `status` where it is not the one of the error's kind."""
    status = status or error.http_status
    number = request_id()
    data = plain(error.data)
    body = Problem(
        type=f"{TYPE_PREFIX}{error.code}",
        title=say(f"server.web.title_{status}" if status in Problem.STATUSES else "server.web.title_400", {}),
        status=status,
        detail=error.text(),
        instance=f"{REQUEST_PREFIX}{number}" if number else "",
        code=error.code,
        data={key: value for key, value in data.items() if key != "problems"},
        retry=error.retry,
        errors=list(errors),
        findings=list(_findings(error)),
    )
    text = NinjaJSONEncoder(ensure_ascii=False).encode(body.model_dump())
    answer = HttpResponse(text, content_type=MEDIA_TYPE, status=status)
    if status in {429, 503}:
        answer["Retry-After"] = str(error.data.get("seconds", RETRY_AFTER_SECONDS))
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="dataferry"'
    answer["Cache-Control"] = "no-store"
    answer["Content-Language"] = current_language()
    return answer


def problem_with_status(request: HttpRequest, status: int) -> HttpResponse:
    """The answer for a status that has no error of ours behind it (an unknown address, a refused method)."""
    return problem_of(_BY_STATUS.get(status, _UNKNOWN), request, status)


def plain(value: Any, depth: int = 0) -> Any:
    """The data of a case as plain JSON: bounded in length and depth, other objects as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping) and depth < 4:
        return {str(key): plain(each, depth + 1) for key, each in list(value.items())[:MOST_ENTRIES]}
    if isinstance(value, list | tuple | set | frozenset) and depth < 4:
        return [plain(each, depth + 1) for each in list(value)[:MOST_ENTRIES]]
    return str(value)[:LONGEST_TEXT]


def _findings(error: DataferryError) -> Iterator[ProblemFinding]:
    """The findings that an error carries in its data under `problems`."""
    for item in list(error.data.get("problems") or ())[:MOST_ENTRIES]:
        if isinstance(item, Mapping) and "code" in item:
            finding = Finding.from_json({"severity": "blocked", "data": {}, **item})
            yield ProblemFinding(
                code=finding.code, severity=finding.severity, message=finding.text(), data=plain(finding.data)
            )


def answer_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """The problem that tells any exception; what nobody expected is logged and told without its insides."""
    if isinstance(error, DataferryError):
        return problem_of(error, request)
    if isinstance(error, ValidationError):
        return problem_of(_BY_STATUS[422], request, errors=[_field(item) for item in error.errors[:MOST_ENTRIES]])
    if isinstance(error, HttpError):
        return _http_error(request, error)
    for kind, status in _STATUS_OF:
        if isinstance(error, kind):
            if status == 503:
                logger.error("The database did not answer", exc_info=error)
            return problem_with_status(request, status)
    if isinstance(error, DataError | OverflowError):
        return problem_of(InputError("server.web.out_of_range"), request)
    logger.error("API request failed", exc_info=error)
    return problem_with_status(request, 500)


_STATUS_OF: tuple[tuple[type[Exception], int], ...] = (
    (Http404, 404),
    (PermissionDenied, 403),
    (RequestDataTooBig, 413),
    (SuspiciousOperation, 400),
    (OperationalError, 503),
)


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own refusals: a body that is not JSON, a missing session, a failed CSRF check."""
    cause = error.__cause__
    if isinstance(cause, DataferryError | RequestDataTooBig):
        return answer_error(request, cause)
    if error.status_code == 400:
        return problem_of(UsageError("server.web.not_json"), request)
    if error.status_code == 403:
        return problem_of(RefusedError("server.web.csrf"), request)
    return problem_with_status(request, error.status_code)


def _field(item: Mapping[str, Any]) -> FieldError:
    place = ".".join(str(part) for part in item.get("loc", ()))
    return FieldError(place=place[:LONGEST_TEXT], code=str(item["type"]), message=field_message(item))
