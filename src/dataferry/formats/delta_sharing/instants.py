"""Instants as the protocol writes them, and which version of a table an instant means."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dataferry.messages import InputError, MissingError

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_instant(text: Any, field: str) -> datetime:
    """An instant with its zone, such as `2026-11-22T08:00:00Z`, in UTC.

    Raises:
        InputError: anything else, a time without a zone among it.
    """
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise InputError("formats.bad_instant", field=field)
    try:
        # Python reads at most microseconds; what is finer is cut.
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError("formats.bad_instant", field=field) from error


def write_instant(when: datetime) -> str:
    """The instant in UTC, as the protocol's profile and requests write it."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(when: datetime) -> int:
    """Whole milliseconds from the epoch, cut down; `when` has a zone."""
    passed = when - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1000 + passed.microseconds // 1000


def version_as_of(commits: Sequence[tuple[int, datetime]], when: datetime) -> int:
    """The version that was current at an instant; `commits` are (version, instant) in order of both.

    Raises:
        MissingError: the table did not exist yet.
    """
    place = bisect_right([instant for _, instant in commits], when)
    if place == 0:
        raise MissingError("formats.before_first_version", when=write_instant(when))
    return commits[place - 1][0]


def version_from(commits: Sequence[tuple[int, datetime]], when: datetime) -> int:
    """The earliest version made at or after an instant.

    Raises:
        MissingError: no version is that young.
    """
    place = bisect_left([instant for _, instant in commits], when)
    if place == len(commits):
        raise MissingError("formats.after_last_version", when=write_instant(when))
    return commits[place][0]
