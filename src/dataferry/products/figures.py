"""Named figures of a release and the sentence they stand in: plain numbers, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import LANGUAGES
from dataferry.products.conform import decimals
from dataferry.products.consistency import PLACEHOLDER
from dataferry.products.manifest import Column, Figure, Manifest

NO_FIGURE = "–"


def compute_figures(table: pa.Table, manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Every figure: `value` (a number or `None`), `decimals`, and `label` in the languages, or `None`."""
    return {name: _figure(table, figure, manifest) for name, figure in manifest.figures.items()}


def _figure(table: pa.Table, figure: Figure, manifest: Manifest) -> dict[str, Any]:
    for name, wanted in figure.where.items():
        values = table[name].to_pylist()
        kept = [_plain(value) == wanted for value in values]
        table = table.filter(pa.array(kept, pa.bool_()))
    column = manifest.output.column(figure.column)
    places = figure.precision if figure.precision is not None else _decimals(figure, column)
    if figure.agg == "count":
        return {"value": len(table[figure.column].drop_null()), "decimals": 0, "label": None}
    value = _AGGREGATES[figure.agg](table[figure.column])
    return {"value": value, "decimals": places, "label": _label(table, figure, value)}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _decimals(figure: Figure, column: Column | None) -> int:
    if column is None or column.type != "number":
        return 1 if figure.agg in ("mean", "median") else 0
    return decimals(column, None) or 0


def _median(values: pa.ChunkedArray) -> float | None:
    ordered = sorted(values.drop_null().to_pylist())
    if not ordered:
        return None
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


_AGGREGATES: Mapping[str, Any] = {
    "max": lambda values: pc.max(values).as_py(),
    "min": lambda values: pc.min(values).as_py(),
    "sum": lambda values: pc.sum(values).as_py(),
    "mean": lambda values: pc.mean(values).as_py(),
    "median": _median,
}


def _label(table: pa.Table, figure: Figure, value: Any) -> dict[str, str] | None:
    """The name of the first row (in key order) that has the value."""
    if figure.label is None or value is None:
        return None
    row = table[figure.column].to_pylist().index(value)
    return {language: str(table[name][row].as_py()) for language, name in figure.label.to_json().items()}


def plain_number(value: float | None, places: int) -> str:
    """1,234.5 in every language: digits in threes, a point, as many decimals as are known."""
    return NO_FIGURE if value is None else f"{value:,.{places}f}"


def fill_summary(manifest: Manifest, figures: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The summary in the languages with its figures in place.

    `{name}` (or `{name.value}`) is the figure, `{name.label}` what the row of a maximum or minimum is called.
    """
    if manifest.summary is None:
        return dict.fromkeys(LANGUAGES, "")
    texts = manifest.summary.to_json()
    return {language: _fill(text, language, figures) for language, text in texts.items()}


def _fill(text: str, language: str, figures: Mapping[str, Mapping[str, Any]]) -> str:
    return PLACEHOLDER.sub(lambda match: _placed(match[1], language, figures), text)


def _placed(placeholder: str, language: str, figures: Mapping[str, Mapping[str, Any]]) -> str:
    name, _, part = placeholder.partition(".")
    figure = figures[name]
    number = plain_number(figure["value"], figure["decimals"])
    return (figure["label"] or {}).get(language, NO_FIGURE) if part == "label" else number
