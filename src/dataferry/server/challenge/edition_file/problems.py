"""What the data model complains of, in our words and at its line."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from dataferry.messages import Finding, InputError
from dataferry.products.consistency import nearest
from dataferry.products.yaml_file import Document, Path_, dotted
from dataferry.server.challenge.edition_file.document import EditionDocument

_BOUNDS = ("ge", "le", "gt", "lt", "min_length", "max_length", "decimal_places", "max_digits")
_OUT_OF_BOUNDS = {
    "greater_than_equal",
    "less_than_equal",
    "greater_than",
    "less_than",
    "too_short",
    "too_long",
    "string_too_long",
    "string_too_short",
    "finite_number",
    "decimal_max_places",
    "decimal_max_digits",
    "decimal_whole_digits",
}


class EditionFileError(InputError):
    """An edition's file that cannot be used, with every problem found, each with its path and line."""

    def __init__(self, file: str, problems: list[Finding]) -> None:
        ordered = sorted(problems, key=lambda problem: int(problem.data.get("line", 0)))
        super().__init__("server.challenge.edition_invalid", file=file, count=len(ordered))
        self.data = {**self.data, "problems": [problem.to_json() for problem in ordered[:200]]}
        self.problems = ordered

    def text(self, language: Any = None) -> str:
        lines = [super().text(language), *(f"  {problem.text(language)}" for problem in self.problems[:50])]
        return "\n".join(lines)


def problems_of(errors: list[ErrorDetails], document: Document) -> list[Finding]:
    """One finding per place: a union complains once for each of its members."""
    found: dict[Path_, Finding] = {}
    for detail in errors:
        path = _document_path(detail["loc"], document.value)
        found.setdefault(path, _problem(detail, path, document))
    return list(found.values())


def _problem(detail: ErrorDetails, path: Path_, document: Document) -> Finding:
    kind, context = detail["type"], detail.get("ctx", {})
    data: dict[str, Any] = {
        "file": document.file,
        "line": document.line(path),
        "field": dotted(path),
        "value": _shown(detail["input"]),
    }
    if kind == "missing":
        above = {"line": document.line(path[:-1]), "field": dotted(path[:-1]) or document.file}
        return Finding("products.yaml_missing_key", "blocked", data | above | {"missing": str(path[-1])})
    if kind == "extra_forbidden":
        return Finding("products.yaml_unknown_key", "blocked", data | {"nearest": _nearest_key(detail["loc"])})
    if kind == "literal_error":
        words = str(context.get("expected")).replace("'", "").replace(" or ", ", ").split(", ")
        near = nearest(str(data["value"]), words)
        return Finding("products.yaml_not_one_of", "blocked", data | {"expected": ", ".join(words), "nearest": near})
    if kind == "control_character":
        return Finding("products.yaml_control_character", "blocked", data)
    if kind == "edition_zone":
        return Finding("server.challenge.edition_zone", "blocked", data)
    if kind == "edition_code":
        return Finding("server.challenge.edition_code", "blocked", data | dict(context))
    if kind == "edition_instant" or kind.startswith("datetime"):
        return Finding("server.challenge.edition_instant", "blocked", data)
    if kind == "string_pattern_mismatch":
        return Finding("products.yaml_pattern", "blocked", data | {"expected": str(context.get("pattern"))})
    if kind in _OUT_OF_BOUNDS:
        bounds = ", ".join(f"{name} {context[name]}" for name in _BOUNDS if name in context) or "finite"
        return Finding("products.yaml_out_of_bounds", "blocked", data | {"expected": bounds})
    expected = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float")
    return Finding("products.yaml_wrong_type", "blocked", data | {"expected": expected})


def _shown(value: Any) -> str:
    text = "…" if isinstance(value, dict | list) else "null" if value is None else str(value)
    return text[:120]


def _document_path(location: tuple[int | str, ...], value: Any) -> Path_:
    """Pydantic's path without the names it adds for a mapping's key or the member of a union."""
    path: list[int | str] = []
    for position, part in enumerate(location):
        if part == "[key]":
            break
        if isinstance(value, Mapping):
            if part not in value and position < len(location) - 1:
                continue
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def _nearest_key(location: tuple[int | str, ...]) -> str:
    """The key that an unknown key may have meant: the fields of the model at that place."""
    models: list[type[BaseModel]] = [EditionDocument]
    for part in location[:-1]:
        fields = [
            field for model in models for name, field in model.model_fields.items() if part in (name, field.alias)
        ]
        if fields:
            models = [model for field in fields for model in _models(field.annotation)]
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()} - {"code"}
    return nearest(str(location[-1]), keys)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's annotation can hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not None or isinstance(annotation, types.UnionType):
        for part in get_args(annotation):
            yield from _models(part)
