"""A permission matrix: every role tries every page and every operation of some rooms, and what comes of it.

    rooms = Rooms(roles=..., routes="challenge/", tags=("challenge",), pages=PAGES, operations=OPERATIONS, ...)
    matrix = tried(rooms, season)     # {line: {role: outcome}}
    page_of(rooms, matrix)            # a page of the documentation

Every try is taken back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest

YES, SIGN_IN, FORBIDDEN, MISSING, REFUSED = "yes", "sign in", "forbidden", "not there", "refused"
NOT_TAKEN = "no such method"
FAULT = "FAULT"
NO = (SIGN_IN, FORBIDDEN, MISSING)
TOLD = "told as an error on the next page"
RIGHTS = {"server.people.not_allowed", "server.people.verify_first"}
NAMES = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True)
class Line:
    """A page or an operation: the place of the season that it is tried in, and with which of its things.

    An argument of the address that `names` does not list takes the thing of its own name. `posts` are what is posted
    besides nothing at all; `{...}` in them are things of the place.
    """

    place: str
    names: dict[str, str]
    posts: tuple[str, ...]


def at(place: str, names: str = "", *posts: str) -> Line:
    return Line(place, dict(each.split("=") for each in names.split()), posts)


@dataclass(frozen=True)
class Season:
    """Everybody by role, and the things of each place by what addresses call them."""

    people: dict[str, Any]
    places: dict[str, dict[str, Any]]
    tokens: dict[str, str] = field(default_factory=dict)
    """By role: the bearer token that it has for the doors of programs."""


@dataclass(frozen=True)
class Rooms:
    """Whose pages and operations a matrix is of, and how its page is headed."""

    roles: tuple[str, ...]
    routes: str
    tags: tuple[str, ...]
    pages: Mapping[str, Line]
    operations: Mapping[str, Line]
    head: str
    parts: tuple[tuple[str, str], ...]
    again: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    """Lines that are tried once more, on other things."""
    usual: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of addresses that are the same everywhere."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """Values of body fields that are no things of the season."""
    module: Callable[[str, str], str] = lambda _name, _path: "api"
    doors: str = "/api/"
    """How the addresses for programs begin (a pattern): below all but the API, callers bring their tokens."""
    empty_posts: bool = True
    """Whether an empty form is posted also where a line posts something."""


@dataclass(frozen=True, eq=False)
class Try:
    """One thing to try: a page or an operation, by one method, with one body."""

    name: str
    method: str
    address: str
    module: str
    place: str
    things: frozenset[str]
    posted: str = ""
    body: Any = None
    by_program: bool = False

    @property
    def label(self) -> str:
        return f"{self.method} {self.name}" + (f" · {self.posted}" if self.posted else "")

    @property
    def changes(self) -> bool:
        return self.method != "GET"


Matrix = dict[Try, dict[str, str]]


# --- what there is to try


def patterns(rooms: Rooms) -> Iterator[tuple[str, str, Any]]:
    """Every address of the rooms: its name (or its route), its route, its view."""
    from django.urls import get_resolver

    yield from _walk(get_resolver().url_patterns, "", re.compile(rf"(\w\w(-\w+)?/)?({rooms.routes})"))


def _walk(found: list[Any], before: str, wanted: re.Pattern[str]) -> Iterator[tuple[str, str, Any]]:
    from django.urls import URLResolver

    for each in found:
        route = before + str(each.pattern).removeprefix("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, route, wanted)
        elif wanted.match(route):
            yield each.name or re.sub(r"^en/", "", route), route, each.callback


def operations_tried(rooms: Rooms) -> list[tuple[str, str, str, dict[str, Any], dict[str, Any]]]:
    """Every operation of the rooms: name, method, path, what it says of itself, all schemas."""
    from dataferry.server.portal.api import api, operations

    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/"), default=str))
    schemas = document["components"]["schemas"]
    return [
        (operation["operationId"], method, path, operation, schemas)
        for path, method, operation in operations(document)
        if any(tag.split(" ")[0] in rooms.tags for tag in operation.get("tags", ()))
    ]


def pages_tried(rooms: Rooms, places: Mapping[str, Mapping[str, Any]]) -> Iterator[Try]:
    for name, route, view in patterns(rooms):
        every = _lines(rooms, rooms.pages, name)
        posts_something = any(line.posts for line in every)
        for line in every:
            place = {**rooms.usual, **places[line.place]}
            address = "/" + _filled(route, line, place)
            about = (address, view.__module__.rpartition(".")[2], line.place, _things(NAMES.findall(route), line))
            by_program = re.match(rooms.doors, address) is not None
            yield Try(name, "GET", *about, by_program=by_program)
            if rooms.empty_posts or not posts_something:
                yield Try(name, "POST", *about, by_program=by_program)
            for posted in line.posts:
                yield Try(name, "POST", *about, posted, dict(parse_qsl(posted.format(**place))), by_program)


def _lines(rooms: Rooms, table: Mapping[str, Line], name: str) -> list[Line]:
    return [table[name], *rooms.again.get(name, ())]


def _things(arguments: list[Any], line: Line) -> frozenset[str]:
    """What the arguments of an address name: `team`, `sheet`, `paper`, ..."""
    names = ["".join(each) if isinstance(each, tuple) else each for each in arguments]
    return frozenset(line.names.get(name, name) for name in names)


def _filled(route: str, line: Line, place: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return str(place[line.names.get(name, name)])

    return NAMES.sub(value, route).replace("\\.", ".")


def operations_in(rooms: Rooms, places: Mapping[str, Mapping[str, Any]]) -> Iterator[Try]:
    for name, method, path, operation, schemas in operations_tried(rooms):
        for line in _lines(rooms, rooms.operations, name):
            place = places[line.place]
            address = re.sub(r"{(\w+)}", lambda m, p=place, at=line: str(p[at.names.get(m[1], m[1])]), path)
            asked = [each["name"] for each in operation["parameters"] if each["in"] == "query" and each.get("required")]
            query = "?" + "&".join(f"{each}={place[each]}" for each in asked) if asked else ""
            content = operation.get("requestBody", {}).get("content", {})
            body = _body(next(iter(content.values()))["schema"], schemas, place, rooms.words) if content else None
            things = _things(re.findall(r"{(\w+)}", path), line)
            module = rooms.module(name, path)
            yield Try(name, method.upper(), address + query, module, line.place, things, "", body, by_program=True)


def _body(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], place: Mapping[str, Any], words: Mapping[str, Any]
) -> Any:
    """The least that a schema takes, of things that are there."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return {
        name: _value(name, each, place, words)
        for name, each in schema.get("properties", {}).items()
        if name in schema.get("required", ()) or name == "said"
    }


