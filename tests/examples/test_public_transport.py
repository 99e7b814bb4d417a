"""Public transport access and metro entries: as shipped and on real files, by district, station and hour."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import CENSUS_2020, DATAV_DISTRICTS, EXAMPLES, Built, build_on, variant
from independent import Outlines, count, from_gcj02, locate, outlines, points_of, rows_of_csv

ACCESS, ENTRIES = "public-transport-access", "metro-entries-by-hour"
FILE = "sh-soda2015-metro/Every5MinuteEnterForEachStation0401.csv"
UNPLACED = {"hong-kong": 810000, "shanghai": 310000}

SODA = {"publisher": "Shanghai Shentong Metro, for SODA 2015", "licence": "unknown"}
REAL_INPUTS: dict[str, dict[str, Any]] = {
    **DATAV_DISTRICTS,
    "sh_population": CENSUS_2020,
    "hk_bus_stops": {
        "publisher": "bus companies of Hong Kong, compiled by HK Bus Crawling",
        "licence": "DATA.GOV.HK",
        "attribution": "KMB, Citybus, NWFB, NLB and MTR, through DATA.GOV.HK",
        "file": "hk-bus-routes-2022/routeFareList.min.json",
        "crs": "EPSG:4326",
        "read": {"path": "stopList", "geometry": ["location.lng", "location.lat"]},
    },
    "hk_metro_exits": {
        "publisher": "MTR Corporation",
        "licence": "DATA.GOV.HK",
        "attribution": "MTR Corporation, through DATA.GOV.HK",
        "file": "hk-mtr-csv/mtr_exits.csv",
        "crs": "EPSG:4326",
        "read": {"geometry": ["Longitude", "Latitude"]},
    },
    "sh_bus_stops": {
        "publisher": "ni1o1/pygeo-tutorial, from AMap place search",
        "licence": "MIT",
        "attribution": "pygeo-tutorial, MIT Licence",
        "file": "sh-pygeo-tutorial/shanghai_bus.csv",
        "crs": "EPSG:4326",
        "read": {"geometry": ["lon", "lat"]},
    },
    "sh_metro_stations": {
        **SODA,
        "file": "sh-soda2015-metro/stations_by_name.json",
        "crs": "DATAFERRY:GCJ02",
        "read": {"geometry": ["LNG", "LAT"]},
    },
    "sh_metro_entries": {"product": f"../{ENTRIES}"},
}


def entry_rows(path: Path) -> list[tuple[str, int, int]]:
    """Station, slot of five minutes, entries: read by the standard library alone."""
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    return [(station.strip(), int(slot), int(entries)) for station, slot, entries in rows]


def by_station_and_hour(rows: Iterable[tuple[str, int, int]]) -> Counter[tuple[str, int]]:
    hours: Counter[tuple[str, int]] = Counter()
    for station, slot, entries in rows:
        hours[station, slot // 12] += entries
    return hours


def by_station(rows: Iterable[tuple[str, int, int]]) -> Counter[str]:
    stations: Counter[str] = Counter()
    for station, _, entries in rows:
        stations[station] += entries
    return stations


def middles(path: Path) -> np.ndarray:
    """The middle of the exits of each Hong Kong station."""
    exits = defaultdict(list)
    for row in rows_of_csv(path):
        exits[row["Station_ENG"]].append((float(row["Longitude"]), float(row["Latitude"])))
    return np.array([np.mean(places, axis=0) for places in exits.values()])


def stops_of_json(path: Path) -> np.ndarray:
    stops = json.loads(path.read_text(encoding="utf-8"))["stopList"].values()
    return np.array([(stop["location"]["lng"], stop["location"]["lat"]) for stop in stops])


def stations_of_json(path: Path) -> dict[str, tuple[float, float]]:
    stations = json.loads(path.read_text(encoding="utf-8"))
    return {name: (float(station["LNG"]), float(station["LAT"])) for name, station in stations.items()}


def check_every_row(
    built: Built, stops: Counter[int | None], stations: Counter[int | None], entries: Counter[int | None]
) -> None:
    """All districts and the rows for what lies in none, against the second computation."""
    rows = built.by("adcode")
    assert set(stops + stations + entries) <= set(rows)
    assert len([code for code in rows if code not in UNPLACED.values()]) == 34
    for code, row in rows.items():
        assert (code, row["bus_stops"], row["metro_stations"]) == (code, stops[code], stations[code])
        assert row["metro_entries"] == (entries[code] if row["city"] == "shanghai" else None)
        if row["area_km2"] is not None:
            assert row["bus_stops_per_km2"] == pytest.approx(stops[code] / row["area_km2"], abs=0.01)
            assert row["bus_stops_per_10k"] == pytest.approx(stops[code] * 10_000 / row["population"], abs=0.001)


def entries_by_district(
    stations: dict[str, tuple[float, float]], day: Counter[str], shapes: Outlines
) -> tuple[Counter[int | None], Counter[int | None]]:
    """Stations and entries by district; entries at stations without a place under Shanghai's own code."""
    places = dict(zip(stations, locate(from_gcj02(np.array(list(stations.values()))), shapes), strict=True))
    entries: Counter[int | None] = Counter()
    for station, number in day.items():
        entries[places.get(station) or UNPLACED["shanghai"]] += number
    return Counter(code or UNPLACED["shanghai"] for code in places.values()), entries


