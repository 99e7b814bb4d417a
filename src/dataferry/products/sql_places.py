"""Where in a recipe a mistake stands: columns that no input has, and the words that an engine's refusal speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from dataferry.messages import Finding
from dataferry.products.consistency import nearest
from dataferry.products.gate import Place, parse_recipe, place_of

_NAMED = (
    re.compile(r"No field named (?:[\w\"]+\.)*\"?([^\s\".,]+)\"?"),
    re.compile(r"table '?\"?([\w.]+)\"?'? not found", re.IGNORECASE),
    re.compile(r"(?:function|call to) '?([a-z_][a-z0-9_]*)'?", re.IGNORECASE),
    re.compile(r"Column \"?([^\s\".,]+)\"? (?:in|must|not)", re.IGNORECASE),
    re.compile(r"expression \"?(?:\w+\.)*([^\s\".,]+)\"? (?:must|could)", re.IGNORECASE),
)


def unknown_columns(sql: str, tables: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Columns of a recipe that neither its inputs nor its own aliases have, each with its line and column.

    Nothing is said where a table makes columns of its own (table functions), so that what is said is true.

    Args:
        sql: a recipe that the gate lets through.
        tables: input name -> its columns.
    """
    tree = parse_recipe(sql)
    if any(isinstance(table.this, exp.Func) for table in tree.find_all(exp.Table)) or tree.find(
        exp.Lateral, exp.Unnest
    ):
        return []
    known = set(_own_names(tree)) | {name for columns in tables.values() for name in columns}
    found = []
    for column in tree.find_all(exp.Column):
        name = _read(column.this)
        if name.replace("$", "_").isidentifier() and name not in known:
            place = place_of(column, sql)
            data = {"line": place.line, "column": place.column, "name": name, "nearest": _near(name, known)}
            found.append(Finding("products.unknown_column", "blocked", data))
    return found


def _near(name: str, known: set[str]) -> str:
    """The column that was meant: one that differs in capitals only must be quoted."""
    same = next((each for each in sorted(known) if each.lower() == name.lower()), None)
    return f'"{same}"' if same else nearest(name, known)


def _own_names(tree: exp.Expression) -> Iterator[str]:
    """Every name that the recipe itself gives to something."""
    for alias in tree.find_all(exp.Alias):
        yield _read(alias.args.get("alias"))
    for alias in tree.find_all(exp.TableAlias):
        yield _read(alias.this)
        for column in alias.columns:
            yield _read(column)


def _read(identifier: object) -> str:
    """A name as the engine reads it: bare ones in ASCII lower case."""
    if not isinstance(identifier, exp.Identifier):
        return ""
    if identifier.args.get("quoted"):
        return str(identifier.name)
    return "".join(character.lower() if character.isascii() else character for character in identifier.name)


def place_of_refusal(reason: str, sql: str) -> Place | None:
    """Where the word stands that an engine's refusal is about, as far as it names one.

    Args:
        reason: what the engine said.
        sql: the recipe; it was parsed before.
    """
    names = [match[1].lower() for pattern in _NAMED for match in pattern.finditer(reason)]
    if not names:
        return None
    tree = parse_recipe(sql)
    for name in names:
        for node in tree.walk():
            if isinstance(node, exp.Identifier | exp.Anonymous) and node.name.lower() == name:
                return place_of(node, sql)
    return None
