"""Judges: appointed, confirmed, instructed, dropped. Their conflicts (`actions.conflicts`) are re-exported here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.conflicts import (
    declare_conflict,
    declare_relation,
    derive_conflicts,
    reason_of,
    set_aside,
    withdraw_conflict,
    withdraw_relation,
    withdraw_sheet,
)
from dataferry.server.challenge.models import Edition, Judge, Round, ScoreSheet, TeamMember
from dataferry.server.challenge.queries import judges as queries
from dataferry.server.challenge.states import RoundState
from dataferry.server.people import City, Role
from dataferry.server.people.predicates import holds
from dataferry.server.web.api import ConflictError

__all__ = [
    "LANGUAGES",
    "appoint",
    "change_judge",
    "confirm_identity",
    "declare_conflict",
    "declare_done",
    "declare_relation",
    "derive_conflicts",
    "drop_judge",
    "set_aside",
    "withdraw_conflict",
    "withdraw_relation",
]

LANGUAGES = ("en", "zh-Hant", "zh-Hans")


class _InCity:
    """A thing of one city, for the question what a person may do there."""

    def __init__(self, city: str) -> None:
        self.city = city


def appoint(
    user: Any,
    edition: Edition,
    person: User,
    *,
    city: str,
    languages: Collection[str],
    topics: Collection[str] = (),
    rounds: Iterable[Round] = (),
    capacity: int | None = None,
) -> Judge:
    """Put a person who holds the role of judge on the panel of a city.

    Args:
        languages: those the person reads entries in.
        topics: themes or sub-categories of the edition that they know well.
        rounds: none given: every round of the city, and the joint ones.

    Raises:
        RefusedError: no organiser of the city; the person holds no role of judge there, organises, or takes part.
        ConflictError: appointed already. InputError: an unknown city, language, topic, round or capacity.
    """
    _check_city(edition, city)
    people.require(user, "challenge.organise", _InCity(city))
    _check_person(user, edition, person, city)
    known = _check_choices(edition, languages, topics, capacity)
    with transaction.atomic():
        Edition.objects.select_for_update().get(pk=edition.pk)
        if Judge.objects.filter(edition=edition, user=person).exists():
            raise ConflictError("server.challenge.judge_already")
        judge = Judge.objects.create(
            edition=edition, user=person, city=city, appointed_at=clock.now(), capacity=capacity, **known
        )
        chosen = _rounds_for(edition, city, rounds)
        judge.rounds.set(chosen)
        derive_conflicts(edition, judges=[judge.pk])
        _append(user, "challenge.judge_appointed", judge, {"city": city, "rounds": [each.code for each in chosen]})
    return judge


def _check_city(edition: Edition, city: str) -> None:
    if city not in City.values or not edition.divisions.filter(city=city).exists():
        raise InputError("server.challenge.no_such_city", field="city", value=city[:40])


def _check_person(user: Any, edition: Edition, person: User, city: str) -> None:
    if person.pk == user.pk:
        raise RefusedError("server.challenge.own_judge")
    if not holds(person, Role.JUDGE, _InCity(city)):
        raise RefusedError("server.challenge.no_judge_role", city=city)
    # Organisers see every team: they cannot judge blind.
    if holds(person, Role.ORGANISER):
        raise RefusedError("server.challenge.judge_organises")
    if TeamMember.objects.filter(edition=edition, user=person, left_at=None).exists():
        raise RefusedError("server.challenge.judge_takes_part")


def _check_choices(
    edition: Edition, languages: Collection[str], topics: Collection[str], capacity: int | None
) -> dict[str, Any]:
    unknown = [each for each in languages if each not in LANGUAGES]
    if unknown or not languages:
        raise InputError("server.challenge.judge_language_unknown", field="languages", value=", ".join(unknown)[:80])
    themes = edition.file.themes
    offered = {*themes, *(code for theme in themes.values() for code in theme.subcategories)}
    strange = [each for each in topics if each not in offered]
    if strange:
        raise InputError("server.challenge.no_such_topic", field="topics", value=", ".join(strange)[:80])
    if capacity is not None and not 1 <= capacity <= 10_000:
        raise InputError("server.challenge.bad_capacity", field="capacity")
    return {"languages": [each for each in LANGUAGES if each in languages], "topics": sorted(set(topics))}


def _rounds_for(edition: Edition, city: str, rounds: Iterable[Round]) -> list[Round]:
    given = list(rounds)
    if any(each.edition_id != edition.pk for each in given):
        raise RefusedError("server.challenge.other_edition")
    if given:
        return given
    return [each for each in edition.rounds.select_related("division") if each.city in ("", city)]


def change_judge(
    user: Any,
    judge: Judge,
    *,
    languages: Collection[str],
    topics: Collection[str],
    rounds: Collection[Round],
    capacity: int | None = None,
) -> Judge:
    """Correct what a judge reads, knows and judges. Rounds where they have sheets stay.

    Raises:
        InputError: as `appoint`. RefusedError: a round with sheets is left out (`server.challenge.judge_has_sheets`).
    """
    people.require(user, "challenge.organise", judge)
    known = _check_choices(judge.edition, languages, topics, capacity)
    with transaction.atomic():
        row = Judge.objects.select_for_update().select_related("edition").get(pk=judge.pk)
        chosen = _rounds_for(row.edition, row.city, rounds)
        kept = ScoreSheet.objects.filter(judge=row, state__in=(*queries.UNSIGNED, *queries.SIGNED))
        if kept.exclude(round__in=chosen).exists():
            raise RefusedError("server.challenge.judge_has_sheets")
        row.languages, row.topics, row.capacity = known["languages"], known["topics"], capacity
        row.save(update_fields=["languages", "topics", "capacity"])
        row.rounds.set(chosen)
        _append(user, "challenge.judge_changed", row, {"rounds": [each.code for each in chosen]})
    return row


def confirm_identity(user: Any, judge: Judge) -> Judge:
    """An organiser has seen who this is. Conflicts are found by person, so only confirmed people are assigned.

    Raises:
        RefusedError: the organiser is the judge; the judge has left.
    """
    people.require(user, "challenge.organise", judge)
    if judge.user_id == user.pk:
        raise RefusedError("server.challenge.own_judge")
    with transaction.atomic():
        row = _there(judge)
        if row.confirmed_at is None:
            row.confirmed_at, row.confirmed_by = clock.now(), user
            row.save(update_fields=["confirmed_at", "confirmed_by"])
            derive_conflicts(row.edition, judges=[row.pk])
            _append(user, "challenge.judge_confirmed", row, {})
    return row


def declare_done(user: Any, judge: Judge) -> Judge:
    """The judge says that all their relations and conflicts are declared.

    Raises:
        RefusedError: somebody else says it for them.
    """
    people.require(user, "challenge.declare_conflict", judge)
    if judge.user_id != user.pk:
        raise RefusedError("server.challenge.only_the_judge")
    with transaction.atomic():
        row = _there(judge)
        row.declared_at = clock.now()
        row.save(update_fields=["declared_at"])
        derive_conflicts(row.edition, judges=[row.pk])
        _append(user, "challenge.judge_declared", row, {})
    return row


def drop_judge(user: Any, judge: Judge, reason: str) -> Judge:
    """A judge leaves: unsigned sheets are withdrawn (reassign the round next), signed ones count as they are.

    Raises:
        RefusedError: already gone. InputError: no reason.
    """
    people.require(user, "challenge.organise", judge)
    text = reason_of(reason)
    with transaction.atomic():
        row = _there(judge)
        row.dropped_at, row.dropped_because = clock.now(), text
        row.save(update_fields=["dropped_at", "dropped_because"])
        left = ScoreSheet.objects.select_for_update(of=("self",)).filter(judge=row, state__in=queries.UNSIGNED)
        for sheet in left.select_related("round__edition", "entry", "judge"):
            withdraw_sheet(people.actor(user), sheet, "dropped")
        open_rounds = row.rounds.filter(state=RoundState.OPEN).values_list("code", flat=True)
        _append(user, "challenge.judge_dropped", row, {"rounds": sorted(open_rounds)})
    return row


def _there(judge: Judge) -> Judge:
    """The judge's row, locked; refused when they have left."""
    row = Judge.objects.select_for_update(of=("self",)).select_related("edition").get(pk=judge.pk)
    if row.dropped_at is not None:
        raise RefusedError("server.challenge.judge_left")
    return row


def _append(user: Any, act: str, judge: Judge, payload: dict[str, Any]) -> None:
    journal.append(people.actor(user), act, f"judge:{judge.pk}", {"edition": judge.edition.slug, **payload})
