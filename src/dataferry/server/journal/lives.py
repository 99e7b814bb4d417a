"""Things with a life: one table of transitions each, moved only together with an event, and told again from events.

    LISTING = register(Life("listing", "exchange.Listing", first={"draft"}, transitions={"draft": {"listed"}, ...}))

    LISTING.begin(listing, actor, "exchange.listing_opened", {...})      # in the caller's transaction
    LISTING.move(listing, "listed", actor, "exchange.listing_listed", {...}, "listed_at")

    replay(events)      # every state from the journal alone, held against the tables

A model with a life has a `state`, and a `reference` under which the journal knows it (`listing:L-2026-0007`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.apps import apps
from django.db import models

from dataferry.messages import Finding, RefusedError
from dataferry.server.journal.actions import append
from dataferry.server.journal.canonical import PayloadError


class EventLike(Protocol):
    """What is read of an event."""

    @property
    def act(self) -> str: ...
    @property
    def object(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Life:
    """One kind of thing: the states it can begin in, and where each state can lead.

    Args:
        kind: of its references, such as `listing`.
        model: whose rows live it, such as `exchange.Listing`.
        first: states in which it may begin.
        transitions: the states that can follow each state. What is not in it is refused.
    """

    kind: str
    model: str
    first: AbstractSet[str]
    transitions: Mapping[str, AbstractSet[str]]

    def check(self, before: str, after: str) -> None:
        """Do nothing when a thing may go from one state to the other.

        Raises:
            RefusedError: `server.journal.no_such_move`, with both states and those that can be reached.
        """
        reachable = self.transitions.get(before, frozenset())
        if after not in reachable:
            allowed = ", ".join(sorted(str(state) for state in reachable)) or "-"
            raise RefusedError(
                "server.journal.no_such_move", kind=self.kind, before=str(before), after=str(after), allowed=allowed
            )

    def begin(self, thing: Any, actor: str, act: str, payload: Mapping[str, Any] | None = None) -> None:
        """Journal that a saved thing has begun, in the state that it has.

        Raises:
            PayloadError: it begins in a state in which none may begin (a fault of the calling code).
        """
        if thing.state not in self.first:
            raise PayloadError(f"no {self.kind} begins as {thing.state!r}")
        append(actor, act, thing.reference, {**(payload or {}), "state": str(thing.state)})

    def move(
        self, thing: Any, after: str, actor: str, act: str, payload: Mapping[str, Any] | None = None, *fields: str
    ) -> None:
        """Change the state of a thing, save it with the fields named, and journal it.

        The row must have been read with `select_for_update` in the caller's transaction.

        Raises:
            RefusedError: `server.journal.no_such_move`.
        """
        self.check(thing.state, after)
        thing.state = after
        thing.save(update_fields=["state", *fields])
        append(actor, act, thing.reference, {**(payload or {}), "state": str(after)})

    def rows(self) -> Iterator[models.Model]:
        """Every row that lives this life."""
        return iter(apps.get_model(self.model)._default_manager.all())  # noqa: SLF001 - Django documents it


_lives: dict[str, Life] = {}


def register(life: Life) -> Life:
    """Make a life known, so that it is replayed."""
    if _lives.setdefault(life.kind, life) is not life:
        raise ValueError(f"two lives are called {life.kind}")
    return life


def lives() -> tuple[Life, ...]:
    return tuple(_lives.values())


@dataclass
class Retold:
    """What the events say: the state of every thing, and what is wrong with that."""

    states: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.findings


def retell(events: Iterable[EventLike]) -> Retold:
    """The state of every thing with a life, from the events alone, in order; moves that no table allows are found."""
    told = Retold()
    for event in events:
        life = _lives.get(event.object.partition(":")[0])
        after = event.payload.get("state")
        if life is None or not isinstance(after, str):
            continue
        before = told.states.get(event.object)
        allowed = life.first if before is None else life.transitions.get(before, frozenset())
        if after not in allowed:
            data = {"object": event.object, "before": before or "-", "after": after, "act": event.act}
            told.findings.append(Finding("server.journal.move_not_allowed", "blocked", data))
        told.states[event.object] = after
    return told


def replay(events: Iterable[EventLike]) -> Retold:
    """Retell every state from the events and hold each against the row it belongs to, both ways."""
    told = retell(events)
    left = dict(told.states)
    for life in lives():
        for row in life.rows():
            reference, state = row.reference, str(row.state)  # type: ignore[attr-defined]  # every life's model has both
            said = left.pop(reference, None)
            if said is None:
                data = {"object": reference, "state": state}
                told.findings.append(Finding("server.journal.state_without_event", "blocked", data))
            elif said != state:
                data = {"object": reference, "state": state, "said": said}
                told.findings.append(Finding("server.journal.state_differs", "blocked", data))
    for reference, said in sorted(left.items()):
        data = {"object": reference, "said": said}
        told.findings.append(Finding("server.journal.row_missing", "blocked", data))
    return told
