"""What the name of a column says for an identifier, and what it says against."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from dataferry.privacy.anonymity_words import says
from dataferry.privacy.rules import Rule

COUNTER_WORDS: Final = (
    "order", "invoice", "meter", "serial", "lot", "station", "stop", "product", "sku", "batch", "flat", "amount",
    "price", "cost", "value", "count", "lat", "latitude", "lon", "lng", "longitude", "easting", "northing", "x", "y",
    "date", "time", "timestamp", "code", "asset", "ticket", "receipt", "ref", "reference", "transaction", "sequence",
    "company", "organisation", "organization", "road", "street", "district", "region", "place", "site", "park",
    "building", "school", "hospital", "brand", "file", "column", "field", "route", "line", "city", "country", "estate",
    "pole", "case", "item", "model", "type", "category", "department", "bureau", "facility", "shop", "venue",
    "订单", "訂單", "流水", "表号", "錶號", "序列", "批号", "批號", "地段", "站", "坐标",
    "坐標", "日期", "时间", "時間",
    "金额", "金額", "代码", "代碼", "公司", "企业", "企業", "道路", "街道", "区域", "區域", "商品", "产品", "產品",
    "单位", "單位", "机构", "機構", "部門", "部门", "學校", "学校", "線路", "线路", "名称", "名稱",
)  # fmt: skip


def word_for(header: str, rule: Rule) -> str | None:
    """The first word of the header that speaks for the rule; a weak one only when none speaks against."""
    return _word(header, rule.words, rule.weak_words)


@lru_cache(maxsize=4096)
def _word(header: str, words: tuple[str, ...], weak_words: tuple[str, ...]) -> str | None:
    if says(header, words):
        return next(word for word in words if says(header, (word,)))
    if weak_words and says(header, weak_words) and not speaks_against(header):
        return next(word for word in weak_words if says(header, (word,)))
    return None


@lru_cache(maxsize=4096)
def speaks_against(header: str) -> bool:
    """Whether the header names something that is no identifier: an order, a meter, a station, a date."""
    return says(header, COUNTER_WORDS)
