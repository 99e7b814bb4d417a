"""Reading the journal: events in order, the head, lines for readers without our software."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db.models import QuerySet

from dataferry.messages import codes
from dataferry.server.journal.canonical import canonical
from dataferry.server.journal.chain import FORMAT, genesis, record
from dataferry.server.journal.models import Chain, Event


def head() -> Chain | None:
    """The head of the chain; `None` before the first event."""
    return Chain.objects.filter(pk=1, sequence__gt=0).first()


def selected(
    objects: Sequence[str] | None = None,
    acts: Sequence[str] | None = None,
    after: int = 0,
    actors: Sequence[str] | None = None,
) -> QuerySet[Event]:
    """The events of these objects, acts and actors behind number `after`, in order."""
    events = Event.objects.filter(sequence__gt=after).order_by("sequence")
    for name, values in (("object", objects), ("act", acts), ("actor", actors)):
        if values is not None:
            events = events.filter(**{f"{name}__in": list(values)})
    return events


def events(objects: Sequence[str] | None = None, acts: Sequence[str] | None = None, after: int = 0) -> Iterator[Event]:
    """The same, streamed: for replay. `after` is the last number that was dealt with."""
    return iter(selected(objects, acts, after).iterator(chunk_size=1000))


def export_lines(since: int = 0) -> Iterator[bytes]:
    """The journal as lines of JSON: a first line that says what it is, then one event a line, hash included."""
    chain = Chain.objects.filter(pk=1).first()
    first: dict[str, str | int] = {"format": FORMAT, "since": since}
    if chain is not None:
        first |= {"instance": str(chain.instance), "genesis": genesis(chain.instance)}
    yield _line(first)
    for event in events(after=since):
        yield _line({**record(event), "hash": event.hash})


def told(act: str) -> str:
    """The message code that tells an act, with the placeholders {actor} and {object}.

    A room tells its acts in its own `messages.toml`: `catalogue.dataset_published` is told by
    `server.catalogue.told_dataset_published`. An act without words is told by its code.
    """
    room, _, name = act.partition(".")
    if f"told_{name}" in codes(f"server.{room}"):
        return f"server.{room}.told_{name}"
    return "server.journal.told_by_code"


def _line(value: Mapping[str, object]) -> bytes:
    return canonical(value).encode() + b"\n"
