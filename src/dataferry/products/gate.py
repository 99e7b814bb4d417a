"""The statement gate: what a recipe's SQL may say, decided before any engine sees it.

One query, over the declared inputs, with functions of the allow-list and nothing that depends on the run. What leaves
the gate is written anew from the checked tree, in quoted names and plain calls: comments, odd quoting and whatever an
engine might read differently from the checker do not get through.
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dataferry.messages import DataferryError, InputError, LimitError, RefusedError
from dataferry.products import allowed_functions as allowed
from dataferry.products.allowed_nodes import NODES, TYPES
from dataferry.products.recipe_dialect import RecipeDialect, plain_calls

logging.getLogger("sqlglot").setLevel(logging.ERROR)

LONGEST_SQL = 100_000
MOST_TOKENS = 20_000
MOST_NODES = 20_000
DEEPEST_BRACKETS = 40
DEEPEST_TREE = 120
LONGEST_SERIES = 1_000_000

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPECIAL_NAMES: Mapping[type[exp.Expression], str] = {
    exp.CurrentDate: "current_date",
    exp.CurrentTime: "current_time",
    exp.CurrentTimestamp: "current_timestamp",
}


@dataclass(frozen=True)
class CheckedStatement:
    """A query that passed the gate.

    Args:
        sql: the query written anew from the checked tree; the only text an engine is given.
        tree: the checked tree.
        tables: inputs it reads.
        functions: functions it calls, in lower case.
        branches: for each set operation, its branches as queries of their own: the engine says what datums they have.
    """

    sql: str
    tree: exp.Expression = field(repr=False, compare=False)
    tables: frozenset[str]
    functions: frozenset[str]
    branches: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Place:
    """Line and column in the recipe, from 1."""

    line: int
    column: int


def place_of(node: exp.Expression, sql: str) -> Place:
    """Where a node stands in the text it was parsed from; the start of the nearest thing that has a position."""
    starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
    parent = node.parent
    while not starts and parent is not None:
        starts = [found.meta["start"] for found in parent.walk() if "start" in found.meta]
        parent = parent.parent
    before = sql[: min(starts)] if starts else ""
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def parse_recipe(sql: str) -> exp.Expression:
    """The tree of exactly one statement.

    Raises:
        LimitError: the text is too long or too deep.
        InputError: it cannot be read as SQL, or holds none or several statements.
    """
    _check_text(sql)
    try:
        statements = [s for s in sqlglot.parse(sql, dialect=RecipeDialect, max_nodes=MOST_NODES) if s is not None]
    except RecursionError as error:
        raise LimitError("products.sql_too_deep", limit=DEEPEST_TREE) from error
    except SqlglotError as error:
        raise _syntax_error(error) from error
    if len(statements) != 1:
        raise RefusedError("products.one_statement", count=len(statements))
    return statements[0]


def _check_text(sql: str) -> None:
    if len(sql) > LONGEST_SQL:
        raise LimitError("products.sql_too_long", length=len(sql), limit=LONGEST_SQL)
    if found := _CONTROL.search(sql):
        raise RefusedError("products.control_character", line=sql.count("\n", 0, found.start()) + 1)
    try:
        tokens = sqlglot.tokenize(sql, dialect=RecipeDialect)
    except SqlglotError as error:
        raise _syntax_error(error) from error
    if len(tokens) > MOST_TOKENS:
        raise LimitError("products.sql_too_long", length=len(tokens), limit=MOST_TOKENS)
    depth = deepest = 0
    for token in tokens:
        kind = token.token_type.name
        depth += (kind in ("L_PAREN", "L_BRACKET", "L_BRACE")) - (kind in ("R_PAREN", "R_BRACKET", "R_BRACE"))
        deepest = max(deepest, depth)
    if deepest > DEEPEST_BRACKETS:
        raise LimitError("products.sql_too_deep", limit=DEEPEST_BRACKETS)


def _syntax_error(error: SqlglotError) -> DataferryError:
    detail = (getattr(error, "errors", None) or [{}])[0]
    if "Maximum number of AST nodes" in str(error):
        return LimitError("products.sql_too_long", length=MOST_NODES, limit=MOST_NODES)
    near = str(detail.get("highlight") or "")[:60]
    return InputError("products.sql_syntax", line=detail.get("line", 1), column=detail.get("col", 1), near=near)


def _check_depth(tree: exp.Expression) -> None:
    stack = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > DEEPEST_TREE:
            raise LimitError("products.sql_too_deep", limit=DEEPEST_TREE)
        stack.extend((child, depth + 1) for child in node.iter_expressions())


def check_statement(sql: str, tables: Mapping[str, pa.Schema]) -> CheckedStatement:
    """Check a recipe and write it anew.

    Args:
        sql: the recipe as its author wrote it.
        tables: input name -> schema.

    Raises:
        RefusedError: not a query, or it uses a table, function or form that recipes may not use.
        InputError: it cannot be read, or names what is not there.
        LimitError: it is too long or too deep.
    """
    for name in tables:
        if not _NAME.fullmatch(name):
            raise InputError("products.table_name", table=name)
    tree = parse_recipe(sql)
    if not isinstance(tree, exp.Query):
        raise RefusedError("products.not_a_query", statement=_first_word(sql))
    _check_depth(tree)
    _Gate(sql, frozenset(tables)).check(tree)
    checked = plain_calls(tree)
    functions = frozenset(node.name.lower() for node in checked.find_all(exp.Anonymous))
    _name_exactly(checked)
    used = frozenset(table.name for table in checked.find_all(exp.Table)) & frozenset(tables)
    return CheckedStatement(write(checked), checked, used, functions, _branches(checked))


def _name_exactly(tree: exp.Expression) -> None:
    """Quote every name, as the engine would read it bare: in ASCII lower case (functions always)."""
    for call in list(tree.find_all(exp.Anonymous)):
        # The engine looks a quoted table function up with its quotes.
        call.set("this", exp.to_identifier(call.name.lower(), quoted=not isinstance(call.parent, exp.Table)))
    for identifier in tree.find_all(exp.Identifier):
        called = isinstance(identifier.parent, exp.Anonymous) and identifier.arg_key == "this"
        if not identifier.args.get("quoted") and not called:
            identifier.set("this", "".join(c.lower() if c.isascii() else c for c in identifier.name))
            identifier.set("quoted", True)


def write(tree: exp.Expression) -> str:
    """The SQL of a checked tree, for the engine."""
    return str(tree.sql(dialect=RecipeDialect, comments=False, normalize_functions=False))


class _Gate:
    """One pass over the tree. Table names are rewritten in place to the exact name of the input."""

    def __init__(self, sql: str, inputs: frozenset[str]) -> None:
        self._sql = sql
        self._inputs = inputs
        self._ctes: set[str] = set()

    def _refuse(self, code: str, node: exp.Expression, **data: Any) -> RefusedError:
        place = place_of(node, self._sql)
        return RefusedError(code, line=place.line, column=place.column, **data)

    def check(self, tree: exp.Expression) -> None:
        for cte in tree.find_all(exp.CTE):
            self._check_cte(cte)
        for node in tree.walk():
            name = _SPECIAL_NAMES.get(type(node))
            if name is not None:
                raise self._refuse("products.volatile_refused", node, function=name)
            if type(node) not in NODES:
                raise self._refuse("products.form_not_allowed", node, form=_form(node))
            self._check_node(node)

    def _check_cte(self, cte: exp.CTE) -> None:
        name = cte.alias.lower()
        if not _NAME.fullmatch(name):
            raise self._refuse("products.cte_name", cte, name=cte.alias)
        if name in self._ctes or name in self._inputs:
            raise self._refuse("products.cte_twice", cte, name=name)
        self._ctes.add(name)

    def _check_node(self, node: exp.Expression) -> None:
        match node:
            case exp.Anonymous():
                self._check_function(node)
            case exp.Table():
                self._check_table(node)
            case exp.DataType() if node.this not in TYPES:
                raise self._refuse("products.type_not_allowed", node, type=str(node.this))
            case exp.With() if node.args.get("recursive"):
                raise self._refuse("products.form_not_allowed", node, form="WITH RECURSIVE")
            case exp.Join() if str(node.args.get("method") or "").upper() == "NATURAL":
                raise self._refuse("products.form_not_allowed", node, form="NATURAL JOIN")
            case exp.Identifier() if not node.args.get("quoted") and not node.name.replace("$", "-").isidentifier():
                raise self._refuse("products.form_not_allowed", node, form=node.name)
            case exp.Column() if node.args.get("db") or node.args.get("catalog"):
                raise self._refuse("products.form_not_allowed", node, form=node.sql(RecipeDialect))
            case exp.Limit() | exp.Offset() if not _has_order(node.parent):
                raise self._refuse("products.limit_needs_order", node)
            case exp.Distinct() if node.args.get("on") and not _has_order(node.parent):
                raise self._refuse("products.limit_needs_order", node)

    def _check_function(self, node: exp.Anonymous) -> None:
        name = node.name.lower()
        if name not in allowed.ALLOWED:
            code = allowed.reason_refused(name)
            nearest = difflib.get_close_matches(name, sorted(allowed.ALLOWED), n=3, cutoff=0.6)
            raise self._refuse(code, node, function=node.name, nearest=nearest or ["-"])
        if name in allowed.SERIES and not isinstance(node.parent, exp.Table):
            raise self._refuse("products.series_place", node, function=name, limit=LONGEST_SERIES)
        if name in allowed.RANKING | allowed.ORDERED and not _is_ordered(node):
            raise self._refuse("products.needs_order", node, function=name)

    def _check_table(self, node: exp.Table) -> None:
        if node.args.get("db") or node.args.get("catalog"):
            raise self._refuse("products.table_not_declared", node, table=node.sql(RecipeDialect), known=self._known())
        if isinstance(node.this, exp.Anonymous):
            self._check_series(node.this)
            return
        identifier = node.this
        name = identifier.name if identifier.args.get("quoted") else identifier.name.lower()
        if name not in self._inputs and name not in self._ctes:
            raise self._refuse("products.table_not_declared", node, table=identifier.name, known=self._known())
        identifier.set("this", name)
        identifier.set("quoted", True)

    def _known(self) -> list[str]:
        return sorted(self._inputs | self._ctes)

    def _check_series(self, call: exp.Anonymous) -> None:
        name = call.name.lower()
        numbers = [_whole_number(argument) for argument in call.expressions]
        if name not in allowed.SERIES or not 1 <= len(numbers) <= 3 or None in numbers:
            code = "products.series_place" if name in allowed.SERIES else "products.table_function"
            raise self._refuse(code, call, function=call.name, limit=LONGEST_SERIES)
        known = [number for number in numbers if number is not None]
        start, stop, step = [[0, *known, 1], [*known, 1], known][len(known) - 1]
        if step == 0 or abs(stop - start) // abs(step) > LONGEST_SERIES:
            raise self._refuse("products.series_place", call, function=name, limit=LONGEST_SERIES)


def _form(node: exp.Expression) -> str:
    return str(node.key).upper()


def _whole_number(node: exp.Expression) -> int | None:
    sign = -1 if isinstance(node, exp.Neg) else 1
    literal = node.this if isinstance(node, exp.Neg) else node
    if (
        isinstance(literal, exp.Literal)
        and not literal.is_string
        and literal.name.isdecimal()
        and len(literal.name) < 19
    ):
        return sign * int(literal.name)
    return None


def _first_word(sql: str) -> str:
    tokens = sqlglot.tokenize(sql, dialect=RecipeDialect)
    return str(tokens[0].text).upper()[:40] if tokens else ""


def _has_order(query: exp.Expression | None) -> bool:
    return query is not None and query.args.get("order") is not None


def _is_ordered(call: exp.Anonymous) -> bool:
    """Whether the answer of an order-dependent function is fixed by an ORDER BY of its own or of its window."""
    if any(isinstance(argument, exp.Order) for argument in call.expressions):
        return True
    above = call.parent
    while isinstance(above, exp.Filter | exp.WithinGroup):
        above = above.parent
    if not isinstance(above, exp.Window):
        return False
    if above.args.get("order"):
        return True
    select = above.find_ancestor(exp.Select)
    named = (select.args.get("windows") or []) if select else []
    return any(w.name == above.alias and w.args.get("order") for w in named)


def _visible(node: exp.Expression) -> Iterator[exp.CTE]:
    """The CTEs that a query inside the tree can see, outer ones first."""
    above: list[list[exp.CTE]] = []
    child, parent = node, node.parent
    own = node.args.get("with_") or node.args.get("with")
    if own is not None:
        above.append(list(own.expressions))
    while parent is not None:
        if isinstance(parent, exp.With):
            above.append(list(parent.expressions[: parent.expressions.index(child)]))
        elif isinstance(parent, exp.Query) and not isinstance(child, exp.With):
            clause = parent.args.get("with_") or parent.args.get("with")
            above.append(list(clause.expressions) if clause is not None else [])
        child, parent = parent, parent.parent
    for level in reversed(above):
        yield from level


def _branches(tree: exp.Expression) -> tuple[tuple[str, ...], ...]:
    found = []
    for operation in tree.find_all(exp.SetOperation):
        ctes = list(_visible(operation))
        with_ = "WITH " + ", ".join(write(cte) for cte in ctes) + " " if ctes else ""
        branches = (operation.left, operation.right)
        found.append(tuple(f"{with_}SELECT * FROM ({write(branch)}) AS branch" for branch in branches))
    return tuple(found)
