"""Datums in a recipe: which datum every geometry expression is in, worked out from the text before anything runs.

The engine carries the datum in the type of a column and refuses mixed arguments, but it does not name the columns, and
it lets some mixtures through: branches of UNION, `=` between geometries, COALESCE. This check finds those, names both
columns and the fix. Where it cannot follow an expression it says nothing: the engine's own check, the check of set
operations by the engine (`CheckedStatement.branches`) and the check of the answer's columns still stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope, walk_in_scope
from sqlglot.schema import MappingSchema

from dataferry.geo import crs_of_projjson, in_degrees
from dataferry.messages import InputError, RefusedError
from dataferry.products import allowed_functions as allowed
from dataferry.products.gate import CheckedStatement
from dataferry.products.recipe_dialect import RecipeDialect
from dataferry.tables.geoparquet import geometry_columns

CONVERSIONS: Mapping[str, str] = {
    "to_wgs84": "EPSG:4326",
    "to_gcj02": "DATAFERRY:GCJ02",
    "to_bd09": "DATAFERRY:BD09",
    "to_hk1980": "EPSG:2326",
    "to_utm51": "EPSG:32651",
}
MAKERS: Mapping[str, str] = {
    "point_wgs84": "EPSG:4326",
    "point_gcj02": "DATAFERRY:GCJ02",
    "point_bd09": "DATAFERRY:BD09",
    "point_hk1980": "EPSG:2326",
    "box_wgs84": "EPSG:4326",
    "wkt_wgs84": "EPSG:4326",
}
_COMPARISONS = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.In,
    exp.Between,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)


@dataclass(frozen=True)
class Geometry:
    """A geometry expression: its datum (`None` = none) and how a person would call it."""

    crs: str | None
    label: str


@dataclass(frozen=True)
class DatumReport:
    """Datum of each output column that is a geometry, as far as it could be followed."""

    output: Mapping[str, str | None]


_Columns = Mapping[str, Geometry]


def check_datums(statement: CheckedStatement, tables: Mapping[str, pa.Schema]) -> DatumReport:
    """Refuse what would mix two datums, lose a datum, or measure in degrees.

    Args:
        statement: what the gate let through.
        tables: input name -> schema, geometry columns as `geometry_field` makes them.

    Raises:
        InputError: `products.mixed_datums`, `products.geometry_loses_datum`, `products.measure_in_degrees`.
    """
    inputs = {name: _input_columns(name, schema) for name, schema in tables.items()}
    types = {name: dict.fromkeys(schema.names, "text") for name, schema in tables.items()}
    try:
        tree = qualify(
            statement.tree.copy(),
            dialect=RecipeDialect,
            schema=MappingSchema(types, dialect=RecipeDialect, normalize=False),
            validate_qualify_columns=False,
            identify=False,
        )
        scopes = traverse_scope(tree)
    except (SqlglotError, RecursionError):
        return DatumReport({})
    known: dict[int, _Columns] = {}
    for scope in scopes:
        known[id(scope)] = _Reader(scope, inputs, known).check()
    last = known[id(scopes[-1])] if scopes else {}
    return DatumReport({name: geometry.crs for name, geometry in last.items()})


_MISMATCH = re.compile(r"Mismatched CRS arguments: (\S+) vs (\S+)")


def columns_behind(reason: str, tables: Mapping[str, pa.Schema]) -> InputError | None:
    """The engine's refusal to mix datums, with the columns that are in them; `None` when it is about something else.

    Args:
        reason: what the engine said.
        tables: input name -> schema.
    """
    found = _MISMATCH.search(reason)
    if found is None:
        return None
    datums = [crs_of_projjson(word) for word in found.groups()]
    named = [geometry for name, schema in tables.items() for geometry in _input_columns(name, schema).values()]
    labels = [", ".join(g.label for g in named if g.crs == datum) or "?" for datum in datums]
    one, other = (Geometry(datum, label) for datum, label in zip(datums, labels, strict=True))
    return InputError(
        "products.engine_mixed_datums",
        first=one.label,
        first_datum=one.crs or "?",
        second=other.label,
        second_datum=other.crs or "?",
        fix=fix_for(one, other),
    )


def _input_columns(table: str, schema: pa.Schema) -> _Columns:
    return {name: Geometry(crs, f"{table}.{name}") for name, crs in geometry_columns(schema).items()}


def counts_in_degrees(crs: str | None) -> bool:
    """Whether a plane measure in this datum would come out in degrees."""
    return crs is not None and in_degrees(crs)


def fix_for(one: Geometry, other: Geometry) -> str:
    """The call that brings one of two geometries into the datum of the other; into WGS84 rather than out of it."""
    by_target = {target: name for name, target in CONVERSIONS.items()}
    for moved, target in ((other, one), (one, other)):
        if target.crs == "EPSG:4326" and moved.crs is not None:
            return f"to_wgs84({moved.label})"
    for moved, target in ((other, one), (one, other)):
        if target.crs in by_target and moved.crs is not None:
            return f"{by_target[target.crs]}({moved.label})"
    if None in (one.crs, other.crs):
        return "crs: EPSG:4326"
    return f"to_wgs84({one.label}), to_wgs84({other.label})"


class _Reader:
    """Follows the geometries of one SELECT or set operation whose sources are known already."""

    def __init__(self, scope: Scope, inputs: Mapping[str, _Columns], known: Mapping[int, _Columns]) -> None:
        self._scope = scope
        self._inputs = inputs
        self._known = known

    def check(self) -> _Columns:
        query = self._scope.expression
        if isinstance(query, exp.SetOperation):
            return self._check_branches()
        for node in walk_in_scope(query):
            if isinstance(node, exp.Anonymous):
                self._check_call(node)
            elif isinstance(node, exp.Case):
                self._check_kept("CASE", self._geometries(_case_values(node)))
            elif isinstance(node, _COMPARISONS):
                self._check_same(node.key.upper(), self._geometries(_operands(node)))
        columns = {}
        for projection in getattr(query, "selects", []):
            geometry = self._datum(projection)
            if geometry is not None:
                columns[projection.alias_or_name] = geometry
        return columns

    def _check_branches(self) -> _Columns:
        left, right = (self._known.get(id(scope), {}) for scope in self._scope.set_operation_scopes)
        names = [scope.expression.named_selects for scope in self._scope.set_operation_scopes]
        for one_name, other_name in zip(*names, strict=False):
            one, other = left.get(one_name), right.get(other_name)
            if one is not None and other is not None:
                self._check_same(self._scope.expression.key.upper(), [one, other])
        return left

    def _check_call(self, call: exp.Anonymous) -> None:
        name = call.name
        geometries = self._geometries(call.expressions)
        if name in allowed.LOSES_DATUM:
            self._check_kept(name, geometries)
        if name in ("area_m2", "length_m", "distance_m", "h3_cell", "grid_cell", *CONVERSIONS):
            return
        self._check_same(name, geometries)
        if name in allowed.IN_DEGREES_USE and geometries and counts_in_degrees(geometries[0].crs):
            first = geometries[0]
            data = {"function": name, "first": first.label, "datum": first.crs, "use": allowed.IN_DEGREES_USE[name]}
            raise InputError("products.measure_in_degrees", **data)

    def _check_kept(self, function: str, geometries: Sequence[Geometry]) -> None:
        self._check_same(function, geometries)
        if geometries:
            raise RefusedError("products.geometry_loses_datum", function=function, first=geometries[0].label)

    def _check_same(self, function: str, geometries: Sequence[Geometry]) -> None:
        for other in geometries[1:]:
            one = geometries[0]
            if one.crs != other.crs:
                raise InputError(
                    "products.mixed_datums",
                    function=function,
                    first=one.label,
                    first_datum=one.crs or "?",
                    second=other.label,
                    second_datum=other.crs or "?",
                    fix=fix_for(one, other),
                )

    def _geometries(self, nodes: Sequence[exp.Expression]) -> list[Geometry]:
        return [geometry for node in nodes if (geometry := self._datum(node)) is not None]

    def _datum(self, node: exp.Expression) -> Geometry | None:
        """The datum of an expression, or `None` when it is no geometry or cannot be followed."""
        match node:
            case exp.Alias() | exp.Paren() | exp.Window() | exp.Filter() | exp.Ordered():
                return self._datum(node.this)
            case exp.Distinct() | exp.Order():
                inner = [node.this] if isinstance(node.this, exp.Expression) else node.expressions
                return self._datum(inner[0]) if inner else None
            case exp.Column():
                return self._column(node)
            case exp.Subquery():
                return self._subquery(node.this)
            case exp.Anonymous():
                return self._call(node)
        return None

    def _call(self, call: exp.Anonymous) -> Geometry | None:
        name = call.name
        target = CONVERSIONS.get(name) or MAKERS.get(name)
        if target is not None:
            return Geometry(target, _text(call))
        if name in allowed.KEEPS_DATUM:
            inner = self._geometries(call.expressions)
            return Geometry(inner[0].crs, _text(call)) if inner else None
        return None

    def _column(self, column: exp.Column) -> Geometry | None:
        scope: Scope | None = self._scope
        while scope is not None:
            if column.table in scope.sources:
                source = scope.sources[column.table]
                columns = (
                    self._known.get(id(source), {}) if isinstance(source, Scope) else self._inputs.get(source.name)
                )
                return (columns or {}).get(column.name)
            scope = scope.parent
        return None

    def _subquery(self, query: exp.Expression) -> Geometry | None:
        for scope in self._scope.subquery_scopes:
            if scope.expression is query:
                return next(iter(self._known.get(id(scope), {}).values()), None)
        return None


def _text(node: exp.Expression) -> str:
    text = str(node.sql(dialect=RecipeDialect, identify=False, normalize_functions=False))
    return text.replace('"', "")[:120]


def _case_values(node: exp.Case) -> list[exp.Expression]:
    values = [branch.args["true"] for branch in node.args.get("ifs", [])]
    return [*values, *([node.args["default"]] if node.args.get("default") else [])]


def _operands(node: exp.Expression) -> list[exp.Expression]:
    return [child for child in _children(node) if isinstance(child, exp.Expression)]


def _children(node: exp.Expression) -> Iterator[exp.Expression]:
    for child in node.iter_expressions():
        if isinstance(child, exp.Tuple):
            yield from child.expressions
        elif isinstance(child, exp.Query) and not isinstance(child, exp.Subquery):
            yield exp.Subquery(this=child)
        else:
            yield child
