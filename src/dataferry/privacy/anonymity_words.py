"""What a header says, as far as anonymity asks: whom a row is about, what tells people apart, when, where."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, Literal

Kind = Literal["person", "vehicle", "device"]

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LATIN: Final = re.compile(r"[a-z]+|\d+")
_IDS: Final = frozenset(
    ["id", "ids", "uid", "uuid", "no", "num", "number", "code", "key", "hash", "ref", "pseudonym", "token"]
)
_CHINESE_IDS: Final = ("编号", "編號", "号", "號", "标识", "標識", "id", "码", "碼")

_ALONE: Final[Mapping[Kind, tuple[str, ...]]] = {
    "vehicle": ("vin", "plate", "licence plate", "license plate", "number plate", "registration mark", "vehicleid",
                "carid", "taxiid", "车牌", "車牌", "车架号", "車架號", "底盘号", "底盤號", "号牌"),
    "person": ("userid", "hkid", "passport", "openid", "msisdn", "cardid", "卡号", "卡號", "身份证", "身份證"),
    "device": ("imei", "imsi", "mac address", "deviceid", "iccid", "android id", "idfa"),
}  # fmt: skip
_WITH_ID: Final[Mapping[Kind, tuple[str, ...]]] = {
    "vehicle": ("vehicle", "veh", "car", "taxi", "cab", "truck", "lorry", "ev", "motorcycle", "bike", "bicycle",
                "scooter", "车辆", "車輛", "出租车", "的士", "单车", "單車", "货车", "貨車", "汽车", "汽車"),
    "person": ("user", "person", "customer", "client", "passenger", "driver", "rider", "patient", "member", "resident",
               "employee", "staff", "student", "card", "account", "subscriber", "citizen", "traveller", "owner", "用户",
               "用戶", "乘客", "司机", "司機", "驾驶员", "駕駛員", "会员", "會員", "患者", "病人", "客户", "客戶",
               "旅客", "居民", "员工", "員工", "学生", "學生", "车主", "車主", "持卡人"),
    "device": ("device", "terminal", "phone", "handset", "tracker", "设备", "設備", "终端", "終端", "手机",
               "手機"),
}  # fmt: skip

TRAITS: Final[Mapping[str, tuple[str, ...]]] = {
    "sex": ("sex", "gender", "性别", "性別"),
    "age": ("age", "age group", "age band", "年龄", "年齡", "年岁", "年歲"),
    "birth": ("birth", "dob", "birthday", "birthdate", "born", "year of birth", "出生", "生日"),
    "nationality": ("nationality", "citizenship", "国籍", "國籍"),
    "ethnicity": ("ethnicity", "ethnic", "race", "民族", "种族", "種族"),
    "marital": ("marital", "marital status", "婚姻"),
    "education": ("education", "schooling", "学历", "學歷", "教育程度"),
    "occupation": ("occupation", "profession", "job", "job title", "职业", "職業", "职务", "職務", "工种", "工種"),
    "home": ("postcode", "post code", "zip", "zipcode", "zip code", "home", "home address", "residence", "residential",
             "邮编", "郵編", "邮政编码", "郵政編碼", "住址", "居住", "户籍", "戶籍", "籍贯", "籍貫"),
    "household": ("household size", "家庭人数", "家庭人數", "住户人数", "住戶人數"),
}  # fmt: skip
SENSITIVE: Final[Mapping[str, tuple[str, ...]]] = {
    "health": ("diagnosis", "disease", "illness", "symptom", "disability", "blood type", "medication", "treatment",
               "hiv", "infection", "诊断", "診斷", "疾病", "病症", "残疾", "殘疾", "血型", "用药", "用藥", "症状",
               "症狀", "病史"),
    "religion": ("religion", "religious", "faith", "宗教", "信仰"),
    "biometric": ("fingerprint", "face id", "iris", "voiceprint", "指纹", "指紋", "人脸", "人臉", "虹膜", "声纹"),
    "income": ("income", "salary", "wage", "收入", "工资", "工資", "薪"),
    "finance": ("account balance", "balance", "credit score", "debt", "存款", "余额", "餘額", "负债", "負債"),
    "crime": ("conviction", "criminal", "offence", "犯罪", "前科"),
    "politics": ("political", "party member", "政治面貌", "党员", "黨員"),
    "orientation": ("sexual orientation", "性取向"),
}  # fmt: skip
COUNTED: Final = (
    "person", "persons", "people", "population", "subject", "subjects", "vehicles", "vehicle count", "user count",
    "users", "passengers", "drivers", "residents", "customers", "devices", "patients", "cards", "人数", "人數", "人口",
    "车辆数", "車輛數", "用户数", "用戶數", "車輛數目",
)  # fmt: skip
COUNTED_WEAKLY: Final = ("count", "number", "n", "total", "cases", "计数", "計數", "数量", "數量", "數目", "宗數")
TIMES: Final = (
    "time", "timestamp", "datetime", "date", "day", "hour", "minute", "ts", "gps time", "month", "时间", "時間",
    "日期", "时刻", "時刻", "小时", "時段",
)  # fmt: skip
PLACES: Final = (
    "station", "stop", "place", "location", "cell", "grid", "zone", "site", "venue", "poi", "tower", "h3", "geohash",
    "站", "地点", "地點", "位置", "小区", "基站", "网格", "網格", "场所", "場所",
)  # fmt: skip
STILL: Final = (
    "station", "stop", "road", "route", "segment", "link", "district", "area", "zone", "site", "grid", "cell", "park",
    "carpark", "pile", "charger", "sensor", "detector", "camera", "meter", "gate", "line", "city", "street", "building",
    "region", "province", "country", "stationid", "stopid", "站", "路", "区", "區", "桩", "樁", "街", "城市", "线",
    "線",
)  # fmt: skip


@lru_cache(maxsize=4096)
def _folded(header: str) -> tuple[str, str]:
    """The header as ` words between spaces `, and as one run of letters for scripts without spaces."""
    text = unicodedata.normalize("NFKC", header)
    lower = _CAMEL.sub(" ", text).casefold()
    return f" {' '.join(_LATIN.findall(lower))} ", "".join(text.casefold().split())


def says(header: str, terms: Iterable[str]) -> bool:
    """Whether a header has one of the terms: Latin ones as whole words, Chinese ones anywhere."""
    words, run = _folded(header)
    return any(f" {term} " in words if term.isascii() else term in run for term in terms)


def _is(header: str, terms: Iterable[str]) -> bool:
    """Whether a header is one of the terms and nothing else."""
    words, run = _folded(header)
    return any(term in (words.strip(), run) for term in terms)


def _has_id(header: str) -> bool:
    words, run = _folded(header)
    return bool(_IDS & set(words.split())) or run.endswith(_CHINESE_IDS)


def names_subject(header: str) -> Kind | None:
    """`vehicle_id`, `VIN`, `卡号`: the kind of subject whose name or number the column holds, else None.

    Words such as `vehicle` need a word for a number beside them, or stand alone: `vehicle_type` names no vehicle.
    """
    kinds: tuple[Kind, ...] = ("vehicle", "person", "device")
    for kind in kinds:
        if says(header, _ALONE[kind]):
            return kind
    for kind in kinds:
        if _is(header, _WITH_ID[kind]) or (says(header, _WITH_ID[kind]) and _has_id(header)):
            return kind
    return None


def trait_of(header: str) -> str | None:
    """The trait of a person that the column tells, such as `sex` or `birth`; None when its name says no such thing."""
    return next((trait for trait, terms in TRAITS.items() if says(header, terms)), None)


def sensitive_of(header: str) -> str | None:
    """The kind of sensitive fact about a person that the column tells (PIPL article 28), or None."""
    return next((kind for kind, terms in SENSITIVE.items() if says(header, terms)), None)


def is_any_number(header: str) -> bool:
    """`id`, `no`, `编号`: the number of something that the header does not name, and nothing that stands still."""
    return _has_id(header) and not says(header, STILL)
