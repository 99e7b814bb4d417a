"""Promise: `dataferry check` says what is private in a file, product or release, masked; 1 where it blocks."""

import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
TRACKS = EXAMPLES / "ev-raw-tracks/data/sh_ev_tracks_synthetic.csv"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ("Blocked: not to be handed on", "90 vehicles, told apart by vin", "datum GCJ-02, 5 decimals, to 1.1 m"),
        ),
        ("zh-Hant", ("不通過：不可以此形式交出", "90（車輛），以 vin 分辨", "基準 GCJ-02，5 位小數，精確至 1.1 米")),
        ("zh-Hans", ("不通过：不可以此形式交出", "90（车辆），以 vin 分辨", "基准 GCJ-02，5 位小数，精确至 1.1 米")),
    ],
)
def test_raw_tracks_are_blocked_and_masked(
    command: Any, monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DATAFERRY_LANG", language)
    ended = command("check", TRACKS, "--crs", "DATAFERRY:GCJ02")
    assert ended.code == 1
    assert all(word in ended.out for word in words)
    assert "step: aggregate_cell_hour" in ended.out
    assert "L0SYNTHE" not in ended.out
    assert "?" not in ended.out


def test_a_product_is_judged_after_its_steps(command: Any) -> None:
    ended = command("check", EXAMPLES / "ev-trips-by-cell-and-hour", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["kind"], told["blocked"]) == (0, "product", False)
    assert (told["privacy"]["state"], told["privacy"]["before"]["state"]) == ("clear", "blocked")
    assert told["suggested"] == []
    assert any("39 cells stay" in one["message"] for one in told["messages"])


def test_a_file_that_needs_attention_ends_with_0(command: Any, tmp_path: Path) -> None:
    rows = "".join(f"{n},{'FM'[n % 2]},{20 + n}\n" for n in range(30))
    (tmp_path / "people.csv").write_text("member_no,sex,age\n" + rows)
    ended = command("check", "people.csv", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["privacy"]["state"], told["privacy"]["privacy_class"]) == (0, "attention", "personal")
    assert [step["step"] for step in told["suggested"]] == ["suppress", "suppress"]
    assert "Groups of sex (sex), age (age): smallest 1" in command("check", "people.csv").out


def test_what_cannot_be_read_ends_like_everywhere(command: Any, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/product.yaml").write_text("dataferry: 1\n")
    for words, code in (
        (("none.csv",), "tables.no_such_file"), (("broken",), "products.manifest_invalid"),
        ((TRACKS, "--crs", "EPSG:1"), "geo.unknown_crs"),
    ):  # fmt: skip
        ended = command("check", *words, "--json")
        assert ended.code not in (0, 1)
        assert json.loads(ended.out)["error"]["code"] == code


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "states"),
    [
        ("hk-td-carpark-2025/non-metered-parking.json", {"clear"}),
        ("sh-census-2020/sh_district_population_2020.csv", {"clear"}),
        ("hk-mtr-csv/mtr_bus_stops.csv", {"clear"}),
        ("sh-metro-ridership-2016/2016metro.csv", {"clear"}),
        ("sz-st-evcdp/stations.csv", {"clear", "attention"}),
        ("ev-gb32960-frames/vehicle_A_2019-12-30.gbk.csv", {"attention", "blocked"}),
    ],
)
def test_real_files_are_no_false_alarms(command: Any, real: Path, file: str, states: set[str]) -> None:
    ended = command("check", real / file, "--json")
    told = json.loads(ended.out)
    assert told["privacy"]["state"] in states, told["messages"]
    assert ended.code == (1 if told["blocked"] else 0)


def test_several_files_are_checked_and_one_that_is_unreadable_spoils_no_other(command: Any, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("station,passengers\nA,10\nB,20\n")
    (tmp_path / "empty.csv").write_text("")
    ended = command("check", "plain.csv", "empty.csv", TRACKS)
    assert ended.code == 1
    assert "plain.csv: 2 rows" in ended.out
    assert "3 were checked; 2 must be put right" in ended.out
    told = json.loads(command("check", "plain.csv", "empty.csv", "--json").out)
    assert [each["blocked"] for each in told["checks"]] == [False, True]
    assert told["checks"][1]["error"]["code"].startswith("tables.")
    assert command("check", "plain.csv", "plain.csv").code == 0
