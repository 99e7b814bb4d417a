"""A market for tests: merchants with their people, releases, clearances. Rows are made as the actions would leave them.

Helpers that need a thing further along the trip (a listing, an agreement, an entitlement) call the real actions.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.persons import make_person

_numbers = itertools.count(1)


@dataclass
class Party:
    """An active merchant and the manager who signs for it."""

    merchant: Any
    manager: Any

    @property
    def organisation(self) -> Any:
        return self.merchant.organisation


def make_organisation(place: str = "hong-kong", slug: str = "") -> tuple[Any, Any]:
    """A verified organisation and its manager."""
    from dataferry.server.people.models import Membership, Organisation

    number = next(_numbers)
    slug = slug or f"company-{number}"
    city = place if place in ("hong-kong", "shanghai") else ""
    name = {"en": f"Company {number}", "zh-Hant": f"公司{number}", "zh-Hans": f"公司{number}"}
    organisation = Organisation.objects.create(slug=slug, name=name, city=city, verified=True)
    manager = make_person(f"manager-{slug}@example.org")
    Membership.objects.create(organisation=organisation, user=manager, is_manager=True)
    return organisation, manager


def make_merchant(place: str, *classes: str, slug: str = "", **facts: Any) -> Party:
    """An active merchant in these classes, registered in `place`; its events are in the journal."""
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.journal import clock
    from dataferry.server.merchants.models import Merchant
    from dataferry.server.merchants.states import MERCHANT, MerchantState

    organisation, manager = make_organisation(place, slug)
    with transaction.atomic():
        merchant = Merchant.objects.create(
            organisation=organisation,
            number=journal.next_number("M", clock.now()),
            classes=list(classes),
            place=place,
            register_number=f"REG{organisation.pk:06}",
            applied_by=manager,
            applied_at=clock.now(),
            **{"critical": "no", "free_trade_zone": "no", "state_organ": "no", **facts},
        )
        MERCHANT.begin(merchant, "system", "merchants.applied")
        MERCHANT.move(merchant, MerchantState.VERIFIED, "system", "merchants.verified")
        MERCHANT.move(merchant, MerchantState.ACTIVE, "system", "merchants.activated")
    return Party(merchant, manager)


def make_clearance(release: Any, supplier: Any, recipients: tuple[str, ...] = ("hong-kong", "shanghai")) -> Any:
    """A clearance in force for a release, as a passed case leaves it."""
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.compliance.models import Clearance, ComplianceCase
    from dataferry.server.compliance.states import CASE, CaseState
    from dataferry.server.journal import clock

    now = clock.now()
    with transaction.atomic():
        case = ComplianceCase.objects.create(
            number=journal.next_number("C", now),
            release=release,
            supplier=supplier,
            recipients=list(recipients),
            checklist="test",
            opened_at=now,
        )
        CASE.begin(case, "system", "compliance.case_opened")
        for state, act in (
            (CaseState.SUBMITTED, "compliance.case_submitted"),
            (CaseState.ASSESSED, "compliance.case_assessed"),
            (CaseState.PASSED, "compliance.case_decided"),
        ):
            CASE.move(case, state, "system", act)
        return Clearance.objects.create(
            number=journal.next_number("K", now),
            case=case,
            release=release,
            supplier=supplier,
            recipients=list(recipients),
            document={},
            digest="sha256:" + "0" * 64,
            issued_at=now,
            valid_until=(now + timedelta(days=365)).date(),
        )
