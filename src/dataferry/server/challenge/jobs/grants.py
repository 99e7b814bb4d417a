"""Conditional-open data goes back when its phase is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from dataferry.server import jobs


@jobs.scheduled("challenge.take_back_grants", every=timedelta(minutes=15), title="server.challenge.job_grants")
def take_back_grants(running: jobs.Running) -> Mapping[str, int]:
    """Close the grants whose phase is over."""
    from dataferry.server.catalogue.access import forget_expired
    from dataferry.server.challenge.actions.data_use import take_back_grants as take_back

    return {"grants": take_back(), "accesses": forget_expired()}
