"""Background work of delivery: tables made ready, files for people, and what is over is ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dataferry.server import jobs


@jobs.handler("delivery.prepare", attempts=3, title="server.delivery.job_prepare")
def prepare(running: jobs.Running) -> Mapping[str, Any] | None:
    """Cut every release that an entitlement includes, and compare each with the one before it."""
    from dataferry.server.delivery.actions.preparing import prepare_all

    return prepare_all(running.job.payload["entitlement"], running)


@jobs.handler("delivery.export", attempts=3, title="server.delivery.job_export")
def export(running: jobs.Running) -> Mapping[str, Any] | None:
    """Write one file for people."""
    from dataferry.server.delivery.exports import export as write
    from dataferry.server.delivery.models import ServedTable

    served = ServedTable.objects.select_related("release__product").get(pk=running.job.payload["served"])
    made = write(served, running.job.payload["kind"], wait=True)
    return {"bytes": made.file["bytes"]}


@jobs.handler("delivery.remake", attempts=2, title="server.delivery.job_remake")
def remake(running: jobs.Running) -> Mapping[str, Any] | None:
    """Make files again that are gone."""
    from dataferry.server.delivery.keeping import KINDS, files_of
    from dataferry.server.delivery.mending import remake as make_again

    payload = running.job.payload
    holder = KINDS[payload["kind"]].objects.get(pk=payload["holder"])
    return {"files": len(files_of(make_again(holder)))}


@jobs.scheduled("delivery.tidy", every=timedelta(minutes=5), title="server.delivery.job_tidy")
def tidy(running: jobs.Running) -> Mapping[str, int]:
    """Bring every entitlement into line with the day, and hand finished months of usage to billing."""
    from dataferry.server.delivery.actions.billing import bill_finished_months
    from dataferry.server.delivery.actions.preparing import ask_for_what_is_missing, bring_all_into_line

    changed, billed = bring_all_into_line(), bill_finished_months()
    return {"changed": changed, "billed": billed, "asked_for": ask_for_what_is_missing()}
