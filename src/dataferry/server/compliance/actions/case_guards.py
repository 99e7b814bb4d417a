"""Checks that several acts on a case share: rows held, texts cleaned, four eyes, independence."""

from __future__ import annotations

from typing import Any

from dataferry.messages import InputError, RefusedError
from dataferry.server.compliance.models import CaseItem, ComplianceCase
from dataferry.server.merchants.models import Merchant, MerchantClass
from dataferry.server.people import predicates
from dataferry.server.people.models import Membership

MOST_TEXT = 5_000
MOST_CONDITIONS = 20


def locked(case: ComplianceCase) -> ComplianceCase:
    """The row, held until the caller's transaction ends."""
    related = ("supplier__organisation", "release__product")
    return ComplianceCase.objects.select_for_update(of=("self",)).select_related(*related).get(pk=case.pk)


def locked_item(item: CaseItem) -> CaseItem:
    """The item's row, after its case: everybody locks in this order."""
    return CaseItem.objects.select_for_update().get(pk=item.pk)


def text_of(text: str, field: str, *, needed: bool = True) -> str:
    """
    Raises:
        InputError: `server.compliance.text_missing`, `server.compliance.words_too_long`.
    """
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if needed and not text:
        raise InputError("server.compliance.text_missing", field=field)
    if len(text) > MOST_TEXT:
        raise InputError("server.compliance.words_too_long", field=field, most=MOST_TEXT)
    return text


def conditions_of(conditions: Any) -> list[str]:
    """Conditions as texts, without empty ones.

    Raises:
        InputError: `server.compliance.too_many_conditions`, or a text that is too long.
    """
    kept = [text_of(str(each), "conditions", needed=False) for each in conditions or []]
    kept = [each for each in kept if each]
    if len(kept) > MOST_CONDITIONS:
        raise InputError("server.compliance.too_many_conditions", field="conditions", most=MOST_CONDITIONS)
    return kept


def require_state(case: ComplianceCase, *states: str) -> None:
    """
    Raises:
        RefusedError: `server.compliance.case_is_elsewhere`, the case is not where this act belongs.
    """
    if case.state not in states:
        raise RefusedError(
            "server.compliance.case_is_elsewhere", case=case.number, state=case.state, allowed=", ".join(states)
        )


def require_active(merchant: Merchant, merchant_class: str) -> None:
    """
    Raises:
        RefusedError: `server.compliance.merchant_not_active`.
    """
    if not merchant.acts_as(merchant_class):
        raise RefusedError(
            "server.compliance.merchant_not_active", number=merchant.number, merchant_class=str(merchant_class)
        )


def require_independent(assessor: Merchant, supplier: Merchant) -> None:
    """An assessor is another organisation, and nobody belongs to both.

    Raises:
        RefusedError: `server.compliance.assessor_not_independent`.
    """
    ours = Membership.objects.filter(organisation_id=supplier.organisation_id).values("user_id")
    shared = Membership.objects.filter(organisation_id=assessor.organisation_id, user_id__in=ours).exists()
    if assessor.pk == supplier.pk or shared:
        raise RefusedError("server.compliance.assessor_not_independent", number=assessor.number)


def require_assessing(case: ComplianceCase) -> Merchant:
    """The assessor of a case, still recognised and still independent.

    Raises:
        RefusedError: it is not active as an assessor any more, or somebody belongs to both sides now.
    """
    if case.assessor is None:
        raise RefusedError("server.compliance.no_assessor", case=case.number)
    require_active(case.assessor, MerchantClass.ASSESSOR)
    require_independent(case.assessor, case.supplier)
    return case.assessor


def refuse_own(user: Any, case: ComplianceCase) -> None:
    """Nobody decides on what is their own: as supplier, as assessor, or as the owner of the product.

    Raises:
        RefusedError: `server.compliance.own_case`.
    """
    own = predicates.belongs_to_organisation(user, case.supplier) or case.release.product.owner_id == user.pk
    if own or (case.assessor is not None and predicates.belongs_to_organisation(user, case.assessor)):
        raise RefusedError("server.compliance.own_case", case=case.number)
