"""Applying a small, smooth shift to many points and undoing it exactly, in chunks that stay in the processor's cache.

The inverse takes two Newton steps with analytic slopes and ends with a forward pass whose residual decides: points
above `TOLERANCE` go through a bounded loop of plain steps, and those that still miss are flagged. The last residual is
taken off as well, which only brings a point nearer. Every step works on each point alone with operations that IEEE 754
fixes, so neither the machine nor the cutting into chunks can change a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final, Protocol

import numpy as np

from dataferry.geo.points import Converted, Flags, Floats

TOLERANCE: Final = 1e-9
"""Largest residual of an inverse that is not flagged, in degrees."""

_GOAL: Final = 1e-10
"""What the inverse strives for."""

CHUNK: Final = 16_384
_EXTRA_STEPS: Final = 40


@dataclass(slots=True)
class Work:
    """Scratch arrays of one call. After `offsets`: `east`, `north` in degrees; the slopes `ee` (of the east offset by
    longitude), `en` (of the east offset by latitude), `ne` and `nn` likewise."""

    x: Floats
    y: Floats
    t: Floats
    c: Floats
    square: Floats
    other: Floats
    east: Floats
    north: Floats
    scale: Floats
    ee: Floats
    en: Floats
    ne: Floats
    nn: Floats

    @classmethod
    def of_length(cls, length: int) -> Work:
        return cls(*(np.empty(length) for _ in fields(cls)))

    def first(self, length: int) -> Work:
        """Views on the first elements."""
        return Work(*(getattr(self, field.name)[:length] for field in fields(self)))


class Shift(Protocol):
    first_guess: tuple[float, float]
    """Offset, in degrees east and north, that the inverse starts from."""

    def offsets(self, lon: Floats, lat: Floats, work: Work, slopes: bool) -> None:
        """Fill `work.east`, `work.north` and, if asked, the slopes."""


def accumulate(total: Floats, factor: float, term: Floats, scratch: Floats) -> None:
    """`total += factor * term`."""
    np.multiply(term, factor, out=scratch)
    total += scratch


def forward(shift: Shift, lon: Floats, lat: Floats) -> Converted:
    """Points shifted. Degrees in and out; NaN, infinity and degrees out of range are flagged."""
    return _by_chunks(_forward_chunk, shift, lon, lat)


def inverse(shift: Shift, lon: Floats, lat: Floats) -> Converted:
    """The points whose shift gives these, to `TOLERANCE` (in practice 1e-12 degrees), or a flag."""
    return _by_chunks(_inverse_chunk, shift, lon, lat)


_Step = Callable[[Shift, Floats, Floats, Floats, Floats, Work], None]


def _by_chunks(step: _Step, shift: Shift, lon: Floats, lat: Floats) -> Converted:
    shape, lon, lat = lon.shape, lon.reshape(-1), lat.reshape(-1)
    x, y, flagged = np.empty_like(lon), np.empty_like(lat), np.empty(lon.size, dtype=np.bool_)

    work = Work.of_length(min(CHUNK, lon.size))
    with np.errstate(all="ignore"):
        for first in range(0, lon.size, CHUNK):
            part = slice(first, first + CHUNK)
            a, b = _in_range(lon[part], lat[part])
            step(shift, a, b, x[part], y[part], work.first(a.size))
            flagged[part] = _flag(x[part], y[part])
    return Converted(x.reshape(shape), y.reshape(shape), flagged.reshape(shape))


def _in_range(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The points, with NaN for those that are no degrees."""
    if not lon.size or (lon.min() >= -180 and lon.max() <= 180 and lat.min() >= -90 and lat.max() <= 90):
        return lon, lat
    good = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return np.where(good, lon, np.nan), np.where(good, lat, np.nan)


def _flag(x: Floats, y: Floats) -> Flags:
    """Which results are no degrees; those become NaN."""
    good: Flags = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if good.all():
        return ~good
    x[~good] = np.nan
    y[~good] = np.nan
    return ~good


def _forward_chunk(shift: Shift, lon: Floats, lat: Floats, x: Floats, y: Floats, work: Work) -> None:
    shift.offsets(lon, lat, work, slopes=False)
    np.add(lon, work.east, out=x)
    np.add(lat, work.north, out=y)


def _inverse_chunk(shift: Shift, lon: Floats, lat: Floats, x: Floats, y: Floats, work: Work) -> None:
    np.subtract(lon, shift.first_guess[0], out=x)
    np.subtract(lat, shift.first_guess[1], out=y)
    _residual(shift, lon, lat, x, y, work, slopes=True)
    _invert_slopes(work)
    _correct(x, y, work)
    _residual(shift, lon, lat, x, y, work, slopes=True)
    _invert_slopes(work)
    _correct(x, y, work)
    _residual(shift, lon, lat, x, y, work)
    again = _missing(work, TOLERANCE)
    _correct(x, y, work)
    again &= np.isfinite(lon) & np.isfinite(lat)
    if again.any():
        x[again], y[again] = _more_steps(shift, lon[again], lat[again])


def _missing(work: Work, bound: float) -> Flags:
    """Where the residual is above the bound, or is NaN."""
    np.maximum(np.abs(work.east, out=work.square), np.abs(work.north, out=work.other), out=work.other)
    return ~(work.other <= bound)


def _residual(shift: Shift, lon: Floats, lat: Floats, x: Floats, y: Floats, work: Work, slopes: bool = False) -> None:
    """Forward pass: what x, y miss lon, lat by, in `east` and `north`."""
    shift.offsets(x, y, work, slopes)
    np.subtract(x, lon, out=work.other)
    work.east += work.other
    np.subtract(y, lat, out=work.other)
    work.north += work.other


def _invert_slopes(work: Work) -> None:
    """The four slopes become the inverse of (identity + slopes)."""
    work.ee += 1
    work.nn += 1
    np.multiply(work.ee, work.nn, out=work.other)
    np.multiply(work.en, work.ne, out=work.square)
    work.other -= work.square
    np.divide(1, work.other, out=work.other)
    np.copyto(work.square, work.ee)
    np.multiply(work.nn, work.other, out=work.ee)
    np.multiply(work.square, work.other, out=work.nn)
    work.en *= work.other
    work.ne *= work.other


def _correct(x: Floats, y: Floats, work: Work) -> None:
    """Step against the residual with the inverse slopes."""
    np.multiply(work.east, work.ee, out=work.other)
    x -= work.other
    np.multiply(work.north, work.en, out=work.other)
    x += work.other
    np.multiply(work.north, work.nn, out=work.other)
    y -= work.other
    np.multiply(work.east, work.ne, out=work.other)
    y += work.other


def _more_steps(shift: Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Plain fixed-point steps, which need no slope, for the few points near a singular one; NaN where they miss."""
    x, y = lon - shift.first_guess[0], lat - shift.first_guess[1]
    work = Work.of_length(lon.size)
    for _ in range(_EXTRA_STEPS):
        _residual(shift, lon, lat, x, y, work)
        again = _missing(work, _GOAL)
        if not again.any():
            return x, y
        x -= np.where(again, work.east, 0)
        y -= np.where(again, work.north, 0)
    _residual(shift, lon, lat, x, y, work)
    missed = _missing(work, TOLERANCE)
    return np.where(missed, np.nan, x), np.where(missed, np.nan, y)
