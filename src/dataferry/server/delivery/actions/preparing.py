"""Work that jobs do for entitlements: tables made ready, states brought into line."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dataferry.messages import DataferryError
from dataferry.server.delivery import keeping, versions
from dataferry.server.delivery.actions.entitlements import bring_into_line, grant
from dataferry.server.delivery.changes import served_change
from dataferry.server.delivery.cuts import kept_cut
from dataferry.server.delivery.limits import Limits
from dataferry.server.delivery.models import Entitlement, ServedTable
from dataferry.server.delivery.serving import ask_for, served_table
from dataferry.server.delivery.standing import NEEDED
from dataferry.server.delivery.states import EntitlementState
from dataferry.server.exchange.models import Agreement
from dataferry.server.exchange.states import AgreementState

logger = logging.getLogger(__name__)
ALIVE = (EntitlementState.GRANTED, EntitlementState.SUSPENDED)


def prepare_all(entitlement_id: int, running: Any) -> Mapping[str, int] | None:
    """Cut every version that an entitlement includes, and compare each with the one before."""
    entitlement = Entitlement.objects.select_related(*NEEDED).filter(pk=entitlement_id, state__in=ALIVE).first()
    if entitlement is None:
        return None
    limits, found = Limits.of(entitlement.agreement), versions.versions_of(entitlement)
    before: ServedTable | None = None
    for place, each in enumerate(found):
        running.progress("server.delivery.preparing", place / len(found), version=each.release.version)
        served = served_table(each.release, kept_cut(limits, entitlement.agreement.listing, each.release), wait=True)
        if before is not None:
            served_change(before, served, wait=True)
        before = served
    return {"versions": len(found)}


def ask_for_what_is_missing() -> int:
    """Where the newest version is not served yet (its job failed, or a machine lost its disk) ask for it again.

    Returns:
        for how many entitlements.
    """
    asked = 0
    rows = Entitlement.objects.select_related(*NEEDED).filter(state=EntitlementState.GRANTED).order_by("pk")
    for row in rows.iterator():
        try:
            limits = Limits.of(row.agreement)
        except DataferryError:
            continue
        newest = versions.newest(row).release
        cut = kept_cut(limits, row.agreement.listing, newest)
        served = ServedTable.objects.filter(release=newest, cut=cut.digest).first()
        if served is None or not keeping.is_whole(keeping.current(served)):
            with transaction.atomic():
                ask_for(row.pk)
            asked += 1
    return asked


def bring_all_into_line() -> int:
    """Agreements in force without entitlement get one; every living entitlement is asked what it rests on.

    Returns:
        how many entitlements are not what they were.
    """
    changed = 0
    for agreement in Agreement.objects.filter(state=AgreementState.IN_FORCE, entitlement=None).order_by("pk"):
        try:
            changed += grant(agreement) is not None
        except Exception:  # one fault must not keep all others from what is theirs
            logger.exception("an agreement could not be granted", extra={"agreement": agreement.number})
    for number, state in Entitlement.objects.filter(state__in=ALIVE).order_by("pk").values_list("pk", "state"):
        try:
            changed += bring_into_line(number).state != state
        except Exception:  # as above
            logger.exception("an entitlement could not be brought into line", extra={"entitlement": number})
    return changed
