"""The confined inspector: reads one job, locks itself down, looks at one file, and writes what it found as JSON.

Run as a program: `python -I child.py SOURCE_ROOT DATA_FD REPORT_FD`, the job as JSON on standard input. The parsers are
imported before the lock; the file is opened under it. Front doors of server rooms would bring Django along.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import types
import warnings
from pathlib import Path
from typing import Any

_FRONT_DOORS = ("dataferry.server.challenge", "dataferry.server.challenge.inspection")
_FIRST = ("pypdf", "opencc", "zipfile", "encodings.utf_16", "encodings.big5", "encodings.gb2312", "encodings.gb18030")
_INSPECTION = "dataferry.server.challenge.inspection"


def _enter_by_the_side_door(root: Path) -> None:
    sys.path.insert(0, str(root))
    for name in _FRONT_DOORS:
        room = types.ModuleType(name)
        room.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[name] = room


def main(arguments: list[str]) -> int:
    root, data = Path(arguments[0]), int(arguments[1])
    job = json.loads(sys.stdin.buffer.read())
    _enter_by_the_side_door(root)
    warnings.filterwarnings("ignore")
    # The parsers complain of every damaged object; their last words are kept for what ends them.
    logging.disable(logging.CRITICAL)
    from dataferry.products.sandbox.lockdown import lock_down
    from dataferry.products.sandbox.report import Report

    report = Report(int(arguments[2]))
    for name in (*_FIRST, f"{_INSPECTION}.checks", f"{_INSPECTION}.leaks"):
        importlib.import_module(name)
    lock_down(job)
    try:
        answer = _found(job)
    except (MemoryError, RecursionError):
        report.say(event="refused", code="server.challenge.inspected_limit", data={})
        return 3
    with os.fdopen(data, "wb") as pipe:
        pipe.write(json.dumps(answer, default=str).encode())
    report.say(event="done")
    return 0


def _found(job: dict[str, Any]) -> dict[str, Any]:
    from dataferry.server.challenge.inspection.checks import Check
    from dataferry.server.challenge.inspection.demands import Demands, Identities
    from dataferry.server.challenge.inspection.films import Film
    from dataferry.server.challenge.inspection.leaks import LeakScan

    path, name = Path(job["path"]), job["name"]
    film = None if job["film"] is None else Film(**job["film"])
    if job["task"] == "leaks":
        scan = LeakScan(path, name, Identities.from_json(job["identities"]), film)
        scan.run()
        return {"findings": [each.to_json() for each in scan.findings], "facts": {}}
    check = Check(path, name, Demands.from_json(job["demands"]), film)
    check.run()
    return {"findings": [each.to_json() for each in check.findings], "facts": check.facts}


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
