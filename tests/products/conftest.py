"""Small product folders for the tests of this room."""
# ruff: noqa: E501

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MINIMAL = """\
dataferry: 1
name: stops
version: 1.0.0
title: {en: Stops, zh-Hant: 車站, zh-Hans: 车站}
description: {en: Stops by district, zh-Hant: 各區車站, zh-Hans: 各区车站}
cities: [hong-kong]
inputs:
  stops:
    file: data/stops.csv
    title: {en: Stops, zh-Hant: 車站, zh-Hans: 车站}
    publisher: Transport Department
    source: made for a test
    licence: DATA.GOV.HK
    attribution: Transport Department, DATA.GOV.HK
output:
  key: [district]
  columns:
    - {name: district, type: string, title: {en: d, zh-Hant: d, zh-Hans: d}, description: {en: d, zh-Hant: d, zh-Hans: d}}
    - {name: stops, type: integer, title: {en: s, zh-Hant: s, zh-Hans: s}, description: {en: s, zh-Hant: s, zh-Hans: s}}
    - name: mean_routes
      type: number
      precision: 2
      title: {en: m, zh-Hant: m, zh-Hans: m}
      description: {en: m, zh-Hant: m, zh-Hans: m}
quality:
  - {expect: unique, columns: [district]}
  - {expect: range, column: stops, min: 1, max: 2}
licence: CC-BY-4.0
build: {instant: 2026-01-01T00:00:00Z, seed: 42}
"""
RECIPE = """\
SELECT district, COUNT(*) AS stops, AVG(routes) AS mean_routes
FROM stops GROUP BY district ORDER BY stops DESC
"""
STOPS = "district,stop,routes\nWan Chai,a,1\nWan Chai,b,2\nWan Chai,c,2\nEastern,d,4\nSouthern,e,0\nSouthern,f,5\n"

ProductFolder = Callable[..., Path]


@pytest.fixture
def product_folder(tmp_path: Path) -> ProductFolder:
    """Make a product folder; keyword arguments replace whole texts, `edits` replaces parts of product.yaml."""

    def make(name: str = "stops", edits: dict[str, str] | None = None, **texts: Any) -> Path:
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True)
        description = texts.get("yaml", MINIMAL)
        for old, new in (edits or {}).items():
            assert old in description, f"{old!r} is not in product.yaml"
            description = description.replace(old, new)
        (folder / "product.yaml").write_text(description, encoding="utf-8")
        (folder / "recipe.sql").write_text(texts.get("sql", RECIPE), encoding="utf-8")
        (folder / "data" / "stops.csv").write_text(texts.get("csv", STOPS), encoding="utf-8")
        return folder

    return make
