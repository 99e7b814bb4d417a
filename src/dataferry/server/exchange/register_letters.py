"""Letters about the two registers: a supplier hears what was decided, whoever objected hears the answer.

Written when the journal tells of the act, so that page, API, job and subscriber all lead to the same letter once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings

from dataferry.messages import LANGUAGES, say
from dataferry.server.journal.subscribers import subscribe

if TYPE_CHECKING:
    from dataferry.server.exchange.models import Listing, Registration
    from dataferry.server.journal.models import Event

MOST = 20
"""Managers of one organisation that are written to."""
REGISTRATION_ACTS: Mapping[str, str] = {
    "exchange.registration_returned": "returned",
    "exchange.registration_refused": "refused",
    "exchange.registration_on_notice": "notice",
    "exchange.registration_objected": "objected",
    "exchange.registration_certified": "certified",
    "exchange.registration_changed": "changed",
    "exchange.registration_change_refused": "change_refused",
    "exchange.registration_expired": "expired",
}
LISTING_ACTS: Mapping[str, str] = {
    "exchange.listing_returned": "returned",
    "exchange.listing_listed": "listed",
    "exchange.listing_suspended": "suspended",
    "exchange.listing_resumed": "resumed",
    "exchange.listing_delisted": "delisted",
}


@subscribe(*REGISTRATION_ACTS, name="exchange.registration_letters")
def tell_of_registration(event: Event) -> None:
    """Write to the managers of the supplier."""
    from dataferry.server.exchange.models import Registration

    found = Registration.objects.filter(number=_number(event)).select_related("supplier").first()
    if found is not None:
        _tell_managers(event, found, "registrations", f"registration_{REGISTRATION_ACTS[event.act]}")


@subscribe(*LISTING_ACTS, name="exchange.listing_letters")
def tell_of_listing(event: Event) -> None:
    """Write to the managers of the supplier."""
    from dataferry.server.exchange.models import Listing

    found = Listing.objects.filter(number=_number(event)).select_related("supplier").first()
    if found is not None:
        _tell_managers(event, found, "listings", f"listing_{LISTING_ACTS[event.act]}")


@subscribe("exchange.objection_decided", name="exchange.objection_letters")
def tell_of_objection(event: Event) -> None:
    """Write to the person who objected."""
    from dataferry.server.exchange.models import Objection

    found = Objection.objects.filter(number=_number(event)).select_related("registration", "filed_by").first()
    if found is not None and found.filed_by is not None:
        _write(event, found.filed_by, found.number, f"registrations/{found.registration.number}", "objection_decided")


def _number(event: Event) -> str:
    return event.object.partition(":")[2]


def _tell_managers(event: Event, thing: Registration | Listing, place: str, what: str) -> None:
    managers = thing.supplier.organisation.memberships.filter(is_manager=True).select_related("user")
    for membership in managers.order_by("pk")[:MOST]:
        _write(event, membership.user, thing.number, f"{place}/{thing.number}", what)


def _write(event: Event, person: Any, number: str, place: str, what: str) -> None:
    from dataferry.server import letters

    subject: dict[str, str] = {}
    body: dict[str, str] = {}
    for language in LANGUAGES:
        page = f"{settings.SITE}/{language.lower()}/exchange/{place}/"
        subject[language] = say(f"server.exchange.letter_{what}", {"number": number}, language)
        body[language] = f"{subject[language]}\n\n{say('server.exchange.letter_page', {'page': page}, language)}\n"
    key = f"exchange:{event.sequence}:{person.pk}"
    letters.post(person, key=key, subject=subject, body=body, about=event.object)
