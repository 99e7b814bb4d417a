"""The sentence of a release holds figures of its own table, plainly written, in three languages."""

import pyarrow as pa
import pytest

from dataferry.products import Manifest
from dataferry.products.figures import compute_figures, fill_summary, plain_number
from dataferry.products.yaml_file import parse_yaml

from .conftest import MINIMAL

TABLE = pa.table(
    {"district": ["Eastern", "Wan Chai", "灣仔"], "stops": [3, 12345, 7], "mean_routes": [1.5, None, 2.25]}
)


def filled(figures: str, en: str) -> dict[str, str]:
    text = f"{MINIMAL}figures: {figures}\nsummary: {{en: {en!r}, zh-Hant: {en!r}, zh-Hans: {en!r}}}\n"
    manifest = Manifest.model_validate(parse_yaml(text.encode(), "p").value)
    return fill_summary(manifest, compute_figures(TABLE, manifest))


@pytest.mark.parametrize(
    ("figure", "sentence", "expected"),
    [
        ("{column: stops, agg: max, label: district}", "{f.label}: {f} ({f.value})", "Wan Chai: 12,345 (12,345)"),
        ("{column: stops, agg: min, label: district}", "{f.label}", "Eastern"),
        ("{column: stops, agg: sum}", "{f}", "12,355"),
        ("{column: mean_routes, agg: mean}", "{f}", "1.88"),
        ("{column: mean_routes, agg: median, precision: 3}", "{f}", "1.875"),
        ("{column: mean_routes, agg: count}", "{f}", "2"),
        ("{column: stops, agg: sum, where: {district: Eastern}}", "{f}", "3"),
        ("{column: stops, agg: max, label: district, where: {district: Nowhere}}", "{f.label} {f}", "– –"),
    ],
)
def test_figures_in_a_sentence(figure: str, sentence: str, expected: str) -> None:
    assert filled(f"{{f: {figure}}}", sentence)["zh-Hans"] == expected


def test_a_label_can_have_a_column_for_each_language() -> None:
    figure = "{f: {column: stops, agg: max, label: {en: district, zh-Hant: stops, zh-Hans: district}}}"
    texts = filled(figure, "{f.label}")
    assert (texts["en"], texts["zh-Hant"]) == ("Wan Chai", "12345")


def test_text_from_the_data_is_not_filled_again() -> None:
    table = TABLE.set_column(0, "district", pa.array(["a", "{f}", "b"]))
    text = f"{MINIMAL}figures: {{f: {{column: stops, agg: max, label: district}}}}\n"
    text += "summary: {en: '{f.label}', zh-Hant: a, zh-Hans: b}\n"
    manifest = Manifest.model_validate(parse_yaml(text.encode(), "p").value)
    assert fill_summary(manifest, compute_figures(table, manifest))["en"] == "{f}"


def test_plain_numbers() -> None:
    assert plain_number(1234567.891, 2) == "1,234,567.89"
    assert plain_number(None, 2) == "–"
