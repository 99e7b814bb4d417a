"""Grid cells in the datum of the data: H3, squares of a projected CRS, or near-squares cut in degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import h3.api.basic_str as h3
import numpy as np
import shapely
from numpy.typing import NDArray

from dataferry.geo import WGS84, canonical_crs, convert, crs_name, in_degrees
from dataferry.messages import DataferryError, Finding, InputError
from dataferry.privacy.coordinates import dense_codes

LEAST_METRES_PER_DEGREE_NORTH: Final = 110_574.0
"""A degree of latitude of WGS84 at the equator, where it is shortest (111,694 m at the poles)."""
LEAST_METRES_PER_DEGREE_EAST: Final = 111_319.49
"""A degree of longitude of WGS84 at the equator; times the cosine of a latitude it is never too long."""
_MOST_NORTH: Final = 89.9

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Grid:
    """A grid over coordinates in `crs`.

    Args:
        kind: `h3`; `metres`, squares of `cut_in`; or `degrees`, rows of equal height in degrees whose cells are at
            least `side` metres high and wide, and at most some 2 per cent more.
        size: H3 resolution, or side in metres.
        cut_in: CRS in which cells are cut; another than `crs` only where both are known to PROJ.
    """

    kind: Literal["h3", "metres", "degrees"]
    crs: str
    cut_in: str
    size: float

    @classmethod
    def of(
        cls, number: int, crs: str | None, *, h3: int | None = None, side: float = 0.0, grid_crs: str | None = None
    ) -> Grid:
        """The grid that a step asks for.

        Raises:
            InputError: `privacy.step_crs`: the datum is unknown; `privacy.step_grid_crs`: `grid_crs` is unknown, not
                in metres, or would put GCJ-02 or BD-09 coordinates into another datum.
        """
        if crs is None:
            raise InputError("privacy.step_crs", number=number)
        shifted, degrees = crs.startswith("DATAFERRY:"), in_degrees(crs)
        if h3 is not None:
            return cls("h3", crs, crs if degrees else WGS84, h3)
        if grid_crs is None:
            return cls("degrees" if degrees else "metres", crs, crs, side)
        try:
            wanted = canonical_crs(grid_crs)
            if in_degrees(wanted) or (shifted and wanted != crs):
                raise InputError("privacy.step_grid_crs", number=number, grid_crs=grid_crs, crs=crs)
            convert([0.0], [0.0], crs, wanted)
        except DataferryError:
            raise InputError("privacy.step_grid_crs", number=number, grid_crs=grid_crs, crs=crs) from None
        return cls("metres", crs, wanted, side)

    def words(self) -> str:
        """The cell as figures: `H3 7`, `1000 m`."""
        return f"H3 {self.size:g}" if self.kind == "h3" else f"{self.size:g} m"

    def findings(self) -> list[Finding]:
        """What has to be said of the cells: the datum in which they were cut, and that some sizes are approximate."""
        data = {"crs": self.cut_in, "datum": crs_name(self.cut_in), "cell": self.words()}
        if self.crs.startswith("DATAFERRY:"):
            return [Finding("privacy.cells_shifted", "note", data)]
        return [Finding("privacy.cells_in_datum", "note", data)]

    def cells(self, xy: Floats) -> Texts:
        """The name of the cell of each point (rows, 2); None where there is no place."""
        names = np.full(len(xy), None, dtype=object)
        moved = _moved(xy, self.crs, self.cut_in)
        good = np.isfinite(moved).all(axis=1)
        if self.kind != "metres":
            good &= (np.abs(moved[:, 0]) <= 180) & (np.abs(moved[:, 1]) <= 90)
        names[good] = self._named(moved[good])
        return names

    def polygons(self, names: Texts) -> Texts:
        """The outline of each cell in the CRS of the data."""
        rings = [self._ring(str(name)) for name in names]
        shapes = [shapely.Polygon(_moved(ring, self.cut_in, self.crs)) for ring in rings]
        return np.array(shapes, dtype=object)

    def centres(self, names: Texts) -> Floats:
        """The centre of each cell in the CRS of the data, as (rows, 2); NaN for None."""
        known = np.array([name is not None for name in names], dtype=bool)
        middles = {name: self._middle(str(name)) for name in set(names[known].tolist())}
        found = np.full((len(names), 2), np.nan)
        if known.any():
            found[known] = _moved(np.array([middles[name] for name in names[known]]), self.cut_in, self.crs)
        return found

    def _named(self, xy: Floats) -> list[str]:
        if self.kind == "h3":
            codes = _pairs(xy)
            first = np.unique(codes, return_index=True)[1]
            cells = [h3.latlng_to_cell(y, x, int(self.size)) for x, y in xy[first].tolist()]
            return [cells[code] for code in codes]
        if self.kind == "metres":
            columns, rows = np.floor(xy / self.size).astype(np.int64).T
        else:
            rows = np.floor((xy[:, 1] + 90.0) / self._height).astype(np.int64)
            columns = np.floor((xy[:, 0] + 180.0) / self._widths(rows)).astype(np.int64)
        start = f"{self.cut_in.partition(':')[2]}:{self.size:g}"
        return [f"{start}:{column}:{row}" for column, row in zip(columns.tolist(), rows.tolist(), strict=True)]

    @property
    def _height(self) -> float:
        return self.size / LEAST_METRES_PER_DEGREE_NORTH

    def _widths(self, rows: NDArray[Any]) -> Floats:
        """Width in degrees of the cells of each row: as many as fit round the Earth, none narrower than the side."""
        edges = np.abs(np.stack([rows * self._height, (rows + 1) * self._height]) - 90.0).max(axis=0)
        around = 360.0 * LEAST_METRES_PER_DEGREE_EAST * np.cos(np.radians(np.minimum(edges, _MOST_NORTH)))
        widths: Floats = 360.0 / np.maximum(np.floor(around / self.size), 1.0)
        return widths

    def _box(self, name: str) -> tuple[float, float, float, float]:
        column, row = (int(part) for part in name.split(":")[2:])
        if self.kind == "metres":
            return column * self.size, row * self.size, (column + 1) * self.size, (row + 1) * self.size
        width = float(self._widths(np.array([row]))[0])
        south = row * self._height - 90.0
        return column * width - 180.0, south, (column + 1) * width - 180.0, south + self._height

    def _ring(self, name: str) -> Floats:
        if self.kind == "h3":
            return np.array([(lon, lat) for lat, lon in h3.cell_to_boundary(name)])
        west, south, east, north = self._box(name)
        return np.array([(west, south), (east, south), (east, north), (west, north)])

    def _middle(self, name: str) -> tuple[float, float]:
        if self.kind == "h3":
            lat, lon = h3.cell_to_latlng(name)
            return lon, lat
        west, south, east, north = self._box(name)
        return (west + east) / 2, (south + north) / 2


def _pairs(xy: Floats) -> NDArray[np.int64]:
    """A code for each distinct point."""
    x, y = dense_codes(xy[:, 0]), dense_codes(xy[:, 1])
    return dense_codes(x * (int(y.max(initial=0)) + 1) + y)


def _moved(xy: Floats, source: str, target: str) -> Floats:
    if source == target:
        return xy
    converted = convert(xy[:, 0], xy[:, 1], source, target)
    return np.column_stack([converted.x, converted.y])
