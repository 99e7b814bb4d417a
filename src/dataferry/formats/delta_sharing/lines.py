"""The lines of an answer: JSON, one object a line, in the two response formats.

Sources: the Delta Sharing Protocol, "API Response Format in Parquet" and "in Delta"; the Delta Transaction Log
Protocol for the actions inside the Delta format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa

from dataferry.formats.delta_sharing.capabilities import ResponseFormat
from dataferry.formats.delta_sharing.instants import milliseconds
from dataferry.formats.delta_sharing.schema import reader_features, schema_string
from dataferry.formats.delta_sharing.statistics import FileStatistics
from dataferry.formats.wire_json import write_json

MEDIA_TYPE = "application/x-ndjson; charset=utf-8"
_CHANGE_FEED_WRITER = 4
_TABLE_FEATURES_READER, _TABLE_FEATURES_WRITER = 3, 7
Change = Literal["add", "cdf", "remove"]


@dataclass(frozen=True)
class TableFacts:
    """What the first two lines tell of a table.

    Args:
        id: the same for every version of the table.
        version: the version these facts are of; told only where the protocol asks for it.
        created: when the table was made.
        size, files: bytes and number of its files, where known.
    """

    id: str
    name: str
    schema: pa.Schema
    description: str | None = None
    created: datetime | None = None
    size: int | None = None
    files: int | None = None
    version: int | None = None


@dataclass(frozen=True)
class FileFacts:
    """One file a client may read.

    Args:
        url: where; it carries its own grant.
        id: the same for the same bytes, whatever the address; clients cache by it.
        size: in bytes.
        made: instant of the version that brought it.
        expires: when the address ends.
    """

    url: str
    id: str
    size: int
    statistics: FileStatistics | None = None
    version: int | None = None
    made: datetime | None = None
    expires: datetime | None = None
    partition_values: Mapping[str, str] = field(default_factory=dict)


def table_lines(table: TableFacts, chosen: ResponseFormat, *, change_feed: bool = False) -> list[str]:
    """The two lines every answer begins with: protocol and metaData.

    Raises:
        InputError: a column has no Delta type.
    """
    return [_protocol_line(table.schema, chosen, change_feed=change_feed), metadata_line(table, chosen)]


def metadata_line(table: TableFacts, chosen: ResponseFormat) -> str:
    """The line `metaData`; in a change feed also for what the table was at an earlier version."""
    told: dict[str, Any] = {
        "id": table.id,
        "name": table.name,
        "description": table.description,
        "format": {"provider": "parquet"},
        "schemaString": schema_string(table.schema, chosen),
        "partitionColumns": [],
        "configuration": {"enableChangeDataFeed": "true"},
    }
    around = _without_none({"version": table.version, "size": table.size, "numFiles": table.files})
    if chosen is ResponseFormat.PARQUET:
        return write_json({"metaData": _without_none(told) | around})
    told |= {
        "format": {"provider": "parquet", "options": {}},
        "configuration": {"delta.enableChangeDataFeed": "true"},
        "createdTime": None if table.created is None else milliseconds(table.created),
    }
    return write_json({"metaData": {"deltaMetadata": _without_none(told)} | around})


def file_line(file: FileFacts, chosen: ResponseFormat) -> str:
    """The line of one file of a snapshot."""
    if chosen is ResponseFormat.DELTA:
        return write_json({"file": _in_delta(file, "add")})
    return write_json({"file": _in_parquet(file, with_statistics=True)})


def change_line(file: FileFacts, change: Change, chosen: ResponseFormat) -> str:
    """The line of one file of a change feed: rows added, rows removed, or (`cdf`) rows that say what befell them.

    `version` and `made` must be known: the client fails without them.
    """
    if chosen is ResponseFormat.DELTA:
        return write_json({"file": _in_delta(file, change)})
    return write_json({change: _in_parquet(file, with_statistics=change == "add")})


def end_line(
    files: Iterable[FileFacts], *, next_page_token: str | None = None, refresh_token: str | None = None
) -> str:
    """The last line for clients that want one: the answer is whole, and when its first address ends.

    Args:
        next_page_token: for the rest of the files, where the client asked for so many at a time.
        refresh_token: for new addresses of the same files, where the client asked for one.
    """
    ends = [milliseconds(file.expires) for file in files if file.expires is not None]
    told = {
        "minUrlExpirationTimestamp": min(ends, default=None),
        "nextPageToken": next_page_token,
        "refreshToken": refresh_token,
    }
    return write_json({"endStreamAction": _without_none(told)})


def error_json(code: str, message: str) -> dict[str, str]:
    """The body of a refusal, as the protocol writes it."""
    return {"errorCode": code, "message": message}


def _protocol_line(schema: pa.Schema, chosen: ResponseFormat, *, change_feed: bool) -> str:
    if chosen is ResponseFormat.PARQUET:
        return write_json({"protocol": {"minReaderVersion": 1}})
    told: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": _CHANGE_FEED_WRITER if change_feed else 2}
    if features := list(reader_features(schema)):
        writer = [*features, *(["changeDataFeed"] if change_feed else [])]
        told = {"minReaderVersion": _TABLE_FEATURES_READER, "minWriterVersion": _TABLE_FEATURES_WRITER}
        told |= {"readerFeatures": features, "writerFeatures": writer}
    return write_json({"protocol": {"deltaProtocol": told}})


def _in_parquet(file: FileFacts, *, with_statistics: bool) -> dict[str, Any]:
    told = {
        "url": file.url,
        "id": file.id,
        "partitionValues": dict(file.partition_values),
        "size": file.size,
        "stats": file.statistics.to_json() if with_statistics and file.statistics else None,
    }
    return _without_none(told | _when(file))


def _in_delta(file: FileFacts, change: Change) -> dict[str, Any]:
    action: dict[str, Any] = {"path": file.url, "partitionValues": dict(file.partition_values), "size": file.size}
    if change == "cdf":
        action |= {"dataChange": False}
    elif change == "remove":
        action |= {"dataChange": True, "extendedFileMetadata": True, "deletionTimestamp": _milliseconds(file.made)}
    else:
        told = file.statistics.to_json() if file.statistics else None
        action |= {"dataChange": True, "modificationTime": _milliseconds(file.made), "stats": told}
    wrapped = {"id": file.id, "size": file.size, "deltaSingleAction": {_DELTA_NAMES[change]: _without_none(action)}}
    return _without_none(wrapped | _when(file))


_DELTA_NAMES: Mapping[Change, str] = {"add": "add", "cdf": "cdc", "remove": "remove"}


def _when(file: FileFacts) -> dict[str, Any]:
    return {
        "version": file.version,
        "timestamp": None if file.made is None else milliseconds(file.made),
        "expirationTimestamp": None if file.expires is None else milliseconds(file.expires),
    }


def _milliseconds(when: datetime | None) -> int:
    return 0 if when is None else milliseconds(when)


def _without_none(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
