"""Where a value comes from, honestly: what a preset says of its source holds only while the value is the preset's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.server.challenge.edition_file.document import EditionDocument
from dataferry.server.challenge.edition_file.provenance import Provenance, covering
from dataferry.server.challenge.edition_file.tree import leaves, tree

OWN = Provenance(mark="organiser", verified=True)
"""A value of which the file names no source: the organisers decided it themselves."""
UNKNOWN = Provenance(mark="unknown")


class Origins:
    """The origin of every path of one edition.

    Args:
        edition: the edition.
        preset: the preset that it was made from, where it is still shipped.
    """

    def __init__(self, edition: EditionDocument, preset: EditionDocument | None) -> None:
        self._rows: Mapping[str, Provenance] = edition.provenance
        self._values = _values(edition)
        self._preset_rows: Mapping[str, Provenance] = preset.provenance if preset else {}
        self._preset_values = _values(preset) if preset else {}

    def of(self, path: str) -> Provenance:
        """The origin of the value at `path`. What is not known says so, with the source that was asked."""
        pattern = covering(self._rows, path)
        row = self._rows[pattern] if pattern else None
        if path not in self._values:
            return _asked(row)
        if row is None or pattern is None:
            return OWN
        inherited = self._preset_rows.get(pattern) == row
        if inherited and self._preset_values.get(path) != self._values[path]:
            return OWN
        return row


def _asked(row: Provenance | None) -> Provenance:
    """Not known, with the source that was asked. What a row notes of its other values is not said of this one."""
    if row is None:
        return UNKNOWN
    return UNKNOWN.model_copy(update={"source": row.source, "note": row.note if row.mark == "unknown" else None})


def _values(edition: EditionDocument) -> dict[str, Any]:
    return dict(leaves({name: value for name, value in tree(edition).items() if name != "provenance"}))
