"""Tracks: where and when the same vehicles or people were, and how few of their points single one out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dataferry.privacy.anonymity_words import Kind


@dataclass(frozen=True)
class Tracks:
    """Tracks of a table: rows that say where and when the same subjects were.

    Args:
        entity: the column that tells the subjects apart.
        kind: what they are.
        time: the columns of time.
        place: the columns of the place.
        entities: how many subjects, `moving` of them were in more than one place.
        points: distinct (subject, place, time).
        singled_out: for p = 1..4, the share of subjects (0..1) that p random points of their own tell from all others.
        singled_out_coarse: the same at 0.01 degree (about 1 km) and the hour; empty for places without coordinates.
        sampled: subjects drawn, with the fixed seed `seed`.
    """

    entity: str
    kind: Kind
    time: tuple[str, ...]
    place: tuple[str, ...]
    entities: int
    moving: int
    points: int
    singled_out: Mapping[int, float]
    singled_out_coarse: Mapping[int, float]
    sampled: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        value = asdict(self) | {"time": list(self.time), "place": list(self.place)}
        for name in ("singled_out", "singled_out_coarse"):
            value[name] = {str(p): share for p, share in value[name].items()}
        return value
