"""Signs of important data of the Automotive Data Provisions 2021, article 3: possible, never certain; a person decides.

Whether a table came from the Mainland is not asked here: the rules of the border ask it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from dataferry.messages import Finding
from dataferry.privacy.anonymity_words import says
from dataferry.privacy.coordinates import Coordinates
from dataferry.privacy.screening import Screened

CHARGING: Final = (
    "charging", "charger", "chargers", "charge", "pile", "piles", "evse", "ev station", "充电", "充電", "桩", "樁",
)  # fmt: skip
OPERATION: Final = (
    "kwh", "energy", "load", "occupancy", "occupied", "occupation", "utilisation", "utilization", "session", "sessions",
    "soc", "volume", "duration", "busy", "idle", "busy count", "fast busy", "slow busy", "consumption", "电量", "電量",
    "负荷", "負荷", "占用", "佔用", "使用率", "利用率", "时长", "時長", "度数", "度數", "充电次数", "空闲", "空閒",
)  # fmt: skip
FLOW: Final = (
    "traffic volume", "traffic flow", "traffic count", "vehicle count", "vehicle flow", "vehicle volume", "aadt", "pcu",
    "vehicles per hour", "freight volume", "cargo volume", "cargo throughput", "freight", "tonnage", "车流", "車流",
    "交通量", "交通流", "车辆数", "車輛數", "货运量", "貨運量", "吞吐量", "物流量",
)  # fmt: skip
AMOUNT: Final = ("volume", "flow", "flows", "headcount", "流量")
ROAD: Final = (
    "vehicle", "vehicles", "traffic", "lane", "lanes", "detector", "detectors", "road", "link", "segment", "truck",
    "car", "cars", "车", "車", "道路", "路段", "交通", "卡口",
)  # fmt: skip
PICTURE: Final = (
    "image", "images", "video", "videos", "photo", "photos", "picture", "snapshot", "camera", "face", "faces", "frame",
    "人脸", "人臉", "图像", "圖像", "影像", "视频", "視頻", "影片", "图片", "圖片", "照片", "抓拍", "截图", "截圖",
)  # fmt: skip
PICTURE_FILE: Final = r"\.(?:JPE?G|PNG|BMP|WEBP|HEIC|MP4|AVI|MOV|MKV|FLV|H26[45])(?:\?.*)?$"
ORGANS: Final = (
    r"军区|軍區|部队|部隊|武警|国防|國防|军事|軍事|军营|軍營|军用|軍用|军分区|人民武装|人民武裝|战区|戰區|"
    r"[市区區县縣省]委(?:员会|員會)?(?:大院|办公|$)|人民政府|公安(?:局|分局|厅|廳)|国家安全(?:局|厅)|人民检察院|人民法院|"
    r"BARRACKS|NAVAL BASE|AIR BASE|MILITARY|PLA GARRISON"
)

NO_ORGANS: Final = r"[纪紀]律部[队隊]|部[队隊](?:火|锅|鍋|芝士)"
"""Disciplined services of Hong Kong have quarters like others; army stew is a dish."""


def signs_of_importance(
    table: pa.Table, screened: Sequence[Screened], coordinates: Coordinates | None
) -> tuple[Finding, ...]:
    """A finding for each rule EV-02 to EV-05 that names or contents of columns hint at, the columns named."""
    names = list(table.column_names)
    flow = flow_columns(names)
    found = []
    if columns := charging_columns(names):
        found.append(Finding("privacy.charging_operation", "attention", {"rule": "EV-04", "columns": columns}))
    if flow:
        found.append(Finding("privacy.vehicle_flow", "attention", {"rule": "EV-03", "columns": flow}))
    if coordinates is not None or flow:
        for one in screened:
            texts = one.leaf.texts
            count = int((texts.matches(ORGANS) & ~texts.matches(NO_ORGANS)).sum()) if one.leaf.kind == "text" else 0
            if count:
                data = {"rule": "EV-02", "column": one.leaf.path, "count": count}
                found.append(Finding("privacy.guarded_places", "attention", data))
    if columns := picture_columns(table, screened):
        found.append(Finding("privacy.pictures", "attention", {"rule": "EV-05", "columns": columns}))
    return tuple(found)


def charging_columns(names: Sequence[str]) -> list[str]:
    """Columns of how a charging network runs: one word of charging and one of operation must be among the names."""
    operation = [name for name in names if says(name, OPERATION)]
    charging = [name for name in names if says(name, CHARGING)]
    return list(dict.fromkeys([*charging, *operation])) if charging and operation else []


def flow_columns(names: Sequence[str]) -> list[str]:
    """Columns that count vehicles or freight; `volume` or `flow` alone counts only beside a word of the road."""
    plain = [name for name in names if says(name, FLOW)]
    if any(says(name, ROAD) for name in names) and not any(says(name, CHARGING) for name in names):
        plain += [name for name in names if says(name, AMOUNT) and name not in plain]
    return plain


def picture_columns(table: pa.Table, screened: Sequence[Screened]) -> list[str]:
    """Columns of pictures or recordings: bytes under such a name, or names of files that mostly end as theirs do."""
    found = [
        field.name
        for field in table.schema
        if (pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)) and says(field.name, PICTURE)
    ]
    for one in screened:
        if one.leaf.kind == "text" and len(one.leaf.texts) and says(one.leaf.path, PICTURE):
            share = float(np.mean(one.leaf.texts.matches(PICTURE_FILE)))
            if share >= 0.5:
                found.append(one.leaf.path)
    return found
