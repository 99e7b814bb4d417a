"""The letters of a campaign are written in batches; the post sends them after that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.server import jobs


@jobs.handler("challenge.write_campaign", attempts=10, title="server.challenge.job_write_campaign")
def write_campaign(running: jobs.Running) -> Mapping[str, Any]:
    """Batch after batch, until everybody's letter is written or somebody cancels."""
    from dataferry.server.challenge.actions.campaigns import write_batch

    number, written = running.job.payload["campaign"], 0
    while row := write_batch(number):
        written = row.written
        share = written / max(1, row.recipients)
        running.progress("server.challenge.writing_letters", share, done=written, letters=row.recipients)
    return {"written": written}
