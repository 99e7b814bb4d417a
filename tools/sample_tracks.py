"""Synthetic tracks of electric vehicles in Shanghai: made-up VINs, trips between made-up busy places, GCJ-02."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

VEHICLES = 90
HOURS = (7, 8, 9, 17, 18, 19)
BUSY = ((121.4737, 31.2304), (121.5055, 31.2453), (121.4368, 31.1887), (121.3810, 31.1120))
"""Longitude and latitude (GCJ-02) of made-up busy places inside Shanghai."""
SPREAD = 0.0022
ELSEWHERE = 0.12
_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)], strict=True)
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_SHANGHAI = timezone(timedelta(hours=8))


def made_up_vin(number: int) -> str:
    """A VIN of no maker (`L0SYNTHE`), with a right check digit (49 CFR 565.15)."""
    blank = f"L0SYNTHE0R0{number:06d}"
    remainder = sum(_VALUES[letter] * weight for letter, weight in zip(blank, _WEIGHTS, strict=True)) % 11
    return f"{blank[:8]}{'0123456789X'[remainder]}{blank[9:]}"


def write_tracks(path: Path, rng: np.random.Generator) -> None:
    """A point every few minutes of a working day's busy hours: vin, at, lon, lat, soc_pct."""
    rows = []
    for number in range(VEHICLES):
        vin, charge = made_up_vin(number + 1), float(rng.uniform(70, 95))
        for hour in HOURS:
            place = BUSY[int(rng.integers(len(BUSY)))]
            for minute in np.sort(rng.choice(60, 4, replace=False)).tolist():
                near = rng.random() > ELSEWHERE
                lon, lat = rng.normal(place, SPREAD) if near else rng.uniform((121.2, 31.0), (121.7, 31.4))
                at = datetime(2026, 3, 2, hour, minute, tzinfo=_SHANGHAI).isoformat()
                charge = max(5.0, charge - float(rng.uniform(0.2, 1.2)))
                rows.append(f"{vin},{at},{lon:.5f},{lat:.5f},{charge:.0f}\n")
    path.write_text("vin,at,lon,lat,soc_pct\n" + "".join(rows), encoding="utf-8")
