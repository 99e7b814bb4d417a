"""The five commonest pages and five calls of the API, at 1,000 and at 100,000 datasets, beside the plainest answer."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DESCRIPTION = "requests a second, p50 and p99 of pages and API calls at two sizes of the catalogue, beside /healthz"
SIZES = {"small": (100, 1_000), "full": (1_000, 100_000)}
SECONDS = {"small": 1.0, "full": 4.0}
CONNECTIONS = 8
PLAIN = "/healthz"
ASKED = {
    "page home": "/en/",
    "page list": "/en/datasets/",
    "page search": "/en/datasets/?q=car+parks+Sha+Tin",
    "page facets": "/zh-hant/datasets/?city=hong-kong&licence=CC-BY-4.0",
    "page dataset": "/en/datasets/dataset-1/",
    "api list": "/api/v1/datasets",
    "api search": "/api/v1/datasets?q=%E5%81%9C%E8%BB%8A%E5%A0%B4",
    "api dataset": "/api/v1/datasets/dataset-1",
    "api snapshots": "/api/v1/datasets/dataset-1/snapshots",
    "api products": "/api/v1/products",
}
COUNT_QUERIES = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
counts = {}
for path in json.load(sys.stdin):
    client = Client(SERVER_NAME="localhost")
    client.get(path)
    with CaptureQueriesContext(connection, ) as queries:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    counts[path] = len(queries)
json.dump(counts, sys.stdout)
"""


def _python(*arguments: str, home: Path, told: str = "") -> str:
    environment = os.environ | {
        "DATAFERRY_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "dataferry.server.portal.settings",
        # The load comes from one address; a limit would measure itself.
        "DATAFERRY_API_READS": "0",
    }
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=environment, input=told, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def _served(home: Path) -> Iterator[int]:
    """The site as `dataferry up` serves it: granian, one worker process, eight threads."""
    port = _free_port()
    environment = os.environ | {"DATAFERRY_HOME": str(home), "DATAFERRY_API_READS": "0"}
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--workers", "1"]
    options += ["--blocking-threads", "8", "--workers-kill-timeout", "4", "--log-level", "error"]
    command = [sys.executable, "-m", "granian", *options, "dataferry.server.portal.wsgi:application"]
    with subprocess.Popen(command, env=environment) as server:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{PLAIN}", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            server.terminate()


def _measured(port: int, path: str, seconds: float) -> dict[str, float]:
    job = {"host": "127.0.0.1", "port": port, "path": path, "headers": {}, "connections": CONNECTIONS}
    for length in (min(1.0, seconds), seconds):
        told = json.dumps({**job, "seconds": length})
        command = [sys.executable, "-m", "benchmarks._load"]
        done = subprocess.run(command, input=told, text=True, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{path}: {done.stderr[-500:]}")
    return dict(json.loads(done.stdout))


def _at(size: int, seconds: float) -> dict[str, Any]:
    """Every address at one size of the catalogue."""
    with tempfile.TemporaryDirectory(prefix="dataferry-bench-") as folder:
        home = Path(folder)
        home.chmod(0o700)
        _python("-m", "benchmarks._web_seed", str(size), home=home)
        queries = json.loads(_python("-c", COUNT_QUERIES, home=home, told=json.dumps(list(ASKED.values()))))
        with _served(home) as port:
            plain = _measured(port, PLAIN, seconds)
            found: dict[str, Any] = {"plain answer": plain}
            for name, path in ASKED.items():
                figures = _measured(port, path, seconds)
                found[name] = {
                    **figures,
                    "queries": queries[path],
                    "of_plain": figures["requests_per_second"] / plain["requests_per_second"],
                }
    return found


def run(scale: str) -> dict[str, Any]:
    """Measure both sizes, and say how each address grows from the smaller to the larger."""
    sizes = SIZES[scale]
    found: dict[str, Any] = {f"{size} datasets": _at(size, SECONDS[scale]) for size in sizes}
    small, large = found.values()
    found["growth"] = {
        name: {
            "p50": large[name]["p50_ms"] / small[name]["p50_ms"],
            "queries": large[name]["queries"] - small[name]["queries"],
        }
        for name in ASKED
    }
    return found
