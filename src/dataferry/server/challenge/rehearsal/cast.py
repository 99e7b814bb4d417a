"""Who plays in a rehearsal: synthetic people with addresses that lead nowhere, entries with a true quality."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dataferry.server.people import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DOMAIN = "synthetic.invalid"
"""Reserved by RFC 2606: no letter ever arrives there."""
CITIES = ("hong-kong", "shanghai")
QUALITY_MEAN, QUALITY_SPREAD = 62.0, 9.0
JUDGE_SPREAD, NOISE = 5.0, 6.0
"""Points of 100, after facts measured for the statistics (docs/explanation/judging-statistics.md)."""


@dataclass(frozen=True)
class Size:
    """How large a rehearsal is: teams by division, judges by city."""

    teams: Mapping[str, int]
    judges: Mapping[str, int]
    members: int = 2


@dataclass
class Cast:
    """Everybody, and what is true about them. Scores are drawn from it, so that the same seed plays the same play."""

    seed: int
    organisers: list[User] = field(default_factory=list)
    judges: dict[str, list[User]] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)
    severity: dict[str, float] = field(default_factory=dict)
    home_bias: float = 0.0

    def chance(self, *key: object) -> random.Random:
        """A source of chance of its own for each thing: what is played does not depend on the order of the acts."""
        return random.Random("/".join(map(str, (self.seed, *key))))  # noqa: S311 - a play, no secret

    def worth(self, entry: str) -> float:
        """The true quality of an entry, in points of 100."""
        if entry not in self.quality:
            self.quality[entry] = self.chance("quality", entry).gauss(QUALITY_MEAN, QUALITY_SPREAD)
        return self.quality[entry]

    def points(self, entry: str, judge: str, criterion: str, *, at_home: bool) -> float:
        """What a judge thinks an entry deserves by a criterion, in points of 100."""
        if judge not in self.severity:
            self.severity[judge] = self.chance("severity", judge).gauss(0, JUDGE_SPREAD)
        noise = self.chance("noise", entry, judge, criterion).gauss(0, NOISE)
        return self.worth(entry) + self.severity[judge] + noise + (self.home_bias if at_home else 0.0)


def synthetic_person(name: str, *roles: str, city: str = "", language: str = "en") -> Any:
    """A member with a verified address that leads nowhere and no password: nobody can sign in as them."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User

    from dataferry.server.people.models import RoleGrant

    email = f"{name}@{DOMAIN}"
    user = User.objects.create_user(username=email, email=email, password=None)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, city=city)
    return user


def gather(seed: int, size: Size) -> Cast:
    """Two organisers of both cities (a reopened sheet needs two) and the judges."""
    cast = Cast(seed)
    cast.organisers = [synthetic_person(f"organiser{number}", Role.ORGANISER) for number in (1, 2)]
    for city in CITIES:
        cast.judges[city] = [
            synthetic_person(f"judge-{city}-{number}", Role.JUDGE, city=city)
            for number in range(1, size.judges.get(city, 0) + 1)
        ]
    return cast
