"""Air and weather: as shipped and on real files, day by day; two indices never share an axis or a row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from building import EXAMPLES, Built, build_on, variant

from dataferry.tables import read

NAME = "air-and-weather"
DATA = EXAMPLES / NAME / "data"
HKO = {"publisher": "Hong Kong Observatory", "licence": "DATA.GOV.HK", "attribution": "Hong Kong Observatory"}
REAL_INPUTS: dict[str, dict[str, Any]] = {
    "hk_aqhi": {
        "publisher": "Environmental Protection Department",
        "licence": "DATA.GOV.HK",
        "attribution": "Environmental Protection Department",
        "file": "hk-epd-aqhi-2025/202501_Eng.csv",
    },
    "hk_temperature": {**HKO, "file": "hk-hko-daily/CLMTEMP_HKO_.csv"},
    "hk_rainfall": {**HKO, "file": "hk-hko-daily/daily_HKO_RF_ALL.csv"},
    "sh_pm25": {
        "publisher": "UCI, PM2.5 Data of Five Chinese Cities",
        "licence": "CC-BY-4.0",
        "attribution": "PM2.5 Data of Five Chinese Cities, UCI",
        "file": "sh-pm25-uci/ShanghaiPM20100101_20151231.csv",
    },
}

Days = dict[dt.date, tuple[float | None, int]]


def lines_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def aqhi(path: Path) -> tuple[Days, dict[dt.date, int]]:
    """By day: highest station-hour and number of values; and the day's highest according to the file's own rows."""
    values: dict[dt.date, list[int]] = defaultdict(list)
    stated: dict[dt.date, int] = {}
    day = dt.date.min
    for line in lines_of(path)[8:]:
        if line[0]:
            day = dt.date(*map(int, line[0].split("/")))
        numbers = [int(cell.rstrip("*+")) for cell in line[2:] if cell.rstrip("*+-")]
        if line[1] == "Daily Max":
            stated[day] = max(numbers)
        else:
            values[day] += numbers
    return {day: (max(of), len(of)) for day, of in values.items()}, stated


def observatory(path: Path) -> dict[dt.date, float | None]:
    days = {}
    for line in lines_of(path):
        if len(line) == 5 and line[0].isdigit():
            text = line[3]
            if line[:3] == ["1900", "2", "29"]:
                continue  # the series holds this day, which never was
            days[dt.date(*map(int, line[:3]))] = None if text == "***" else 0.0 if text == "Trace" else float(text)
    return days


def hourly(path: Path, *columns: str) -> Days:
    """By day: mean over the hours of the mean over the columns that have a value; and how many values."""
    hours: dict[dt.date, list[list[float]]] = defaultdict(list)
    with path.open(encoding="ascii") as stream:
        for row in csv.DictReader(stream):
            found = [float(row[column]) for column in columns if row[column] != "NA"]
            hours[dt.date(int(row["year"]), int(row["month"]), int(row["day"]))].append(found)
    days: Days = {}
    for day, of in hours.items():
        means = [math.fsum(found) / len(found) for found in of if found]
        days[day] = (math.fsum(means) / len(means) if means else None, sum(map(len, of)))
    return days


def check_measure(built: Built, city: str, measure: str, expected: Days) -> None:
    rows = {row["date"]: row for row in built.rows if (row["city"], row["measure"]) == (city, measure)}
    assert set(rows) == set(expected)
    for day, (value, readings) in expected.items():
        assert rows[day]["readings"] == readings, (measure, day)
        if value is None:
            assert rows[day]["value"] is None
        else:
            assert rows[day]["value"] == pytest.approx(value, abs=0.0051), (measure, day)


def check_every_day(built: Built, folder: Path, files: dict[str, str]) -> None:
    air, stated = aqhi(folder / files["hk_aqhi"])
    assert {day: value for day, (value, _) in air.items()} == stated, "the file's own Daily Max rows agree"
    check_measure(built, "hong-kong", "AQHI", air)
    for measure, name in (("Temperature", "hk_temperature"), ("Rainfall", "hk_rainfall")):
        days = observatory(folder / files[name])
        check_measure(built, "hong-kong", measure, {day: (days[day], int(days[day] is not None)) for day in air})
    posts = hourly(folder / files["sh_pm25"], "PM_Jingan", "PM_US Post", "PM_Xuhui")
    check_measure(built, "shanghai", "PM2.5", posts)
    check_measure(built, "shanghai", "Temperature", hourly(folder / files["sh_pm25"], "TEMP"))


def test_as_shipped_every_day_is_right(shipped: Callable[[str], Built]) -> None:
    files = {
        "hk_aqhi": "hk_aqhi_synthetic_202501.csv",
        "hk_temperature": "hk_temperature_synthetic.csv",
        "hk_rainfall": "hk_rainfall_synthetic.csv",
        "sh_pm25": "sh_pm25_synthetic.csv",
    }
    check_every_day(shipped(NAME), DATA, files)
    missing = [(row["measure"], row["date"], row["readings"]) for row in shipped(NAME).rows if row["value"] is None]
    assert missing == [("Temperature", dt.date(2025, 1, 19), 0)]


def test_two_measures_never_share_a_unit_or_a_panel(shipped: Callable[[str], Built]) -> None:
    built = shipped(NAME)
    units = {(row["measure"], row["unit"]) for row in built.rows}
    assert units == {("AQHI", "index"), ("PM2.5", "ug/m3"), ("Temperature", "degC"), ("Rainfall", "mm")}
    cities = {(row["measure"], row["city"]) for row in built.rows if row["measure"] in ("AQHI", "PM2.5")}
    assert cities == {("AQHI", "hong-kong"), ("PM2.5", "shanghai")}
    assert built.json["chart"]["split"] == "measure"
    assert {column["name"] for column in built.json["output"]["columns"] if column["type"] == "number"} == {"value"}


def test_what_was_untidy_is_in_the_read_reports(shipped: Callable[[str], Built]) -> None:
    report = shipped(NAME).input("hk_aqhi")["read_report"]
    lines = (DATA / "hk_aqhi_synthetic_202501.csv").read_text(encoding="utf-8-sig").splitlines()
    assert report["rows"]["kept"] == 31 * 24
    assert report["rows"]["totals"] == 31
    assert report["rows"]["preamble"] == 7
    assert report["rows"]["read"] == len(lines)
    assert sum(column["flagged"] for column in report["columns"]) == sum(line.count("*") for line in lines[8:])
    temperature = shipped(NAME).input("hk_temperature")["read_report"]
    assert temperature["rows"]["footer"] == 3
    assert sum(column["missing"] for column in temperature["columns"] if column["source_name"].endswith("Value")) == 1


@pytest.fixture(scope="module")
def on_real(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    work = tmp_path_factory.mktemp("air")
    return build_on(real, variant(NAME, work / "product", REAL_INPUTS), work / "out")


@pytest.mark.real
def test_on_real_files_every_day_is_right(real: Path, on_real: Built) -> None:
    check_every_day(on_real, real, {name: spec["file"] for name, spec in REAL_INPUTS.items()})
    january = [row for row in on_real.rows if row["measure"] == "AQHI"]
    assert len(january) == 31
    assert {(row["date"].year, row["date"].month) for row in january} == {(2025, 1)}
    pm25 = [row["date"] for row in on_real.rows if row["measure"] == "PM2.5"]
    assert (min(pm25), max(pm25), len(pm25)) == (dt.date(2013, 1, 29), dt.date(2015, 12, 31), 1_067)


@pytest.mark.real
def test_real_rows_add_up(on_real: Built) -> None:
    assert on_real.input("hk_aqhi")["rows"] == 31 * 24
    assert on_real.input("hk_temperature")["rows"] == 48_943
    assert on_real.input("sh_pm25")["rows"] == 25_602


@pytest.mark.real
def test_the_observatorys_missing_days_stay_missing(real: Path) -> None:
    """48,943 days, 32 of them ***: null in the table, counted in the report, never a zero."""
    reading = read(real / "hk-hko-daily/CLMTEMP_HKO_.csv")
    column = reading.table.column("數值/Value")
    assert (reading.table.num_rows, column.null_count) == (48_943, 32)
    reported = next(one for one in reading.report.columns if one.name == "數值/Value")
    assert reported.missing == 32
    assert reading.report.rows.adds_up()
