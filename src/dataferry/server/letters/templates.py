"""Texts with {placeholders} in three languages: checked with places, filled in one pass, never looked into.

Syntax: `{name}` with lower case letters, digits and _; `{{` and `}}` for braces. Nothing else: no attributes, no
indexes, no formats. What is filled in is never read as a template again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dataferry.messages import LANGUAGES, Finding, InputError, Language

LONGEST_SUBJECT = 200
LONGEST_BODY = 200_000
MARK = "\ufffd"
Part = Literal["subject", "body"]

_LINE_BREAK = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<field>[a-z][a-z0-9_]{0,39})\}|[{}]", re.ASCII)


@dataclass(frozen=True)
class Template:
    """Subject and body by language (`en`, `zh-Hant`, `zh-Hans`)."""

    subject: Mapping[str, str]
    body: Mapping[str, str]

    def languages(self) -> list[Language]:
        """Languages that have both subject and body."""
        return [each for each in LANGUAGES if _said(self.subject, each) and _said(self.body, each)]


@dataclass(frozen=True)
class Written:
    """A letter as it is sent."""

    language: Language
    subject: str
    body: str


def _said(texts: Mapping[str, str], language: str) -> str:
    text = texts.get(language)
    return text if isinstance(text, str) and text.strip() else ""


def chosen_language(template: Template, wanted: str) -> Language:
    """The wanted language, as Django or the library names it; else the first that the template has.

    Raises:
        InputError: `server.letters.no_text`.
    """
    has = template.languages()
    for each in has:
        if each.lower() == wanted.lower():
            return each
    if not has:
        raise InputError("server.letters.no_text")
    return has[0]


def check(template: Template, fields: Collection[str]) -> list[Finding]:
    """All that is wrong with a template, with its places (`language`, `part`, `line`, `column`, from 1).

    `blocked`: `no_text`, `half_said`, `unknown_field`, `stray_brace`, `line_break`, `subject_too_long`,
    `body_too_long`, `control_character`. `attention`: `language_missing`, whose readers get another language.
    """
    found: list[Finding] = []
    has = template.languages()
    if not has:
        found.append(Finding("server.letters.no_text", "blocked"))
    for language in LANGUAGES:
        half = bool(_said(template.subject, language)) != bool(_said(template.body, language))
        if half:
            found.append(Finding("server.letters.half_said", "blocked", {"language": language}))
        elif has and language not in has:
            found.append(Finding("server.letters.language_missing", "attention", {"language": language}))
        found += _problems(_said(template.subject, language), "subject", language, fields)
        found += _problems(_said(template.body, language), "body", language, fields)
    return found


def _problems(text: str, part: Part, language: Language, fields: Collection[str]) -> Iterator[Finding]:
    for match in _TOKEN.finditer(text):
        token, field = match[0], match["field"]
        place = {"language": language, "part": part, **_place(text, match.start())}
        if field is not None and field not in fields:
            known = ", ".join(sorted(fields)) or "–"
            yield Finding("server.letters.unknown_field", "blocked", {"field": field, "known": known, **place})
        elif token in {"{", "}"}:
            yield Finding("server.letters.stray_brace", "blocked", {"brace": token, **place})
    problem = _unfit(text, part)
    if problem is not None:
        code, offset = problem
        data = {"language": language, "part": part, "longest": _longest(part), **_place(text, offset)}
        yield Finding(code, "blocked", data)


def _place(text: str, offset: int) -> dict[str, Any]:
    before = text[:offset]
    return {"line": before.count("\n") + 1, "column": offset - (before.rfind("\n") + 1) + 1}


def _longest(part: Part) -> int:
    return LONGEST_SUBJECT if part == "subject" else LONGEST_BODY


def _unfit(text: str, part: Part) -> tuple[str, int] | None:
    """Why a text can be no subject or body, and where."""
    line_break = _LINE_BREAK.search(text) if part == "subject" else None
    if line_break is not None:
        return "server.letters.line_break", line_break.start()
    control = _CONTROL.search(text)
    if control is not None:
        return "server.letters.control_character", control.start()
    if len(text) > _longest(part):
        return f"server.letters.{part}_too_long", _longest(part)
    return None


def fit(text: str, part: Part) -> str:
    """The text as it is sent: one kind of line break, a mark for what cannot be shown, a long subject shortened.

    A name that somebody typed shall not keep a result from being told; so only what could forge a header, or would
    lose words, is refused.

    Raises:
        InputError: `server.letters.line_break` in a subject; `server.letters.body_too_long`.
    """
    text = text.strip() if part == "subject" else text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    line_break = _LINE_BREAK.search(text) if part == "subject" else None
    if line_break is not None:
        raise InputError("server.letters.line_break", part=part, **_place(text, line_break.start()))
    text = _CONTROL.sub(MARK, text)
    if len(text) <= _longest(part):
        return text
    if part == "body":
        raise InputError("server.letters.body_too_long", part=part, longest=_longest(part))
    return f"{text[: _longest(part) - 1]}…"


def filled(text: str, data: Mapping[str, object]) -> str:
    """The text with its placeholders filled.

    Raises:
        InputError: `server.letters.unknown_field`, `server.letters.stray_brace`, with the place.
    """

    def value(match: re.Match[str]) -> str:
        field = match["field"]
        if field is None:
            if len(match[0]) == 1:
                raise InputError("server.letters.stray_brace", brace=match[0], **_place(text, match.start()))
            return match[0][0]
        if field not in data:
            known = ", ".join(sorted(data)) or "–"
            raise InputError("server.letters.unknown_field", field=field, known=known, **_place(text, match.start()))
        return str(data[field])

    return _TOKEN.sub(value, text)


def render(template: Template, data: Mapping[str, object], language: str) -> Written:
    """The letter in this language, or in the first that the template has.

    Raises:
        InputError: as `filled` and `fit`, also where a value brings a line break into the subject;
            `server.letters.no_text`.
    """
    chosen = chosen_language(template, language)
    subject = fit(filled(template.subject[chosen], data), "subject")
    return Written(chosen, subject, fit(filled(template.body[chosen], data), "body"))


def preview(template: Template, data: Mapping[str, object], language: str) -> tuple[Written | None, list[Finding]]:
    """What would be sent (None where it cannot be), and all that is wrong with the template."""
    found = check(template, set(data))
    try:
        return render(template, data, language), found
    except InputError as error:
        if not any(finding.severity == "blocked" for finding in found):
            found.append(Finding(error.code, "blocked", error.data))
        return None, found
