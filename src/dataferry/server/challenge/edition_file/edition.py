"""An edition's file with what others ask of it: deadlines, tracks, demands on files, rubrics, may a round open."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dataferry.messages import Finding, MissingError, RefusedError
from dataferry.server.challenge.edition_file import opening
from dataferry.server.challenge.edition_file.amendments import Change, diff, locked_part
from dataferry.server.challenge.edition_file.calendar import Kind, Phase
from dataferry.server.challenge.edition_file.calendar_check import phases_of
from dataferry.server.challenge.edition_file.document import EditionDocument, Subcategory, Theme
from dataferry.server.challenge.edition_file.origins import Origins
from dataferry.server.challenge.edition_file.provenance import Provenance
from dataferry.server.challenge.edition_file.rules import Spoken
from dataferry.server.challenge.edition_file.scoring import RoundRules
from dataferry.server.challenge.edition_file.shipped import PRESETS, preset_document
from dataferry.server.challenge.edition_file.tree import Tree, as_bytes, digest_of, leaves, tree

if TYPE_CHECKING:
    from dataferry.judging import Rubric


@dataclass(frozen=True)
class FileDemands:
    """What one deliverable must be. None: not known, so not checked."""

    role: str
    required: bool | None
    types: tuple[str, ...] | None
    most_bytes: int | None
    most_pages: int | None
    languages: tuple[frozenset[str], ...] | None
    least_seconds: int | None
    most_seconds: int | None
    speech: tuple[Spoken, ...] | None


class EditionFile(EditionDocument):
    """An edition. Two of the same meaning have the same `digest()`."""

    def document(self) -> dict[str, Any]:
        """Plain JSON values that `EditionFile.model_validate` reads back, items in the order of the file."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def canonical(self) -> bytes:
        return as_bytes(tree(self))

    def digest(self) -> str:
        return digest_of(tree(self))

    def locked_part(self) -> Tree:
        return locked_part(self)

    def locked_digest(self) -> str:
        return digest_of(locked_part(self))

    def changes_to(self, new: EditionFile) -> list[Change]:
        return diff(self, new)

    # Values and where they come from

    def values(self) -> dict[str, Any]:
        """Every known value by its path, without the table of sources."""
        return dict(leaves({name: value for name, value in tree(self).items() if name != "provenance"}))

    def value_digest(self, path: str) -> str:
        """Names the value at a path, so that an acceptance ends when the value changes."""
        return digest_of(self.values().get(path))

    def origins(self) -> Origins:
        return Origins(self, preset_document(self.preset) if self.preset in PRESETS and self.preset else None)

    def provenance_of(self, path: str) -> Provenance:
        return self.origins().of(path)

    # Rounds

    def openable(self, code: str, accepted: Collection[str] = ()) -> list[Finding]:
        """What forbids the round `code` to open; nothing when it may. See `opening.openable`."""
        return opening.openable(self, code, accepted, self.origins())

    def unverified(self, code: str | None = None) -> list[str]:
        """Paths of the values that decide a round (or any) and that nobody has verified."""
        rounds = [self.round_rules(code)] if code else list(self.rounds.values())
        origins = self.origins()
        return list(dict.fromkeys(path for one in rounds for path in opening.unverified(self, one, origins)))

    def round_rules(self, code: str) -> RoundRules:
        """
        Raises:
            MissingError: no such round.
        """
        if code not in self.rounds:
            raise MissingError("server.challenge.edition_no_round", value=code, known=", ".join(self.rounds) or "-")
        return self.rounds[code]

    def rubric(self, code: str) -> Rubric:
        """The rubric as the statistics use it. One with unknown weights can be built, and says so itself.

        Raises:
            MissingError: no such rubric.
        """
        from dataferry.judging import Criterion, Rubric

        if code not in self.rubrics:
            raise MissingError("server.challenge.edition_no_rubric", value=code, known=", ".join(self.rubrics) or "-")
        return Rubric(
            tuple(
                Criterion(
                    code=one.code,
                    weight=one.weight,
                    highest=one.highest,
                    lowest=one.lowest,
                    step=one.step,
                    floor=one.floor,
                    bonus=one.bonus,
                )
                for one in self.rubrics[code].criteria.values()
            )
        )

    # Calendar

    def phase(self, division: str, kind: Kind) -> Phase:
        """The phase of this kind in a division's calendar: its own, or the joint one.

        Raises:
            MissingError: there is none.
        """
        for phase in phases_of(self, division).values():
            if phase.kind == kind:
                return phase
        raise MissingError("server.challenge.edition_no_phase_of_kind", kind=kind, division=division)

    def deadline(self, division: str, kind: Kind) -> datetime:
        """The first instant that is too late, in the zone of the division's calendar.

        Raises:
            MissingError: no such phase.
            RefusedError: its end is not known yet.
        """
        phase = self.phase(division, kind)
        if phase.closes is None:
            raise RefusedError("server.challenge.edition_deadline_unknown", kind=kind, division=division)
        return phase.closes.astimezone(self.zone(division, phase))

    def zone(self, division: str | None = None, phase: Phase | None = None) -> ZoneInfo:
        """The zone in which a phase or division is told: the phase's own, its division's, the edition's."""
        if phase is not None and phase.time_zone:
            return ZoneInfo(phase.time_zone)
        code = phase.division if phase is not None and phase.division else division
        if code in self.divisions and code:
            return ZoneInfo(self.divisions[code].time_zone)
        return ZoneInfo(self.time_zone or next(iter(self.divisions.values())).time_zone)

    def phase_at(self, instant: datetime, division: str) -> dict[str, Phase]:
        """The phases that a division is in at an instant; there may be none, or several that overlap."""
        return {code: phase for code, phase in phases_of(self, division).items() if phase.holds(instant)}

    def is_open(self, kind: Kind, division: str, instant: datetime) -> bool:
        return any(phase.kind == kind for phase in self.phase_at(instant, division).values())

    def age_day(self, division: str) -> date | None:
        """The day on which a member's age counts, in the division's zone; None while it is not known."""
        rule = self.eligibility.minimum_age
        if rule is None or rule.on is None:
            return None
        if rule.on[0].isdigit():
            return date.fromisoformat(rule.on)
        kind, _, end = rule.on.partition(".")
        for phase in phases_of(self, division).values():
            if phase.kind == kind:
                instant: datetime | None = getattr(phase, end)
                return instant.astimezone(self.zone(division, phase)).date() if instant else None
        return None

    # Themes and files

    def subcategories(self) -> Iterator[tuple[Theme, Subcategory]]:
        for theme in self.themes.values():
            for subcategory in theme.subcategories.values():
                yield theme, subcategory

    def track_of(self, code: str) -> str | None:
        """The national track of a sub-category; None while none is mapped.

        Raises:
            MissingError: no such sub-category.
        """
        for _theme, subcategory in self.subcategories():
            if subcategory.code == code:
                return subcategory.track
        raise MissingError("server.challenge.edition_no_subcategory", value=code)

    def theme_of(self, code: str) -> str:
        """The theme of a sub-category.

        Raises:
            MissingError: no such sub-category.
        """
        for theme, subcategory in self.subcategories():
            if subcategory.code == code:
                return theme.code
        raise MissingError("server.challenge.edition_no_subcategory", value=code)

    def demands(self, role: str) -> FileDemands:
        """What the edition asks of the deliverable `role`.

        Raises:
            MissingError: no such deliverable.
        """
        if role not in self.deliverables:
            known = ", ".join(self.deliverables) or "-"
            raise MissingError("server.challenge.edition_no_deliverable", value=role, known=known)
        asked = self.deliverables[role]
        return FileDemands(
            role=role,
            required=asked.required,
            types=asked.types,
            most_bytes=asked.most_bytes,
            most_pages=asked.most_pages,
            languages=tuple(map(frozenset, asked.languages)) if asked.languages is not None else None,
            least_seconds=asked.least_seconds,
            most_seconds=asked.most_seconds,
            speech=tuple(asked.speech) if asked.speech is not None else None,
        )
