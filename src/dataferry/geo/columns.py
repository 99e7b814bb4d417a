"""Which columns of a file hold coordinates, by their names in English and Chinese, misspellings included."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from dataferry.geo.points import Floats

Role = Literal["easting", "northing", "longitude", "latitude", "x", "y"]

_ROLES: Final[dict[Role, str]] = {
    "easting": "easting eastings east hk80e hk1980e xhk80 hk80x 東距 东距 東坐標 東座標 东坐标 橫坐標 横坐标",
    "northing": "northing northings norting north hk80n hk1980n yhk80 hk80y 北距 北坐標 北座標 北坐标 縱坐標 纵坐标",
    "longitude": "longitude longitudee lon lng long 經度 经度 東經 东经 gpslon gpslng",
    "latitude": "latitude latituden lat 緯度 纬度 北緯 北纬 gpslat",
    "x": "x xcoord coordx xcoordinate pointx x坐標 x坐标 x座標",
    "y": "y ycoord coordy ycoordinate pointy y坐標 y坐标 y座標",
}
_LONG_ENOUGH: Final = 7
_NOT_WORD: Final = re.compile(r"[\W_]+")
_DMS: Final = re.compile(
    r"""\s*([NSEW]?)\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[°º度:\s]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′’分:]?\s*)?"""
    r"""(?:(\d{1,2}(?:\.\d+)?)\s*(?:"|″|”|''|秒)?\s*)?([NSEW]?)\s*""",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class CoordinateColumns:
    """Names of the columns found, as (x, y) pairs; None where there is no such pair."""

    projected: tuple[str, str] | None
    geographic: tuple[str, str] | None
    unnamed: tuple[str, str] | None

    def pairs(self) -> list[tuple[str, str]]:
        return [pair for pair in (self.geographic, self.projected, self.unnamed) if pair]


def find_coordinate_columns(names: Iterable[str]) -> CoordinateColumns:
    """The first column of each role: easting and northing, longitude and latitude, or plain x and y."""
    by_role: dict[Role, str] = {}
    for name in names:
        role = role_of(name)
        if role:
            by_role.setdefault(role, name)

    def pair(first: Role, second: Role) -> tuple[str, str] | None:
        return (by_role[first], by_role[second]) if first in by_role and second in by_role else None

    return CoordinateColumns(pair("easting", "northing"), pair("longitude", "latitude"), pair("x", "y"))


def role_of(name: str) -> Role | None:
    """What a column name says its numbers are; None when it says nothing about coordinates."""
    folded = _NOT_WORD.sub("", unicodedata.normalize("NFKC", name).casefold())
    for role, terms in _ROLES.items():
        if folded in terms.split():
            return role
    for role, terms in _ROLES.items():
        long_ones = tuple(term for term in terms.split() if len(term) >= _LONG_ENOUGH)
        if folded.endswith(long_ones) or folded.startswith(long_ones):
            return role
    return None


def read_degrees(values: Sequence[str | float | None]) -> Floats:
    """Numbers from text such as `114.17`, `22°29'36"` or `114 06 18 E`; NaN for what is none."""
    return np.array([_degrees(value) for value in values], dtype=np.float64)


def _degrees(value: str | float | None) -> float:
    if value is None:
        return float("nan")
    try:
        return float(value)
    except ValueError:
        pass
    found = _DMS.fullmatch(str(value))
    if not found:
        return float("nan")
    before, degrees, minutes, seconds, after = found.groups()
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
        return float("nan")
    size = abs(float(degrees)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    negative = degrees.startswith("-") or (before or after).upper() in ("S", "W")
    return -size if negative else size
