"""BD-09 by the public formula: offsets from GCJ-02 and their slopes, on whole arrays.

The formula lengthens the vector from (0, 0) by 2e-5 sin(w lat), turns it by 3e-6 cos(w lon) radians, and adds
(0.0065, 0.006) degrees, with w = 3000 pi / 180. The turn is so small that its sine and cosine are two terms of a series
each, exact to the last bit, so no angle of the vector is ever needed.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from dataferry.geo.harmonics import double, twice_sine_cosine
from dataferry.geo.points import Floats
from dataferry.geo.shift import Work

_HALF_TURNS: Final = 50 / 3
_WAVE: Final = _HALF_TURNS * math.pi
_LENGTHEN: Final = 2e-5
_TURN: Final = 3e-6
_EAST: Final = 0.0065
_NORTH: Final = 0.006
_TINY: Final = 1e-300


class BD09:
    """The shift from GCJ-02 to BD-09."""

    first_guess = (_EAST, _NORTH)

    def offsets(self, lon: Floats, lat: Floats, work: Work, slopes: bool) -> None:
        """Fill `work.east` and `work.north` with offsets in degrees, and its slopes (degrees per degree) if asked."""
        radius, turn, other = work.scale, work.x, work.other
        np.multiply(lon, lon, out=radius)
        np.multiply(lat, lat, out=other)
        radius += other
        np.sqrt(radius, out=radius)
        np.maximum(radius, _TINY, out=radius)
        if slopes:
            _radial_slopes(lon, lat, work)
        _wave(lat, work)
        lengthen = work.y
        np.multiply(work.t, _LENGTHEN / 2, out=lengthen)
        lengthen /= radius
        if slopes:
            np.multiply(work.c, _LENGTHEN * _WAVE / 2, out=other)
            work.en *= other
            work.nn *= other
        _wave(lon, work)
        np.multiply(work.c, _TURN / 2, out=turn)
        if slopes:
            np.multiply(work.t, _TURN * _WAVE / 2, out=other)
            np.multiply(other, lat, out=work.ee)
            np.multiply(other, lon, out=work.ne)
            np.negative(work.ne, out=work.ne)
        _turned(lon, lat, work)


def _radial_slopes(lon: Floats, lat: Floats, work: Work) -> None:
    np.divide(lon, work.scale, out=work.en)
    np.divide(lat, work.scale, out=work.nn)


def _wave(degrees: Floats, work: Work) -> None:
    """Twice the sine and cosine of w times the degrees, in `t` and `c`."""
    turns, square = work.other, work.square
    np.multiply(degrees, _HALF_TURNS, out=turns)
    np.multiply(turns, 0.5, out=square)
    np.rint(square, out=square)
    square *= 2
    turns -= square
    turns *= math.pi / 4
    twice_sine_cosine(turns, work.t, work.c, square)
    double(work.t, work.c, square)
    double(work.t, work.c, square)


def _turned(lon: Floats, lat: Floats, work: Work) -> None:
    """Offsets from the lengthening in `y` and the small turn in `x`: (1 + k)(cos e, sin e) - 1."""
    turn, lengthen, sine, versine, other = work.x, work.y, work.t, work.c, work.other
    np.multiply(turn, turn, out=versine)
    np.multiply(versine, turn, out=sine)
    sine *= -1 / 6
    sine += turn
    versine *= -0.5
    np.multiply(lengthen, versine, out=other)
    versine += lengthen
    versine += other
    np.multiply(lengthen, sine, out=other)
    sine += other
    np.multiply(lon, versine, out=work.east)
    np.multiply(lat, sine, out=other)
    work.east -= other
    work.east += _EAST
    np.multiply(lat, versine, out=work.north)
    np.multiply(lon, sine, out=other)
    work.north += other
    work.north += _NORTH
