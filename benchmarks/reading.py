"""Reading text: a clean file against pyarrow alone, a messy one against the bare row reader, memory over rows."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import PEAK_BYTES

DESCRIPTION = (
    "Clean CSV: `dataferry.tables.read` against `pyarrow.csv.read_csv` (promise at 200 MB: at most 2x). Messy GBK text "
    "(title, notes, flags, marks, half-day times, two date formats): against Python's csv reader that only cuts the "
    "same file into cells. Memory: peak of a fresh process at 1x, 10x and 100x rows."
)
_ROUNDS = 3
_CLEAN_ROW_BYTES = 72

_CHILD = """
import csv, json, sys, time
what, path = sys.argv[1:]
if what == "pyarrow":
    import pyarrow.csv as reader
    begin = time.perf_counter(); table = reader.read_csv(path); seconds = time.perf_counter() - begin
    rows = table.num_rows
elif what == "cells":
    begin = time.perf_counter()
    with open(path, encoding="gb18030", newline="") as file:
        rows = sum(1 for _ in csv.reader(file))
    seconds = time.perf_counter() - begin
else:
    from dataferry.tables import read
    begin = time.perf_counter(); table = read(path).table; seconds = time.perf_counter() - begin
    rows = table.num_rows
peak = PEAK_BYTES
print(json.dumps({"seconds": seconds, "rows": rows, "peak": peak}))
"""


def run(scale: str) -> dict[str, object]:
    """Ratios of medians over rounds in fresh processes; `full` reads 200 MB, `small` 20 MB."""
    megabytes = 200 if scale == "full" else 20
    with tempfile.TemporaryDirectory(prefix="dataferry-bench-") as name:
        folder = Path(name)
        clean, messy = folder / "clean.csv", folder / "messy.csv"
        rows = megabytes * 1_000_000 // _CLEAN_ROW_BYTES
        write_clean(clean, rows)
        write_messy(messy, rows // 8)
        pairs = [(measure("pyarrow", clean), measure("read", clean)) for _ in range(_ROUNDS)]
        ours, cells = measure("read", messy), measure("cells", messy)
        return {
            "clean_bytes": clean.stat().st_size,
            "clean_rows": ours_rows(pairs),
            "clean_seconds_over_pyarrow": median(ours["seconds"] / peer["seconds"] for peer, ours in pairs),
            "clean_peak_over_pyarrow": median(ours["peak"] / peer["peak"] for peer, ours in pairs),
            "messy_bytes": messy.stat().st_size,
            "messy_rows": ours["rows"],
            "messy_seconds_over_cutting_cells": ours["seconds"] / cells["seconds"],
            "messy_megabytes_a_second": messy.stat().st_size / 1e6 / ours["seconds"],
            "memory": memory(folder, rows // 100),
        }


def ours_rows(pairs: list[tuple[dict[str, float], dict[str, float]]]) -> int:
    """Rows that both readers found; a benchmark of different work would be worthless."""
    assert all(peer["rows"] == ours["rows"] for peer, ours in pairs)
    return int(pairs[0][0]["rows"])


def measure(what: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD.replace("PEAK_BYTES", PEAK_BYTES), what, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def memory(folder: Path, rows: int) -> dict[str, object]:
    """Peak memory of clean and messy readings as rows grow, and bytes of peak a byte of file between 10x and 100x."""
    out: dict[str, object] = {}
    for kind, write, share in (("clean", write_clean, 1), ("messy", write_messy, 8)):
        sizes, peaks = [], []
        for times in (1, 10, 100):
            path = folder / f"{kind}-{times}.csv"
            write(path, max(100, rows * times // share))
            sizes.append(path.stat().st_size)
            peaks.append(measure("read", path)["peak"])
            path.unlink()
        slope = (peaks[2] - peaks[1]) / (sizes[2] - sizes[1])
        out[kind] = {
            "peak_10x_over_1x": peaks[1] / peaks[0],
            "peak_100x_over_1x": peaks[2] / peaks[0],
            "peak_bytes_a_file_byte": slope,
        }
    return out


def write_clean(path: Path, rows: int) -> None:
    """Sensor readings: whole numbers, timestamps, names, coordinates, a value, a truth."""
    random = np.random.default_rng(1)
    start = np.datetime64("2020-01-01T00:00:00")
    with path.open("w", encoding="utf-8") as file:
        file.write("id,time,station,x,y,value,active\n")
        for first in range(0, rows, 50_000):
            count = min(50_000, rows - first)
            times = np.datetime_as_string(start + ((first + np.arange(count)) * 37).astype("timedelta64[s]"))
            station = random.integers(0, 300, count)
            x, y, value = 113.8 + random.random(count), 22.2 + random.random(count) / 2, random.normal(50, 20, count)
            file.writelines(
                f"{first + i},{times[i].replace('T', ' ')},Station {station[i]},{x[i]:.6f},{y[i]:.6f},{value[i]:.2f},"
                f"{'true' if station[i] % 2 else 'false'}\n"
                for i in range(count)
            )


def write_messy(path: Path, rows: int) -> None:
    """The same kind of table as a public office writes it."""
    random = np.random.default_rng(2)
    odd = np.array(["***", "-", "5*", "10+", "N.A."])
    with path.open("w", encoding="gb18030", newline="") as file:
        file.write("空气质量监测数据,,,,\r\n说明：带星号为替代数据,,,,\r\n站点,日期,时间,数值,人次\r\n")
        for first in range(0, rows, 50_000):
            count = min(50_000, rows - first)
            station, day, minute = (random.integers(0, n, count) for n in (300, 365, 720))
            value, people = random.normal(50, 20, count), random.integers(1_000, 99_999, count)
            strange, which = random.random(count) < 0.03, random.integers(0, len(odd), count)
            for i in range(count):
                date = f"2024/{day[i] // 31 + 1}/{day[i] % 28 + 1}"
                if i % 5 == 0:
                    date = f"2024年{day[i] // 31 + 1}月{day[i] % 28 + 1}日"
                half = "上午" if i % 2 else "下午"
                number = odd[which[i]] if strange[i] else f"{value[i]:.1f}"
                file.write(
                    f"监测站{station[i]},{date},{date} {half} {minute[i] // 60:02d}:{minute[i] % 60:02d}:00,{number},"
                    f'"{people[i]:,}"\r\n'
                )
        file.write("*** 没有数据,,,,\r\n")
