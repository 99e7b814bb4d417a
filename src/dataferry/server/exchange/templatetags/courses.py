"""The course of an agreement and of a registration, and the parts of a payment, as pages draw them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _

from dataferry.server.display.courses import Stage, Step, in_order
from dataferry.server.display.words import day, moment, money
from dataferry.server.display.words import number as figure
from dataferry.server.exchange.models import Agreement, Payment, Registration
from dataferry.server.exchange.states import AgreementState, InvoiceState, RegistrationState
from dataferry.server.merchants.models import Merchant

register = template.Library()
LONGEST_BAR = 55.0
"""Percent of the width: the figure stands beside its bar."""
OVER = (AgreementState.ENDED, AgreementState.TERMINATED, AgreementState.CANCELLED)
UNSIGNED = (RegistrationState.DRAFT, RegistrationState.RETURNED)
ENDED = (RegistrationState.REFUSED, RegistrationState.EXPIRED, RegistrationState.CANCELLED)


@register.simple_tag
def course_of_agreement(row: Agreement) -> list[Step]:
    """Drawn up, signed by each, paid, in force, over: what was, where it stands, what lies ahead."""
    signed = {each.side: each.signed_at for each in row.signatures.all()}
    steps = [
        _step(_("Drawn up"), row.drawn_up_at, done=True),
        _step(_("Signed by the buyer"), signed.get("buyer"), done="buyer" in signed),
        _step(_("Signed by the supplier"), signed.get("supplier"), done="supplier" in signed),
    ]
    first = row.invoices.filter(period_from=None).first()
    if first is not None:
        paid = first.state in (InvoiceState.PAID, InvoiceState.CREDITED)
        due = _("due %(day)s") % {"day": day(first.due_at)} if not paid else ""
        steps.append(Step(_("Paid"), due, Stage.DONE if paid else Stage.AHEAD))
    steps.append(_step(_("In force"), row.in_force_at, done=row.in_force_at is not None))
    return _ended(row, steps)


def _ended(row: Agreement, steps: list[Step]) -> list[Step]:
    if row.state in OVER:
        gone = [step for step in steps if step.stage == Stage.DONE]
        return [*gone, Step(row.get_state_display(), "", Stage.STOPPED)]
    if row.state == AgreementState.SUSPENDED:
        steps.append(Step(row.get_state_display(), "", Stage.STOPPED))
    elif row.state == AgreementState.IN_FORCE:
        steps[-1] = Step(steps[-1].name, steps[-1].when, Stage.NOW)
    if row.ends_at is not None:
        steps.append(Step(_("It ends"), day(row.ends_at), Stage.AHEAD))
    return in_order(steps)


@register.simple_tag
def course_of_registration(row: Registration) -> list[Step]:
    """Begun, handed in, on notice, certified, over."""
    handed_in = row.state not in UNSIGNED
    notice = row.notice_from is not None
    steps = [
        _step(_("Begun"), row.opened_at, done=True),
        _step(_("Handed in to the registrar"), None, done=handed_in),
        _step(_("On public notice"), row.notice_from, done=notice),
        _step(_("Certified"), row.certified_at, done=row.certified_at is not None),
    ]
    if row.state in ENDED:
        gone = [step for step in steps if step.stage == Stage.DONE]
        return [*gone, Step(row.get_state_display(), "", Stage.STOPPED)]
    if row.state in (RegistrationState.NOTICE, RegistrationState.OBJECTED) and row.notice_until is not None:
        until = _("until %(moment)s") % {"moment": moment(row.notice_until)}
        steps[2] = Step(row.get_state_display(), until, Stage.NOW)
    elif row.state == RegistrationState.CERTIFIED:
        steps[3] = Step(steps[3].name, steps[3].when, Stage.NOW)
        steps.append(_step(_("To be renewed"), row.valid_until, done=False))
    return in_order(steps)


def _step(name: str, when: datetime | date | None, *, done: bool) -> Step:
    return Step(name, day(when) if when is not None else "", Stage.DONE if done else Stage.AHEAD)


@dataclass(frozen=True)
class Part:
    """Who has how much of a payment after what went back, and how long its bar is, in percent of the width."""

    name: str
    amount: str
    share: str
    length: float


@register.simple_tag
def parts_of_payment(row: Payment) -> list[Part]:
    """The parts of one payment, the greatest first; nothing where nothing is left to share."""
    sums: dict[str, int] = defaultdict(int)
    for each in row.shares.all():
        sums[each.beneficiary] += each.amount
    total, most = sum(sums.values()), max(sums.values(), default=0)
    if total <= 0:
        return []
    names = _names(list(sums))
    return [
        Part(
            names.get(who, who),
            money(amount, row.currency),
            f"{figure(100 * amount / total, 1)}%",
            round(max(0.0, LONGEST_BAR * amount / most), 2),
        )
        for who, amount in sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _names(beneficiaries: list[str]) -> dict[str, Any]:
    """Merchants by their names; owners upstream are called as the listing calls them."""
    numbers = {each.removeprefix("merchant:"): each for each in beneficiaries}
    rows = Merchant.objects.filter(number__in=numbers).select_related("organisation")
    from dataferry.server.display.templatetags.display import plain

    return {numbers[each.number]: plain(each.organisation.name) for each in rows}
