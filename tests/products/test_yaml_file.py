"""product.yaml is hostile until shown otherwise: bombs, tags, twins and garbage end as problems with a line."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import InputError
from dataferry.products.yaml_file import MAX_BYTES, ManifestError, dotted, parse_yaml


def problems(content: bytes) -> list[tuple[str, int]]:
    with pytest.raises(ManifestError) as caught:
        parse_yaml(content, "product.yaml")
    assert isinstance(caught.value, InputError)
    assert "product.yaml" in caught.value.text("zh-Hant")
    return [(problem.code.removeprefix("products."), problem.data["line"]) for problem in caught.value.problems]


LAUGHS = b"a: &a [x, x, x]\n" + b"".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n".encode()
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (LAUGHS, [("yaml_alias", 1)]),
        (b"a: 1\nb: *a\n", [("yaml_alias", 2)]),
        (b"a: 1\nb: !!python/object/apply:os.system ['id']\n", [("yaml_tag", 2)]),
        (b"a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n", [("yaml_duplicate_key", 3), ("yaml_duplicate_key", 4)]),
        (b"[" * 100_000, [("yaml_too_much", 1)]),
        (b"a: 1\n---\nb: 2\n", [("yaml_too_much", 2)]),
        (b"a: [" + b"1," * 30_000 + b"]", [("yaml_too_much", 1)]),
        (b"a: " + b"x" * MAX_BYTES, [("yaml_too_big", 1)]),
        (b"a: 1\nb: \xff\xfe\n", [("yaml_not_utf8", 2)]),
        (b"a: \x00\n", [("yaml_syntax", 1)]),
        (b"a: 1\nb: [1\nc: 2\n", [("yaml_syntax", 3)]),
        (b"a: 1\n? [1, 2]\n: 3\n", [("yaml_key_not_text", 2)]),
        (b"- a\n", [("yaml_not_mapping", 1)]),
        (b"", [("yaml_not_mapping", 1)]),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(content: bytes, expected: list[tuple[str, int]]) -> None:
    assert problems(content) == expected


def test_values_and_lines() -> None:
    document = parse_yaml("\ufeffa: 1\nb:\n  - {c: 2026-01-01T00:00:00Z, d: 1.0.0}\n  - yes\n  - ~\n".encode(), "p")
    assert document.value == {"a": 1, "b": [{"c": "2026-01-01T00:00:00Z", "d": "1.0.0"}, "yes", None]}
    assert document.line(("b", 0, "c")) == 3
    assert document.line(("b", 1)) == 4
    assert document.line(("b", 0, "missing", 7)) == 3
    assert dotted(("output", "columns", 3, "precision")) == "output.columns[3].precision"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), PLAIN, min_size=1, max_size=5))
def test_plain_values_come_back_as_they_were_written(value: dict[str, Any]) -> None:
    """JSON is YAML."""
    assert parse_yaml(json.dumps(value, ensure_ascii=False).encode(), "p").value == value


@given(st.binary(max_size=300))
def test_garbage_never_ends_in_a_traceback(content: bytes) -> None:
    try:
        parse_yaml(content, "p")
    except ManifestError as error:
        found = error.problems
        assert found
