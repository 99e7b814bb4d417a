"""Which entitlements a person sees: what their organisations bought or supply; operators those of their city."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.delivery.models import AccessKey, DeliveryNotice, Entitlement
from dataferry.server.delivery.standing import NEEDED
from dataferry.server.merchants.models import Place
from dataferry.server.people.predicates import organisations_of

SHOWN_WITH = (*NEEDED, "recipient__organisation", "agreement__supplier__organisation")


def _rows() -> QuerySet[Entitlement]:
    return Entitlement.objects.select_related(*SHOWN_WITH)


def received_by(user: Any) -> QuerySet[Entitlement]:
    """What the person's organisations may fetch, newest first."""
    return _rows().filter(recipient__organisation__in=organisations_of(user))


def supplied_by(user: Any) -> QuerySet[Entitlement]:
    """What others may fetch from the person's organisations, newest first."""
    return _rows().filter(agreement__supplier__organisation__in=organisations_of(user))


def overseen_by(user: Any, state: str = "", words: str = "") -> QuerySet[Entitlement]:
    """What an operator looks after: entitlements of suppliers in their city.

    Raises:
        RefusedError: no operator.
    """
    people.require(user, "delivery.operate")
    rows = _rows().filter(agreement__supplier__place__in=_places(user))
    if state:
        rows = rows.filter(state=state)
    if words:
        named = Q(number__iexact=words) | Q(agreement__number__iexact=words) | Q(share__icontains=words)
        rows = rows.filter(named | Q(agreement__release__product__slug__icontains=words))
    return rows


def _places(user: Any) -> list[str]:
    """Places whose merchants the operator looks after; `Merchant.city` says which city that is."""
    from dataferry.server.merchants.models import Merchant
    from dataferry.server.people import Role, predicates

    return [place for place in Place.values if predicates.holds(user, Role.EXCHANGE_OPERATOR, Merchant(place=place))]


def entitlement_of(user: Any, number: str) -> Entitlement:
    """One entitlement, for those who may see it.

    Raises:
        MissingError: `server.delivery.no_entitlement`: there is none, or not for this person.
    """
    found = _rows().filter(number=number).first()
    if found is None or not people.can(user, "delivery.see", found):
        raise MissingError("server.delivery.no_entitlement", number=number[:20])
    return found


def key_of(user: Any, entitlement: Entitlement, number: int) -> AccessKey:
    """One key of an entitlement that the person sees.

    Raises:
        MissingError: `server.delivery.no_key`.
    """
    found = AccessKey.objects.filter(entitlement=entitlement, pk=number).first()
    may_see = people.can(user, "delivery.use", entitlement) or people.can(user, "delivery.revoke", entitlement)
    if found is None or not may_see:
        raise MissingError("server.delivery.no_key")
    found.entitlement = entitlement
    return found


def notice_of(entitlement: Entitlement, number: int) -> DeliveryNotice:
    """One notice.

    Raises:
        MissingError: `server.delivery.no_notice`.
    """
    found = DeliveryNotice.objects.filter(entitlement=entitlement, pk=number).first()
    if found is None:
        raise MissingError("server.delivery.no_notice")
    return found
