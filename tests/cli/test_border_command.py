"""Promise: the answer, its reasons and what is missing are told in the caller's language; a wrong call is mended."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TRACKS = {"direction": "shanghai-to-hong-kong", "origin": "shanghai", "contents": ["vehicle-track"]}
HOME = {"direction": "hong-kong-to-shanghai", "has_pi": "yes"}
ON = ("--on", "2026-11-22")


@pytest.fixture
def facts(tmp_path: Path) -> Callable[[Any], Path]:
    def write(value: Any) -> Path:
        file = tmp_path / "facts.json"
        file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return file

    return write


def test_a_blocked_transfer_ends_with_4_and_names_the_articles(command: Any, facts: Callable[[Any], Path]) -> None:
    ended = command("border", "decide", facts(TRACKS), *ON)
    assert ended.code == 4
    assert ended.out.startswith("✗ blocked")
    assert "EV-01 blocked" in ended.out
    assert "Several Provisions on Automotive Data Security Management (2021), art. 3" in ended.out
    assert "unverified" in ended.out


def test_json_is_the_document_and_replays(command: Any, facts: Callable[[Any], Path]) -> None:
    file = facts(HOME)
    first = command("border", "decide", file, *ON, "--json")
    value = json.loads(first.out)
    assert (first.code, value["outcome"], value["duties"]) == (0, "free", ["HK-02", "HK-03", "HK-05"])
    again = command("border", "decide", file, *ON, "--json", "--rules-version", value["rules_version"])
    assert again.out == first.out
    gone = command("border", "decide", file, *ON, "--rules-version", "sha256:" + "0" * 64)
    assert (gone.code, "border.no_such_rules" in gone.err) == (6, True)


def test_facts_come_from_standard_input_too(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"direction": "unknown"}')))
    ended = command("border", "decide", "-", *ON)
    assert ended.code == 4
    assert "needs-human" in ended.out
    assert "Missing facts that could settle it: direction" in ended.out


@pytest.mark.parametrize(("language", "words"), [("zh-Hant", "不得跨境"), ("zh-Hans", "不得跨境")])
def test_it_speaks_the_language_asked_for(
    command: Any, facts: Callable[[Any], Path], monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setenv("DATAFERRY_LANG", language)
    out = command("border", "decide", facts(TRACKS), *ON).out
    assert words in out
    assert ("敏感個人信息" in out) == (language == "zh-Hant")
    assert ("敏感个人信息" in out) == (language == "zh-Hans")


@pytest.mark.parametrize(
    ("given", "day", "code", "words"),
    [
        ({"has_pii": "no"}, "2026-11-22", 3, "has_pi"),
        ("[", "2026-11-22", 3, "not JSON"),
        ({}, "22 November", 2, "YYYY-MM-DD"),
        ({}, "2026-02-30", 2, "YYYY-MM-DD"),
    ],
)
def test_a_wrong_call_says_how_to_mend_it(
    command: Any, facts: Callable[[Any], Path], given: Any, day: str, code: int, words: str
) -> None:
    ended = command("border", "decide", facts(given), "--on", day)
    assert (ended.code, words in ended.err) == (code, True)
    assert "Traceback" not in ended.err


def test_a_file_that_is_not_there(command: Any) -> None:
    assert command("border", "decide", "no.json", *ON).code == 6


def test_the_rules_of_a_day(command: Any) -> None:
    then, now = (command("border", "rules", "--on", day).out for day in ("2025-03-01", "2026-11-22"))
    assert "SH-18" in then
    assert "SH-17" not in then
    assert "SH-17" in now
    assert "SH-18" not in now
    listed = json.loads(command("border", "rules", "--json").out)
    assert {rule["id"] for rule in listed["rules"]} >= {"SH-16", "SH-17", "SH-18"}
    assert all(rule["verified_by"] is None and rule["digest"].startswith("sha256:") for rule in listed["rules"])


def test_a_release_writes_its_facts_and_they_are_decided(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = Path(__file__).parents[2] / "examples"
    assert command("build", examples / "ev-trips-by-cell-and-hour", "--out", "release").code == 0
    told = json.loads(command("border", "facts", "release", "--from", "shanghai", "--to", "hong-kong").out)
    assert (told["contents"], told["grain"]) == (["coordinates", "vehicle-track"], "aggregated")
    assert (told["direction"], told["activity"]) == ("shanghai-to-hong-kong", "unknown")
    (tmp_path / "facts.json").write_text(json.dumps(told | {"guarded_sites_removed": "yes"}))
    decided = json.loads(command("border", "decide", "facts.json", *ON, "--json").out)
    assert decided["outcome"] == "needs-human", "an officer confirms the form"
    assert command("border", "facts", "release", "--to", "moon").code == 3
    assert command("border", "facts", "nowhere").code != 0
    document = json.loads((tmp_path / "release" / "release.json").read_text())
    for report in (5, [], {"subjects": 5}, {"findings": [5]}, {"anonymity": []}):
        spoilt = document | {"privacy": document["privacy"] | {"report": report or ["x"]}}
        (tmp_path / "release" / "release.json").write_text(json.dumps(spoilt))
        ended = command("border", "facts", "release")
        assert (ended.code, "products.not_a_release" in ended.err) in ((3, True), (0, False)), report
        assert "Traceback" not in ended.err
