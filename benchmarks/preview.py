"""A page of a table: filter and sort against the bare engine that answers with whole rows; memory over rows."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import PEAK_BYTES

DESCRIPTION = (
    "`dataferry.tables.preview_rows`, 50 rows filtered by text and sorted by number, with a count of those that match: "
    "against the bare engine that sorts with LIMIT over all columns and counts with the same SQL (at most 2x). "
    "Memory: peak of a fresh process above one that only opens the file, at 1x, 10x and 100x rows."
)
_ROUNDS = 5
_CHILD = """
import json, sys, time
from pathlib import Path
what, path = sys.argv[1], Path(sys.argv[2])
from dataferry.tables import Filter, Sort, preview_rows
from dataferry.tables.engine import EngineOptions, open_session
def bare():
    session = open_session({"t": path}, EngineOptions(threads=1, functions=frozenset()))
    where = "WHERE contains(lower(name), '77')"
    rows = session.run(f"SELECT * FROM t {where} ORDER BY figure DESC NULLS LAST LIMIT 50").num_rows
    return rows, session.run(f"SELECT count(*) FROM t {where}").column(0)[0].as_py()
def ours(after=0):
    asked = {"filters": [Filter("name", "contains", ("77",))], "sort": [Sort("figure", descending=True)]}
    page = preview_rows(path, after=after, **asked)
    return page.rows.num_rows, page.total
def opened():
    return preview_rows(path, limit=1).rows.num_rows, 0
work = {"bare": bare, "ours": ours, "opened": opened}[what]
first = work()
begin = time.perf_counter(); rows, total = work(); seconds = time.perf_counter() - begin
print(json.dumps({"seconds": seconds, "rows": rows, "total": total, "peak": PEAK_BYTES}))
"""


def run(scale: str) -> dict[str, object]:
    """Ratios of medians over rounds; `full` has 10 million rows, `small` 1 million."""
    rows = 10_000_000 if scale == "full" else 1_000_000
    with tempfile.TemporaryDirectory(prefix="dataferry-bench-") as name:
        path = Path(name) / "table.parquet"
        write(path, rows)
        pairs = [(measure("bare", path), measure("ours", path)) for _ in range(_ROUNDS)]
        assert all((bare["rows"], bare["total"]) == (ours["rows"], ours["total"]) for bare, ours in pairs)
        return {
            "rows": rows,
            "matching": pairs[0][0]["total"],
            "seconds": median(ours["seconds"] for _bare, ours in pairs),
            "seconds_over_bare_engine": median(ours["seconds"] / bare["seconds"] for bare, ours in pairs),
            "megabytes_above_opening": memory(Path(name), rows // 100),
        }


def memory(folder: Path, rows: int) -> dict[str, float]:
    found = {}
    for times in (1, 10, 100):
        path = folder / f"{times}.parquet"
        write(path, rows * times)
        found[f"{times}x"] = round((measure("ours", path)["peak"] - measure("opened", path)["peak"]) / 1e6, 1)
    return found


def measure(what: str, path: Path) -> dict[str, float]:
    program = _CHILD.replace("PEAK_BYTES", PEAK_BYTES)
    done = subprocess.run([sys.executable, "-c", program, what, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def write(path: Path, rows: int) -> None:
    """Names of a few words, a figure with gaps, and a long text that only the page needs."""
    rng = np.random.default_rng(5)
    step = 131_072
    writer = None
    for begin in range(0, rows, step):
        count = min(step, rows - begin)
        numbers = np.arange(begin, begin + count)
        table = pa.table(
            {
                "name": pa.array([f"Station {n * 7919 % 1_000_003} 站" for n in numbers.tolist()]),
                "figure": pa.array(rng.integers(0, 1_000_000, count), mask=rng.random(count) < 0.1),
                "remark": pa.array([f"{n} " * 12 for n in numbers.tolist()]),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()
