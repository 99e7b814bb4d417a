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
    "exchange.registration_returned": "server.exchange.letter_registration_returned",
    "exchange.registration_refused": "server.exchange.letter_registration_refused",
    "exchange.registration_on_notice": "server.exchange.letter_registration_notice",
    "exchange.registration_objected": "server.exchange.letter_registration_objected",
    "exchange.registration_certified": "server.exchange.letter_registration_certified",
    "exchange.registration_changed": "server.exchange.letter_registration_changed",
    "exchange.registration_change_refused": "server.exchange.letter_registration_change_refused",
    "exchange.registration_expired": "server.exchange.letter_registration_expired",
}
LISTING_ACTS: Mapping[str, str] = {
    "exchange.listing_returned": "server.exchange.letter_listing_returned",
    "exchange.listing_listed": "server.exchange.letter_listing_listed",
    "exchange.listing_suspended": "server.exchange.letter_listing_suspended",
    "exchange.listing_resumed": "server.exchange.letter_listing_resumed",
    "exchange.listing_delisted": "server.exchange.letter_listing_delisted",
}


@subscribe(*REGISTRATION_ACTS, name="exchange.registration_letters")
def tell_of_registration(event: Event) -> None:
    """Write to the managers of the supplier."""
    from dataferry.server.exchange.models import Registration

    found = Registration.objects.filter(number=_number(event)).select_related("supplier").first()
    if found is not None:
        _tell_managers(event, found, "registrations", REGISTRATION_ACTS[event.act])


@subscribe(*LISTING_ACTS, name="exchange.listing_letters")
def tell_of_listing(event: Event) -> None:
    """Write to the managers of the supplier."""
    from dataferry.server.exchange.models import Listing

    found = Listing.objects.filter(number=_number(event)).select_related("supplier").first()
    if found is not None:
        _tell_managers(event, found, "listings", LISTING_ACTS[event.act])


@subscribe("exchange.objection_decided", name="exchange.objection_letters")
def tell_of_objection(event: Event) -> None:
    """Write to the person who objected."""
    from dataferry.server.exchange.models import Objection

    found = Objection.objects.filter(number=_number(event)).select_related("registration", "filed_by").first()
    if found is not None and found.filed_by is not None:
        _write(
            event,
            found.filed_by,
            found.number,
            f"registrations/{found.registration.number}",
            "server.exchange.letter_objection_decided",
        )


def _number(event: Event) -> str:
    return event.object.partition(":")[2]


def _tell_managers(event: Event, thing: Registration | Listing, place: str, code: str) -> None:
    managers = thing.supplier.organisation.memberships.filter(is_manager=True).select_related("user")
    for membership in managers.order_by("pk")[:MOST]:
        _write(event, membership.user, thing.number, f"{place}/{thing.number}", code)


def _write(event: Event, person: Any, number: str, place: str, code: str) -> None:
    from dataferry.server import letters

    subject: dict[str, str] = {}
    body: dict[str, str] = {}
    for language in LANGUAGES:
        page = f"{settings.SITE}/{language.lower()}/exchange/{place}/"
        subject[language] = say(code, {"number": number}, language)
        body[language] = f"{subject[language]}\n\n{say('server.exchange.letter_page', {'page': page}, language)}\n"
    key = f"exchange:{event.sequence}:{person.pk}"
    letters.post(person, key=key, subject=subject, body=body, about=event.object)
