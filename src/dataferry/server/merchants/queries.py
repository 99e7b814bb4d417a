"""Every question that pages, actions and later rooms ask about merchants. What a person may not see is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet

from dataferry.messages import MissingError, RefusedError
from dataferry.server import people
from dataferry.server.merchants.models import (
    ClassApplication,
    Merchant,
    MerchantClass,
    MerchantPaper,
    Place,
    RulesSignature,
)
from dataferry.server.merchants.states import ClassState, MerchantState
from dataferry.server.people import Role, predicates
from dataferry.server.people.models import Organisation

MOST_WORDS = 10
LISTED = (MerchantState.ACTIVE,)


def _all() -> QuerySet[Merchant]:
    return Merchant.objects.select_related("organisation")


def merchants_of(user: Any) -> list[Merchant]:
    """The merchants whose organisations the person belongs to, in whatever state."""
    return list(_all().filter(organisation__in=predicates.organisations_of(user)))


def may_apply_for(user: Any) -> QuerySet[Organisation]:
    """Organisations that the person manages and that are no merchant yet."""
    return Organisation.objects.filter(
        memberships__user_id=user.pk or 0, memberships__is_manager=True, merchant__isnull=True
    )


def acting(user: Any, merchant_class: str) -> Merchant:
    """The active merchant of this class that the person acts for.

    Raises:
        RefusedError: `server.merchants.no_merchant_of_class`; `server.merchants.several_merchants`, where
            `merchant_of(user, number)` picks one.
    """
    found = [merchant for merchant in merchants_of(user) if merchant.acts_as(merchant_class)]
    if not found:
        raise RefusedError("server.merchants.no_merchant_of_class", merchant_class=str(merchant_class))
    if len(found) > 1:
        numbers = ", ".join(merchant.number for merchant in found)
        raise RefusedError("server.merchants.several_merchants", numbers=numbers)
    return found[0]


def merchant_of(user: Any, number: str) -> Merchant:
    """The person's own merchant of this number.

    Raises:
        MissingError: no such merchant, or the person does not belong to it.
    """
    merchant = _all().filter(number=number, organisation__in=predicates.organisations_of(user)).first()
    if merchant is None:
        raise MissingError("server.merchants.no_merchant", number=number[:20])
    return merchant


def inside_of(user: Any, number: str) -> Merchant:
    """A merchant with its application and papers, for its own people and the operator of its city.

    Raises:
        MissingError: no such merchant, or not for this person.
    """
    merchant = _all().prefetch_related("papers", "checks").filter(number=number).first()
    if merchant is None or not people.can(user, "merchants.see_inside", merchant):
        raise MissingError("server.merchants.no_merchant", number=number[:20])
    return merchant


def paper_of(user: Any, number: str, key: int) -> MerchantPaper:
    """A paper of an application.

    Raises:
        MissingError: no such paper, or not for this person.
    """
    merchant = inside_of(user, number)
    paper = merchant.papers.filter(pk=key).first()
    if paper is None:
        raise MissingError("server.merchants.no_paper")
    return paper


def directory(filters: Mapping[str, str] | None = None) -> QuerySet[Merchant]:
    """The association's public directory: active merchants.

    Args:
        filters: `class`, `place`, `words` (of the name or the number); what is empty or unknown does not filter.
    """
    asked = filters or {}
    found = _all().filter(state__in=LISTED)
    if asked.get("class") in MerchantClass.values:
        found = found.filter(classes__icontains=f'"{asked["class"]}"')
    if asked.get("place") in Place.values:
        found = found.filter(place=asked["place"])
    for word in str(asked.get("words", "")).replace("\x00", "").split()[:MOST_WORDS]:
        name = Q(organisation__name__en__icontains=word) | Q(organisation__slug__icontains=word)
        name |= Q(**{"organisation__name__zh-Hant__icontains": word})
        name |= Q(**{"organisation__name__zh-Hans__icontains": word})
        found = found.filter(name | Q(number__iexact=word))
    return found.order_by("number")


def listed(number: str) -> Merchant:
    """A merchant of the public directory.

    Raises:
        MissingError: it is not there (any more).
    """
    merchant = _all().filter(number=number, state__in=LISTED).first()
    if merchant is None:
        raise MissingError("server.merchants.no_merchant", number=number[:20])
    return merchant


def operated_cities(user: Any) -> list[str]:
    """The cities in which the person is an exchange operator."""
    return predicates.cities_of(user, Role.EXCHANGE_OPERATOR)


def places_of(user: Any, role: str) -> list[str]:
    """The places whose merchants the person looks after in a role."""
    return places_in(predicates.cities_of(user, role))


def places_in(cities: Iterable[str]) -> list[str]:
    """The places whose merchants the exchanges of these cities look after."""
    cities = set(cities)
    return [place for place in Place.values if Merchant(place=place).city in cities]


def operated(user: Any) -> QuerySet[Merchant]:
    """The merchants that an operator looks after."""
    return _all().filter(place__in=places_of(user, Role.EXCHANGE_OPERATOR))


def class_applications(user: Any) -> QuerySet[ClassApplication]:
    """Further classes that merchants ask an operator for, the oldest first; none of those who do not trade now."""
    rows = ClassApplication.objects.filter(state=ClassState.ASKED, merchant__state=MerchantState.ACTIVE)
    rows = rows.filter(merchant__place__in=places_of(user, Role.EXCHANGE_OPERATOR))
    return rows.select_related("merchant__organisation").order_by("asked_at", "pk")


def counts_by_state(user: Any) -> dict[str, int]:
    """How many merchants an operator looks after, by state."""
    rows = operated(user).order_by().values_list("state").annotate(n=Count("pk"))
    return {str(state): int(count) for state, count in rows}


def signature_of(merchant: Merchant) -> RulesSignature | None:
    """The newest signature under the rules of the market."""
    return RulesSignature.objects.filter(merchant=merchant).order_by("-pk").first()
