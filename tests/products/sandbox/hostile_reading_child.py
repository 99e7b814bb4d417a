"""Stands in for the confined reader: locks itself down as the real one does, then does what the file tells it.

The file holds lines of Python. What they answer is written as the values of a table, in a report that the parent takes
for a true one, unless a line itself speaks to the parent.
"""

import json
import os
import runpy
import sys
from pathlib import Path

child = runpy.run_path(Path(sys.argv[1], "dataferry/products/sandbox/reading_child.py"))


def read(job, data, report, counters):
    import pyarrow as pa

    spill, lines = Path(job["spill"]), Path(job["path"]).read_text().splitlines()
    column = {"name": "outcome", "nulls": 0, "geometry": None, "type": "string", "distinct": 1}
    profile = {"rows": len(lines), "columns": [column]}
    truth = {
        "file": "?",
        "sha256": "?",
        "bytes": 0,
        "format": None,
        "encoding": None,
        "crs": None,
        "layer": None,
        "other_layers": [],
        "rows": {"read": len(lines), "kept": len(lines)},
        "columns": [],
        "findings": [],
    }
    place = {"data": data, "report": report, "spill": spill, "truth": truth, "profile": profile, "os": os, "Path": Path}
    words = [attempt(line, place) for line in lines]
    if not (spill / "reading.json").is_symlink() and not (spill / "reading.json").exists():
        (spill / "reading.json").write_text(json.dumps({"report": truth, "profile": profile}))
    table = place.get("table") or pa.table({"outcome": words})
    with os.fdopen(data, "wb") as pipe, pa.ipc.new_stream(pipe, table.schema) as writer:
        writer.write_table(table)
    report.say(event="done", rows=len(lines))


def attempt(line, place):
    try:
        return "ran " + str(eval(line, place))[:2000]  # noqa: S307
    except BaseException as error:  # noqa: BLE001
        return f"refused {type(error).__name__}: {error}"[:300]


child["main"].__globals__["_read"] = read
os._exit(child["main"](sys.argv[1:]))
