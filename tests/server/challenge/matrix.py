"""The permission matrix of the challenge: every role tries every page and every operation, and what comes of it.

    matrix = tried()          # {(line, role): outcome}
    page_of(matrix)           # docs/reference/challenge-permissions.md

Every try is taken back. `python tools/make_challenge_permissions.py` writes the page anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pytest

from server.challenge.matrix_lines import AGAIN, OPERATIONS, PAGES, Line
from server.challenge.matrix_season import Season

ROLES = (
    "visitor",
    "member",
    "member of another team",
    "team member",
    "team leader",
    "mentor",
    "judge",
    "another judge",
    "organiser of the city",
    "organiser of the other city",
    "organiser of both",
    "administrator",
)
YES, SIGN_IN, FORBIDDEN, MISSING, REFUSED = "yes", "sign in", "forbidden", "not there", "refused"
NOT_TAKEN = "no such method"
FAULT = "FAULT"
NO = (SIGN_IN, FORBIDDEN, MISSING)
TOLD = "told as an error on the next page"
RIGHTS = {"server.people.not_allowed", "server.people.verify_first"}
TAGS = ("editions", "judging", "challenge")
NAMES = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


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

    @property
    def label(self) -> str:
        return f"{self.method} {self.name}" + (f" · {self.posted}" if self.posted else "")

    @property
    def changes(self) -> bool:
        return self.method != "GET"


# --- what there is to try


def patterns() -> Iterator[tuple[str, str, Any]]:
    """Every address below /challenge/: its name (or its route), its route, its view."""
    from django.urls import get_resolver

    yield from _walk(get_resolver().url_patterns, "")


def _walk(found: list[Any], before: str) -> Iterator[tuple[str, str, Any]]:
    from django.urls import URLResolver

    for each in found:
        route = before + str(each.pattern).removeprefix("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, route)
        elif re.match(r"(\w\w(-\w+)?/)?challenge/", route):
            yield each.name or re.sub(r"^en/", "", route), route, each.callback


def operations_tried() -> list[tuple[str, str, str, dict[str, Any], dict[str, Any]]]:
    """Every operation of the challenge: name, method, path, what it says of itself, all schemas."""
    from dataferry.server.portal.api import api, operations

    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/"), default=str))
    schemas = document["components"]["schemas"]
    return [
        (operation["operationId"], method, path, operation, schemas)
        for path, method, operation in operations(document)
        if any(tag.split(" ")[0] in TAGS for tag in operation.get("tags", ()))
    ]


def pages_tried(places: Mapping[str, Mapping[str, Any]]) -> Iterator[Try]:
    for name, route, view in patterns():
        for line in _lines(PAGES, name):
            place = {"kind": "teams", "ending": "csv", "tag": "en", **places[line.place]}
            address = "/" + _filled(route, line, place)
            about = (address, view.__module__.rpartition(".")[2], line.place, _things(NAMES.findall(route), line))
            yield Try(name, "GET", *about)
            yield Try(name, "POST", *about)
            for posted in line.posts:
                yield Try(name, "POST", *about, posted, dict(parse_qsl(posted.format(**place))))


def _lines(table: Mapping[str, Line], name: str) -> list[Line]:
    return [table[name], *([AGAIN[name]] if name in AGAIN else [])]


def _things(arguments: list[Any], line: Line) -> frozenset[str]:
    """What the arguments of an address name: `team`, `sheet`, `paper`, ..."""
    names = ["".join(each) if isinstance(each, tuple) else each for each in arguments]
    return frozenset(line.names.get(name, name) for name in names)


def _filled(route: str, line: Line, place: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return str(place[line.names.get(name, name)])

    return NAMES.sub(value, route).replace("\\.", ".")


def operations_in(places: Mapping[str, Mapping[str, Any]]) -> Iterator[Try]:
    for name, method, path, operation, schemas in operations_tried():
        for line in _lines(OPERATIONS, name):
            place = places[line.place]
            address = re.sub(r"{(\w+)}", lambda m, p=place, at=line: str(p[at.names.get(m[1], m[1])]), path)
            asked = [each["name"] for each in operation["parameters"] if each["in"] == "query" and each.get("required")]
            query = "?" + "&".join(f"{each}={place[each]}" for each in asked) if asked else ""
            content = operation.get("requestBody", {}).get("content", {})
            body = _body(next(iter(content.values()))["schema"], schemas, place) if content else None
            things = _things(re.findall(r"{(\w+)}", path), line)
            yield Try(name, method.upper(), address + query, _module(name, path), line.place, things, "", body)


def _module(name: str, path: str) -> str:
    """Whose operation it is: a judge's own, or another."""
    own = path.startswith("/api/v1/sheets") and "reopening" not in path
    return "judge_desk" if own or name in ("cast_ballot", "declare_done") else "api"


