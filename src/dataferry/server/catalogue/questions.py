"""What is asked of the search: words, facets, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dataferry.messages import InputError
from dataferry.server.catalogue.search_marks import FACETS
from dataferry.server.people.predicates import is_administrator, is_member, organisations_of

UPDATED: Mapping[str, timedelta] = {
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_LONGEST_VALUE = 300
Position = tuple[int, datetime, int]
"""Where a page ended: tier, instant of the last change, number of the dataset."""


@dataclass(frozen=True)
class Scope:
    """What a person may find beside what is public: nothing, what is theirs, or (administrators) everything."""

    user_id: int | None = None
    organisations: tuple[int, ...] = ()
    everything: bool = False

    @property
    def private(self) -> bool:
        """Whether anything that is not public may be found."""
        return self.everything or self.user_id is not None


def scope_of(user: Any) -> Scope:
    """The scope of a person; visitors and those without a verified address find what is public."""
    if is_administrator(user):
        return Scope(user.pk, everything=True)
    if not is_member(user):
        return Scope()
    return Scope(user.pk, tuple(sorted(organisations_of(user))))


@dataclass(frozen=True)
class Question:
    """What is searched for: words, one value for each of some facets, and how recently it was changed."""

    words: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)
    updated: str = ""

    def since(self) -> datetime | None:
        return timezone.now() - UPDATED[self.updated] if self.updated else None


def question_of(words: str = "", facets: Mapping[str, Any] | None = None, updated: str = "") -> Question:
    """A checked question. Empty values are left out.

    Raises:
        InputError: `server.catalogue.bad_field`, no such facet or value.
    """
    chosen: dict[str, str] = {}
    for name, value in (facets or {}).items():
        if name not in FACETS or len(str(value)) > _LONGEST_VALUE:
            raise InputError("server.catalogue.bad_field", field=str(name)[:40])
        if value not in ("", None):
            chosen[name] = str(value)
    if updated and updated not in UPDATED:
        raise InputError("server.catalogue.bad_field", field="updated")
    if chosen.get("geometry", "yes") not in ("yes", "no") or not chosen.get("organisation", "1").isdecimal():
        raise InputError("server.catalogue.bad_field", field="geometry")
    return Question(" ".join(words.replace("\x00", " ").split())[:500], chosen, updated)
