"""Every field of product.yaml is documented, and every documented word of a choice is one that is accepted."""

import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from dataferry.privacy.steps import STEP_KINDS, AggregateCellHour, Measure, Suppress
from dataferry.products import licence_ids, terms_of
from dataferry.products import manifest as models
from dataferry.products.release import Release

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "product-yaml.md").read_text(encoding="utf-8")


def fields() -> Iterator[tuple[str, str]]:
    for model in [*vars(models).values(), *STEP_KINDS.values(), Measure]:
        if isinstance(model, type) and issubclass(model, BaseModel) and model is not models.Model:
            for name, field in model.model_fields.items():
                yield model.__name__, field.alias or name


@pytest.mark.parametrize(("model", "name"), sorted(set(fields())))
def test_every_field_is_documented(model: str, name: str) -> None:
    assert re.search(rf"`(\w+\.)?{re.escape(name)}`", PAGE) or f"{name}: ..." in PAGE, f"{model}.{name}"


@pytest.mark.parametrize("choice", [models.City, models.ColumnType, *[
    typing.get_args(part)[0] if typing.get_origin(part) is typing.Annotated else part
    for part in (models.Figure.model_fields["agg"].annotation, models.Merge.model_fields["kind"].annotation,
                 models.Chart.model_fields["kind"].annotation, Suppress.model_fields["what"].annotation,
                 AggregateCellHour.model_fields["period"].annotation,
                 AggregateCellHour.model_fields["geometry"].annotation)
]])  # fmt: skip
def test_every_choice_is_documented(choice: object) -> None:
    for word in typing.get_args(choice):
        assert f"`{word}`" in PAGE, word


def test_every_kind_of_expectation_is_documented() -> None:
    for kind in (models.Unique, models.NotNull, models.Range, models.InSet, models.RowCount, models.Sum, models.Within):
        (word,) = typing.get_args(kind.model_fields["expect"].annotation)
        assert re.search(rf"^\| `{word}` \|", PAGE, re.MULTILINE), word


def test_every_key_of_release_json_is_documented() -> None:
    page = (DOCS / "reference" / "release.md").read_text(encoding="utf-8")
    for name in Release.model_fields:
        assert f"`{name}`" in page, name


def test_the_documented_table_of_terms_is_the_one_that_is_used() -> None:
    page = (DOCS / "explanation" / "licence-algebra.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.-]+)` \| (.+) \|$", page, re.MULTILINE)
    shown = {identifier: [cell.strip() for cell in cells.split("|")] for identifier, cells in rows}
    assert set(shown) == set(licence_ids())
    for identifier, cells in shown.items():
        terms = terms_of(identifier)
        flags = ["yes" if flag else "no" for flag in (terms.share_alike, terms.attribution)]
        assert cells == [*terms.permissions().values(), *flags], identifier
