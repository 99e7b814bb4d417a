"""GCJ-02 by the public formula: offsets from WGS84 and their slopes, on whole arrays.

The formula is the one that leaked and that every public implementation follows (Krasovsky ellipsoid; metres counted
from 105 E, 35 N). The official plug-in is said to add up to a metre of noise that nobody can reproduce, so "exact" here
means exact against the public formula. No place is exempt: who declares this datum gets it converted.

The terms of the formula, with angle k meaning k pi x / 60 or k pi y / 60 and all lengths in metres:

    east  = 300 + x + 2y + 0.1 x^2 + 0.1 xy + 0.1 sqrt|x| + h(x)
            + 2/3 (300 sin 2x' + 150 sin 5x' + 40 sin 20x' + 20 sin 60x')
    north = -100 + 2x + 3y + 0.2 y^2 + 0.1 xy + 0.2 sqrt|x| + h(x)
            + 2/3 (320 sin 2y' + 160 sin 5y' + 40 sin 20y' + 20 sin 60y')
    h(x)  = 2/3 (20 sin 120x' + 20 sin 360x')

`t` is twice a sine (see `harmonics`), hence the factors of a third below.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from dataferry.geo.harmonics import double, quintuple, triple, twice_sine_cosine
from dataferry.geo.points import Floats
from dataferry.geo.shift import Work, accumulate

_SEMI_MAJOR: Final = 6378245.0
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323
_EAST_SCALE: Final = 180.0 / (math.pi * _SEMI_MAJOR)
_NORTH_SCALE: Final = _EAST_SCALE / (1.0 - _ECCENTRICITY_SQUARED)
_HALF_SINE_35: Final = math.sin(math.radians(35.0)) / 2
_HALF_COSINE_35: Final = math.cos(math.radians(35.0)) / 2
_SIXTIETH: Final = math.pi / 60
# All angles repeat after 120 degrees of longitude; within this band no reduction is needed.
_PERIOD: Final = 120.0
_BAND: Final = 60.0
_FIRST_X: Final = 105.0
_FIRST_Y: Final = 35.0


class GCJ02:
    """The shift from WGS84 to GCJ-02."""

    first_guess = (0.0, 0.0)

    def offsets(self, lon: Floats, lat: Floats, work: Work, slopes: bool) -> None:
        """Fill `work.east` and `work.north` with offsets in degrees, and its slopes (degrees per degree) if asked."""
        np.subtract(lon, _FIRST_X, out=work.x)
        np.subtract(lat, _FIRST_Y, out=work.y)
        _sines_of_longitude(work, slopes)
        _polynomials(work, slopes)
        _ellipsoid(work, slopes)
        _sines_of_latitude(work, slopes)
        work.north *= work.scale
        if slopes:
            work.nn *= work.scale
            work.ne *= work.scale


def _sines_of_longitude(work: Work, slopes: bool) -> None:
    t, c, square, other = work.t, work.c, work.square, work.other
    np.copyto(other, work.x)
    if not (np.min(other) >= -_BAND and np.max(other) <= _BAND):
        np.divide(other, _PERIOD, out=square)
        np.rint(square, out=square)
        square *= _PERIOD
        other -= square
    other *= _SIXTIETH / 4
    twice_sine_cosine(other, t, c, square)
    double(t, c, square)
    double(t, c, square)
    np.multiply(t, c, out=work.east)
    work.east *= 100
    if slopes:
        np.multiply(t, t, out=square)
        np.subtract(2, square, out=work.ee)
        work.ee *= 100 * 2 * _SIXTIETH
    quintuple(t, c, square, other)
    _term(work, 50, 5, slopes)
    double(t, c, square)
    double(t, c, square)
    _term(work, 40 / 3, 20, slopes)
    triple(t, c, square)
    _term(work, 20 / 3, 60, slopes)
    _high_frequency(work, slopes)


def _term(work: Work, factor: float, multiple: int, slopes: bool) -> None:
    accumulate(work.east, factor, work.t, work.other)
    if slopes:
        accumulate(work.ee, factor * multiple * _SIXTIETH, work.c, work.other)


def _high_frequency(work: Work, slopes: bool) -> None:
    """h(x), which both offsets share, from the angle 60x' in `t` and `c`."""
    t, c, square = work.t, work.c, work.square
    if slopes:
        double(t, c, square)
    else:
        t *= c
    np.multiply(t, t, out=square)
    np.subtract(4, square, out=work.north)
    work.north *= t
    work.north *= 20 / 3
    work.east += work.north
    if slopes:
        np.subtract(1, square, out=square)
        square *= c
        square *= 3
        square += c
        np.multiply(square, 20 / 3 * 120 * _SIXTIETH, out=work.ne)
        work.ee += work.ne


