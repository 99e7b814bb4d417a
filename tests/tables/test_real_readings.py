"""Promise: real files of both cities come out with the figures their sources state, and none ends in a traceback."""

from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dataferry.messages import DataferryError
from dataferry.tables import ReadOptions, read
from dataferry.tables.geoparquet import geometry_columns

pytestmark = pytest.mark.real


def found(reading, code):
    return next((f for f in reading.report.findings if f.code == f"tables.{code}"), None)


def ledger(reading):
    return {name: n for name, n in vars(reading.report.rows).items() if n}


def test_every_real_file_is_read_or_refused_in_words(real):
    seen = Counter()
    for path in sorted(p for p in real.rglob("*") if p.is_file() and p.name != "SOURCE.md"):
        try:
            reading = read(path)
        except DataferryError as error:
            seen["refused" if error.text() else "speechless"] += 1
            continue
        assert reading.report.rows.adds_up(), path.name
        assert reading.report.rows.kept == reading.table.num_rows, path.name
        assert [c.name for c in reading.report.columns if c.name not in reading.table.column_names] == []
        for finding in reading.report.findings:
            assert finding.text()
        seen["read"] += 1
    assert seen["read"] >= 120
    assert not seen["speechless"]
    assert seen["refused"] <= 5  # two Word files, three .shx without their .shp


def test_hourly_air_quality(real):
    reading = read(real / "hk-epd-aqhi-2025" / "202501_Eng.csv")
    table = reading.table
    assert ledger(reading) == {"read": 783, "kept": 744, "preamble": 7, "header": 1, "totals": 31}
    assert found(reading, "dates_filled").data["count"] == 713
    assert found(reading, "totals").data["rows"][:2] == [33, 58]
    assert found(reading, "totals").data["content"][0][1:4] == ["Daily Max", "7", "6"]
    assert table["Date"][23].as_py() == date(2025, 1, 1)
    assert sorted(set(table["Hour"].to_pylist())) == list(range(1, 25))
    assert table.schema.field("Tuen Mun").type == pa.int64()
    flags = [name for name in table.column_names if name.endswith("_flag")]
    texts = Counter(text for name in flags for text in table[name].to_pylist() if text)
    assert texts["5*"] == 93
    assert texts["-*"] == 6
    assert sum(texts.values()) == 366


def test_daily_temperature(real):
    reading = read(real / "hk-hko-daily" / "CLMTEMP_HKO_.csv")
    assert ledger(reading) == {"read": 48949, "kept": 48943, "preamble": 2, "header": 1, "footer": 3}
    value = reading.report.columns[3]
    assert (value.type, value.missing) == ("number", 32)
    assert reading.table["數值/Value"].null_count == 32
    assert Counter(reading.table["數值/Value_flag"].drop_null().to_pylist()) == {"***": 32}


def test_trace_rain_is_explained_by_the_legend(real):
    rain = read(real / "hk-hko-daily" / "daily_HKO_RF_ALL.csv")
    flags = Counter(rain.table["數值/Value_flag"].drop_null().to_pylist())
    assert flags == {"Trace": 6856, "***": 1}
    assert rain.table.num_rows == 48943


def test_shanghai_ridership_in_gbk(real):
    reading = read(real / "sh-metro-ridership-2016" / "2016metro.csv")
    table = reading.table
    assert reading.report.encoding.value == "gbk"
    assert ledger(reading) == {"read": 399, "kept": 368, "header": 1, "blank": 30}
    assert reading.report.columns[0].formats == {"D.M.YY": 368}
    assert table["日期"][366].as_py() == date(2017, 1, 1)
    lines = [name for name in table.column_names if name.endswith("号线")]
    assert len(lines) == 14
    total = sum(table[name].to_numpy().astype(float) for name in lines)
    assert (abs(total - table["column_2"].to_numpy()) < 1).all()
    assert found(reading, "empty_columns").data["count"] == 35
    assert table.column_names[-1] == "column_18"


def test_pm25_of_shanghai(real):
    reading = read(real / "sh-pm25-uci" / "ShanghaiPM20100101_20151231.csv")
    assert reading.table.num_rows == 25602
    shares = [reading.table[f"PM_{name}"].null_count / 25602 for name in ("Jingan", "US Post", "Xuhui")]
    assert [round(100 * share, 1) for share in sorted(shares)] == [2.9, 4.0, 5.9]


def test_mtr_files(real):
    for name in ("mtr_lines_and_stations.csv", "mtr_lines_and_stations_2024.csv"):
        assert ledger(read(real / "hk-mtr-csv" / name)) == {"read": 274, "kept": 270, "header": 1, "blank": 3}
    exits = read(real / "hk-mtr-csv" / "mtr_exits.csv")
    lost = found(exits, "text_destroyed")
    assert lost.severity == "irrecoverable"
    assert (lost.data["wholly"], lost.data["count"]) == (246, 256)  # 39 % wholly, 41 % touched
    assert exits.table.num_rows == 630
    assert read(real / "hk-mtr-csv" / "mtr_lines_fares.csv").table.num_rows == 96 * 96
    assert read(real / "hk-mtr-csv" / "mtr_bus_stops.csv").table.num_rows == 856


