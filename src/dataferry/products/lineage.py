"""Column lineage of a recipe: which columns of which inputs every output column comes from, and through what.

The statement is qualified by SQLGlot against the schemas of the inputs, then followed scope by scope: CTEs, subqueries,
joins, stars, aggregates, set operations. Lineage of a value, not of its row: what decides which rows there are
(joins, filters, grouping) is told apart, under `rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from dataferry.messages import Finding
from dataferry.products.allowed_functions import AGGREGATES
from dataferry.products.recipe_dialect import RecipeDialect

CONVERSIONS: Mapping[str, str] = {
    "to_wgs84": "EPSG:4326",
    "to_gcj02": "DATAFERRY:GCJ02",
    "to_bd09": "DATAFERRY:BD09",
    "to_hk1980": "EPSG:2326",
}
_MAKERS: Mapping[str, str] = {
    "point_wgs84": "EPSG:4326",
    "point_gcj02": "DATAFERRY:GCJ02",
    "point_hk1980": "EPSG:2326",
}
WHOLE_ROW = "*"
"""Stands for the rows themselves, where a value counts rows and reads no column."""

Origin = tuple[str, str]


@dataclass
class Trace:
    """Where a value comes from: (input, column) pairs, the functions it passed, the datums it was put in.

    `carriers` are the inputs whose rows carry a constant: adding up `1 AS stops` counts their rows.
    """

    origins: set[Origin] = field(default_factory=set)
    through: list[str] = field(default_factory=list)
    datums: set[str] = field(default_factory=set)
    carriers: set[str] = field(default_factory=set)

    def add(self, other: Trace) -> None:
        self.origins |= other.origins
        self.through += [name for name in other.through if name not in self.through]
        self.datums |= other.datums
        self.carriers |= other.carriers


@dataclass(frozen=True)
class Lineage:
    """The lineage of all output columns, the conversions between datums, and what decides the rows."""

    columns: tuple[Mapping[str, Any], ...]
    conversions: tuple[Mapping[str, Any], ...]
    rows: tuple[Mapping[str, str], ...]
    sql: str
    findings: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": [dict(column) for column in self.columns],
            "conversions": [dict(conversion) for conversion in self.conversions],
            "rows": [dict(origin) for origin in self.rows],
            "sql": self.sql,
        }


def trace_lineage(
    sql: str,
    inputs: Mapping[str, pa.Schema],
    columns: Iterable[str],
    crs: Mapping[Origin, str | None],
    dialect: Any = RecipeDialect,
) -> Lineage:
    """Follow every output column down to the columns of the inputs.

    Args:
        sql: one SELECT that the gate has let through.
        inputs: table name to schema.
        columns: the names of the output columns.
        crs: CRS id of each geometry column of the inputs.
        dialect: SQLGlot dialect of the recipe.

    Returns:
        the lineage; a column that could not be followed has no origin and a finding.
    """
    columns = list(columns)
    try:
        tracer = _Tracer(sql, inputs, crs, dialect)
    except (SqlglotError, RecursionError, ValueError) as error:
        data = {"columns": columns, "problem": str(error).splitlines()[0] if str(error) else type(error).__name__}
        empty = tuple({"column": column, "from": [], "through": []} for column in columns)
        return Lineage(empty, (), (), sql, (Finding("products.lineage_untraced", "attention", data),))
    traces = {column: tracer.output(column) for column in columns}
    lost = [column for column, trace in traces.items() if trace is None]
    findings = (Finding("products.lineage_lost", "attention", {"columns": lost}),) if lost else ()
    rows = tuple({"input": table, "column": column} for table, column in sorted(tracer.row_origins()))
    told = tuple(_told(column, trace or Trace()) for column, trace in traces.items())
    return Lineage(told, tracer.conversions(), rows, sql, findings)


def _told(column: str, trace: Trace) -> dict[str, Any]:
    origins = [{"input": table, "column": name} for table, name in sorted(trace.origins)]
    return {"column": column, "from": origins, "through": trace.through}


class _Tracer:
    """One recipe, qualified, with its scopes."""

    def __init__(
        self, sql: str, inputs: Mapping[str, pa.Schema], crs: Mapping[Origin, str | None], dialect: Any
    ) -> None:
        tables = {name: dict.fromkeys(schema.names, "text") for name, schema in inputs.items()}
        schema = MappingSchema(tables, dialect=dialect, normalize=False)
        tree = qualify(
            sqlglot.parse_one(sql, dialect=dialect),
            schema=schema,
            dialect=dialect,
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
        scope = build_scope(tree)
        if scope is None:
            raise ValueError("not a query")
        self.root: Scope = scope
        self.inputs = inputs
        self.crs = crs
        self.memo: dict[tuple[int, str], Trace] = {}
        self.found: dict[tuple[str, str, str], Mapping[str, Any]] = {}

    def output(self, column: str) -> Trace | None:
        names = [name.lower() for name in self.root.expression.named_selects]
        if column.lower() not in names:
            return None
        return self.column_of(self.root, self.root.expression.named_selects[names.index(column.lower())])

    def column_of(self, scope: Scope, name: str) -> Trace:
        """The trace of a column that a query gives."""
        key = (id(scope), name)
        if key not in self.memo:
            self.memo[key] = Trace()
            self.memo[key] = self._column_of(scope, name)
        return self.memo[key]

    def _column_of(self, scope: Scope, name: str) -> Trace:
        query = scope.expression
        names = query.named_selects
        if name not in names:
            return Trace()
        position = names.index(name)
        if isinstance(query, exp.SetOperation):
            whole = Trace()
            for branch in scope.set_operation_scopes:
                branch_names = branch.expression.named_selects
                if position < len(branch_names):
                    whole.add(self.column_of(branch, branch_names[position]))
            return whole
        trace = self.expression(scope, query.selects[position])
        if not trace.origins:
            trace.carriers |= set(self.base_tables(scope))
        return trace

    def expression(self, scope: Scope, node: exp.Expression) -> Trace:
        """The trace of an expression: its columns, and the functions on the way, outermost first."""
        whole = Trace()
        inner = node.unalias() if isinstance(node, exp.Alias) else node
        if isinstance(inner, exp.Column):
            return self.reference(scope, inner)
        if isinstance(inner, exp.Subquery | exp.Select | exp.SetOperation) and not isinstance(inner, exp.Table):
            return self.subquery(scope, inner)
        name = _function_name(inner)
        if name:
            whole.through.append(name)
        if name in AGGREGATES and not list(inner.find_all(exp.Column)):
            whole.origins |= {(table, WHOLE_ROW) for table in self.base_tables(scope)}
            return whole
        for child in inner.iter_expressions():
            whole.add(self.expression(scope, child))
        if name in AGGREGATES:
            whole.origins |= {(table, WHOLE_ROW) for table in whole.carriers}
            whole.carriers = set()
        self.note_datum(name, whole, inner)
        return whole

    def note_datum(self, name: str, whole: Trace, node: exp.Expression) -> None:
        """Follow the datum: geometry makers set it, conversions change it and are recorded, the rest keeps it."""
        if name in _MAKERS:
            whole.datums = {_MAKERS[name]}
        elif name in CONVERSIONS:
            target = CONVERSIONS[name]
            geometry = {origin for origin in whole.origins if origin in self.crs} or whole.origins
            sources = whole.datums or {"?"}
            for table, column in sorted(geometry):
                own = self.crs.get((table, column))
                source = own if own in sources else ", ".join(sorted(sources))
                if source == target:
                    continue
                self.found[(name, table, column)] = {
                    "function": name,
                    "input": table,
                    "column": column,
                    "from": source,
                    "to": target,
                }
            whole.datums = {target}

    def reference(self, scope: Scope, column: exp.Column) -> Trace:
        """A column of a table, of a CTE or of a subquery; of an outer query where the subquery is correlated."""
        current: Scope | None = scope
        while current is not None:
            source = current.sources.get(column.table)
            if isinstance(source, Scope):
                return self.copy(self.column_of(source, column.name))
            if isinstance(source, exp.Table):
                return self.base_column(source.name, column.name)
            current = current.parent
        return Trace()

    def copy(self, trace: Trace) -> Trace:
        return Trace(set(trace.origins), list(trace.through), set(trace.datums), set(trace.carriers))

    def base_column(self, table: str, name: str) -> Trace:
        real = next((known for known in self.inputs if known.lower() == table.lower()), table)
        datum = self.crs.get((real, name))
        return Trace({(real, name)}, [], {datum} if datum else set())

    def subquery(self, scope: Scope, node: exp.Expression) -> Trace:
        query = node.unnest() if isinstance(node, exp.Subquery) else node
        for inner in scope.subquery_scopes:
            if inner.expression is query:
                whole = Trace()
                for name in query.named_selects:
                    whole.add(self.column_of(inner, name))
                return whole
        return Trace()

    def base_tables(self, scope: Scope) -> Iterator[str]:
        """The inputs that a query reads, through its CTEs and subqueries."""
        if isinstance(scope.expression, exp.SetOperation):
            for branch in scope.set_operation_scopes:
                yield from self.base_tables(branch)
            return
        for _, source in scope.selected_sources.values():
            if isinstance(source, Scope):
                yield from self.base_tables(source)
            elif isinstance(source, exp.Table):
                yield from (name for name in self.inputs if name.lower() == source.name.lower())

    def row_origins(self) -> set[Origin]:
        """Columns that decide which rows there are: joins, filters, groups, and the keys of distinct and windows."""
        found: set[Origin] = set()
        for scope in self.root.traverse():
            query = scope.expression
            if not isinstance(query, exp.Select):
                continue
            parts = [query.args.get(part) for part in ("where", "having", "group", "qualify")]
            parts += [join.args.get("on") for join in query.args.get("joins") or []]
            for part in parts:
                if part is not None:
                    found |= self.expression(scope, part).origins
        return found

    def conversions(self) -> tuple[Mapping[str, Any], ...]:
        """Conversions met on the way of any value or row; all expressions of all scopes are walked."""
        for scope in self.root.traverse():
            if isinstance(scope.expression, exp.Select):
                for select in scope.expression.selects:
                    self.expression(scope, select)
        return tuple(self.found[key] for key in sorted(self.found))


def _function_name(node: exp.Expression) -> str:
    """The SQL name of a function call in lower case; `cast`, `case` and windows count, operators do not (empty)."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.And | exp.Or | exp.If):
        return ""
    if isinstance(node, exp.Case):
        return "case"
    if isinstance(node, exp.Window):
        return "over"
    if isinstance(node, exp.Func):
        return str(node.sql_name()).lower()
    return ""
