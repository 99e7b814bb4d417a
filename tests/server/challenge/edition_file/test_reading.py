"""A file that cannot be used is told every fault at its line, in three languages, and never ends in a traceback."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.messages import LANGUAGES
from dataferry.server.challenge.edition_file import (
    EditionFile,
    EditionFileError,
    changed_text,
    findings_of,
    lines_of,
    preset_text,
    read_edition,
)

SMALL = """\
edition: 1
slug: small
title: {en: Small, zh-Hant: 小, zh-Hans: 小}
divisions:
  hk: {city: hong-kong, time_zone: Asia/Hong_Kong}
  sh: {city: shanghai, time_zone: Asia/Shanghai}
phases:
  submission: {kind: submission, division: hk, opens: 2026-05-01 00:00, closes: 2026-06-30 24:00}
"""


def told(text: str) -> list[tuple[str, int]]:
    """Codes and lines, after every finding was said in all three languages."""
    found = findings_of(text)
    for finding in found:
        assert len({finding.text(language) for language in LANGUAGES}) == len(LANGUAGES), finding.code
        assert all("{" not in finding.text(language) for language in LANGUAGES)
    return [(finding.code.rpartition(".")[2], int(finding.data["line"])) for finding in found]


def test_a_small_file_is_read_and_has_nothing_to_complain_of() -> None:
    edition = read_edition(SMALL)
    assert told(SMALL) == []
    assert list(edition.divisions) == ["hk", "sh"]
    assert edition.divisions["hk"].quota is None


@pytest.mark.parametrize(
    ("before", "after", "code", "line"),
    [
        ("slug: small", "slug: Small one", "yaml_pattern", 2),
        ("slug: small", "slugg: small", "yaml_unknown_key", 2),
        ("slug: small", "slug: small\nslug: again", "yaml_duplicate_key", 3),
        ("slug: small", "slug: &a small", "yaml_alias", 2),
        ("slug: small", "slug: !!python/object:os.system small", "yaml_tag", 2),
        ("slug: small", "slug: [small", "yaml_syntax", 3),
        ("slug: small", "slug: small\nsynthetic: 1", "yaml_wrong_type", 3),
        ("slug: small", "slug: small\nthemes: many", "yaml_wrong_type", 3),
        ("slug: small", "slug: small\nrounds: {r: {stage: first}}", "yaml_not_one_of", 3),
        ("slug: small", "slug: small\nawards: {a: {kind: theme}}", "edition_award_theme", 3),
        ("slug: small", "slug: small\nawards: {a: {kind: grand, by: final}}", "edition_no_such_name", 3),
        ("slug: small", 'slug: small\nwebsite: "a\\u202eb"', "yaml_control_character", 3),
        ("zh-Hans: 小}", "zh-Hans: ''}", "yaml_out_of_bounds", 3),
        ("{en: Small, ", "{", "yaml_missing_key", 3),
        ("{city: shanghai", "{city: beijing", "yaml_not_one_of", 6),
        ("{city: shanghai", "{code: xx, city: shanghai", "edition_code", 4),
        ("Asia/Shanghai", "Asia/Atlantis", "edition_zone", 6),
        ("Asia/Shanghai", "../../etc/passwd", "yaml_pattern", 6),
        ("Asia/Shanghai}", "Asia/Shanghai, quota: -1}", "yaml_out_of_bounds", 6),
        ("Asia/Shanghai}", "Asia/Shanghai, quota: '12'}", "yaml_wrong_type", 6),
        ("Asia/Shanghai}", "Asia/Shanghai, quota: 1e400}", "yaml_wrong_type", 6),
        ("division: hk", "division: hongkong", "edition_no_such_name", 8),
        ("2026-06-30 24:00", "2026-06-30", "edition_day_only", 8),
        ("2026-06-30 24:00", "2026-06-30 25:00", "edition_instant", 8),
        ("2026-06-30 24:00", "2026-02-30 12:00", "edition_instant", 8),
        ("2026-06-30 24:00", "9999-12-31 24:00", "edition_instant", 8),
        ("2026-06-30 24:00", "1782800000", "edition_instant", 8),
        ("2026-06-30 24:00", "2026-05-01 00:00", "edition_closes_before_opening", 8),
        ("division: hk, ", "", "edition_no_zone", 8),
    ],
)  # fmt: skip
def test_each_fault_is_told_at_its_line(before: str, after: str, code: str, line: int) -> None:
    text = SMALL.replace(before, after, 1)
    assert text != SMALL
    assert (code, line) in told(text)
    with pytest.raises(EditionFileError) as caught:
        read_edition(text)
    assert caught.value.http_status == 422
    assert caught.value.to_json("zh-Hant")["data"]["problems"]


def test_all_faults_are_told_together() -> None:
    text = SMALL.replace("2026-06-30 24:00", "2026-06-30").replace("city: shanghai", "city: beijing")
    assert [code for code, _line in told(text)] == ["yaml_not_one_of", "edition_day_only"]


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "edition", "---\na: 1\n---\nb: 2\n", "\x00", "a: \ud800", "[" * 5000]
)
def test_what_is_no_file_of_an_edition_is_refused_with_words(text: str) -> None:
    assert told(text)


def test_a_bomb_and_ten_megabytes_are_refused_before_they_grow() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert [code for code, _line in told(bomb)] == ["yaml_alias"]
    assert [code for code, _line in told("slug: " + "x" * 10_000_000)] == ["yaml_too_big"]
    assert [code for code, _line in told("a: " + "[" * 100 + "]" * 100)] == ["edition_too_much"]


@pytest.mark.parametrize("title", ["🏙️👩‍👩‍👧‍👦 data", "بيانات المدينة", "סנטר שנחאי", "鿿㐀𠀀"])
def test_titles_of_any_script_are_kept(title: str) -> None:
    edition = read_edition(SMALL.replace("en: Small", f"en: '{title}'"))
    assert edition.title.en == title
    assert EditionFile.model_validate(edition.document()) == edition


def test_a_title_of_ten_thousand_characters_is_refused() -> None:
    assert told(SMALL.replace("en: Small", "en: " + "x" * 10_000)) == [("yaml_out_of_bounds", 3)]


def test_the_line_of_a_path_can_be_asked() -> None:
    assert lines_of(SMALL)["divisions.sh.city"] == 6
    assert lines_of("[") == {}


@given(st.text(max_size=300))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    findings_of(text)
    findings_of(SMALL + text)


KEYS = st.sampled_from(["code", "a", "title"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["0.1", "hk", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PATHS = sorted(read_edition(preset_text("csdi-2024-open")).values())


@given(st.sampled_from(PATHS), VALUES)
@settings(max_examples=30)
def test_a_wrong_value_anywhere_gives_findings_and_no_traceback(path: str, value: object) -> None:
    text = changed_text(preset_text("csdi-2024-open"), {path: value})
    for finding in findings_of(text):
        assert finding.data["line"] >= 1
        assert finding.text("zh-Hans")
