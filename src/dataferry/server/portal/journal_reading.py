"""The journal as people read it: who may, what an event says in words, how the last verification ended.

The journal knows people by their number only. Names are looked up here, when a page is shown, so that a person who was
deleted is a number from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rules
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from dataferry.messages import Language, say
from dataferry.server import journal, people
from dataferry.server.jobs.models import Job
from dataferry.server.people.models import Profile
from dataferry.server.people.predicates import has_role, is_administrator
from dataferry.server.portal.journal_jobs import VERIFY

READ = "portal.read_journal"
rules.add_perm(
    READ,
    is_administrator | has_role(people.Role.COMPLIANCE_OFFICER) | has_role(people.Role.EXCHANGE_OPERATOR),
)
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Told:
    """One event in words, with what a reader wants to follow."""

    sequence: int
    at: datetime
    words: str
    act: str
    actor: str
    object: str
    address: str
    payload: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class LastVerification:
    """How the newest finished walk ended. `findings` are sentences."""

    job: Job
    sound: bool
    figures: Mapping[str, Any]
    findings: list[str]


def events(act: str = "", object_: str = "", actor: str = "") -> QuerySet[journal.Event]:
    """Events by the beginning of their act, by their object and by their actor; all where a filter is empty."""
    found = journal.Event.objects.all()
    if act:
        found = found.filter(act__startswith=act)
    if object_:
        found = found.filter(object=object_)
    if actor:
        found = found.filter(actor=f"person:{actor}" if actor.isdigit() else actor)
    return found


def tell(rows: Iterable[journal.Event], language: Language) -> list[Told]:
    """Events in words. Names of people are asked for once for the whole list."""
    rows = list(rows)
    names = _names(row for event in rows for row in (event.actor, event.object))
    told = []
    for event in rows:
        data = {"actor": names.get(event.actor, event.actor), "object": names.get(event.object, _short(event.object))}
        words = say(journal.told(event.act), {**data, "act": event.act}, language)
        told.append(
            Told(
                event.sequence,
                event.at,
                words,
                event.act,
                data["actor"],
                event.object,
                _address(event.object),
                event.payload,
                event.hash,
            )
        )
    return told


def last_verification(language: Language) -> LastVerification | None:
    """The newest verification that came to an end, whichever end that was."""
    ended = Job.objects.filter(kind=VERIFY, state__in=[Job.State.DONE, Job.State.FAILED]).order_by("-pk").first()
    if ended is None:
        return None
    if ended.state == Job.State.DONE:
        return LastVerification(ended, True, ended.result or {}, [])
    error = ended.error or {}
    data = error.get("data") or {}
    found = [say(each["code"], each.get("data") or {}, language) for each in data.get("findings", ())]
    if not found and error.get("code"):
        found = [say(error["code"], data, language)]
    return LastVerification(ended, False, data, found)


def _names(references: Iterable[str]) -> dict[str, str]:
    """What the people among these references call themselves; those who are gone are told as such."""
    numbers = {int(each.partition(":")[2]) for each in references if each.startswith("person:")}
    numbers = {number for number in numbers if number <= LARGEST}
    here = set(User.objects.filter(pk__in=numbers, is_active=True).values_list("pk", flat=True))
    shown = dict(Profile.objects.filter(user_id__in=here).values_list("user_id", "display_name"))
    names = {"system": _("The site itself")}
    for number in numbers:
        name = shown.get(number) or _("Person %(number)s") % {"number": number}
        names[f"person:{number}"] = name if number in here else _("Person %(number)s (deleted)") % {"number": number}
    return names


def _short(reference: str) -> str:
    """`release:name@1.0` as `name 1.0`, `dataset:slug` as `slug`."""
    return reference.partition(":")[2].replace("@", " ")


def _address(reference: str) -> str:
    """The page of an object, where it has one."""
    kind, _colon, name = reference.partition(":")
    slug, _at, version = name.partition("@")
    places = {"dataset": ("dataset", [slug]), "product": ("product", [slug]), "release": ("release", [slug, version])}
    if kind == "job":
        places["job"] = ("operations-job", [slug])
    try:
        return reverse(places[kind][0], args=places[kind][1]) if kind in places else ""
    except NoReverseMatch:
        return ""
