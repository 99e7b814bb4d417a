"""The API as a page to read: made from the same document that programs read, with nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from dataferry.messages import codes
from dataferry.server.display.languages import TONGUES, page_language
from dataferry.server.portal.api import api, operations

WORDS = "server.portal.reference"
DEEPEST = 4


@dataclass(frozen=True)
class Field:
    """One parameter or field: where it stands, its type in words, whether it is needed, what it means."""

    name: str
    kind: str
    needed: bool
    meaning: str
    place: str = ""


@dataclass(frozen=True)
class Answer:
    """One good answer: its status, and the form of its body."""

    status: str
    meaning: str
    media_types: tuple[str, ...]
    form: str


@dataclass(frozen=True)
class Operation:
    """One operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    summary_tag: str
    description: str
    signed_in: bool
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_type: str
    answers: tuple[Answer, ...]
    refusals: tuple[str, ...]


@dataclass
class Group:
    """The operations of one tag."""

    tag: str
    operations: list[Operation] = field(default_factory=list)


@dataclass(frozen=True)
class Form:
    """One named form of data."""

    name: str
    meaning: str
    fields: tuple[Field, ...]


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document as plain JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return plain


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, body and answers, and every form of data."""
    return render(
        request,
        "portal/api_reference.html",
        {"groups": list(_groups()), "forms": list(_forms()), "version": document()["info"]["version"]},
    )


def docs(request: HttpRequest) -> HttpResponse:
    """`/api/v1/docs` has no language: the reader goes on to the page in the one they came from, or ask for."""
    came_from = request.headers.get("Referer", "").partition("//")[2].split("/")
    codes_of_pages = {tongue.code for tongue in TONGUES}
    language = next((part for part in came_from[1:2] if part in codes_of_pages), "")
    return HttpResponseRedirect(f"/{language or get_language_from_request(request)}/api/")


def _groups() -> Iterator[Group]:
    groups: dict[str, Group] = {}
    for path, method, operation in operations(document()):
        tag = (operation.get("tags") or [""])[0]
        groups.setdefault(tag, Group(tag)).operations.append(_operation(path, method, operation))
    yield from groups.values()


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Operation:
    summary, tag = _summary(operation)
    content = operation.get("requestBody", {}).get("content", {})
    kind, body = next(((kind, each["schema"]) for kind, each in content.items()), ("", {}))
    good = {status: each for status, each in operation["responses"].items() if int(status) < 400}
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=summary,
        summary_tag=tag,
        description=operation.get("description", ""),
        signed_in={} not in operation.get("security", [{}]),
        parameters=tuple(_parameter(each) for each in operation.get("parameters", ())),
        body=tuple(_fields(_resolved(body))),
        body_type=kind,
        answers=tuple(_answer(status, each) for status, each in good.items()),
        refusals=tuple(status for status in operation["responses"] if int(status) >= 400),
    )


def _summary(operation: Mapping[str, Any]) -> tuple[str, str]:
    """The summary in the language of the page; the English one, marked as such, where nobody said it otherwise."""
    language = page_language()
    said = codes(WORDS).get(operation["operationId"], {})
    if language != "en" and language in said:
        return said[language], ""
    return operation.get("summary", operation["operationId"]), "" if language == "en" else "en"


def _parameter(parameter: Mapping[str, Any]) -> Field:
    return Field(
        parameter["name"],
        _kind(parameter["schema"]),
        bool(parameter.get("required")),
        parameter.get("description", ""),
        parameter["in"],
    )


def _answer(status: str, answer: Mapping[str, Any]) -> Answer:
    content = answer.get("content", {})
    schema: Mapping[str, Any] = next((each.get("schema", {}) for each in content.values()), {})
    return Answer(status, answer.get("description", ""), tuple(content), _kind(schema) if schema else "")


def _forms() -> Iterator[Form]:
    for name, schema in sorted(document()["components"]["schemas"].items()):
        yield Form(name, schema.get("description", ""), tuple(_fields(schema)))


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    needed = set(schema.get("required", ()))
    for name, each in schema.get("properties", {}).items():
        yield Field(name, _kind(each), name in needed, each.get("description", ""))


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = document()["components"]["schemas"].get(name, schema) if name else schema
    return found


def _kind(schema: Mapping[str, Any], depth: int = 0) -> str:
    """A type in one line: `list of DatasetOut`, `integer, 1 to 200`, `text or null`."""
    if depth > DEEPEST:
        return "…"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " | ".join(dict.fromkeys(_kind(each, depth + 1) for each in options))
    if "enum" in schema:
        return " | ".join(json.dumps(each, ensure_ascii=False) for each in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"[{_kind(schema.get('items', {}), depth + 1)}]"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{{string: {_kind(schema['additionalProperties'], depth + 1)}}}"
    if "format" in schema:
        kind = f"{kind} ({schema['format']})"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        kind += f" {'' if low is None else low}…{'' if high is None else high}"
    return kind