def _polynomials(work: Work, slopes: bool) -> None:
    """The terms without sines. The infinite slope of sqrt|x| at 105 E is left to the extra steps of the inverse."""
    x, y, other, scratch = work.x, work.y, work.other, work.square
    np.abs(x, out=other)
    np.sqrt(other, out=other)
    other *= 0.1
    work.east += other
    other *= 2
    work.north += other
    np.add(x, y, out=other)
    other *= 0.1
    other += 1
    other *= x
    other += y
    other += y
    other += 300
    work.east += other
    np.multiply(x, 0.1, out=other)
    np.multiply(y, 0.2, out=scratch)
    other += scratch
    other += 3
    if slopes:
        np.copyto(work.nn, other)
    other *= y
    work.north += other
    np.multiply(x, 2, out=other)
    other -= 100
    work.north += other
    if slopes:
        _slopes_of_polynomials(work)


def _slopes_of_polynomials(work: Work) -> None:
    np.multiply(work.y, 0.1, out=work.other)
    work.ne += work.other
    work.ne += 2
    np.multiply(work.x, 0.1, out=work.en)
    work.other += work.en
    work.other += work.en
    work.other += 1
    work.ee += work.other
    work.en += 2


def _ellipsoid(work: Work, slopes: bool) -> None:
    """Metres to degrees: scales `east`; leaves the scale of `north` in `scale`, and `t`, `c` at the angle y'/3."""
    t, c, square, other = work.t, work.c, work.square, work.other
    np.multiply(work.y, _SIXTIETH / 12, out=other)
    twice_sine_cosine(other, t, c, square)
    double(t, c, square)
    double(t, c, square)
    cosine = square
    np.multiply(c, _HALF_COSINE_35, out=cosine)
    np.multiply(t, _HALF_SINE_35, out=other)
    cosine -= other
    np.multiply(cosine, cosine, out=work.scale)
    work.scale *= _ECCENTRICITY_SQUARED
    work.scale += 1 - _ECCENTRICITY_SQUARED
    np.sqrt(work.scale, out=other)
    work.scale *= other
    work.scale *= _NORTH_SCALE
    other /= cosine
    other *= _EAST_SCALE
    work.east *= other
    if slopes:
        _slopes_of_scale(work, cosine, other)


def _slopes_of_scale(work: Work, cosine: Floats, east_scale: Floats) -> None:
    """Slopes of the east offset to degrees; its scale grows with latitude by tan(latitude)."""
    work.ee *= east_scale
    work.en *= east_scale
    np.multiply(work.t, _HALF_COSINE_35, out=east_scale)
    east_scale /= cosine
    np.multiply(work.c, _HALF_SINE_35, out=work.x)
    work.x /= cosine
    east_scale += work.x
    east_scale *= work.east
    accumulate(work.en, math.pi / 180, east_scale, work.x)


def _sines_of_latitude(work: Work, slopes: bool) -> None:
    """Goes on from the angle y'/3 that `_ellipsoid` left."""
    t, c, square, other = work.t, work.c, work.square, work.other
    triple(t, c, square)
    np.multiply(t, c, out=other)
    other *= 320 / 3
    work.north += other
    if slopes:
        np.multiply(t, t, out=square)
        np.subtract(2, square, out=other)
        accumulate(work.nn, 320 / 3 * 2 * _SIXTIETH, other, square)
    quintuple(t, c, square, other)
    accumulate(work.north, 160 / 3, t, other)
    if slopes:
        accumulate(work.nn, 160 / 3 * 5 * _SIXTIETH, c, other)
    double(t, c, square)
    double(t, c, square)
    accumulate(work.north, 40 / 3, t, other)
    if slopes:
        accumulate(work.nn, 40 / 3 * 20 * _SIXTIETH, c, other)
    np.multiply(t, t, out=square)
    if slopes:
        np.subtract(1, square, out=other)
        other *= c
        accumulate(work.nn, 20 / 3 * 60 * _SIXTIETH, other, work.c)
    np.subtract(3, square, out=square)
    square *= t
    accumulate(work.north, 20 / 3, square, other)
