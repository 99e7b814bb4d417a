"""Promise: signs of important data are told with their rule, and plain open data of both cities shows none."""

import pyarrow as pa

from dataferry.privacy.coordinates import measure_coordinates
from dataferry.privacy.importance import signs_of_importance
from dataferry.privacy.screening import screen


def rules(**columns: list[object]) -> list[str]:
    table = pa.table(columns)
    return [sign.data["rule"] for sign in signs_of_importance(table, screen(table), measure_coordinates(table))]


def test_the_operation_of_a_charging_network() -> None:
    assert rules(pile_id=["a"], charging_volume=[1.0], occupancy=[0.5]) == ["EV-04"]
    assert rules(充电桩编号=["a"], 占用率=[0.5]) == ["EV-04"]
    assert rules(charger_name=["a"], connector_type=["CCS"], power_kw=[50]) == [], (
        "a register of chargers is no operation"
    )


def test_vehicle_flow_and_freight() -> None:
    assert rules(detector=["a"], volume=[3]) == ["EV-03"]
    assert rules(路段=["a"], 車流量=[3]) == ["EV-03"]
    assert rules(reservoir=["a"], volume=[3]) == []


def test_guarded_places_count_beside_coordinates_alone() -> None:
    names = ["上海市黄浦区人民政府", "某部队营房", "Gun Club Hill Barracks", "順利紀律部隊宿舍", "部队火锅店"]
    at = {"lon": [121.4, 121.5, 114.1, 114.2, 121.47], "lat": [31.2, 31.3, 22.3, 22.3, 31.23]}
    table = pa.table({"name": names, **at})
    signs = signs_of_importance(table, screen(table), measure_coordinates(table))
    assert [(sign.data["rule"], sign.data["count"]) for sign in signs] == [("EV-02", 3)]
    assert rules(name=names) == []


def test_pictures() -> None:
    assert rules(snapshot=["a/1.jpg", "a/2.jpg"]) == ["EV-05"]
    assert rules(photo=[b"\xff\xd8", b"\xff\xd8"]) == ["EV-05"]
    assert rules(photo=["yes", "no"]) == []


def test_plain_tables_of_both_cities() -> None:
    assert rules(station=["徐家汇", "静安寺"], line=[1, 2], passengers=[10, 20]) == []
    assert rules(district=["Sha Tin"], population=[680_000], year=[2021]) == []
