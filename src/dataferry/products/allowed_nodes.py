"""The forms of SQL a recipe may use, as nodes of SQLGlot's tree, and the types it may cast to."""

from __future__ import annotations

from sqlglot import exp

_SHAPE = (
    exp.Select, exp.Subquery, exp.Union, exp.Except, exp.Intersect, exp.With, exp.CTE, exp.TableAlias, exp.Table,
    exp.Values, exp.Tuple, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Qualify, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.Distinct, exp.Cube, exp.Rollup, exp.GroupingSets,
)  # fmt: skip
_VALUE = (
    exp.Star, exp.Column, exp.Identifier, exp.Alias, exp.Paren, exp.Literal, exp.Boolean, exp.Null, exp.Cast,
    exp.TryCast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Var, exp.Case, exp.If, exp.Bracket, exp.AtTimeZone,
)  # fmt: skip
_OPERATOR = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.NullSafeEQ,
    exp.NullSafeNEQ, exp.In, exp.Between, exp.Exists, exp.Like, exp.ILike, exp.SimilarTo, exp.Escape, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe,
)  # fmt: skip
_CALL = (
    exp.Anonymous, exp.Extract, exp.Substring, exp.StrPosition, exp.Trim, exp.Window, exp.WindowSpec, exp.Filter,
    exp.WithinGroup,
)  # fmt: skip

NODES: frozenset[type[exp.Expression]] = frozenset({*_SHAPE, *_VALUE, *_OPERATOR, *_CALL})

TYPES: frozenset[exp.DataType.Type] = frozenset(
    {
        exp.DataType.Type.BOOLEAN,
        exp.DataType.Type.TINYINT,
        exp.DataType.Type.SMALLINT,
        exp.DataType.Type.INT,
        exp.DataType.Type.BIGINT,
        exp.DataType.Type.FLOAT,
        exp.DataType.Type.DOUBLE,
        exp.DataType.Type.DECIMAL,
        exp.DataType.Type.TEXT,
        exp.DataType.Type.VARCHAR,
        exp.DataType.Type.DATE,
        exp.DataType.Type.TIME,
        exp.DataType.Type.TIMESTAMP,
        exp.DataType.Type.TIMESTAMPTZ,
        exp.DataType.Type.INTERVAL,
    }
)
