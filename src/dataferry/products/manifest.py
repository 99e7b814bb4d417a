"""The data model of product.yaml. Every field is documented in docs/reference/product-yaml.md (a test looks)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from dataferry.privacy import Step

City = Literal["hong-kong", "shanghai"]
ColumnType = Literal["string", "integer", "number", "boolean", "date", "timestamp", "geometry"]

DEFAULT_DECIMALS = 6
"""Decimals kept in a number column that declares no precision."""


def _one_line(text: str) -> str:
    if not all(character.isprintable() or character in "\n\t" for character in text):
        raise PydanticCustomError("products.yaml_control_character", "control character")
    return " ".join(text.split())


def _as_text(value: Any) -> Any:
    """YAML reads `licence: none` or a sentinel `-1` as something else than text; these places mean the text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _with_zone(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise PydanticCustomError("products.yaml_instant", "no time zone")
    return instant.astimezone(UTC)


def _same_in_all(value: Any) -> Any:
    """One column name for all languages, or a column per language."""
    return {"en": value, "zh-Hant": value, "zh-Hans": value} if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_one_line)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Name = Annotated[str, StringConstraints(pattern=r"^[^\W\d]\w*$", max_length=64)]
"""A column name: letters of any script, digits and underscores, not beginning with a digit."""
TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
"""What an input is called in the recipe: small Latin letters, digits and underscores."""
RelativePath = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Version = Annotated[str, StringConstraints(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,40})?$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
LicenceId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Names = Annotated[list[Name], Field(min_length=1, max_length=1000)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, populate_by_name=True)


class Words(Model):
    """A text in the three languages."""

    en: Text
    zh_hant: Text = Field(alias="zh-Hant")
    zh_hans: Text = Field(alias="zh-Hans")

    def to_json(self) -> dict[str, str]:
        return {"en": self.en, "zh-Hant": self.zh_hant, "zh-Hans": self.zh_hans}


class ReadSpec(Model):
    """What the product declares about a file; what is left out is detected, with evidence in the read report."""

    encoding: str | None = None
    layer: str | None = None
    path: str | None = None
    geometry: tuple[str, str] | None = None
    types: dict[str, Literal["string", "integer", "number", "boolean", "date", "time", "timestamp"]] = {}
    missing: dict[str, list[Annotated[str, BeforeValidator(_as_text)]]] = {}
    day_first: bool | None = None
    time_zone: str | None = None


class Input(Model):
    """One table of the recipe and where it comes from: a file, a snapshot of a dataset, or another product."""

    file: RelativePath | None = None
    dataset: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    snapshot: Sha256 | None = None
    product: RelativePath | None = None
    title: Words | None = None
    publisher: Text | None = None
    city: City | None = None
    licence: LicenceId = "unknown"
    source: Text | None = None
    attribution: Text | None = None
    crs: str | None = None
    synthetic: bool = False
    read: ReadSpec = ReadSpec()


class Column(Model):
    """One column of the output, as declared. The built column must be of this type."""

    name: Name
    type: ColumnType
    title: Words
    description: Words
    unit: Text | None = None
    precision: Annotated[int, Field(ge=0, le=15)] | None = None
    nullable: bool = False


class Output(Model):
    """What the recipe must produce."""

    key: Names
    columns: Annotated[list[Column], Field(min_length=1, max_length=1000)]
    crs: str | None = None
    geometry: Name | None = None

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def names(self) -> list[str]:
        return [column.name for column in self.columns]


class Expectation(Model):
    """What every kind of quality expectation may say beside its own terms."""

    severity: Literal["attention", "blocked"] = "attention"


class Unique(Expectation):
    expect: Literal["unique"]
    columns: Names


class NotNull(Expectation):
    expect: Literal["not_null"]
    column: Name


class Range(Expectation):
    expect: Literal["range"]
    column: Name
    min: Number | None = None
    max: Number | None = None


class InSet(Expectation):
    expect: Literal["in_set"]
    column: Name
    values: Annotated[list[str | int | float | bool], Field(min_length=1, max_length=10_000)]


class RowCount(Expectation):
    expect: Literal["row_count"]
    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None


class Sum(Expectation):
    expect: Literal["sum"]
    column: Name
    equals: Number
    tolerance: Annotated[Number, Field(ge=0)] = 0.0


class Within(Expectation):
    expect: Literal["within"]
    column: Name
    bbox: tuple[Number, Number, Number, Number]


Quality = Annotated[Unique | NotNull | Range | InSet | RowCount | Sum | Within, Field(discriminator="expect")]


class Figure(Model):
    """A named figure of the summary, computed from the output without SQL."""

    column: Name
    agg: Literal["max", "min", "sum", "mean", "median", "count"]
    label: Annotated[FigureLabel, BeforeValidator(_same_in_all)] | None = None
    where: dict[Name, str | int | float | bool] = {}
    precision: Annotated[int, Field(ge=0, le=15)] | None = None


class FigureLabel(Model):
    """The column that names the row of a maximum or minimum: one for all languages, or one for each."""

    en: Name
    zh_hant: Name = Field(alias="zh-Hant")
    zh_hans: Name = Field(alias="zh-Hans")

    def to_json(self) -> dict[str, str]:
        return {"en": self.en, "zh-Hant": self.zh_hant, "zh-Hans": self.zh_hans}


class Merge(Model):
    """How parts built over partitions of the inputs become the whole."""

    kind: Literal["none", "union", "aggregate"] = "none"
    by: list[Name] = []
    columns: dict[Name, Literal["sum", "min", "max"]] = {}


class Build(Model):
    """What stands in for the clock and for chance, so that the same inputs give the same release."""

    instant: Annotated[datetime, AfterValidator(_with_zone)]
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0


class Limits(Model):
    """What one run of the recipe may cost. A host may allow less."""

    memory_mib: Annotated[int, Field(ge=64, le=1024 * 1024)] = 2048
    cpu_seconds: Annotated[int, Field(ge=1, le=86_400)] = 120
    wall_seconds: Annotated[int, Field(ge=1, le=86_400)] = 180
    rows: Annotated[int, Field(ge=1, le=2_000_000_000)] = 10_000_000


class Map(Model):
    """What the map of the release paints and how a place is called."""

    value: Name
    label: Name


class Chart(Model):
    """The chart of the release."""

    kind: Literal["bar", "line", "dot"] = "bar"
    x: Name
    y: Name
    split: Name | None = None


class Manifest(Model):
    """product.yaml."""

    dataferry: Literal[1]
    name: Slug
    version: Version
    title: Words
    description: Words
    inputs: Annotated[dict[TableName, Input], Field(min_length=1, max_length=100)]
    output: Output
    licence: LicenceId
    build: Build
    cities: Annotated[list[City], Field(min_length=1, max_length=2)]
    summary: Words | None = None
    figures: dict[Name, Figure] = {}
    recipe: RelativePath = "recipe.sql"
    quality: Annotated[list[Quality], Field(max_length=1000)] = []
    deidentify: Annotated[list[Step], Field(max_length=100)] = []
    merge: Merge = Merge()
    limits: Limits = Limits()
    map: Map | None = None
    chart: Chart | None = None


Figure.model_rebuild()
Manifest.model_rebuild()
