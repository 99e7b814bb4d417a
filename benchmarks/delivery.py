"""Delivery beside a plain static file server: the same Parquet, the same client environment, the same run."""

from __future__ import annotations

import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.web import _free_port

DESCRIPTION = "loading a bought table with the real Delta Sharing client, beside the same files from a static server"
ROWS = {"small": 1_000_000, "full": 10_000_000}
ROUNDS = {"small": 2, "full": 3}
DOWNLOADS = {"small": 20, "full": 100}
MOST_BYTES_EACH = {"small": 8 << 20, "full": 32 << 20}
FEED_ROWS = {"small": (200_000, 2_000_000), "full": (2_000_000, 20_000_000)}
CLIENT = "1.4.2"
TARGET = 1.5
THREADS = 128
LOAD = """
import json, sys, time
import delta_sharing, pandas
job = json.load(sys.stdin)

def static(job):
    parts = [pandas.read_parquet(address) for address in job["files"]]
    return parts[0] if len(parts) == 1 else pandas.concat(parts, ignore_index=True)

def shared(job, **more):
    return delta_sharing.load_as_pandas(job["profile"] + "#" + job["table"], **more)

ways = {"static": static, "parquet": shared, "delta": lambda job: shared(job, use_delta_format=True)}
began, used = time.perf_counter(), time.process_time()
table = ways[job["way"]](job)
told = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - used, "rows": len(table)}
told["kwh"] = float(table["kwh"].sum())
json.dump(told, sys.stdout)
"""


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {
        "DATAFERRY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "dataferry.server.portal.settings",
        # The load comes from one address; a limit would measure itself.
        "DATAFERRY_API_READS": "0",
    }


def _seeded(home: Path, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks._delivery_seed", str(rows)]
    done = subprocess.run(command, env=_environment(home), text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout))


@contextmanager
def _running(command: list[str], address: str, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more) as server:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - an address of our own
                    break
                except OSError:
                    time.sleep(0.1)
            yield server
        finally:
            server.terminate()


@contextmanager
def _ours(home: Path) -> Iterator[tuple[int, int]]:
    """The site under granian, one worker process; its port and the process."""
    port = _free_port()
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--workers", "1"]
    options += ["--blocking-threads", str(THREADS), "--workers-kill-timeout", "4", "--log-level", "error"]
    command = [sys.executable, "-m", "granian", *options, "dataferry.server.portal.wsgi:application"]
    with _running(command, f"http://127.0.0.1:{port}/healthz", env=_environment(home)) as server:
        yield port, server.pid


@contextmanager
def _static(folder: Path) -> Iterator[int]:
    """The plainest file server there is: the standard library's."""
    port = _free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)]
    with _running(command, f"http://127.0.0.1:{port}/"):
        yield port


def _python_of_client() -> Path:
    from tools.delta_clients import python_of

    return python_of(CLIENT)


def _loaded(job: dict[str, Any], way: str) -> dict[str, float]:
    command = [str(_python_of_client()), "-c", LOAD]
    told = json.dumps({**job, "way": way})
    done = subprocess.run(command, input=told, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way}: {done.stderr[-1500:]}")
    return dict(json.loads(done.stdout))


def _loading(told: dict[str, Any], ours: int, plain: int, folder: Path, rounds: int) -> dict[str, Any]:
    """Each way in turn, round after round, so that all see the same machine."""
    profile = folder / "bench.share"
    endpoint = f"http://127.0.0.1:{ours}/delta-sharing"
    profile.write_text(
        json.dumps({"shareCredentialsVersion": 1, "endpoint": endpoint, "bearerToken": told["token"]}), encoding="utf-8"
    )
    files = [f"http://127.0.0.1:{plain}/{file['sha256'][:2]}/{file['sha256']}" for file in told["files"]]
    job = {"profile": str(profile), "table": told["table"], "files": files}
    seen: dict[str, list[dict[str, float]]] = {"static": [], "parquet": [], "delta": []}
    for number in range(rounds):
        for way, runs in seen.items():
            runs.append(_loaded(job, way))
            sys.stderr.write(f"{way} {number + 1}: {runs[-1]['seconds']:.2f} s\n")
    same = {(run["rows"], round(run["kwh"], 1)) for runs in seen.values() for run in runs}
    assert len(same) == 1, same
    assert next(iter(same))[0] == told["rows"]
    best = {way: min(run["seconds"] for run in runs) for way, runs in seen.items()}
    middle = {way: statistics.median(run["seconds"] for run in runs) for way, runs in seen.items()}
    return {
        "rows": told["rows"],
        "bytes": sum(file["bytes"] for file in told["files"]),
        "best_seconds": best,
        "median_seconds": middle,
        "client_cpu_seconds": {way: min(run["cpu_seconds"] for run in runs) for way, runs in seen.items()},
        "ratio_parquet_to_static": best["parquet"] / best["static"],
        "ratio_delta_to_static": best["delta"] / best["static"],
        "target": TARGET,
    }


