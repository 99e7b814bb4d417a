"""SQL as recipes may write it, and as the engine is given it.

SQLGlot's own dialects know hundreds of functions and rewrite them; here a function is a name with arguments, so that
what was checked is what is written out again. The few forms with words between the arguments (`EXTRACT(year FROM d)`)
are written as the plain functions that the engine plans.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp, generator, parser
from sqlglot.dialects.dialect import Dialect

_SPECIAL_FORMS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM")


def _call(name: str, *arguments: exp.Expression | None) -> exp.Expression:
    """A call with a quoted name: the engine's parser has special forms of its own for the bare names."""
    known = [argument for argument in arguments if argument is not None]
    return exp.Anonymous(this=exp.to_identifier(name, quoted=True), expressions=known)


def _extract(node: exp.Expression) -> exp.Expression:
    return _call("date_part", exp.Literal.string(node.name.lower()), node.expression)


def _substring(node: exp.Expression) -> exp.Expression:
    return _call("substr", node.this, node.args.get("start") or exp.Literal.number(1), node.args.get("length"))


def _position(node: exp.Expression) -> exp.Expression:
    return _call("strpos", node.this, node.args.get("substr"))


def _trim(node: exp.Expression) -> exp.Expression:
    names = {"LEADING": "ltrim", "TRAILING": "rtrim"}
    return _call(names.get(str(node.args.get("position") or "").upper(), "btrim"), node.this, node.expression or None)


def plain_calls(tree: exp.Expression) -> exp.Expression:
    """The tree with special forms as plain calls of functions."""
    forms = {exp.Extract: _extract, exp.Substring: _substring, exp.StrPosition: _position, exp.Trim: _trim}

    def plain(node: exp.Expression) -> exp.Expression:
        return forms[type(node)](node) if type(node) in forms else node

    return tree.transform(plain)


class RecipeDialect(Dialect):
    """Close to DataFusion: double quotes name, single quotes hold text, nulls sort last when ascending."""

    NULL_ORDERING = "nulls_are_large"

    class Parser(parser.Parser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser.Parser.FUNCTION_PARSERS[name] for name in _SPECIAL_FORMS
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {"CASE": lambda self: self._parse_case()}

    class Generator(generator.Generator):
        pass
