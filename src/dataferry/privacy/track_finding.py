"""Tracks found and measured: which column moves through place and time, and how unique its points are.

Uniqueness follows the measure of Y.-A. de Montjoye et al., "Unique in the Crowd: The privacy bounds of human mobility"
(Scientific Reports 3, 2013): draw p points of a trace at random, and count the traces that contain all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataferry.geo import in_degrees
from dataferry.privacy.anonymity_words import PLACES, TIMES, Kind, is_any_number, names_subject, says
from dataferry.privacy.coordinates import Coordinates, ordered_codes, xy_of
from dataferry.privacy.subjects import CONTACTS, Subjects, kind_of_identifier
from dataferry.privacy.tracks import Tracks

SEED: Final = 20_260_101
MOST_SAMPLED: Final = 2_000
POINTS: Final = (1, 2, 3, 4)
_COARSE_DEGREES: Final = 0.01
_COARSE_METRES: Final = 1_000.0
_NAMED_MOVING: Final = 0.02
_UNNAMED_MOVING: Final = 0.5
_UNNAMED_POINTS: Final = 3
_ONE_PLACE_AT_A_TIME: Final = 0.9

Ints = NDArray[np.int64]


def find_tracks(
    table: pa.Table, subjects: Subjects | None, coordinates: Coordinates | None, identifiers: Mapping[str, str]
) -> Tracks | None:
    """The tracks of a table, or None: nothing moves, or there is no time, no place, or nobody to follow.

    A column that a header or its values name as a subject's counts from 2 % of subjects in more than one place. The
    number of something unnamed counts only with coordinates, when half of all move, have three points or more on
    average and are in one place at a time; telephones and e-mails, which offices share, when they move like that.
    """
    time = _time_columns(table)
    place = _place_columns(table, coordinates, time)
    if not time or not place or table.num_rows < 2:
        return None
    for entity, kind, named in _candidates(table, subjects, identifiers, (*time, *place)):
        contact = identifiers.get(entity) in CONTACTS
        if not named and (coordinates is None or coordinates.columns != place):
            continue
        codes = (_codes(table, (entity,)), _place_codes(table, place, None), _codes(table, time))
        points = _points(*codes)
        entities = int(points[:, 0].max()) + 1 if len(points) else 0
        moving = _moving(points)
        moves = moving > _NAMED_MOVING * entities if named and not contact else _moves(points, entities, moving)
        if not moves:
            continue
        measured = singled_out(points[:, 0], _joined(points[:, 1], points[:, 2]))
        coarse = _coarse(table, codes[0], coordinates, place, time)
        sampled = min(entities, MOST_SAMPLED)
        return Tracks(entity, kind, time, place, entities, moving, len(points), measured, coarse, sampled, SEED)
    return None


def singled_out(entities: Ints, points: Ints, seed: int = SEED, most: int = MOST_SAMPLED) -> dict[int, float]:
    """For p = 1..4: the share of entities that p random points of their own tell from all others.

    Args:
        entities, points: one pair a row, no pair twice; both are codes from 0 up.
        most: entities drawn where there are more.

    Returns:
        share by p; an entity with fewer than p points is asked by all that it has.
    """
    if not len(entities):
        return {}
    order = np.lexsort((entities, points))
    holders, of_point = entities[order], points[order]
    start = np.searchsorted(of_point, np.arange(int(points.max()) + 2))
    width = int(entities.max()) + 1
    held = of_point * width + holders
    drawn = list(draw_points(entities, points, seed, most))
    return {p: float(np.mean([_alone(chosen[:p], start, holders, held, width) for chosen in drawn])) for p in POINTS}


def draw_points(entities: Ints, points: Ints, seed: int, most: int) -> Iterator[Ints]:
    """Four points (fewer where there are fewer) of each entity drawn, in the order in which they are asked."""
    random = np.random.Generator(np.random.PCG64(seed))
    order = np.lexsort((points, entities))
    ordered = points[order]
    known, first, count = np.unique(entities[order], return_index=True, return_counts=True)
    places = np.arange(len(known))
    if len(known) > most:
        places = np.sort(random.choice(len(known), most, replace=False))
    for place in places:
        size = min(int(count[place]), POINTS[-1])
        yield ordered[first[place] + random.choice(int(count[place]), size, replace=False)]


def _alone(chosen: Ints, start: Ints, holders: Ints, held: Ints, width: int) -> bool:
    """Whether exactly one entity holds all the points: the holders of the rarest are asked for the others."""
    sizes = start[chosen + 1] - start[chosen]
    rarest = int(np.argmin(sizes))
    if sizes[rarest] == 1:
        return True
    some = holders[start[chosen[rarest]] : start[chosen[rarest] + 1]]
    for position, point in enumerate(chosen):
        if position != rarest and len(some) > 1:
            keys = point * width + some
            found = np.minimum(np.searchsorted(held, keys), len(held) - 1)
            some = some[held[found] == keys]
    return len(some) == 1


def _candidates(
    table: pa.Table, subjects: Subjects | None, identifiers: Mapping[str, str], taken: tuple[str, ...]
) -> Iterator[tuple[str, Kind, bool]]:
    """Columns that may tell subjects apart, the surest first: column, kind, whether it is named as a subject's."""
    found: dict[str, tuple[str, Kind, bool]] = {}
    if subjects is not None:
        found[subjects.column] = (subjects.column, subjects.kind, True)
    for column, name in identifiers.items():
        if column in table.column_names and (kind := kind_of_identifier(name)) is not None:
            found.setdefault(column, (column, kind, True))
    for named in (True, False):
        for field in table.schema:
            if field.name in taken or not (_is_text(field.type) or pa.types.is_integer(field.type)):
                continue
            kind = names_subject(field.name)
            if named and kind is not None:
                found.setdefault(field.name, (field.name, kind, True))
            elif not named and kind is None and is_any_number(field.name):
                found.setdefault(field.name, (field.name, "device", False))
    yield from (one for one in found.values() if one[0] not in taken)