def _family(pid: int) -> list[int]:
    found = [pid]
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) in found:
            found.append(int(status.parent.name))
    return found


def _resident(pid: int) -> int:
    """Bytes in memory of a server and its workers."""
    total = 0
    for each in _family(pid):
        try:
            lines = Path(f"/proc/{each}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    return total


def _pull(port: int, path: str, count: int, most: int, pid: int) -> dict[str, Any]:
    """So many downloads at once, all open until the last has its bytes; the memory of the server meanwhile."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nRange: bytes=0-{most - 1}\r\nConnection: close\r\n\r\n"
    got: dict[socket.socket, int] = {}
    before, peak, began = _resident(pid), 0, time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        for _ in range(count):
            each = socket.create_connection(("127.0.0.1", port), timeout=60)
            each.sendall(head.encode())
            each.setblocking(False)
            waiting.register(each, selectors.EVENT_READ)
            got[each] = 0
        looked = 0.0
        while waiting.get_map():
            for key, _events in waiting.select(timeout=60):
                piece = key.fileobj.recv(1 << 18)  # type: ignore[union-attr]
                got[key.fileobj] += len(piece)  # type: ignore[index]
                if not piece:
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
            if time.perf_counter() - looked > 0.2:
                looked, peak = time.perf_counter(), max(peak, _resident(pid))
    seconds = time.perf_counter() - began
    total = sum(got.values())
    return {
        "downloads_at_once": count,
        "complete": sum(size > most for size in got.values()),
        "bytes": total,
        "megabytes_per_second": total / seconds / 1e6,
        "resident_before_mb": before / 1e6,
        "resident_peak_mb": peak / 1e6,
        "growth_mb": (peak - before) / 1e6,
        "growth_to_bytes_asked": (peak - before) / total,
    }


def _feed(place: Path, rows: int) -> dict[str, Any]:
    """The change feed between two tables of so many rows, and the most memory its process had."""
    folder = place / f"feed-{rows}"
    folder.mkdir()
    command = [sys.executable, "-m", "benchmarks._feed", str(rows)]
    root = Path(__file__).parents[1]
    told = subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": str(root)}, check=True, capture_output=True
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def run(scale: str) -> dict[str, Any]:
    """Make a change feed of so many rows and of ten times as many; load the table in three ways; pull it by many."""
    with tempfile.TemporaryDirectory(prefix="dataferry-bench-") as folder:
        place = Path(folder)
        feeds = [_feed(place, rows) for rows in FEED_ROWS[scale]]
        home = place / "home"
        home.mkdir(mode=0o700)
        told = _seeded(home, ROWS[scale])
        with _ours(home) as (ours, pid), _static(home / "delivery" / "files") as plain:
            loading = _loading(told, ours, plain, place, ROUNDS[scale])
            most = min(MOST_BYTES_EACH[scale], told["files"][0]["bytes"])
            one = _pull(ours, told["path"], 1, most, pid)
            many = [_pull(ours, told["path"], DOWNLOADS[scale], most, pid) for _ in range(2)]
    # The first wave also pays for threads that the server had not begun yet; flat is what the second adds.
    return {
        "feeds": feeds,
        "loading": loading,
        "one download": one,
        "many downloads": many[0],
        "many downloads again": many[1],
    }