def test_shanghai_metro_of_the_2015_contest(real):
    folder = real / "sh-soda2015-metro"
    entries = read(folder / "Every5MinuteEnterForEachStation0401.csv")
    assert entries.table.num_rows == 59559
    assert found(entries, "no_header")
    assert pc.sum(entries.table["column_3"]).as_py() == 4_541_256
    nested = read(folder / "every5minute_entry0401_list.json")
    assert nested.table.num_rows == 59559
    assert pc.sum(nested.table["column_2"]).as_py() == 4_541_256
    assert len(pc.unique(nested.table["column_1"])) == 288
    timetable = read(folder / "timetable.txt")
    assert timetable.table.num_rows == 6705
    assert timetable.table.schema.field("ST_NO").type == pa.string()
    assert timetable.report.columns[1].missing == 2216
    assert found(read(folder / "ATS.txt"), "round_row_count").data["count"] == 1000
    alarms = read(folder / "TOS.txt")
    assert set(alarms.report.columns[11].formats) == {"YYYY-M-D", "YYYY-MMDD"}
    assert sum(alarms.report.columns[11].formats.values()) == 1000
    assert read(folder / "station.txt").table.num_rows == 347


def test_workbooks(real):
    street = real / "hk-district-summary-2019"
    assert read(street / "PSI_Street_Name_20200630.xlsx").table.num_rows == 4553
    assert read(street / "DistrictCensus.xlsx").table.num_rows == 21
    codes = {
        sheet: read(street / "19codee.xls", ReadOptions(layer=sheet)) for sheet in ("Accident", "Vehicle", "Casualty")
    }
    assert [r.report.rows.read for r in codes.values()] == [65, 24, 50]
    assert codes["Accident"].table["Field name"].to_pylist()[:3] == ["Severity of Accident"] * 3
    traffic = real / "hk-td-traffic"
    assert read(traffic / "traffic_accident_20200925-20201231.xlsx").table.num_rows == 3008
    assert read(traffic / "traffic_accident_20210101-20210925.xlsx").table.num_rows == 8136
    weather = read(real / "sz-st-evcdp" / "SZweather20220619-20220718.xls")
    assert weather.report.layer == "Архив Погоды rp5"
    assert (weather.table.num_rows, weather.report.columns[0].type) == (720, "timestamp")
    assert weather.report.columns[11].censored == Counter(weather.table["VV_flag"].to_pylist())["10.0 and more"]


def test_detectors_and_segments(real):
    detectors = read(real / "hk-td-traffic" / "traffic_speed_volume_occ_info.csv", ReadOptions(crs="EPSG:4326"))
    assert detectors.table.num_rows == 431
    assert geometry_columns(detectors.table.schema) == {"geometry": "EPSG:4326"}
    assert read(real / "hk-td-traffic" / "speed_segments_id.txt").table["column_1"].to_pylist()[0] == 375


def test_json_of_both_cities(real):
    parks = read(real / "hk-td-carpark-2025" / "basic_info_all.json")
    assert (parks.table.num_rows, parks.report.layer) == (487, "car_park")
    chargers = read(real / "hk-ocm-chargers-2020" / "hk_poi_2020-11-20.jsonl")
    assert chargers.table.num_rows == 181
    assert chargers.table["AddressInfo.Country.Title"][0].as_py() == "Hong Kong"
    stops = read(real / "hk-bus-routes-2022" / "routeFareList.min.json", ReadOptions(path="stopList"))
    assert stops.table.num_rows == 9524
    assert stops.table.column_names[0] == "key"
    assert found(stops, "keyed_records")
    routes = read(real / "hk-bus-routes-2022" / "routeFareList.min.json", ReadOptions(path="routeList"))
    assert routes.table.num_rows == 2170
    providers = read(real / "hk-catalogue" / "providers_2025-10-24.json").table
    assert (providers.num_rows, pc.sum(providers["datasetCount"]).as_py()) == (118, 3666)
    assert read(real / "sh-catalogue" / "datash_records_seen.json").table.num_rows == 5
    stations = read(real / "sh-metro-network" / "station_coords.json").table
    assert stations["key"][0].as_py() == "0101"


def test_a_source_cut_off_at_nine_hundred_a_district(real):
    stops = read(real / "sh-pygeo-tutorial" / "shanghai_bus.csv")
    capped = found(stops, "capped_groups").data
    assert stops.table.num_rows == 10186
    assert (capped["column"], capped["count"], capped["groups"], capped["of"]) == ("adname", 900, 8, 16)


def test_cells_keyed_by_floating_numbers_keep_every_digit(real):
    cells = read(real / "cn-ev-grid-2024" / "cn2024_aggregated.csv").table
    assert cells.num_rows == 86976
    assert cells["grid_lat"][0].as_py() == 16.830000000000002
    assert pc.sum(cells["count"]).as_py() == 159_922


def test_frames_and_population(real):
    frames = read(real / "ev-gb32960-frames" / "vehicle_A_2019-12-30.gbk.csv")
    assert frames.report.encoding.value == "gbk"
    assert [c.type for c in frames.report.columns[:4]] == ["string", "timestamp", "timestamp", "string"]
    people = read(real / "sh-census-2020" / "sh_district_population_2020.csv").table
    assert (people.num_rows, pc.sum(people["resident_population_2020_census"]).as_py()) == (16, 24_870_895)


def test_the_name_of_a_file_counts_for_nothing(real, tmp_path):
    source = real / "hk-district-summary-2019" / "19codee.xls"
    disguised = Path(tmp_path / "codes.csv")
    disguised.write_bytes(source.read_bytes())
    reading = read(disguised)
    assert reading.report.format.value == "xls"
    assert found(reading, "name_contradicts")
