"""Background work of compliance: what is over lapses, so that nothing is delivered under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from dataferry.server import jobs


@jobs.scheduled("compliance.lapse_decisions", every=timedelta(minutes=30), title="server.compliance.job_lapse")
def lapse(running: jobs.Running) -> Mapping[str, int]:
    """Border decisions whose validity is over lapse."""
    from dataferry.server.compliance.actions.border import lapse_decisions

    return {"decisions": lapse_decisions()}
