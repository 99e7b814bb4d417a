"""A question that was let in: answered, counted, and the people of the release in the ledger of the border."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dataferry.privacy.answers import Answer, Protection
from dataferry.server.delivery import metering
from dataferry.server.delivery.actions.first_delivery import before_leaving
from dataferry.server.delivery.answering import Asked, check_inputs, read_answer
from dataferry.server.delivery.gate import Admission
from dataferry.server.delivery.models import MeterEvent
from dataferry.server.delivery.screening import protection_of
from dataferry.server.delivery.serving import served_table
from dataferry.server.journal import clock
from dataferry.server.web.problems import TooManyError

MOST_A_DAY = 1_000
"""Questions a day where the contract sets no cap: many questions tell more than one."""
KIND = "answer"


def ask(admission: Admission, asked: Asked, given: str = "") -> tuple[Answer, Protection]:
    """Answer a question under an entitlement. A question with too few rows behind it counts like any other.

    Args:
        given: value of the `Idempotency-Key` header.

    Raises:
        InputError: what cannot be asked. TooManyError: more in a minute than the sheet says (429).
        UnavailableError: the table is being prepared (503). RefusedError: the day's caps, the border.
    """
    listing = admission.entitlement.agreement.listing
    check_inputs(asked, listing)
    key = metering.request_key(admission, asked.digested(), given)
    metering.check_probing(admission, key)
    _refuse_hurry(admission, int(listing.details.get("calls_a_minute") or 0))
    protection = protection_of(listing, admission.release)
    answer = read_answer(served_table(admission.release, admission.cut), asked, protection)
    before_leaving(admission)
    cap = admission.limits.calls_a_day
    limits = replace(admission.limits, calls_a_day=MOST_A_DAY if cap is None else cap)
    metering.record(replace(admission, limits=limits), key, KIND, rows=answer.cells)
    return answer, protection


def _refuse_hurry(admission: Admission, most: int) -> None:
    if not most:
        return
    recent = MeterEvent.objects.filter(entitlement=admission.entitlement, at__gt=clock.now() - timedelta(minutes=1))
    if recent.count() >= most:
        raise TooManyError("server.delivery.too_quick", most=most, seconds=60)
