"""Everybody tries every act on an edition in miniature, in any order and at any instant; and what must hold after each.

`World.step()` chooses a person, an act and its things by chance, and calls the act. Either it changes states along the
tables of `challenge.states` and the journal says so, or it is refused in words and nothing has changed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.challenge.editions import WHEN
from server.persons import make_person

LIVES = {
    "edition": "Edition",
    "round": "Round",
    "entry": "Entry",
    "check": "EligibilityCheck",
    "sheet": "ScoreSheet",
    "result": "Result",
    "appeal": "Appeal",
    "nomination": "Nomination",
    "invitation": "TeamInvitation",
}
FITTING = 0.8
"""How often an act is tried on what it is meant for."""
PRIVATE_WORK = {"assigned", "opened", "saved", "reopened"}
"""A judge's own work on a sheet is not journaled before it is signed."""
TEXTS = ("", "Because.", "理由 🦉", "\u202eright to left", "x" * 12_000, "nul\x00", "eligible", "final", "hk")
EVERY_LANGUAGE = ("en", "zh-Hant", "zh-Hans")


Act = Callable[[Any], Callable[[], Any] | None]
"""Given the world, something to call, with things by chance; `None` where there is nothing to try it on."""


class Broken(AssertionError):  # noqa: N818 - what is told is the promise
    """A promise is broken; the words say which, and after what."""