def _value(name: str, schema: Mapping[str, Any], place: Mapping[str, Any], words: Mapping[str, Any]) -> Any:
    things = {"better": place.get("entry"), "worse": place.get("other_entry"), "entries": [place.get("entry")], **place}
    if things.get(name):
        return things[name]
    if schema.get("enum") and words.get(name) not in schema["enum"]:
        return schema["enum"][0]
    if name in words:
        return words[name]
    return {"integer": 1, "array": [], "object": {}, "boolean": True}.get(schema.get("type", ""), "nothing")


# --- how it ends


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Codes of the errors that are made inside the block: a page may tell one and go on."""
    from django.contrib import messages

    from dataferry.messages import DataferryError

    heard: list[str] = []
    original = DataferryError.__init__

    def listening(self: Any, code: str, /, **rest: Any) -> None:
        heard.append(code)
        original(self, code, **rest)

    def telling(*_given: Any, **_named: Any) -> None:
        heard.append(TOLD)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DataferryError, "__init__", listening)
        patch.setattr(messages, "error", telling)
        yield heard


def outcome_of(client: Any, one: Try, token: str = "") -> str:
    """Try it; what it changed is taken back."""
    from django.db import transaction

    headers = {"if-match": "*"} if one.address.startswith("/api/") else {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    point = transaction.savepoint()
    with _overheard() as heard:
        if one.address.startswith("/api/"):
            data = {"data": json.dumps(one.body), "content_type": "application/json"} if one.body is not None else {}
            answer = getattr(client, one.method.lower())(one.address, headers=headers, **data)
        else:
            answer = getattr(client, one.method.lower())(one.address, one.body or {}, headers=headers)
    if answer.streaming:
        # Read to its end: closed before, it would close the test's database too.
        b"".join(answer.streaming_content)
    transaction.savepoint_rollback(point)
    return _told(answer, heard, one)


def _told(answer: Any, heard: list[str], one: Try) -> str:
    status = answer.status_code
    if status >= 500:
        return FAULT
    if status == 401 or (status == 302 and "/account/login" in answer["Location"]):
        return SIGN_IN
    if status == 405:
        return NOT_TAKEN
    if status == 404:
        return MISSING
    code = ""
    if status == 403 and "json" in answer.get("Content-Type", ""):
        code = answer.json().get("code", "")
    if (one.changes and RIGHTS & set(heard)) or (status == 403 and (not code or code in RIGHTS)):
        return REFUSED if status == 403 and heard and not RIGHTS & set(heard) else FORBIDDEN
    if status >= 400:
        # An empty form that is shown again is a page that may be used.
        return REFUSED if one.body is not None or one.by_program else YES
    return REFUSED if one.changes and TOLD in heard else YES


def tried(rooms: Rooms, season: Season) -> Matrix:
    """Every role on every line."""
    from django.core.cache import cache
    from django.test import Client

    lines = [*pages_tried(rooms, season.places), *operations_in(rooms, season.places)]
    found: Matrix = {line: {} for line in lines}
    for role in rooms.roles:
        client = Client(raise_request_exception=False)
        if role != "visitor":
            client.force_login(season.people[role], backend="dataferry.server.people.backends.NameOrEmail")
        for line in lines:
            with_token = line.by_program and not line.address.startswith("/api/")
            found[line][role] = outcome_of(client, line, season.tokens.get(role, "") if with_token else "")
            cache.clear()
    return {line: cells for line, cells in found.items() if set(cells.values()) != {NOT_TAKEN}}


# --- the page

SHORT = {YES: "**yes**", MISSING: "–", NOT_TAKEN: "–"}


def page_of(rooms: Rooms, matrix: Mapping[Try, Mapping[str, str]]) -> str:
    """The page of the documentation."""
    parts = [rooms.head.rstrip("\n")]
    for place, title in rooms.parts:
        for api, heading in ((False, f"## {title}: pages"), (True, f"## {title}: API")):
            lines = [line for line in matrix if line.place == place and line.address.startswith("/api/") == api]
            if lines:
                parts.append("\n".join([heading, "", *_table(rooms, lines, matrix)]))
    return "\n\n".join(parts) + "\n"


def _table(rooms: Rooms, lines: list[Try], matrix: Mapping[Try, Mapping[str, str]]) -> Iterator[str]:
    yield "| " + " | ".join(("", *rooms.roles)) + " |"
    yield "|---" * (len(rooms.roles) + 1) + "|"
    for line in lines:
        cells = [SHORT.get(matrix[line][role], matrix[line][role]) for role in rooms.roles]
        shown = re.sub(r"&?(number|\w+)={(\w+)}", "", line.label)
        yield f"| `{shown}` | " + " | ".join(cells) + " |"
