"""The journal's events of an edition, read in order: what a result was computed from, as it stood then."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dataferry.server.challenge.results.inputs import RankedEntry, RoundInputs, SignedSheet
from dataferry.server.challenge.results.placing import shortlist

_ENTRY = re.compile(r"entry:(?P<edition>[a-z0-9-]+)/(?P<code>[A-Za-z0-9-]+)")
_ROUND = re.compile(r"round:(?P<edition>[a-z0-9-]+)/(?P<code>[a-z0-9-]+)")
_RESULT = re.compile(r"result:(?P<edition>[a-z0-9-]+)/(?P<round>[a-z0-9-]+)/(?P<revision>\d+)")
_SHEET = re.compile(r"sheet:(?P<number>\d+)")


class EventLike(Protocol):
    """What is read of an event of the journal."""

    @property
    def act(self) -> str: ...
    @property
    def object(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass
class _Entry:
    division: str
    subcategory: str
    eligible: bool = False
    gone: bool = False


@dataclass
class _Round:
    rules: Mapping[str, Any] = field(default_factory=dict)
    finalists: set[str] = field(default_factory=set)
    sheets: dict[int, SignedSheet] = field(default_factory=dict)
    ballots: list[tuple[str, str, str]] = field(default_factory=list)
    chair: list[tuple[str, ...]] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Computed:
    """A result as the journal says that it was computed: with the inputs of that moment."""

    round: str
    revision: int
    digest: str
    inputs_digest: str
    inputs: RoundInputs


class Season:
    """One edition, built up event by event.

    Args:
        slug: the edition.
        rules: the rules of a round by (round code, digest), or None where no such rules are kept any more.
    """

    def __init__(self, slug: str, rules: Callable[[str, str], Mapping[str, Any] | None]) -> None:
        self.slug = slug
        self.rules = rules
        self.entries: dict[str, _Entry] = {}
        self.rounds: dict[str, _Round] = {}
        self.sheet_round: dict[int, str] = {}
        self.documents: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.orders: dict[str, list[str]] = {}
        self.quotas: dict[str, int] = {}

    def computed(self, events: Iterable[EventLike]) -> Iterator[Computed]:
        """Every result that was computed, in order. The caller hands back what it computed by `keep`."""
        for event in events:
            room, _, act = event.act.partition(".")
            if room != "challenge":
                continue
            if act == "result_computed":
                found = _RESULT.fullmatch(event.object)
                if found and found["edition"] == self.slug:
                    yield self._computed(found["round"], int(found["revision"]), event.payload)
                continue
            take = _TAKES.get(act)
            if take is not None:
                take(self, event)

    def keep(self, code: str, revision: int, document: Mapping[str, Any]) -> None:
        """The document of a result that was just computed. Once sealed, it decides who is in the final."""
        self.documents[code, revision] = document

    def finalists(self, division: str) -> tuple[str, ...]:
        """The finalists of a division now: reserves have moved up for those who are gone."""
        gone = [code for code, entry in self.entries.items() if entry.gone]
        return shortlist(self.orders.get(division, []), self.quotas.get(division, 0), gone).finalists

    def _computed(self, code: str, revision: int, payload: Mapping[str, Any]) -> Computed:
        return Computed(code, revision, str(payload["digest"]), str(payload["inputs"]), self.inputs(code))

    def inputs(self, code: str) -> RoundInputs:
        """What a result of this round would be computed from now."""
        this = self.rounds.setdefault(code, _Round())
        rules = dict(this.rules)
        stage, division = str(rules.get("stage", "")), rules.get("division")
        taking_part = self._taking_part(this, stage, division)
        sheets = tuple(sheet for sheet in this.sheets.values() if sheet.entry in taking_part)
        entries = tuple(
            RankedEntry(code, self.entries[code].division, self.entries[code].subcategory) for code in taking_part
        )
        named = tuple(sorted(this.named.items()))
        return RoundInputs(
            self.slug, code, stage, rules, entries, sheets, tuple(this.ballots), tuple(this.chair), named
        )

    def _taking_part(self, this: _Round, stage: str, division: str | None) -> set[str]:
        if stage == "final":
            return {code for code in this.finalists if not self.entries[code].gone}
        return {
            code
            for code, entry in self.entries.items()
            if entry.eligible and not entry.gone and division in (None, entry.division)
        }

    # --- one function per event

    def _of_entry(self, event: EventLike) -> str | None:
        found = _ENTRY.fullmatch(event.object)
        return found["code"] if found and found["edition"] == self.slug else None

    def _of_round(self, event: EventLike) -> _Round | None:
        found = _ROUND.fullmatch(event.object)
        if not found or found["edition"] != self.slug:
            return None
        return self.rounds.setdefault(found["code"], _Round())

    def take_submitted(self, event: EventLike) -> None:
        if code := self._of_entry(event):
            entry = self.entries.setdefault(code, _Entry("", ""))
            entry.division = str(event.payload["division"])
            entry.subcategory = str(event.payload["subcategory"])

    def take_decided(self, event: EventLike) -> None:
        code = self._of_entry(event)
        if code in self.entries:
            self.entries[code].eligible = event.payload["outcome"] == "eligible"

    def take_gone(self, event: EventLike) -> None:
        code = self._of_entry(event)
        if code in self.entries:
            self.entries[code].gone = True

    def take_reinstated(self, event: EventLike) -> None:
        code = self._of_entry(event)
        if code in self.entries:
            self.entries[code].gone = False
            self.entries[code].eligible = True

    def take_opened(self, event: EventLike) -> None:
        found = _ROUND.fullmatch(event.object)
        if (this := self._of_round(event)) is None or found is None:
            return
        this.rules = self.rules(found["code"], str(event.payload["rules"])) or {}
        if this.rules.get("stage") == "final":
            this.finalists = {code for division in self.orders for code in self.finalists(division)}

    def take_sealed(self, event: EventLike) -> None:
        found = _RESULT.fullmatch(event.object)
        document = self.documents.get((found["round"], int(found["revision"]))) if found else None
        if document is None or found is None or found["edition"] != self.slug:
            return
        quotas = document["inputs"]["rules"].get("quotas", {})
        for division, lists in document["outcome"].get("shortlists", {}).items():
            self.orders[division] = [*lists["finalists"], *lists["reserves"]]
            self.quotas[division] = int(quotas[division])

    def take_replaced(self, event: EventLike) -> None:
        """A reserve that moved up after the final was opened takes part in it."""
        if event.object != f"edition:{self.slug}":
            return
        for this in self.rounds.values():
            if this.rules.get("stage") == "final":
                this.finalists.add(str(event.payload["new"]))

    def take_signed(self, event: EventLike) -> None:
        found, payload = _SHEET.fullmatch(event.object), event.payload
        if not found or payload["edition"] != self.slug:
            return
        sheet = SignedSheet(
            judge=str(payload["judge"]),
            entry=str(payload["entry"]),
            panel=str(payload["panel"]),
            revision=int(payload["revision"]),
            scores=dict(payload["scores"]),
        )
        number, code = int(found["number"]), str(payload["round"])
        self.sheet_round[number] = code
        self.rounds.setdefault(code, _Round()).sheets[number] = sheet

    def take_unsigned(self, event: EventLike) -> None:
        found = _SHEET.fullmatch(event.object)
        if not found or event.payload["edition"] != self.slug:
            return
        this = self.rounds.setdefault(str(event.payload["round"]), _Round())
        this.sheets.pop(int(found["number"]), None)

    def take_ballot(self, event: EventLike) -> None:
        if (this := self._of_round(event)) is not None:
            payload = event.payload
            this.ballots.append((str(payload["judge"]), str(payload["better"]), str(payload["worse"])))

    def take_tie(self, event: EventLike) -> None:
        if (this := self._of_round(event)) is not None:
            this.chair.append(tuple(str(code) for code in event.payload["entries"]))

    def take_named(self, event: EventLike) -> None:
        if (this := self._of_round(event)) is not None:
            this.named[str(event.payload["award"])] = str(event.payload["entry"])


_TAKES: Mapping[str, Callable[[Season, EventLike], None]] = {
    "entry_submitted": Season.take_submitted,
    "entry_decided": Season.take_decided,
    "entry_withdrawn": Season.take_gone,
    "entry_disqualified": Season.take_gone,
    "entry_reinstated": Season.take_reinstated,
    "round_opened": Season.take_opened,
    "sheet_signed": Season.take_signed,
    "sheet_reopened": Season.take_unsigned,
    "sheet_recused": Season.take_unsigned,
    "sheet_withdrawn": Season.take_unsigned,
    "sheet_left_out": Season.take_unsigned,
    "ballot_cast": Season.take_ballot,
    "tie_decided": Season.take_tie,
    "result_sealed": Season.take_sealed,
    "finalist_replaced": Season.take_replaced,
    "award_decided": Season.take_named,
}