class World:
    """The rows that are there now, and who may come."""

    def __init__(self, seed: int, acts: Mapping[str, Act]) -> None:
        self.acts = acts
        self.chance = random.Random(seed)  # noqa: S311 - a walk, no secret
        self.trail: list[str] = []
        self.done: dict[str, int] = {}
        self.refused: dict[str, int] = {}
        self.people = self._people()

    def _people(self) -> list[Any]:
        from django.contrib.auth.models import AnonymousUser

        from dataferry.server.people import Role

        made = [
            make_person(f"walk{number}-{self.chance.random()}@example.org", *roles, city=city)
            for number, (roles, city) in enumerate(
                (
                    ((), ""),
                    ((Role.JUDGE,), ""),
                    ((Role.ORGANISER,), "hong-kong"),
                    ((Role.ORGANISER,), "shanghai"),
                    ((Role.ORGANISER,), ""),
                    ((Role.ADMINISTRATOR,), ""),
                )
            )
        ]
        return [AnonymousUser(), *made]

    @property
    def organiser(self) -> Any:
        return self.people[5]

    # --- things by chance

    def any(self, model: str, states: Sequence[str] = (), **having: Any) -> Any:
        """A row, mostly in one of these states, or `None` where there is none."""
        from dataferry.server.challenge import models

        rows = getattr(models, model).objects.filter(**having).order_by("pk")
        if states and self.chance.random() < FITTING and rows.filter(state__in=states).exists():
            rows = rows.filter(state__in=states)
        numbers = list(rows.values_list("pk", flat=True))
        return getattr(models, model).objects.get(pk=self.chance.choice(numbers)) if numbers else None

    def some(self, model: str, most: int = 3) -> list[Any]:
        return [each for each in (self.any(model) for _ in range(self.chance.randint(0, most))) if each is not None]

    def text(self) -> str:
        return self.chance.choice(TEXTS) if self.chance.random() < 0.3 else "Because."

    def who(self, owner: Any = None) -> Any:
        """Often the person whose thing it is, else an organiser of both, else anybody."""
        dice = self.chance.random()
        if owner is not None and dice < 0.7:
            return owner
        return self.organiser if dice < 0.8 else self.chance.choice(self.people)

    def leader(self, team: Any) -> Any:
        found = team.members.filter(left_at=None).order_by("-is_leader").first() if team is not None else None
        return found.user if found is not None else None

    def furnish(self, at: datetime) -> None:
        """Things that the play does not bring: a conflict, a use of data, a reopening, an appeal, a running order."""
        from dataferry.server.catalogue.models import Dataset
        from dataferry.server.challenge import models

        Dataset.objects.get_or_create(slug="lent", defaults={"title": {"en": "Lent"}})
        judge, team, entry = self.any("Judge"), self.any("Team"), self.any("Entry")
        if judge is not None and team is not None:
            models.Conflict.objects.get_or_create(
                judge=judge, team=team, source="organiser", withdrawn_at=None, defaults={"found_at": at}
            )
        if entry is not None:
            models.DataUse.objects.create(entry=entry, outside={"title": "Log"})
        signed = self.any("ScoreSheet", state__in=("signed", "locked"))
        if signed is not None:
            models.Reopening.objects.create(sheet=signed, reason="Typed.", proposed_by=self.people[3], proposed_at=at)
        result, finalist = self.any("Result"), self.any("Entry", state__in=("shortlisted", "presented"))
        if result is not None and finalist is not None:
            models.Appeal.objects.create(
                result=result, entry=finalist, grounds="arithmetic", statement="A sum.", filed_at=at
            )
            final = models.Round.objects.get(edition=finalist.edition, stage="final")
            models.Slot.objects.get_or_create(round=final, entry=finalist, defaults={"position": 9})

    # --- what must hold

    def snapshot(self) -> dict[tuple[str, int], str]:
        from dataferry.server.challenge import models

        return {
            (life, number): state
            for life, model in LIVES.items()
            for number, state in getattr(models, model).objects.values_list("pk", "state")
        }

    def journal(self) -> int:
        from dataferry.server import journal

        head = journal.head()
        return head.sequence if head is not None else 0

    def instant(self, around: datetime) -> datetime:
        """Mostly near the step of the play, sometimes in any phase: clocks jump."""
        if self.chance.random() < 0.25:
            return datetime.fromisoformat(self.chance.choice(list(WHEN.values())))
        return around + timedelta(hours=self.chance.uniform(-30, 30))

    def step(self, around: datetime) -> None:
        from dataferry.messages import DataferryError
        from dataferry.server.challenge import clock

        name, act = self._chosen()
        before, head = self.snapshot(), self.journal()
        at = self.instant(around)
        self.trail.append(f"{name} at {at:%m-%d %H:%M}")
        try:
            with clock.standing_at(at):
                act()
        except DataferryError as error:
            self._refused(name, error, before, head)
        except Exception as error:
            raise Broken(f"{name} raised {error!r} after {self.trail[-12:]}") from error
        else:
            self.done[name] = self.done.get(name, 0) + 1
            self._moved(name, before, head)

    def _chosen(self) -> tuple[str, Callable[[], Any]]:
        """Of some acts that can be tried now the one that was tried least; what succeeded counts more."""
        while True:
            names = self.chance.sample(sorted(self.acts), 4)
            for name in sorted(names, key=self._tired):
                act = self.acts[name](self)
                if act is not None:
                    return name, act

    def _tired(self, name: str) -> float:
        return self.done.get(name, 0) + 0.25 * self.refused.get(name, 0)

    def _refused(self, name: str, error: Any, before: dict[Any, str], head: int) -> None:
        self.refused[name] = self.refused.get(name, 0) + 1
        words = {error.text(language) for language in EVERY_LANGUAGE}
        if "" in words or error.code in words or len(words) != len(EVERY_LANGUAGE):
            raise Broken(f"{name}: {error.code} has no words in three languages: {words}")
        if self.snapshot() != before or self.journal() != head:
            raise Broken(f"{name} was refused ({error.code}) and changed something: {self.trail[-12:]}")

    def _moved(self, name: str, before: dict[tuple[str, int], str], head: int) -> None:
        after = self.snapshot()
        gone = before.keys() - after.keys()
        if gone:
            raise Broken(f"{name}: {gone} is gone")
        changed = {key: (state, after[key]) for key, state in before.items() if after[key] != state}
        for (life, number), (old, new) in changed.items():
            if not reachable(life, old, new):
                raise Broken(f"{name}: {life} {number} went from {old} to {new}: {self.trail[-12:]}")
        public = {key for key, states in changed.items() if key[0] != "sheet" or not set(states) <= PRIVATE_WORK}
        if public and self.journal() == head:
            raise Broken(f"{name} changed {sorted(public)} and the journal does not say so")


def reachable(life: str, old: str, new: str, steps: int = 3) -> bool:
    """Whether the table leads from one state to the other in a few moves of one act."""
    from dataferry.server.challenge.states import TRANSITIONS, Life

    table = TRANSITIONS[Life(life)]
    found = {old}
    for _step in range(steps):
        found |= {str(after) for before in found for after in table[before]}
    return new in found


def walk(world: World, around: datetime, steps: int) -> Iterator[None]:
    """So many steps, all taken back afterwards."""
    from django.db import transaction

    with transaction.atomic():
        world.furnish(around)
        for _ in range(steps):
            world.step(around)
            yield
        transaction.set_rollback(True)
