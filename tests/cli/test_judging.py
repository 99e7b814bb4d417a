"""`dataferry judging`: plans and rankings for people and as JSON; faults end it with a code, never with a traceback."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from dataferry.messages import LANGUAGES

Command = Callable[..., object]
SCORES = [
    "entry,judge,panel,division,idea (40% 0-10),use of data (60% 0-10)",
    *(f"{entry},{judge},{entry[:2]},{entry[:2]},{idea},{use}" for entry, judge, idea, use in [
        ("HK-1", "Chan", 8, 7), ("HK-1", "Lee", 9, 8), ("HK-2", "Chan", 6, 6), ("HK-2", "Lee", 9, 9),
        ("HK-3", "Chan", 7, 7), ("SH-1", "Wang", 9, 9), ("SH-1", "Zhang", 8, 8), ("SH-2", "Wang", 9, 9),
        ("SH-2", "Zhang", 8, 8),
    ]),
]  # fmt: skip


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    file = tmp_path / "scores.csv"
    file.write_text("\n".join(SCORES), "utf-8")
    return file


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    folder = tmp_path / "panel"
    folder.mkdir()
    entries = [
        f"{city}-{number},{city},{'air' if number % 2 else 'transport'}" for city in ("HK", "SH") for number in range(6)
    ]
    judges = [
        f"{city} judge {number},{city},{'air' if number % 2 else 'transport'}"
        for city in ("HK", "SH")
        for number in range(3)
    ]
    (folder / "entries.csv").write_text("\n".join(["entry,division,topic", *entries]), "utf-8")
    (folder / "judges.csv").write_text("\n".join(["judge,panel,expertise", *judges]), "utf-8")
    (folder / "conflicts.csv").write_text("judge,entry\nHK judge 0,HK-3\nHK judge 1,HK-3\n", "utf-8")
    return folder


def test_ranking_as_json(command: Command, scores: Path) -> None:
    ended = command("judging", "rank", scores, "--json", "--line", "1")
    assert (ended.code, ended.err) == (0, "")
    value = json.loads(ended.out)
    assert [(one["entry"], one["place"], one["score"], one["tied_with"]) for one in value["ranking"]["places"]] == [
        ("HK-1", 1, "79", []),
        ("HK-2", 2, "75", []),
        ("HK-3", 3, "70", []),
        ("SH-1", 1, "85", ["SH-2"]),
        ("SH-2", 1, "85", ["SH-1"]),
    ]
    assert set(value["comparison"]["methods"]) >= {"raw-mean", "z-score", "calibrated"}
    assert next(line["tied"] for line in value["comparison"]["lines"] if line["group"] == "SH") == ["SH-1", "SH-2"]


def test_the_order_of_rows_does_not_matter(command: Command, scores: Path) -> None:
    first = json.loads(command("judging", "rank", scores, "--json").out)
    head, *rows = scores.read_text("utf-8").splitlines()
    scores.write_text("\n".join([head, *reversed(rows)]), "utf-8")
    assert json.loads(command("judging", "rank", scores, "--json").out) == first


@pytest.mark.parametrize("language", LANGUAGES)
def test_ranking_for_people(command: Command, scores: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("DATAFERRY_LANG", language)
    ended = command("judging", "rank", scores, "--line", "HK=1", "--tie", "chair")
    assert ended.code == 0
    assert "79.00" in ended.out
    assert "calibrated-panel-means" in ended.out
    assert "judging.tie_unresolved" in ended.err


def test_a_joint_ranking_of_panels_without_a_common_entry_is_refused(command: Command, scores: Path) -> None:
    ended = command("judging", "rank", scores, "--joint", "--method", "calibrated", "--json")
    assert ended.code == 4
    assert json.loads(ended.out)["error"]["code"] == "judging.panels_not_linked"


def test_a_faulty_file_is_refused_until_its_rows_may_be_left_out(command: Command, scores: Path) -> None:
    with scores.open("a", encoding="utf-8") as file:
        file.write("\nHK-3,Lee,HK,HK,NaN,5\n")
    refused = command("judging", "rank", scores)
    assert refused.code == 3
    told = " ".join(refused.err.split())
    assert "row 11" in told
    assert "NaN is not a number" in told
    ended = command("judging", "rank", scores, "--leave-out", "--json")
    assert ended.code == 0
    assert "judging.score_unreadable" in [one["code"] for one in json.loads(ended.out)["findings"]]


def test_a_plan_as_json_and_as_csv(command: Command, panel: Path, tmp_path: Path) -> None:
    ended = command("judging", "assign", panel, "--json", "--out", tmp_path / "plan.csv")
    assert ended.code == 0
    pairs = [(one["judge"], one["entry"]) for one in json.loads(ended.out)["pairs"]]
    assert Counter(entry for _, entry in pairs) == {f"{city}-{n}": 3 for city in ("HK", "SH") for n in range(6)}
    assert not {("HK judge 0", "HK-3"), ("HK judge 1", "HK-3")} & set(pairs)
    with (tmp_path / "plan.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["judge"], row["entry"]) for row in csv.DictReader(file)] == pairs


def test_what_cannot_be_is_explained_and_the_way_out_can_be_taken(command: Command, panel: Path) -> None:
    demands = ("judging", "assign", panel, "--per-entry", 4, "--panel-minimum", "HK=2", "--panel-minimum", "SH=2")
    refused = command(*demands)
    assert refused.code == 4
    told = " ".join(refused.err.split())
    assert "Entry HK-3 has 1 judges of panel HK who may score it (2 in conflict" in told
    ended = command(*demands, "--accept", "--json")
    assert ended.code == 0
    assert "judging.panel_short" in [one["code"] for one in json.loads(ended.out)["findings"]]


def test_a_plan_for_people(command: Command, panel: Path) -> None:
    ended = command(
        "judging", "assign", panel, "--reserve", "HK=HK", "--reserve", "SH=SH", "--anchor", "SH-0", "--accept"
    )
    assert ended.code == 0
    assert "HK judge 0" in ended.out


@pytest.mark.parametrize(
    "words",
    [
        ("rank", "nothing.csv"),
        ("assign", "nothing.csv"),
        ("rank", "scores.csv", "--method", "magic"),
        ("rank", "scores.csv", "--line", "x"),
        ("rank", "scores.csv", "--tie", "coin"),
        ("rank", "scores.csv", "--rubric", "scores.csv"),
        ("assign", "scores.csv", "--panel-minimum", "HK"),
        ("assign", "panel", "--per-entry", "0"),
        ("assign", "panel", "--anchor", "XX-9"),
    ],
)
def test_a_wrong_call_ends_with_a_clear_line(
    command: Command, scores: Path, panel: Path, words: tuple[str, ...]
) -> None:
    ended = command("judging", *words)
    assert ended.code in (2, 3, 6)
    assert "Traceback" not in ended.err
