"""What must hold between the parts of product.yaml, found together and each with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from dataferry.geo import canonical_crs
from dataferry.messages import DataferryError, Finding
from dataferry.products.licence import licence_ids
from dataferry.products.manifest import Column, Expectation, Input, Manifest
from dataferry.products.yaml_file import Document, Path_, dotted

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FIGURE_PARTS = ("", "value", "label")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`, or the known words themselves when none is near."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return near[0] if near else ", ".join(known[:30])


class _Check:
    def __init__(self, manifest: Manifest, document: Document) -> None:
        self.manifest = manifest
        self.document = document
        self.columns = manifest.output.names()

    def where(self, path: Path_) -> dict[str, object]:
        return {"file": self.document.file, "line": self.document.line(path), "field": dotted(path)}

    def declared(self, name: str | None, path: Path_) -> Iterator[Finding]:
        if name is not None and name not in self.columns:
            data = {**self.where(path), "value": name, "nearest": nearest(name, self.columns)}
            yield Finding("products.yaml_no_such_column", "blocked", data)

    def measured(self, name: str, path: Path_) -> Iterator[Finding]:
        """A place that needs figures."""
        yield from self.declared(name, path)
        column = self.manifest.output.column(name)
        if column is not None and column.type not in ("integer", "number"):
            data = {**self.where(path), "value": name, "type": column.type}
            yield Finding("products.yaml_not_a_figure", "blocked", data)

    def crs(self, text: str | None, path: Path_) -> Iterator[Finding]:
        if text is None:
            return
        try:
            canonical_crs(text)
        except DataferryError as error:
            data = {**self.where(path), "value": text, "problem": error.text()}
            yield Finding("products.yaml_crs", "blocked", data)

    def licence(self, text: str, path: Path_) -> Iterator[Finding]:
        if text not in licence_ids():
            data = {**self.where(path), "value": text, "nearest": nearest(text, licence_ids())}
            yield Finding("products.yaml_licence", "blocked", data)

    def inputs(self) -> Iterator[Finding]:
        seen: dict[str, str] = {}
        for name, spec in self.manifest.inputs.items():
            path: Path_ = ("inputs", name)
            if name.lower() in seen:
                data = {**self.where(path), "value": name, "nearest": seen[name.lower()]}
                yield Finding("products.yaml_same_name", "blocked", data)
            seen[name.lower()] = name
            yield from self.input_place(spec, path)
            yield from self.licence(spec.licence, (*path, "licence"))
            yield from self.crs(spec.crs, (*path, "crs"))

    def input_place(self, spec: Input, path: Path_) -> Iterator[Finding]:
        given = [kind for kind in ("file", "dataset", "product") if getattr(spec, kind) is not None]
        if len(given) != 1:
            yield Finding("products.yaml_input_place", "blocked", {**self.where(path), "given": given})
        elif (spec.dataset is None) != (spec.snapshot is None):
            yield Finding("products.yaml_snapshot", "blocked", self.where(path))
        if spec.title is None and spec.product is None:
            data = {**self.where(path), "missing": "title"}
            yield Finding("products.yaml_missing_key", "blocked", data)

    def output(self) -> Iterator[Finding]:
        output, seen = self.manifest.output, set[str]()
        for position, column in enumerate(output.columns):
            path: Path_ = ("output", "columns", position)
            if column.name in seen:
                yield Finding(
                    "products.yaml_same_name",
                    "blocked",
                    {**self.where((*path, "name")), "value": column.name, "nearest": column.name},
                )
            seen.add(column.name)
            yield from self.column_precision(column, path)
        for position, name in enumerate(output.key):
            yield from self.key(name, output.key[:position], ("output", "key", position))
        yield from self.geometry()

    def column_precision(self, column: Column, path: Path_) -> Iterator[Finding]:
        if column.precision is not None and column.type not in ("number", "geometry"):
            data = {**self.where((*path, "precision")), "value": column.name, "type": column.type}
            yield Finding("products.yaml_precision", "blocked", data)

    def key(self, name: str, before: list[str], path: Path_) -> Iterator[Finding]:
        yield from self.declared(name, path)
        column = self.manifest.output.column(name)
        if name in before or (column is not None and (column.type == "geometry" or column.nullable)):
            yield Finding("products.yaml_key", "blocked", {**self.where(path), "value": name})

    def geometry(self) -> Iterator[Finding]:
        output = self.manifest.output
        shapes = [column.name for column in output.columns if column.type == "geometry"]
        path: Path_ = ("output", "geometry")
        wrong = output.geometry is not None and output.geometry not in shapes
        if len(shapes) > 1 or wrong:
            yield Finding("products.yaml_geometry", "blocked", {**self.where(path), "columns": shapes})
        if shapes and output.crs is None:
            yield Finding("products.yaml_missing_key", "blocked", {**self.where(("output",)), "missing": "crs"})
        yield from self.crs(output.crs, ("output", "crs"))

    def quality(self) -> Iterator[Finding]:
        for position, expectation in enumerate(self.manifest.quality):
            path: Path_ = ("quality", position)
            yield from self.expectation(expectation, path)

    def expectation(self, expectation: Expectation, path: Path_) -> Iterator[Finding]:
        kind = getattr(expectation, "expect", "")
        for place, name in enumerate(getattr(expectation, "columns", ())):
            yield from self.declared(name, (*path, "columns", place))
        column = getattr(expectation, "column", None)
        if kind == "sum" and column is not None:
            yield from self.measured(column, (*path, "column"))
        elif column is not None:
            yield from self.declared(column, (*path, "column"))
        low, high = getattr(expectation, "min", None), getattr(expectation, "max", None)
        bounded = kind in ("range", "row_count")
        if bounded and ((low is None and high is None) or (low is not None and high is not None and low > high)):
            yield Finding("products.yaml_bounds", "blocked", self.where(path))
        box = getattr(expectation, "bbox", None)
        if box is not None and (box[0] > box[2] or box[1] > box[3]):
            yield Finding("products.yaml_bbox", "blocked", self.where((*path, "bbox")))

    def figures(self) -> Iterator[Finding]:
        for name, figure in self.manifest.figures.items():
            path: Path_ = ("figures", name)
            if figure.agg == "count":
                yield from self.declared(figure.column, (*path, "column"))
            else:
                yield from self.measured(figure.column, (*path, "column"))
            if figure.label is not None:
                for label in sorted(set(figure.label.to_json().values())):
                    yield from self.declared(label, (*path, "label"))
                if figure.agg not in ("max", "min"):
                    yield Finding("products.yaml_figure_label", "blocked", self.where((*path, "label")))
            for column in figure.where:
                yield from self.declared(column, (*path, "where", column))
        yield from self.placeholders()

    def placeholders(self) -> Iterator[Finding]:
        if self.manifest.summary is None:
            return
        for language, text in self.manifest.summary.to_json().items():
            for placeholder in PLACEHOLDER.findall(text):
                name, _, part = placeholder.partition(".")
                figure = self.manifest.figures.get(name)
                if figure is None or part not in _FIGURE_PARTS or (part == "label" and figure.label is None):
                    known = nearest(name, self.manifest.figures) or "-"
                    data = {**self.where(("summary", language)), "value": placeholder, "nearest": known}
                    yield Finding("products.yaml_no_such_figure", "blocked", data)

    def shown(self) -> Iterator[Finding]:
        """Map, chart and merge step."""
        if self.manifest.map is not None:
            yield from self.measured(self.manifest.map.value, ("map", "value"))
            yield from self.declared(self.manifest.map.label, ("map", "label"))
        if self.manifest.chart is not None:
            yield from self.declared(self.manifest.chart.x, ("chart", "x"))
            yield from self.measured(self.manifest.chart.y, ("chart", "y"))
            yield from self.declared(self.manifest.chart.split, ("chart", "split"))
        merge = self.manifest.merge
        for position, name in enumerate(merge.by):
            yield from self.declared(name, ("merge", "by", position))
        for name in merge.columns:
            yield from self.measured(name, ("merge", "columns", name))
        if (merge.kind == "aggregate") != bool(merge.by and merge.columns):
            yield Finding("products.yaml_merge", "blocked", self.where(("merge",)))

    def steps(self) -> Iterator[Finding]:
        """Steps that compare rows with each other see only their part, so that parts could not be put together."""
        kind = self.manifest.merge.kind
        for position, step in enumerate(self.manifest.deidentify):
            grouped = step.step == "aggregate_cell_hour" or getattr(step, "what", "columns") != "columns"
            if grouped and kind != "none":
                data = {**self.where(("deidentify", position)), "value": step.step, "kind": kind}
                yield Finding("products.yaml_step_merge", "blocked", data)


def inconsistencies(manifest: Manifest, document: Document) -> list[Finding]:
    """Everything in a well-formed description that contradicts itself."""
    check = _Check(manifest, document)
    found = [*check.inputs(), *check.output(), *check.quality(), *check.figures(), *check.shown(), *check.steps()]
    found += check.licence(manifest.licence, ("licence",))
    return found
