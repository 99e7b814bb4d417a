"""A hostile YAML file as plain values and the line of every key: no aliases, no tags, bounded size, depth and count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dataferry.messages import Finding, InputError

Path_ = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_NODES = 20_000

_DECIMAL = re.compile(r"[-+]?\d{1,30}(\.\d{0,30})?")


@dataclass(frozen=True)
class Document:
    """A file as plain values, with the line (from 1) on which each key or list item stands."""

    file: str
    value: dict[str, Any]
    lines: Mapping[Path_, int]

    def line(self, path: Path_) -> int:
        """The line of the nearest thing that exists on the way to `path`."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class ManifestError(InputError):
    """A description that cannot be used, with every problem found, each with its line."""

    def __init__(self, file: str, problems: list[Finding]) -> None:
        ordered = sorted(problems, key=lambda problem: problem.data.get("line", 0))
        super().__init__("products.manifest_invalid", file=file, count=len(ordered))
        self.data = {**self.data, "problems": [problem.to_json() for problem in ordered]}
        self.problems = ordered

    def text(self, language: Any = None) -> str:
        lines = [super().text(language), *(f"  {problem.text(language)}" for problem in self.problems[:50])]
        return "\n".join(lines)


@dataclass
class _Walk:
    """One walk over the nodes: values, lines and what is wrong with them."""

    file: str
    exact: bool = False
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)

    def value(self, node: Node, path: Path_) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, position)) for position, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)  # noqa: S101 - the composer makes no other kind
        return _scalar(node, self.exact)

    def mapping(self, node: MappingNode, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                data = {"file": self.file, "line": line, "field": dotted(path)}
                self.problems.append(Finding("products.yaml_key_not_text", "blocked", data))
                continue
            key = key_node.value
            if key in found:
                first = self.lines[(*path, key)]
                data = {"file": self.file, "line": line, "field": dotted((*path, key)), "first": first}
                self.problems.append(Finding("products.yaml_duplicate_key", "blocked", data))
                continue
            self.lines[(*path, key)] = line
            found[key] = self.value(value_node, (*path, key))
        return found


def dotted(path: Path_) -> str:
    """`("output", "columns", 3)` as people write it: `output.columns[3]` (positions from 0, as in YAML paths)."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _scalar(node: ScalarNode, exact: bool) -> Any:
    """YAML 1.2 core values. Dates stay text: the model of the file says which text is a time."""
    text: str = node.value
    kind = str(node.tag).rpartition(":")[2]
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            return int(text.replace("_", ""), 0) if text.lstrip("+-")[:1] == "0" and len(text) > 1 else int(text)
        if kind == "float":
            if exact and _DECIMAL.fullmatch(text):
                return Decimal(text)
            return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    return text


def _guard(events: Iterator[Event], file: str) -> None:
    """Refuse what could grow out of a small file, before anything is built from it."""
    depth = nodes = documents = 0
    for event in events:
        line = (event.start_mark.line + 1) if event.start_mark else 1
        where = {"file": file, "line": line}
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise ManifestError(file, [Finding("products.yaml_alias", "blocked", where)])
        if isinstance(event, DocumentStartEvent):
            documents += 1
        if isinstance(event, CollectionStartEvent | ScalarEvent):
            nodes += 1
            if event.tag:
                raise ManifestError(file, [Finding("products.yaml_tag", "blocked", {**where, "tag": str(event.tag)})])
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES or documents > 1:
            data = {**where, "depth": MAX_DEPTH, "nodes": MAX_NODES}
            raise ManifestError(file, [Finding("products.yaml_too_much", "blocked", data)])


def _decode(content: bytes, file: str) -> str:
    if len(content) > MAX_BYTES:
        data = {"file": file, "line": 1, "bytes": len(content), "limit": MAX_BYTES}
        raise ManifestError(file, [Finding("products.yaml_too_big", "blocked", data)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ManifestError(
            file, [Finding("products.yaml_not_utf8", "blocked", {"file": file, "line": line})]
        ) from None


def parse_yaml(content: bytes, file: str, *, exact: bool = False) -> Document:
    """Parse one YAML document whose top is a mapping.

    Args:
        content: the bytes of the file.
        file: how the file is called in messages.
        exact: numbers with a point become `Decimal`, digit by digit, instead of `float`.

    Raises:
        ManifestError: with every problem; what is not YAML at all stops at the first.
    """
    text = _decode(content, file)
    try:
        _guard(YAML(typ="safe", pure=True).parse(text), file)
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        data = {"file": file, "line": (mark.line + 1) if mark else 1, "problem": error.problem or error.context or "?"}
        raise ManifestError(file, [Finding("products.yaml_syntax", "blocked", data)]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        data = {"file": file, "line": 1, "problem": str(error).splitlines()[0] if str(error) else "?"}
        raise ManifestError(file, [Finding("products.yaml_syntax", "blocked", data)]) from None
    if not isinstance(node, MappingNode):
        raise ManifestError(file, [Finding("products.yaml_not_mapping", "blocked", {"file": file, "line": 1})])
    walk = _Walk(file, exact)
    value = walk.value(node, ())
    if walk.problems:
        raise ManifestError(file, walk.problems)
    return Document(file, value, walk.lines)


def read_yaml(path: Path, file: str) -> Document:
    """As `parse_yaml`, from a file; reads no more than the limit allows."""
    with path.open("rb") as stream:
        return parse_yaml(stream.read(MAX_BYTES + 1), file)
