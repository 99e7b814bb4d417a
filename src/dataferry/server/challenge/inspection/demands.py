"""What an edition demands of a file, and who must not be found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Speech:
    """One way to speak a video, and the subtitles it then needs.

    Args:
        spoken: `en`, `cmn` (Putonghua) or `yue` (Cantonese).
        subtitles: written languages: `en`, `zh`, `zh-Hans`, `zh-Hant`.
    """

    spoken: str
    subtitles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Demands:
    """What a file of one role must be. What is None or empty is not demanded.

    Args:
        role: of the deliverable, such as `proposal`.
        types: accepted kinds by content, such as `pdf`, `mp4`; see `kinds.KINDS`.
        languages: sets of written languages; any one set is enough, and all of its languages are then needed.
        least_seconds, most_seconds: bounds of a film.
        speech: ways in which a film may be spoken.
        spoken: the way that the team has declared.
    """

    role: str = ""
    types: tuple[str, ...] = ()
    most_bytes: int | None = None
    most_pages: int | None = None
    languages: tuple[frozenset[str], ...] = ()
    least_seconds: int | None = None
    most_seconds: int | None = None
    speech: tuple[Speech, ...] = ()
    spoken: str = ""

    @classmethod
    def of(cls, role: str, deliverable: Any, spoken: str = "") -> Demands:
        """From a deliverable of an edition file (`edition_file.rules.Deliverable`)."""
        ways = (Speech(str(each.spoken), tuple(each.subtitles or ())) for each in deliverable.speech or ())
        return cls(
            role=role,
            types=tuple(deliverable.types or ()),
            most_bytes=deliverable.most_bytes,
            most_pages=deliverable.most_pages,
            languages=tuple(frozenset(each) for each in deliverable.languages or ()),
            least_seconds=deliverable.least_seconds,
            most_seconds=deliverable.most_seconds,
            speech=tuple(ways),
            spoken=spoken,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, for the child."""
        plain = {name: getattr(self, name) for name in ("role", "most_bytes", "most_pages", "spoken")}
        plain |= {"least_seconds": self.least_seconds, "most_seconds": self.most_seconds, "types": list(self.types)}
        plain["languages"] = [sorted(each) for each in self.languages]
        plain["speech"] = [[each.spoken, list(each.subtitles)] for each in self.speech]
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Demands:
        """The inverse of `to_json`."""
        told = dict(plain)
        told["types"] = tuple(told["types"])
        told["languages"] = tuple(frozenset(each) for each in told["languages"])
        told["speech"] = tuple(Speech(spoken, tuple(subtitles)) for spoken, subtitles in told["speech"])
        return cls(**told)


@dataclass(frozen=True)
class Identities:
    """Whose names an anonymous file must not hold, in every form that is known (each script, each order)."""

    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    def to_json(self) -> dict[str, list[str]]:
        """As plain JSON, for the child."""
        names = ("people", "organisations", "teams", "emails")
        return {name: [str(each)[:400] for each in getattr(self, name)][:500] for name in names}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Identities:
        """The inverse of `to_json`."""
        return cls(**{name: tuple(each) for name, each in plain.items()})
