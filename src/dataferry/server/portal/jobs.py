"""What the portal measures for its operators."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from dataferry.server import jobs

MEASURE = "portal.measure_home"


@jobs.scheduled(MEASURE, every=timedelta(hours=6), title="server.portal.job_measure_home")
def measure_home(running: jobs.Running) -> Mapping[str, Any]:
    """How much of the disk each part of the data home uses, in bytes."""
    parts: dict[str, int] = {}
    for entry in sorted(Path(settings.HOME).iterdir()):
        running.progress("server.portal.measuring", part=entry.name)
        parts[entry.name] = _folder_size(running, entry) if entry.is_dir() else entry.lstat().st_size
    return {"parts": parts}


@jobs.scheduled("portal.clear_sessions", at=time(3, 20), title="server.portal.job_clear_sessions")
def clear_sessions(running: jobs.Running) -> None:
    """Delete sessions that have expired."""
    call_command("clearsessions")


def _folder_size(running: jobs.Running, folder: Path) -> int:
    """Bytes of all files below a folder; links are not followed, and what goes meanwhile is not counted."""
    size = 0
    for path, _folders, names in os.walk(folder):
        if running.cancelled():
            raise jobs.Stopped
        for name in names:
            try:
                size += (Path(path) / name).lstat().st_size
            except OSError:
                continue
    return size
