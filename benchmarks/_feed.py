"""One change feed, for the memory of its process: `python -m benchmarks._feed ROWS`, in an empty folder.

A tenth of the rows of a made-up table became others, a hundredth went and as many came. Prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dataferry.formats.large_changes import between_files
from dataferry.formats.portions import gathered

ROWS_AT_ONCE = 100_000


def write_table(path: Path, first: int, rows: int, *, changed: bool) -> None:
    """Sessions by number: a city, a station, energy, a price."""
    schema = pa.schema(
        [("session", pa.int64()), ("station", pa.string()), ("kwh", pa.float64()), ("price", pa.int64())]
    )
    stations = pa.array([f"station-{number:05}" for number in range(5000)])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for begin in range(first, first + rows, ROWS_AT_ONCE):
            ids = np.arange(begin, min(begin + ROWS_AT_ONCE, first + rows))
            price = ids * 7919 % 20_000 + (changed & (ids % 10 == 3))
            columns = [pa.array(ids), stations.take(pa.array(ids % 5000)), pa.array(ids % 977 / 8), pa.array(price)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def main(rows: int) -> None:
    """Write both tables, compare them, write the feed."""
    old, new, between = Path("old.parquet"), Path("new.parquet"), Path("between")
    write_table(old, 0, rows, changed=False)
    write_table(new, rows // 100, rows, changed=True)
    between.mkdir()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    told, writer = 0, None
    for table in gathered(between_files([old], [new], ["session"], between)):
        writer = writer or pq.ParquetWriter("feed.parquet", table.schema, compression="zstd")
        writer.write_table(table)
        told += table.num_rows
    if writer is not None:
        writer.close()
    seconds, peak = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {"rows": rows, "feed_rows": told, "seconds": seconds, "begin_mb": before / 1024, "peak_mb": peak / 1024}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
