"""Registrations and objections as everybody, suppliers and registrars find them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange.models import Objection, OfferedDraft, Registration
from dataferry.server.exchange.states import ObjectionState, RegistrationState
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant, MerchantClass
from dataferry.server.merchants.states import MerchantState
from dataferry.server.people import Role
from dataferry.server.people.predicates import cities_of, organisations_of

IN_REGISTER = (RegistrationState.CERTIFIED, RegistrationState.EXPIRED, RegistrationState.CANCELLED)
ON_NOTICE = (RegistrationState.NOTICE, RegistrationState.OBJECTED)
_LONGEST = 20


def _rows() -> QuerySet[Registration]:
    return Registration.objects.select_related("supplier__organisation", "release__product", "product")


def public() -> Q:
    """On notice or after it: what everybody may see. One refused over an objection is no longer shown."""
    return Q(notice_from__isnull=False) & ~Q(state=RegistrationState.REFUSED)


def in_register() -> QuerySet[Registration]:
    """The register: what was certified, newest first, ended entries among it."""
    return _rows().filter(certified_at__isnull=False, state__in=IN_REGISTER).order_by("-certified_at", "-pk")


def on_notice() -> QuerySet[Registration]:
    """Public notices that run or wait for their end, the one that ends first in front."""
    return _rows().filter(state__in=ON_NOTICE).order_by("notice_until", "pk")


def registration_of(user: Any, number: str) -> Registration:
    """A registration, for those who may see it.

    Raises:
        MissingError: `server.exchange.no_registration`.
    """
    found = _rows().filter(number=number[:_LONGEST]).first()
    shown = found is not None and (
        (found.notice_from is not None and found.state != RegistrationState.REFUSED)
        or people.can(user, "exchange.see_registration", found)
    )
    if found is None or not shown:
        raise MissingError("server.exchange.no_registration", number=number[:_LONGEST])
    return found


def objections_seen(user: Any, registration: Registration) -> list[Objection]:
    """Objections that this person may read: their own, and all for the supplier and the registrar."""
    rows = registration.objections.select_related("registration__supplier")
    return [each for each in rows if people.can(user, "exchange.see_objection", each)]


def objection_of(user: Any, registration: Registration, number: str) -> Objection:
    """
    Raises:
        MissingError: `server.exchange.no_registration`: none of this number that the person may see.
    """
    for each in objections_seen(user, registration):
        if each.number == number:
            return each
    raise MissingError("server.exchange.no_registration", number=number[:_LONGEST])


def notice_runs(registration: Registration) -> bool:
    """Whether anybody may object now."""
    until = registration.notice_until
    return registration.state in ON_NOTICE and until is not None and clock.now() < until


def own_registrations(user: Any) -> QuerySet[Registration]:
    """Those of the suppliers that a person belongs to, newest first."""
    return _rows().filter(supplier__organisation__in=organisations_of(user)).order_by("-opened_at", "-pk")


def own_suppliers(user: Any) -> list[Merchant]:
    """Active suppliers whose people the person is one of."""
    mine = Merchant.objects.filter(organisation__in=organisations_of(user), state=MerchantState.ACTIVE)
    rows = mine.select_related("organisation").order_by("number")
    return [each for each in rows if MerchantClass.SUPPLIER in each.classes]


def cities_operated(user: Any) -> list[str]:
    """Cities whose exchange the person operates."""
    return cities_of(user, Role.EXCHANGE_OPERATOR)


def _in_cities(rows: Any, cities: list[str]) -> list[Any]:
    return [each for each in rows if each.city in cities]


def waiting_for_registrar(user: Any) -> dict[str, list[Any]]:
    """What a registrar has to do, in the cities they operate: handed in, notices that are over, objections, changes."""
    cities, now = cities_operated(user), clock.now()
    rows = _rows()
    submitted = rows.filter(state=RegistrationState.SUBMITTED).order_by("opened_at")
    over = rows.filter(state=RegistrationState.NOTICE, notice_until__lte=now).order_by("notice_until")
    objected = Objection.objects.filter(state=ObjectionState.FILED).select_related("registration__supplier")
    changed = rows.filter(changes__outcome="").prefetch_related("changes__release__product").distinct()
    return {
        "submitted": _in_cities(submitted, cities),
        "notice_over": _in_cities(over, cities),
        "objections": [each for each in objected if each.registration.city in cities],
        "changes": _in_cities(changed, cities),
    }


def offered_to(user: Any) -> list[OfferedDraft]:
    """Products that the challenge handed over, of people in the organisations this person belongs to."""
    rows = OfferedDraft.objects.filter(
        listing__isnull=True, release__product__owner__memberships__organisation__in=organisations_of(user)
    )
    return list(rows.select_related("release__product").distinct())
