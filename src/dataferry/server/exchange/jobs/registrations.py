"""Registrations whose term is over expire by themselves; listings whose clearance ran out are suspended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from dataferry.server import jobs


@jobs.scheduled("exchange.expire_registrations", every=timedelta(hours=1), title="server.exchange.job_expire")
def expire_registrations(running: jobs.Running) -> Mapping[str, int]:
    """Close what is over."""
    from dataferry.server.exchange.actions.registration_changes import expire_due, suspend_uncleared

    return {"registrations": expire_due(), "listings": suspend_uncleared()}
