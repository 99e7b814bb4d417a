"""A product folder as a product: product.yaml checked against its model, every problem told with its line."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dataferry.messages import Finding, InputError, LimitError, MissingError, RefusedError
from dataferry.products.consistency import inconsistencies, nearest
from dataferry.products.manifest import Manifest
from dataferry.products.yaml_file import Document, ManifestError, Path_, dotted, read_yaml

MANIFEST = "product.yaml"
MAX_RECIPE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Product:
    """A product folder, read and checked. The recipe is text that nobody has judged yet."""

    folder: Path
    manifest: Manifest
    yaml: bytes
    sql: str

    @property
    def name(self) -> str:
        return self.manifest.name


def load_product(folder: Path | str) -> Product:
    """Read a product folder.

    Raises:
        MissingError: no such folder, product.yaml or recipe.
        ManifestError: an `InputError` with all problems of product.yaml in `problems`, each with file and line.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise MissingError("products.no_product", folder=str(folder))
    manifest = check_manifest(read_yaml(path, MANIFEST))
    return Product(folder, manifest, path.read_bytes(), _recipe(folder, manifest.recipe))


def check_manifest(document: Document) -> Manifest:
    """Check a parsed product.yaml.

    Raises:
        ManifestError: with every problem found.
    """
    try:
        manifest = Manifest.model_validate(document.value)
    except ValidationError as error:
        raise ManifestError(document.file, [_problem(detail, document) for detail in error.errors()]) from None
    problems = inconsistencies(manifest, document)
    if problems:
        raise ManifestError(document.file, problems)
    return manifest


def inside(path: Path, roots: tuple[Path, ...]) -> Path:
    """The real place of `path`, which must lie in one of `roots` (links followed).

    Raises:
        RefusedError: it lies elsewhere.
    """
    try:
        real = path.resolve()
        within = any(real.is_relative_to(root.resolve()) for root in roots)
    except (OSError, ValueError):
        within = False
    if not within:
        raise RefusedError("products.outside", file=str(path), roots=[str(root) for root in roots])
    return real


def _recipe(folder: Path, name: str) -> str:
    path = inside(folder / name, (folder,))
    if not path.is_file():
        raise MissingError("products.no_recipe", file=str(folder / name))
    with path.open("rb") as stream:
        content = stream.read(MAX_RECIPE_BYTES + 1)
    if len(content) > MAX_RECIPE_BYTES:
        raise LimitError("products.recipe_too_big", file=name, limit=MAX_RECIPE_BYTES)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError("products.recipe_not_utf8", file=name, line=line) from None


def _problem(detail: ErrorDetails, document: Document) -> Finding:
    """One complaint of pydantic in our words, at its line."""
    path = _document_path(detail["loc"], document.value)
    kind, context = detail["type"], detail.get("ctx", {})
    data: dict[str, Any] = {
        "file": document.file,
        "line": document.line(path),
        "field": dotted(path),
        "value": _shown(detail["input"]),
    }
    if kind == "missing":
        data.update(line=document.line(path[:-1]), field=dotted(path[:-1]) or "product.yaml", missing=str(path[-1]))
        return Finding("products.yaml_missing_key", "blocked", data)
    if kind == "extra_forbidden":
        return Finding("products.yaml_unknown_key", "blocked", data | {"nearest": _nearest_key(detail["loc"])})
    if kind in ("literal_error", "union_tag_invalid", "union_tag_not_found"):
        expected = str(context.get("expected") or context.get("expected_tags") or "expect").replace("'", "")
        words = expected.replace(" or ", ", ").split(", ")
        near = nearest(str(data["value"]), words)
        return Finding("products.yaml_not_one_of", "blocked", data | {"expected": ", ".join(words), "nearest": near})
    if kind == "step_choice":
        return Finding("products.yaml_step_choice", "blocked", data | {"expected": str(context.get("expected"))})
    if kind == "products.yaml_control_character":
        return Finding("products.yaml_control_character", "blocked", data)
    if kind == "products.yaml_instant" or kind.startswith("datetime"):
        return Finding("products.yaml_instant", "blocked", data)
    if kind == "string_pattern_mismatch":
        return Finding("products.yaml_pattern", "blocked", data | {"expected": str(context.get("pattern"))})
    if kind in ("greater_than_equal", "less_than_equal", "too_short", "too_long", "string_too_long", "finite_number"):
        bounds = {key: context.get(key) for key in ("ge", "le", "min_length", "max_length") if key in context}
        text = ", ".join(f"{name} {bound}" for name, bound in bounds.items()) or "finite"
        return Finding("products.yaml_out_of_bounds", "blocked", data | {"expected": text})
    expected = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float")
    return Finding("products.yaml_wrong_type", "blocked", data | {"expected": expected})


def _shown(value: Any) -> str:
    text = "…" if isinstance(value, dict | list) else "null" if value is None else str(value)
    return text[:120]


def _document_path(location: tuple[int | str, ...], value: Any) -> Path_:
    """Pydantic's path without the names it adds for the member of a union or for a mapping's key."""
    path: list[int | str] = []
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if part == "[key]":
            break
        if isinstance(value, dict):
            if part in value:
                value = value[part]
            elif not last or part in (value.get("expect"), value.get("step")):
                continue
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif not isinstance(value, list | dict):
            continue
        path.append(part)
    return tuple(path)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's annotation can hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not None or isinstance(annotation, types.UnionType):
        for part in get_args(annotation):
            yield from _models(part)


def _nearest_key(location: tuple[int | str, ...]) -> str:
    """The key that an unknown key may have meant: the fields of the model at that place."""
    models: list[type[BaseModel]] = [Manifest]
    for part in location[:-1]:
        tagged = [model for model in models if part in _tags(model)]
        fields = [
            field for model in models for name, field in model.model_fields.items() if part == (field.alias or name)
        ]
        if tagged:
            models = tagged
        elif fields:
            models = [model for field in fields for model in _models(field.annotation)]
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    return nearest(str(location[-1]), keys)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("expect") or model.model_fields.get("step")
    return typing.get_args(field.annotation) if field is not None else ()
