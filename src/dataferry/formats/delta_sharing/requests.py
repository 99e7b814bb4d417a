"""What clients ask: bodies and parameters of the protocol, read as data, refused with the field named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dataferry.formats.delta_sharing.instants import parse_instant
from dataferry.formats.delta_sharing.predicates import Predicate, hint
from dataferry.formats.wire_json import read_object
from dataferry.messages import InputError

MOST_RESULTS = 500
_HIGHEST_LONG = 2**63 - 1
_HIGHEST_INT = 2**31 - 1


@dataclass(frozen=True)
class ListRequest:
    """One page of shares, schemas or tables; `most` is never above 500."""

    most: int = MOST_RESULTS
    page_token: str | None = None

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> ListRequest:
        """Read the query parameters `maxResults` and `pageToken`.

        Raises:
            InputError: `maxResults` is not a whole number from 0.
        """
        most = _whole(parameters.get("maxResults"), "maxResults", _HIGHEST_INT)
        return cls(MOST_RESULTS if most is None else min(most, MOST_RESULTS), parameters.get("pageToken") or None)


@dataclass(frozen=True)
class VersionRequest:
    """Which version of a table is asked for: the newest, or the first at or after an instant."""

    starting: datetime | None = None

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> VersionRequest:
        """Read the query parameter `startingTimestamp`.

        Raises:
            InputError: it is not an instant with a zone.
        """
        return cls(_instant(parameters.get("startingTimestamp"), "startingTimestamp"))


@dataclass(frozen=True)
class MetadataRequest:
    """The description of a table: as of a version, as of an instant, or (neither) the newest."""

    version: int | None = None
    timestamp: datetime | None = None

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> MetadataRequest:
        """Read the query parameters `version` and `timestamp`.

        Raises:
            InputError: both at once, or a value of the wrong kind.
        """
        asked = cls(
            _whole(parameters.get("version"), "version", _HIGHEST_LONG),
            _instant(parameters.get("timestamp"), "timestamp"),
        )
        if asked.version is not None and asked.timestamp is not None:
            raise InputError("formats.two_versions")
        return asked


@dataclass(frozen=True)
class FilePage:
    """Which files of an answer: at most so many, from where the page before ended. Neither: all of them."""

    most: int | None = None
    token: str | None = None

    @property
    def is_asked(self) -> bool:
        return self.most is not None or self.token is not None

    @classmethod
    def of(cls, most: int | None, token: str | None) -> FilePage:
        """
        Raises:
            InputError: no file at all is asked for.
        """
        if most == 0:
            raise InputError("formats.bad_field", field="maxFiles")
        return cls(most, token or None)


@dataclass(frozen=True)
class QueryRequest:
    """The files of a table.

    Args:
        version: as of this version; `timestamp`: as of this instant; neither: the newest.
        starting_version: instead of a snapshot, the changes of the files from this version (to `ending_version`).
        predicate: what the reader will keep, or None where nothing that could be used was said.
        limit: how many rows the reader will take.
        page: which files of the answer.
        wants_refresh_token, refresh_token: the reader wants a token for new addresses of the same files; brings it.
    """

    version: int | None = None
    timestamp: datetime | None = None
    starting_version: int | None = None
    ending_version: int | None = None
    predicate: Predicate | None = None
    limit: int | None = None
    page: FilePage = FilePage()
    wants_refresh_token: bool = False
    refresh_token: str | None = None

    @classmethod
    def parse(cls, body: bytes) -> QueryRequest:
        """Read the body of `query`. Fields that we do not know are left alone; hints that cannot be used are no hints.

        Raises:
            InputError: not a JSON object, a field of the wrong kind, or two ways to name the version at once.
            LimitError: larger than a megabyte.
        """
        found = read_object(body, "query") if body.strip() else {}
        asked = cls(
            version=_number(found, "version", _HIGHEST_LONG),
            timestamp=_instant(found.get("timestamp"), "timestamp"),
            starting_version=_number(found, "startingVersion", _HIGHEST_LONG),
            ending_version=_number(found, "endingVersion", _HIGHEST_LONG),
            predicate=hint(_text(found, "jsonPredicateHints")),
            limit=_number(found, "limitHint", _HIGHEST_LONG),
            page=FilePage.of(_number(found, "maxFiles", _HIGHEST_INT), _text(found, "pageToken")),
            wants_refresh_token=_truth(found, "includeRefreshToken"),
            refresh_token=_text(found, "refreshToken") or None,
        )
        hints = found.get("predicateHints")
        if hints is not None and not (isinstance(hints, list) and all(isinstance(item, str) for item in hints)):
            raise InputError("formats.bad_field", field="predicateHints")
        ways = [asked.version, asked.timestamp, asked.starting_version, asked.refresh_token]
        if sum(way is not None for way in ways) > 1:
            raise InputError("formats.two_versions")
        _in_order(asked.starting_version, asked.ending_version, "endingVersion")
        if asked.starting_version is None and asked.ending_version is not None:
            raise InputError("formats.no_start")
        return asked


@dataclass(frozen=True)
class ChangesRequest:
    """The change feed of a table: from a version or an instant, to one or to the newest; both ends are included."""

    starting_version: int | None = None
    starting: datetime | None = None
    ending_version: int | None = None
    ending: datetime | None = None
    historical_metadata: bool = False
    page: FilePage = FilePage()

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> ChangesRequest:
        """Read the query parameters of `changes`.

        Raises:
            InputError: no start, two starts, two ends, an end before the start, or a value of the wrong kind.
        """
        asked = cls(
            starting_version=_whole(parameters.get("startingVersion"), "startingVersion", _HIGHEST_LONG),
            starting=_instant(parameters.get("startingTimestamp"), "startingTimestamp"),
            ending_version=_whole(parameters.get("endingVersion"), "endingVersion", _HIGHEST_LONG),
            ending=_instant(parameters.get("endingTimestamp"), "endingTimestamp"),
            historical_metadata=_flag(parameters.get("includeHistoricalMetadata"), "includeHistoricalMetadata"),
            page=FilePage.of(
                _whole(parameters.get("maxFiles"), "maxFiles", _HIGHEST_INT), parameters.get("pageToken") or None
            ),
        )
        if asked.starting_version is None and asked.starting is None:
            raise InputError("formats.no_start")
        both_starts = asked.starting_version is not None and asked.starting is not None
        if both_starts or (asked.ending_version is not None and asked.ending is not None):
            raise InputError("formats.two_versions")
        _in_order(asked.starting_version, asked.ending_version, "endingVersion")
        if asked.starting and asked.ending and asked.ending < asked.starting:
            raise InputError("formats.end_before_start", field="endingTimestamp")
        return asked


def _in_order(start: int | None, end: int | None, field: str) -> None:
    if start is not None and end is not None and end < start:
        raise InputError("formats.end_before_start", field=field)


def _instant(value: Any, field: str) -> datetime | None:
    return None if value is None else parse_instant(value, field)


def _whole(text: str | None, field: str, highest: int) -> int | None:
    """A whole number written out, as in the query of an address."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(highest)) and int(text) <= highest):
        raise InputError("formats.bad_field", field=field)
    return int(text)


def _number(found: Mapping[str, Any], field: str, highest: int) -> int | None:
    value = found.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
        raise InputError("formats.bad_field", field=field)
    return value


def _text(found: Mapping[str, Any], field: str) -> str | None:
    value = found.get(field)
    if value is not None and not isinstance(value, str):
        raise InputError("formats.bad_field", field=field)
    return value


def _truth(found: Mapping[str, Any], field: str) -> bool:
    value = found.get(field)
    if value is not None and not isinstance(value, bool):
        raise InputError("formats.bad_field", field=field)
    return bool(value)


def _flag(text: str | None, field: str) -> bool:
    # The Python client writes its own `True`.
    value = (text or "false").lower()
    if value not in {"true", "false"}:
        raise InputError("formats.bad_field", field=field)
    return value == "true"