TEXTS = {"en": "New", "zh-Hant": "新的", "zh-Hans": "新的"}
WORDS: dict[str, Any] = {
    "reason": "Because.",
    "name": "New name",
    "kind": "individual",
    "email": "new@matrix.example",
    "outcome": "queried",
    "seen": "documented",
    "accept": True,
    "said": "yes",
    "title": TEXTS,
    "summary": TEXTS,
    "subject": TEXTS,
    "body": TEXTS,
    "starts_at": "2026-07-20T10:00:00+08:00",
    "ends_at": "2026-07-20T12:00:00+08:00",
    "expected": 1,
    "city": "hong-kong",
    "languages": ["en"],
    "source": "organiser",
    "role": "deck",
}
"""Values of body fields that are no things of the season."""


def _body(schema: Mapping[str, Any], schemas: Mapping[str, Any], place: Mapping[str, Any]) -> Any:
    """The least that a schema takes, of things that are there."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return {
        name: _value(name, each, place)
        for name, each in schema.get("properties", {}).items()
        if name in schema.get("required", ()) or name == "said"
    }


def _value(name: str, schema: Mapping[str, Any], place: Mapping[str, Any]) -> Any:
    things = {"better": place.get("entry"), "worse": place.get("other_entry"), "entries": [place.get("entry")], **place}
    if things.get(name):
        return things[name]
    if schema.get("enum") and WORDS.get(name) not in schema["enum"]:
        return schema["enum"][0]
    if name in WORDS:
        return WORDS[name]
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


def outcome_of(client: Any, one: Try) -> str:
    """Try it; what it changed is taken back."""
    from django.db import transaction

    headers = {"if-match": "*"} if one.address.startswith("/api/") else {}
    point = transaction.savepoint()
    with _overheard() as heard:
        if one.address.startswith("/api/"):
            data = {"data": json.dumps(one.body), "content_type": "application/json"} if one.body is not None else {}
            answer = getattr(client, one.method.lower())(one.address, headers=headers, **data)
        else:
            answer = getattr(client, one.method.lower())(one.address, one.body or {})
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
        return REFUSED if one.body is not None or one.address.startswith("/api/") else YES
    return REFUSED if one.changes and TOLD in heard else YES


def tried(season: Season) -> dict[Try, dict[str, str]]:
    """Every role on every line."""
    from django.core.cache import cache
    from django.test import Client

    places = season.places
    lines = [*pages_tried(places), *operations_in(places)]
    found: dict[Try, dict[str, str]] = {line: {} for line in lines}
    for role in ROLES:
        client = Client(raise_request_exception=False)
        if role != "visitor":
            client.force_login(season.people[role], backend="dataferry.server.people.backends.NameOrEmail")
        for line in lines:
            found[line][role] = outcome_of(client, line)
            cache.clear()
    return {line: cells for line, cells in found.items() if set(cells.values()) != {NOT_TAKEN}}


# --- the page

HEAD = """# Who may do what in the challenge

Made by `tools/make_challenge_permissions.py` from `tests/server/challenge/test_matrix.py`, which tries every page and
every operation as every role; a test compares. The team is a team of Hong Kong; its judge has a sheet for its entry,
another judge of the same panel has none; "the city" is Hong Kong. `POST` without more is an empty form.

| mark | meaning |
|---|---|
| **yes** | shown, or done |
| refused | may be asked, and the state of things or what was handed in stands against it |
| sign in | a visitor is led to the sign-in page, a program gets 401 |
| forbidden | the person knows that it is there, and may not |
| – | not there for this person: what is private and what does not exist answer alike |

"""
PARTS = (
    ("drafted", "An edition that is being written"),
    ("open", "An edition that takes teams and entries"),
    ("judged", "An edition whose first judging is on"),
    ("played", "An edition that is through"),
)
SHORT = {YES: "**yes**", MISSING: "–", NOT_TAKEN: "–"}


def page_of(matrix: Mapping[Try, Mapping[str, str]]) -> str:
    """The page of the documentation."""
    parts = [HEAD.rstrip("\n")]
    for place, title in PARTS:
        for api, heading in ((False, f"## {title}: pages"), (True, f"## {title}: API")):
            lines = [line for line in matrix if line.place == place and line.address.startswith("/api/") == api]
            if lines:
                parts.append("\n".join([heading, "", *_table(lines, matrix)]))
    return "\n\n".join(parts) + "\n"


def _table(lines: list[Try], matrix: Mapping[Try, Mapping[str, str]]) -> Iterator[str]:
    yield "| " + " | ".join(("", *ROLES)) + " |"
    yield "|---" * (len(ROLES) + 1) + "|"
    for line in lines:
        cells = [SHORT.get(matrix[line][role], matrix[line][role]) for role in ROLES]
        shown = re.sub(r"&?(number|\w+)={(\w+)}", "", line.label)
        yield f"| `{shown}` | " + " | ".join(cells) + " |"
