"""The header `delta-sharing-capabilities`: what a client can read, what the server chose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from dataferry.messages import InputError

HEADER = "delta-sharing-capabilities"
VERSION_HEADER = "Delta-Table-Version"
_LONGEST = 2_000


class ResponseFormat(StrEnum):
    """How tables and files are told: by the protocol's own words, or by actions of a Delta log."""

    PARQUET = "parquet"
    DELTA = "delta"


@dataclass(frozen=True)
class Capabilities:
    """What one request says its client can read.

    Args:
        formats: the response formats it takes; a client that says nothing takes Parquet.
        reader_features: Delta reader features it knows, in lower case.
        end_stream_action: it wants a last line that says the answer is whole.
    """

    formats: frozenset[ResponseFormat] = frozenset({ResponseFormat.PARQUET})
    reader_features: frozenset[str] = frozenset()
    end_stream_action: bool = False

    @classmethod
    def parse(cls, header: str | None) -> Capabilities:
        """Read the header, or its absence. What we do not know in it is none of our business.

        Raises:
            InputError: the header is longer than 2,000 characters, or asks only for formats unknown here.
        """
        if not header or not header.strip():
            return cls()
        if len(header) > _LONGEST:
            raise InputError("formats.bad_capabilities")
        found: dict[str, frozenset[str]] = {}
        for part in filter(None, (part.strip() for part in header.lower().split(";"))):
            name, _, values = part.partition("=")
            found[name.strip()] = frozenset(filter(None, (value.strip() for value in values.split(","))))
        asked = found.get("responseformat", frozenset({"parquet"}))
        known = frozenset(ResponseFormat(name) for name in asked & set(ResponseFormat))
        if not known:
            raise InputError("formats.unknown_response_format")
        wants_end = "true" in found.get("includeendstreamaction", frozenset())
        return cls(known, found.get("readerfeatures", frozenset()), wants_end)

    def choose(self, features: Collection[str] = ()) -> ResponseFormat:
        """The format of the answer: Parquet wherever the client takes it, since every client can then read it.

        Args:
            features: Delta reader features that the table needs in the Delta format (`reader_features`).

        Raises:
            InputError: the client takes only Delta and lacks a feature that the table needs.
        """
        if ResponseFormat.PARQUET in self.formats:
            return ResponseFormat.PARQUET
        lacking = sorted(name for name in features if name.lower() not in self.reader_features)
        if lacking:
            raise InputError("formats.lacks_reader_features", features=lacking)
        return ResponseFormat.DELTA


def answer_header(chosen: ResponseFormat, *, end_stream_action: bool = False) -> str:
    """The value of `delta-sharing-capabilities` in the answer."""
    return f"responseformat={chosen}" + (";includeendstreamaction=true" if end_stream_action else "")
