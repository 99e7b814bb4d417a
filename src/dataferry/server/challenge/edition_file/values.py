"""The small values of an edition's file: codes, words, counts, exact numbers, zones, items under a code."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from dataferry.messages import Language

City = Literal["hong-kong", "shanghai"]
Place = Literal["hong-kong", "mainland", "macao"]
"""Where a person lives or a company is registered."""
Tongue = Literal["en", "zh", "zh-Hant", "zh-Hans"]
"""A written language; `zh` is Chinese in either script."""
Speech = Literal["en", "cmn", "yue"]
"""A spoken language: English, Putonghua, Cantonese."""

_JOINERS = "\u200c\u200d\u200e\u200f\ufe0e\ufe0f"
"""Zero-width joiners, direction marks and variation selectors: ordinary in emoji and right-to-left names."""


def _one_line(text: str) -> str:
    if not all(letter.isprintable() or letter in "\n\t" or letter in _JOINERS for letter in text):
        raise PydanticCustomError("control_character", "control character")
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _plain(value: Decimal) -> Decimal:
    """The same number written one way only: no trailing zeros, no exponent, no negative zero."""
    return Decimal(format(value.normalize(), "f")) + 0


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "not a number")
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise PydanticCustomError("edition_zone", "no such time zone") from None
    return name


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise PydanticCustomError("edition_instant", "no time zone")
    return instant.astimezone(UTC)


def _coded(value: Any) -> Any:
    """A mapping of code to item, or the list of items that a stored document keeps in its order."""
    if isinstance(value, list):
        codes = [str(item.get("code", "")) if isinstance(item, Mapping) else "" for item in value]
        if len(set(codes)) < len(codes):
            raise PydanticCustomError("dict_type", "two items with one code")
        value = dict(zip(codes, value, strict=True))
    if not isinstance(value, Mapping):
        return value
    return {code: {"code": code} | dict(item) if isinstance(item, Mapping) else item for code, item in value.items()}


def _same_codes(value: dict[str, Any]) -> dict[str, Any]:
    for code, item in value.items():
        if item.code != code:
            raise PydanticCustomError("edition_code", "another code inside", {"code": code, "inside": item.code})
    return value


def _ordered(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted(set(value)))


Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_one_line)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**12)]
Some = Annotated[int, Field(strict=True, ge=1, le=10**12)]
Exact = Annotated[
    Decimal,
    BeforeValidator(_no_boolean),
    Field(allow_inf_nan=False, ge=-(10**6), le=10**6, decimal_places=6),
    AfterValidator(_plain),
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
]
Zone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+)*$", max_length=60)]
TimeZone = Annotated[Zone, AfterValidator(_zone)]
Instant = Annotated[datetime, AfterValidator(_aware)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
"""A day, month or year as a source gives it. No deadline is ever computed from it."""

Item = TypeVar("Item")
Coded = Annotated[
    dict[Code, Item],
    BeforeValidator(_coded),
    AfterValidator(_same_codes),
    PlainSerializer(lambda value: list(value.values()), when_used="json"),
]
"""Items under their codes. The order of writing is the order of showing and means nothing else."""
Set = Annotated[tuple[Item, ...], Field(max_length=200), AfterValidator(_ordered)]
"""A list whose order means nothing."""


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Words(Model):
    """A text in the three languages."""

    en: Text
    zh_hant: Text = Field(alias="zh-Hant")
    zh_hans: Text = Field(alias="zh-Hans")

    def to_json(self) -> dict[str, str]:
        return {"en": self.en, "zh-Hant": self.zh_hant, "zh-Hans": self.zh_hans}

    def text(self, language: Language) -> str:
        return self.to_json()[language]
