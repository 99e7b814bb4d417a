"""What the room does for itself: uploads that nobody finished or took are forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from dataferry.server import jobs

if TYPE_CHECKING:
    from dataferry.server.jobs.running import Running


@jobs.scheduled("uploads.sweep", every=timedelta(hours=1), title="server.uploads.sweeping")
def sweep(running: Running) -> Mapping[str, int]:
    """Delete what is too old."""
    from dataferry.server.uploads import handing_over

    running.progress("server.uploads.sweeping")
    return handing_over.sweep()
