"""Promise: a template shows nothing but the named values, and whatever is wrong with it is told with its place."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import LANGUAGES, InputError
from dataferry.server.letters import Template, check, preview, render
from dataferry.server.letters.templates import LONGEST_BODY, LONGEST_SUBJECT, filled, fit

GOOD = Template(
    {"en": "{team}: your result", "zh-Hant": "{team}：結果", "zh-Hans": "{team}：结果"},
    {"en": "Dear {team},\n{{not a field}}\nPlace {place}.", "zh-Hant": "{team}\n名次：{place}", "zh-Hans": "{team}"},
)
DATA = {"team": "深水埗 {place} {{x}}", "place": 3}
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}"))
FIELDS = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)


def found(template: Template, *fields: str) -> list[tuple[str, object, object, object, object]]:
    return [
        (
            finding.code.removeprefix("server.letters."),
            finding.data.get("language"),
            finding.data.get("part"),
            finding.data.get("line"),
            finding.data.get("column"),
        )
        for finding in check(template, fields)
    ]


def test_a_letter_is_filled_in_the_readers_language() -> None:
    assert check(GOOD, DATA) == []
    written = render(GOOD, DATA, "en")
    assert written.subject == "深水埗 {place} {{x}}: your result", "what is filled in is no template"
    assert written.body == "Dear 深水埗 {place} {{x}},\n{not a field}\nPlace 3."
    assert render(GOOD, DATA, "zh-hant").subject.endswith("：結果"), "Django's name of the language will do"
    assert render(Template({"zh-Hans": "a"}, {"zh-Hans": "b"}), {}, "en").language == "zh-Hans"


def test_every_fault_is_told_with_its_place() -> None:
    template = Template(
        {"en": "Dear {teem}", "zh-Hans": "x\ny"}, {"en": "one\n  {team.password} {0} } {}", "zh-Hant": "only a body"}
    )
    assert found(template, "team") == [
        ("unknown_field", "en", "subject", 1, 6),
        ("stray_brace", "en", "body", 2, 3),
        ("stray_brace", "en", "body", 2, 17),
        ("stray_brace", "en", "body", 2, 19),
        ("stray_brace", "en", "body", 2, 21),
        ("stray_brace", "en", "body", 2, 23),
        ("stray_brace", "en", "body", 2, 25),
        ("stray_brace", "en", "body", 2, 26),
        ("half_said", "zh-Hant", None, None, None),
        ("half_said", "zh-Hans", None, None, None),
        ("line_break", "zh-Hans", "subject", 1, 2),
    ]
    texts = {finding.text(language) for finding in check(template, {"team"}) for language in LANGUAGES}
    assert any("Line 1, column 6" in text and "{teem}" in text and "team" in text for text in texts)
    assert found(Template({}, {}))[0][0] == "no_text"
    assert found(Template({"en": "a"}, {"en": "b"})) == [
        ("language_missing", "zh-Hant", None, None, None),
        ("language_missing", "zh-Hans", None, None, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{team.__class__}",
        "{team[0]}",
        "{team!r}",
        "{team:>99999999}",
        "{ team }",
        "{Team}",
        "{}",
        "{0}",
        "{",
        "}",
        "{{}",
    ],
)
def test_nothing_but_a_name_may_stand_in_braces(text: str) -> None:
    with pytest.raises(InputError):
        filled(text, {"team": "x"})
    assert any(finding.severity == "blocked" for finding in check(Template({"en": "s"}, {"en": text}), {"team"}))


@given(st.lists(st.tuples(PLAIN, FIELDS)), PLAIN, st.dictionaries(FIELDS, st.text()))
def test_filling_is_putting_values_in_their_places(
    parts: list[tuple[str, str]], end: str, data: dict[str, str]
) -> None:
    text = "".join(f"{before}{{{field}}}" for before, field in parts) + end
    data = {**{field: field.upper() for _before, field in parts}, **data}
    assert filled(text, data) == "".join(before + data[field] for before, field in parts) + end


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_shows_itself_once_its_braces_are_doubled(text: str) -> None:
    assert filled(text.replace("{", "{{").replace("}", "}}"), {}) == text


@given(st.text(alphabet=string.printable + "{}{}{}", max_size=40), st.text(max_size=10))
def test_a_checked_template_never_fails_and_an_unchecked_one_never_breaks(text: str, value: str) -> None:
    template = Template({"en": "subject"}, {"en": text})
    faults = {finding.code for finding in check(template, {"team"}) if finding.severity == "blocked"}
    braces = faults & {"server.letters.stray_brace", "server.letters.unknown_field"}
    if text.strip() and braces:
        with pytest.raises(InputError):
            filled(text, {"team": value})
    elif text.strip():
        assert isinstance(filled(text, {"team": value}), str)


@pytest.mark.parametrize("breaking", ["\n", "\r", "\r\n", "\u2028", "\x85", "\x0b"])
def test_no_value_forges_a_header(breaking: str) -> None:
    with pytest.raises(InputError) as caught:
        render(GOOD, {"team": f"a{breaking}Bcc: all@example.org", "place": 1}, "en")
    assert caught.value.code == "server.letters.line_break"
    written, problems = preview(GOOD, {"team": f"a{breaking}b", "place": 1}, "en")
    assert written is None
    assert [problem.code for problem in problems] == ["server.letters.line_break"]


def test_a_name_somebody_typed_keeps_no_letter_from_being_sent() -> None:
    assert fit("a\r\nb\rc\n", "body") == "a\nb\nc"
    for text in ("a\x00b", "a\ud800b", "a\x1bb"):
        assert fit(text, "body") == fit(text, "subject") == "a\ufffdb"
        assert check(Template({"en": "s"}, {"en": text}), ())[0].code == "server.letters.control_character"
    shortened = render(GOOD, {"team": "x" * 10_000, "place": 1}, "en")
    assert len(shortened.subject) == LONGEST_SUBJECT
    assert shortened.subject.endswith("…")
    assert "x" * 10_000 in shortened.body
    with pytest.raises(InputError, match="longer than 200,000"):
        fit("x" * (LONGEST_BODY + 1), "body")
    assert check(Template({"en": "x" * 201}, {"en": "b"}), ())[0].code == "server.letters.subject_too_long"


def test_a_preview_is_what_is_sent() -> None:
    written, problems = preview(GOOD, DATA, "zh-Hans")
    assert written == render(GOOD, DATA, "zh-Hans")
    assert problems == []