def unplaced_as(counts: Counter[int | None], code: int) -> Counter[int | None]:
    moved = Counter({place or code: number for place, number in counts.items()})
    return +moved


def test_as_shipped_every_hour_of_every_station_is_right(shipped: Callable[[str], Built]) -> None:
    expected = by_station_and_hour(entry_rows(EXAMPLES / ENTRIES / "data/sh_metro_entries_synthetic.csv"))
    assert {key: row["entries"] for key, row in shipped(ENTRIES).by("station", "hour").items()} == expected


def test_as_shipped_every_district_is_right(shipped: Callable[[str], Built]) -> None:
    data = EXAMPLES / ACCESS / "data"
    hong_kong, shanghai = outlines(data / "hk_districts.geojson"), outlines(data / "sh_districts.geojson")
    stops = count(stops_of_json(data / "hk_bus_stops_synthetic.json"), hong_kong)
    in_gbk = rows_of_csv(data / "sh_bus_stops_synthetic.csv", "gbk")
    stops += count(from_gcj02(points_of(in_gbk, "lon", "lat")), shanghai)
    day = by_station(entry_rows(EXAMPLES / ENTRIES / "data/sh_metro_entries_synthetic.csv"))
    stations, entries = entries_by_district(stations_of_json(data / "sh_metro_stations_synthetic.json"), day, shanghai)
    stations += count(middles(data / "hk_metro_exits_synthetic.csv"), hong_kong)
    check_every_row(shipped(ACCESS), stops, stations, entries)


def test_as_shipped_it_names_the_product_it_stands_on(shipped: Callable[[str], Built]) -> None:
    below, above = shipped(ENTRIES), shipped(ACCESS)
    assert above.input("sh_metro_entries")["snapshot"] == below.json["digest"]
    assert above.json["licence_verdict"]["state"] == "clear"
    judged = {one["input"] for one in above.json["licence_verdict"]["inputs"]}
    assert "sh_metro_entries/five_minutes" in judged, "terms below an upstream product are judged too"


def test_a_station_without_a_place_asks_for_attention(shipped: Callable[[str], Built]) -> None:
    built = shipped(ACCESS)
    row = built.by("district")["No known district"]
    assert (row["city"], row["bus_stops"], row["metro_stations"], row["geometry"]) == ("shanghai", 0, 0, None)
    assert row["metro_entries"] > 0
    failed = [one for one in built.json["quality"]["results"] if one["state"] != "clear"]
    assert [one["expect"] for one in failed] == ["row_count"]
    assert failed[0]["figure"] == 35


