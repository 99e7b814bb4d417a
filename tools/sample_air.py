"""Synthetic air and weather of January 2025, in files as untidy as the real ones. No figure in them was measured."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
from numpy.random import Generator
from sample_facts import AQHI_STATIONS

FIRST_DAY = dt.date(2025, 1, 1)
DAYS = 31
NOTICE = "SYNTHETIC DATA made by Dataferry; imitates the hourly AQHI file of a month. No value was measured"


def _days() -> list[dt.date]:
    return [FIRST_DAY + dt.timedelta(days=n) for n in range(DAYS)]


def write_aqhi(path: Path, rng: Generator) -> None:
    """Seven lines before the header, the date only on a day's first row, hours 01 to 24, `5*` where a neighbour station
    lent its value, empty cells, a `Daily Max` row a day, a byte order mark."""
    pad = "," * (len(AQHI_STATIONS) + 1)
    notes = [NOTICE, "Note:", "1. Every value is drawn at random.", "2. Empty cells mean no value."]
    notes += [
        "3. Hour 24 ends the day.",
        "4. A value marked with an asterisk (*) is that of the most similar station.",
        "",
    ]
    lines = [note.replace(",", ";") + pad for note in notes] + ["Date,Hour," + ",".join(AQHI_STATIONS)]
    level = 4.0
    for day in _days():
        level = min(6.0, max(2.5, level + rng.normal(0, 0.7)))
        hours = np.clip(np.round(level + rng.normal(0, 0.45, (24, len(AQHI_STATIONS)))), 1, 10).astype(int)
        for hour, row in enumerate(hours, start=1):
            first = f"{day.year}/{day.month}/{day.day}" if hour == 1 else ""
            cells = [_aqhi_cell(int(value), rng) for value in row]
            lines.append(f"{first},{hour:02d}," + ",".join(cells))
        lines.append(",Daily Max," + ",".join(str(value) for value in hours.max(axis=0)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


def _aqhi_cell(value: int, rng: Generator) -> str:
    chance = rng.random()
    if chance < 0.004:
        return ""
    return f"{value}*" if chance < 0.03 else str(value)


def write_temperature(path: Path, rng: Generator) -> None:
    """A daily series as the Observatory's open files have it: a second byte order mark inside the first quoted cell,
    titles in two languages, `***` for no data, `#` for incomplete, a legend below."""
    values = 16 + np.cumsum(rng.normal(0, 1.1, DAYS)) * 0.5
    lines = ['"\ufeff日平均氣溫(攝氏度) - 合成數據"', '"Daily Mean Temperature (°C), SYNTHETIC DATA"']
    lines.append('年/Year,月/Month,日/Day,數值/Value,"數據完整性/data Completeness"')
    for day, value in zip(_days(), values, strict=True):
        text, mark = ("***", "") if day.day == 19 else (f"{value:.1f}", "#" if day.day == 8 else "C")
        lines.append(f"{day.year},{day.month},{day.day},{text},{mark}")
    lines += ['"*** 沒有數據/unavailable"', '"# 數據不完整/data incomplete"', '"C 數據完整/data Complete"']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


def write_rainfall(path: Path, rng: Generator) -> None:
    """Daily rainfall in the same manner, with `Trace` for less than 0.05 mm."""
    lines = ["日總雨量(毫米) - 合成數據", "Daily Total Rainfall (mm), SYNTHETIC DATA"]
    lines.append("年/Year,月/Month,日/Day,數值/Value,數據完整性/data Completeness")
    for day in _days():
        chance = rng.random()
        text = "0.0" if chance < 0.75 else "Trace" if chance < 0.85 else f"{rng.exponential(6):.1f}"
        lines.append(f"{day.year},{day.month},{day.day},{text},C")
    lines += ["", "*** 沒有數據/unavailable", "微量表示少於 0.05 毫米/Trace means rainfall less than 0.05 mm"]
    path.write_text("\n".join([*lines, "C 數據完整/data Complete"]) + "\n", encoding="utf-8-sig")


def write_pm25(path: Path, rng: Generator) -> None:
    """Hourly PM2.5 of Shanghai with the columns of the UCI five-cities file: hours 0 to 23, NA for no value."""
    posts = "PM_Jingan,PM_US Post,PM_Xuhui"
    lines = [f"No,year,month,day,hour,season,{posts},DEWP,HUMI,PRES,TEMP,cbwd,Iws,precipitation,Iprec"]
    level, warmth, number = 50.0, 5.0, 0
    for day in _days():
        level = min(160.0, max(12.0, level + rng.normal(0, 16)))
        warmth = min(13.0, max(-2.0, warmth + rng.normal(0, 1.5)))
        for hour in range(24):
            number += 1
            values = [_pm_cell(level * rng.uniform(0.8, 1.25), rng) for _ in range(3)]
            celsius = round(warmth + 3 * float(np.sin((hour - 9) / 24 * 2 * np.pi)) + rng.normal(0, 1))
            humidity, pressure = rng.uniform(45, 95), 1024 + round(rng.normal(0, 3))
            weather = f"{celsius - 4},{humidity:.2f},{pressure},{celsius},NE,{hour + 1},0,0"
            lines.append(f"{number},{day.year},{day.month},{day.day},{hour},4,{','.join(values)},{weather}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def _pm_cell(value: float, rng: Generator) -> str:
    return "NA" if rng.random() < 0.04 else str(round(value))
