"""The public formulas of GCJ-02 and BD-09 at 40 digits, written down a second time, as a judge of the kernel."""

from mpmath import atan2, cos, mp, mpf, pi, radians, sin, sqrt

mp.dps = 40


def gcj02(lon, lat):
    lon, lat = mpf(lon), mpf(lat)
    x, y = lon - 105, lat - 35
    shared = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    east = 300 + x + 2 * y + x * x / 10 + x * y / 10 + sqrt(abs(x)) / 10 + shared
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3 + (
        150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)
    ) * 2 / 3
    north = -100 + 2 * x + 3 * y + y * y / 5 + x * y / 10 + sqrt(abs(x)) / 5 + shared
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    axis, eccentricity = mpf(6378245), mpf("0.00669342162296594323")
    magic = 1 - eccentricity * sin(radians(lat)) ** 2
    north = north * 180 / (axis * (1 - eccentricity) / (magic * sqrt(magic)) * pi)
    east = east * 180 / (axis / sqrt(magic) * cos(radians(lat)) * pi)
    return lon + east, lat + north


def bd09(lon, lat):
    x, y = mpf(lon), mpf(lat)
    wave = pi * 3000 / 180
    length = sqrt(x * x + y * y) + mpf("0.00002") * sin(y * wave)
    angle = atan2(y, x) + mpf("0.000003") * cos(x * wave)
    return length * cos(angle) + mpf("0.0065"), length * sin(angle) + mpf("0.006")