@pytest.fixture(scope="module")
def on_real(real: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """Both products on real files: (entries by hour, access by district)."""
    work = tmp_path_factory.mktemp("transport")
    below = variant(ENTRIES, work / ENTRIES, {"five_minutes": {**SODA, "file": FILE}})
    above = variant(ACCESS, work / ACCESS, REAL_INPUTS)
    return build_on(real, below, work / "entries"), build_on(real, above, work / "access")


@pytest.mark.real
def test_on_real_files_every_hour_of_every_station_is_right(real: Path, on_real: tuple[Built, Built]) -> None:
    expected = by_station_and_hour(entry_rows(real / FILE))
    built = {key: row["entries"] for key, row in on_real[0].by("station", "hour").items()}
    assert built == expected
    assert sum(built.values()) == 4_541_256
    assert sum(number for (station, _), number in built.items() if station == "人民广场") == 105_790
    assert len({station for station, _ in built}) == 288


@pytest.mark.real
def test_on_real_files_every_district_is_right(real: Path, on_real: tuple[Built, Built]) -> None:
    hong_kong = outlines(real / "cn-datav-2020/810000_geojson_full.json")
    shanghai = outlines(real / "cn-datav-2020/310000_geojson_full.json")
    hk_stops = count(stops_of_json(real / "hk-bus-routes-2022/routeFareList.min.json"), hong_kong)
    sh_stops = count(points_of(rows_of_csv(real / "sh-pygeo-tutorial/shanghai_bus.csv"), "lon", "lat"), shanghai)
    assert (sum(hk_stops.values()), hk_stops[None]) == (9_524, 2)
    assert (sum(sh_stops.values()), sh_stops[None]) == (10_186, 1)
    stops = unplaced_as(hk_stops, 810000) + unplaced_as(sh_stops, 310000)
    list_of_stations = stations_of_json(real / "sh-soda2015-metro/stations_by_name.json")
    stations, entries = entries_by_district(list_of_stations, by_station(entry_rows(real / FILE)), shanghai)
    stations += unplaced_as(count(middles(real / "hk-mtr-csv/mtr_exits.csv"), hong_kong), 810000)
    check_every_row(on_real[1], stops, stations, entries)
    assert sum(row["metro_entries"] or 0 for row in on_real[1].rows) == 4_541_256


@pytest.mark.real
def test_ignoring_the_datum_moves_stops_in_every_district(real: Path) -> None:
    """738 of 9,524 stops change place and all 18 districts change their count; the city loses only 54 stops."""
    stops = stops_of_json(real / "hk-bus-routes-2022/routeFareList.min.json")
    path = real / "cn-datav-2020/810000_geojson_full.json"
    right, wrong = (locate(stops, outlines(path, shifted=shifted)) for shifted in (True, False))
    assert sum(one != other for one, other in zip(right, wrong, strict=True)) == 738
    counted, miscounted = Counter(right), Counter(wrong)
    assert sum(counted[code] != miscounted[code] for code in counted if code) == 18
    assert miscounted[None] - counted[None] == 54


@pytest.mark.real
def test_on_real_files_what_is_not_known_is_asked_for(on_real: tuple[Built, Built]) -> None:
    verdict = on_real[1].json["licence_verdict"]
    codes = {(one["code"], one["data"].get("input")) for one in verdict["findings"]}
    assert ("products.licence_unknown", "sh_metro_stations") in codes
    assert ("products.licence_none", "hk_districts") in codes
    assert ("products.licence_unknown", "sh_metro_entries/five_minutes") in codes
    assert verdict["listable"] is False


@pytest.mark.real
def test_a_source_cut_off_at_900_rows_a_district_is_noticed(on_real: tuple[Built, Built]) -> None:
    """The place search answered at most 900 stops in each of 8 districts: the release says so."""
    report = on_real[1].input("sh_bus_stops")["read_report"]
    cut = [one for one in report["findings"] if "trunc" in one["code"] or "cap" in one["code"]]
    assert cut, [one["code"] for one in report["findings"]]
    assert "900" in json.dumps(cut)
