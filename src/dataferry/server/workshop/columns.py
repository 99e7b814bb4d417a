"""The columns that a release declares, and which of them names places in a language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.messages import Language


def column_of(document: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    """The declared column of this name, or an empty one."""
    return next((column for column in document["output"]["columns"] if column["name"] == name), {})


def label_column(document: Mapping[str, Any], name: str, language: Language) -> str:
    """The column that names places in this language: `district_zh_hant` beside `district`, where the product has it."""
    names = {column["name"] for column in document["output"]["columns"]}
    stem = name.removesuffix("_en")
    suffix = language.lower().replace("-", "_")
    return next((each for each in (f"{stem}_{suffix}", f"{name}_{suffix}") if each in names), name)
