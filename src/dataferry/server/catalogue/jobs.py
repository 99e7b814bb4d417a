"""Background work of the catalogue: reading what was uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dataferry.server import jobs

if TYPE_CHECKING:
    from dataferry.server.jobs.models import Job
    from dataferry.server.jobs.running import Running


def _given_up(job: Job) -> None:
    """Tell the upload that its reading ended without a table."""
    from dataferry.server.catalogue.actions import fail_upload

    error = job.error or {"code": "server.catalogue.reading_cancelled", "data": {}}
    fail_upload(job.payload["upload"], {"code": error.get("code"), "data": error.get("data") or {}})


@jobs.handler("catalogue.read_upload", attempts=3, title="server.catalogue.read_upload", given_up=_given_up)
def read_upload(running: Running) -> Mapping[str, Any] | None:
    """Read an upload's bytes in the sandbox, keep the table, then write the snapshot and close the job at once."""
    from dataferry.server.catalogue import actions
    from dataferry.server.catalogue.models import Upload
    from dataferry.server.catalogue.reading import read_into_store

    upload = Upload.objects.get(pk=running.job.payload["upload"])
    if upload.state != Upload.State.WAITING:
        return None
    stored = read_into_store(upload, running)
    with running.finishing() as result:
        snapshot = actions.finish_upload(upload.pk, stored, publish=bool(running.job.payload.get("publish")))
        result["snapshot"] = snapshot.sha256
        result["dataset"] = upload.dataset.slug
    return None