def _time_columns(table: pa.Table) -> tuple[str, ...]:
    """The column of instants; else of days and times of day; else texts and hours whose header says time."""
    by_type = {field.name: field.type for field in table.schema if not pa.types.is_nested(field.type)}
    for name, kind in by_type.items():
        if pa.types.is_timestamp(kind):
            return (name,)
    days = [name for name, kind in by_type.items() if pa.types.is_date(kind)][:1]
    clocks = [name for name, kind in by_type.items() if pa.types.is_time(kind)][:1]
    if days or clocks:
        if not clocks:
            clocks = [name for name in by_type if name not in days and says(name, ("hour", "time", "时间", "時間"))][:1]
        return (*days, *clocks)
    told = [
        name for name, kind in by_type.items() if says(name, TIMES) and (_is_text(kind) or pa.types.is_integer(kind))
    ]
    return tuple(told[:2])


def _place_columns(table: pa.Table, coordinates: Coordinates | None, time: tuple[str, ...]) -> tuple[str, ...]:
    if coordinates is not None and coordinates.points:
        return coordinates.columns
    names = [field.name for field in table.schema if _is_text(field.type) or pa.types.is_integer(field.type)]
    told = (name for name in names if name not in time and says(name, PLACES) and names_subject(name) is None)
    return next(((name,) for name in told), ())


def _codes(table: pa.Table, columns: tuple[str, ...]) -> Ints:
    """One code a row for the values of the columns together; -1 where one is missing."""
    whole = np.zeros(table.num_rows, dtype=np.int64)
    missing = np.zeros(table.num_rows, dtype=bool)
    for name in columns:
        own = ordered_codes(table[name])
        missing |= np.asarray(table[name].is_null())
        whole = _joined(whole, own)
    return np.where(missing, -1, whole)


def _place_codes(table: pa.Table, columns: tuple[str, ...], step: float | None) -> Ints:
    """Codes of places: as written, or in squares of `step` (degrees or metres)."""
    if len(columns) == 1 and (_is_text(table[columns[0]].type) or pa.types.is_integer(table[columns[0]].type)):
        return _codes(table, columns)
    xy = xy_of(table, columns)
    if step is not None:
        xy = np.floor(xy / step)
    missing = ~np.isfinite(xy).all(axis=1)
    xy[missing] = 0.0
    return np.where(missing, -1, _joined(ordered_codes(xy[:, 0]), ordered_codes(xy[:, 1])))


def _joined(one: Ints, other: Ints) -> Ints:
    """Dense codes of pairs of codes."""
    if not len(one):
        return one
    return ordered_codes(one * (int(other.max()) + 2) + other + 1)


def _points(entities: Ints, places: Ints, times: Ints) -> Ints:
    """Distinct (entity, place, time), rows with a gap left out."""
    rows = np.column_stack([entities, places, times])
    rows = rows[(rows >= 0).all(axis=1)]
    if not len(rows):
        return rows
    key = _joined(_joined(rows[:, 0], rows[:, 1]), rows[:, 2])
    first = np.full(int(key.max()) + 1, len(key), dtype=np.int64)
    np.minimum.at(first, key, np.arange(len(key)))
    rows = rows[np.sort(first)]
    rows[:, 0] = ordered_codes(rows[:, 0])
    return rows


def _moving(points: Ints) -> int:
    """Entities that were in more than one place, at more than one time."""
    size = int(points[:, 0].max()) + 1 if len(points) else 0
    moving = np.ones(size, dtype=bool)
    for axis in (1, 2):
        pairs = _points(points[:, 0], points[:, axis], np.zeros(len(points), dtype=np.int64))
        several = np.bincount(pairs[:, 0], minlength=size) > 1
        moving &= several
    return int(moving.sum())


def _moves(points: Ints, entities: int, moving: int) -> bool:
    """Whether numbers of something unnamed behave like things that move: several, seen often, one place at a time."""
    if entities < 2 or moving < _UNNAMED_MOVING * entities or len(points) < _UNNAMED_POINTS * entities:
        return False
    instants = int(_joined(points[:, 0], points[:, 2]).max()) + 1
    return instants >= _ONE_PLACE_AT_A_TIME * len(points)


def _coarse(
    table: pa.Table, entities: Ints, coordinates: Coordinates | None, place: tuple[str, ...], time: tuple[str, ...]
) -> dict[int, float]:
    """Uniqueness that is left at about 1 km and the hour; nothing for places without coordinates."""
    if coordinates is None or coordinates.columns != place:
        return {}
    degrees = in_degrees(coordinates.crs) if coordinates.crs else coordinates.metres > 10.0**-coordinates.decimals
    places = _place_codes(table, place, _COARSE_DEGREES if degrees else _COARSE_METRES)
    hours = table
    for name in time:
        if pa.types.is_timestamp(table[name].type):
            floored = pc.floor_temporal(table[name], unit="hour")
            hours = hours.set_column(hours.column_names.index(name), name, floored)
    points = _points(entities, places, _codes(hours, time))
    return singled_out(points[:, 0], _joined(points[:, 1], points[:, 2]))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
