"""Promise: readers of others (GDAL, as in QGIS; Arrow) open a download where it lies and fetch only what they need."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from dataferry.server.delivery import cutting
from dataferry.server.delivery.pages import files
from server.delivery.house import Delivered, deliver, register
from server.releases import hexagons

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SIDE = 0.01
GDAL = """
import json, sys
import pyogrio
address, west, south, east, north = sys.argv[1], *map(float, sys.argv[2:])
info = pyogrio.read_info("/vsicurl/" + address, force_feature_count=False)
meta, _, shapes, columns = pyogrio.raw.read("/vsicurl/" + address, bbox=(west, south, east, north))
names = list(meta["fields"])
print(json.dumps({"driver": info["driver"], "crs": info["crs"], "district": list(columns[names.index("district")])}))
"""


def grid(across: int) -> list[dict[str, Any]]:
    """Squares side by side in one city."""
    like = hexagons()[0]
    return [
        {
            **like,
            "district": f"{x:03}-{y:03}",
            # Nothing that a compressor could make small.
            "district_zh_hant": hashlib.sha512(f"{x} {y}".encode()).hexdigest(),
            "geometry": shapely.box(100 + x * SIDE, 20 + y * SIDE, 100 + (x + 1) * SIDE, 20 + (y + 1) * SIDE),
        }
        for x in range(across)
        for y in range(across)
    ]


@pytest.fixture
def sale(transactional_db: None, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Delivered:
    monkeypatch.setattr(cutting, "ROWS_A_GROUP", 500)
    return deliver(register(tmp_path / "built", rows=grid(70)))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Status and length of every answer of a file that had a body."""
    sent: list[tuple[int, int]] = []
    usual = files.serve

    def serve(request: Any, *args: Any, **more: Any) -> Any:
        answer = usual(request, *args, **more)
        if request.method == "GET":
            sent.append((answer.status_code, int(answer.headers.get("Content-Length", 0))))
        return answer

    monkeypatch.setattr(files, "serve", serve)
    return sent


@pytest.fixture
def address(sale: Delivered, live_server: Any) -> Callable[[str], str]:
    """The whole address of a download, as the first answer names it."""

    def found(kind: str) -> str:
        path = f"{live_server.url}/delivery/download/{sale.entitlement.share}.{kind}"
        token = {"Authorization": f"Bearer {sale.key('files')[1]}"}
        answer = httpx.get(path, headers=token, timeout=60)
        assert answer.status_code == 302, answer.text
        return f"{live_server.url}{answer.headers['Location']}"

    return found


def test_gdal_finds_places_in_a_flatgeobuf_without_fetching_it(
    address: Callable[[str], str], read: list[tuple[int, int]]
) -> None:
    here = address("fgb")
    size = int(httpx.head(here, timeout=60).headers["Content-Length"])
    box = [100 + 30.2 * SIDE, 20 + 40.2 * SIDE, 100 + 31.8 * SIDE, 20 + 40.8 * SIDE]
    done = subprocess.run(
        [sys.executable, "-c", GDAL, here, *map(str, box)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["driver"], told["crs"]) == ("FlatGeobuf", "EPSG:4326")
    assert sorted(told["district"]) == ["030-040", "031-040"]
    # GDAL may ask once without a range, to learn the length, and hang up.
    parts = [length for status, length in read if status == 206]
    assert parts
    assert sum(parts) < size / 3


class Ranges(io.RawIOBase):
    """A file of the web that is read by ranges alone."""

    def __init__(self, address: str) -> None:
        self.address, self.place = address, 0
        head = httpx.head(address, timeout=60)
        assert head.headers["Accept-Ranges"] == "bytes"
        self.length, self.tag = int(head.headers["Content-Length"]), head.headers["ETag"]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = offset + (0, self.place, self.length)[whence]
        return self.place

    def read(self, size: int = -1) -> bytes:
        last = self.length - 1 if size < 0 else min(self.place + size, self.length) - 1
        if last < self.place:
            return b""
        asked = {"Range": f"bytes={self.place}-{last}", "If-Range": self.tag}
        answer = httpx.get(self.address, headers=asked, timeout=60)
        assert answer.status_code == 206
        self.place = last + 1
        return answer.content


def test_arrow_reads_one_column_of_one_group_by_ranges(
    address: Callable[[str], str], read: list[tuple[int, int]]
) -> None:
    here = address("parquet")
    source = Ranges(here)
    with pq.ParquetFile(pa.PythonFile(source, "r"), pre_buffer=False) as parquet:
        assert parquet.metadata.num_rows == 70 * 70
        group = parquet.read_row_group(5, columns=["district"])
    assert group["district"].to_pylist() == [row["district"] for row in grid(70)][2500:3000]
    assert sum(length for _status, length in read) < source.length / 3
