"""The report of a release: one self-contained page in three languages, no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined

from dataferry.geo import crs_name
from dataferry.messages import LANGUAGES, DataferryError, Finding, Language, say
from dataferry.products.figures import plain_number
from dataferry.products.lineage_drawing import draw_lineage
from dataferry.products.manifest import Column

PREVIEW_ROWS = 12
HTML_LANGUAGES: Mapping[Language, str] = {"en": "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans-CN"}
_LANGUAGE_NAMES: Mapping[Language, str] = {"en": "English", "zh-Hant": "繁體中文", "zh-Hans": "简体中文"}
_LONGEST_CELL = 80


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("dataferry.products"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_report(release: Mapping[str, Any], preview: pa.Table) -> str:
    """The HTML of release.json.

    Args:
        release: release.json as a mapping; its `files` may still be without the report itself.
        preview: the table of the release, of which the first rows are shown.
    """
    template = _environment().get_template("report.html")
    pages = [_page(release, preview, language) for language in LANGUAGES]
    return template.render(release=release, pages=pages, title=release["title"]["en"])


def _page(release: Mapping[str, Any], preview: pa.Table, language: Language) -> dict[str, Any]:
    def words(name: str, **data: Any) -> str:
        return say(f"products.report_{name}", data, language)

    def finding(value: Mapping[str, Any]) -> str:
        return finding_text(value, language)

    inputs = release["inputs"]
    titles = {item["name"]: item["title"][language] for item in inputs}
    drawing = draw_lineage(release["lineage"], titles, {item["name"]: item["city"] for item in inputs}, words("rows"))
    return {
        "language": language,
        "lang": HTML_LANGUAGES[language],
        "language_name": _LANGUAGE_NAMES[language],
        "t": words,
        "finding": finding,
        "drawing": drawing,
        "datum": _datum_name(release["output"]["crs"]),
        "datum_name": _datum_name,
        "preview": _preview(release, preview),
        "number": lambda value: plain_number(value, 0),
        "cell": cell_text,
    }


def finding_text(value: Mapping[str, Any], language: Language) -> str:
    """A finding in words, also where its words are not known here (a later version wrote it)."""
    try:
        return Finding.from_json(value).text(language)
    except (KeyError, TypeError):
        return str(value.get("code", "?"))


def _datum_name(crs: str | None) -> str:
    if not crs:
        return "–"
    try:
        name = crs_name(crs)
    except DataferryError:
        return crs
    return f"{name} ({crs})"


def _preview(release: Mapping[str, Any], table: pa.Table) -> list[list[str]]:
    columns = [column for column in release["output"]["columns"] if column["type"] != "geometry"]
    rows = table.slice(0, PREVIEW_ROWS).select([column["name"] for column in columns]).to_pylist()
    return [[_preview_cell(row[column["name"]], column) for column in columns] for row in rows]


def _preview_cell(value: Any, column: Mapping[str, Any]) -> str:
    """An integer without a unit is a code or a year, whose digits belong together."""
    code = isinstance(value, int) and not isinstance(value, bool) and not column["unit"]
    return str(value) if code else cell_text(value, column.get("decimals"))


def cell_text(value: Any, places: int | None = None) -> str:
    """A value as it is shown: thousands apart, dates plain, a dash for nothing, long ones cut."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return plain_number(value, places) if places is not None else f"{value:,.6g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        text = ", ".join(cell_text(item) for item in value)
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def output_column(column: Column, places: int | None) -> dict[str, Any]:
    """A declared column as release.json tells it; `decimals` is what its numbers are rounded to."""
    return {
        "name": column.name,
        "type": column.type,
        "unit": column.unit,
        "precision": column.precision,
        "decimals": places,
        "nullable": column.nullable,
        "title": column.title.to_json(),
        "description": column.description.to_json(),
    }
