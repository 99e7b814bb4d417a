"""Every message exists in three languages, with the same placeholders, and every code in the source is a message."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dataferry
from dataferry.messages import LANGUAGES, Finding, InputError, codes, say, speaking, worst_state

SOURCE = Path(dataferry.__file__).parent
ROOMS = sorted(".".join(file.parent.relative_to(SOURCE).parts) for file in SOURCE.rglob("messages.toml"))
CODE = re.compile(r'(?:Error|Finding|say)\(\s*"([a-z_.]+\.[a-z0-9_]+)"')


def codes_in_source() -> Iterator[tuple[str, str]]:
    for file in SOURCE.rglob("*.py"):
        for code in CODE.findall(file.read_text(encoding="utf-8")):
            yield str(file.relative_to(SOURCE)), code


@pytest.mark.parametrize("room", ROOMS)
def test_every_message_has_three_languages_with_the_same_placeholders(room: str) -> None:
    for key, texts in codes(room).items():
        assert set(texts) == set(LANGUAGES), f"{room}.{key}"
        placeholders = {language: set(re.findall(r"\{(\w+)(:\w+)?\}", text)) for language, text in texts.items()}
        assert len(set(map(frozenset, placeholders.values()))) == 1, f"{room}.{key}: {placeholders}"
        assert all(text.strip() for text in texts.values()), f"{room}.{key}"


def test_every_code_raised_or_found_is_a_message() -> None:
    found = list(codes_in_source())
    assert found
    missing = [(file, code) for file, code in found if code.rpartition(".")[2] not in codes(code.rpartition(".")[0])]
    assert missing == []


def test_hostile_values_stay_on_one_line_and_never_format() -> None:
    text = say("tables.empty", {"file": "a{b.__class__}\n\x1b[31m" + "x" * 1000})
    assert "\n" not in text
    assert "\x1b" not in text
    assert "{b.__class__}" in text
    assert len(text) < 700


def test_an_error_speaks_the_language_asked_for() -> None:
    error = InputError("tables.empty", file="a.csv")
    english = str(error)
    with speaking("zh-Hant"):
        assert str(error) != english
    assert error.to_json("zh-Hans")["message"] == error.text("zh-Hans") != error.text("zh-Hant")


def test_findings_survive_json_and_the_worst_state_decides() -> None:
    finding = Finding("tables.empty", "attention", {"file": "a.csv"})
    assert Finding.from_json(finding.to_json()) == finding
    assert worst_state(["clear", "unknown"]) == "unknown"
    assert worst_state(["attention", "blocked", "clear"]) == "blocked"
    assert worst_state([]) == "unknown"


def test_values_are_shown_as_people_write_them() -> None:
    shown = {1234567: "1,234,567", 0.25: "0.25", True: "True", (1, "a"): "1, a"}
    for value, text in shown.items():
        assert text in say("tables.empty", {"file": value})
    assert "?" in say("tables.empty", {})
