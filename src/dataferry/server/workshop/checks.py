"""What is wrong with a draft before it is built: every problem of product.yaml, inputs and recipe, at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataferry.messages import DataferryError, Finding, InputError, Language
from dataferry.products.yaml_file import Document, ManifestError, parse_yaml
from dataferry.server.catalogue import queries as catalogue
from dataferry.server.web.api import ConflictError
from dataferry.server.workshop import attaching
from dataferry.server.workshop.models import Draft, Release

YAML_FILE, SQL_FILE = "product.yaml", "recipe.sql"
LONGEST_LIST = 100


@dataclass(frozen=True)
class Problem:
    """One thing to put right: in which file, at which line and column (from 1), how grave, and its message."""

    file: str
    line: int
    column: int
    severity: str
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: Language | None = None) -> str:
        return Finding(self.code, "blocked", self.data).text(language)

    def to_json(self, language: Language | None = None) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
            "code": self.code,
            "message": self.text(language),
            "data": dict(self.data),
        }


def check_draft(user: Any, draft: Draft, manifest: str | None = None, recipe: str | None = None) -> list[Problem]:
    """Every problem of a draft, in the order of files and lines. No data is read and no SQL is run.

    Args:
        manifest, recipe: texts that are not saved yet; without them, the saved ones.
    """
    manifest = draft.manifest if manifest is None else manifest
    recipe = draft.recipe if recipe is None else recipe
    found = [*_manifest_problems(draft, manifest), *_input_problems(user, draft, manifest)]
    found += _recipe_problems(user, draft, manifest, recipe)
    order = {YAML_FILE: 0, SQL_FILE: 1}
    return sorted(found, key=lambda problem: (order.get(problem.file, 2), problem.line, problem.column))[:LONGEST_LIST]


def require_ready(user: Any, draft: Draft) -> None:
    """
    Raises:
        InputError: `server.workshop.not_ready`, with all that must be put right in `problems`.
        ConflictError: `server.workshop.version_released`, this version is a release already.
    """
    problems = check_draft(user, draft)
    blocking = [problem for problem in problems if problem.severity == "blocked"]
    if blocking:
        first = blocking[0]
        raise InputError(
            "server.workshop.not_ready",
            count=len(blocking),
            first=first.text(),
            problems=[problem.to_json() for problem in blocking],
        )
    released = next((problem for problem in problems if problem.code == "server.workshop.version_released"), None)
    if released is not None:
        raise ConflictError(released.code, **released.data)


def title_of(manifest: str) -> dict[str, str]:
    """The title that product.yaml gives, as far as it is readable."""
    title = _top(manifest).get("title")
    return {key: text[:300] for key, text in title.items() if isinstance(text, str)} if isinstance(title, dict) else {}


def version_of(manifest: str) -> str:
    """The version that product.yaml gives, or nothing."""
    return str(_top(manifest).get("version", ""))[:60]


def _top(manifest: str) -> dict[str, Any]:
    try:
        return parse_yaml(manifest.encode("utf-8", "replace"), YAML_FILE).value
    except InputError:
        return {}


def problem_of(error: DataferryError | Finding, file: str, line: int = 1, column: int = 1) -> Problem:
    """An error or finding as a problem, at the place that it names itself or else at the given one."""
    data = {key: value for key, value in error.data.items() if key != "problems"}
    where = int(data["line"]) if str(data.get("line", "")).isdecimal() else line
    beside = int(data["column"]) if str(data.get("column", "")).isdecimal() else column
    severity = error.severity if isinstance(error, Finding) else "blocked"
    return Problem(str(data.get("file", file)), where, beside, severity, error.code, data)


def _manifest_problems(draft: Draft, manifest: str) -> Iterator[Problem]:
    from dataferry.products.load import check_manifest

    try:
        document = parse_yaml(manifest.encode("utf-8", "replace"), YAML_FILE)
    except ManifestError as error:
        yield from (problem_of(each, YAML_FILE) for each in error.problems)
        return
    try:
        checked = check_manifest(document)
    except ManifestError as error:
        yield from (problem_of(each, YAML_FILE) for each in error.problems)
    else:
        if Release.objects.filter(product=draft.product_id, version=checked.version).exists():
            data = {"name": draft.slug, "version": checked.version}
            yield _at(document, ("version",), "server.workshop.version_released", data, "attention")
    name, recipe = document.value.get("name"), document.value.get("recipe", SQL_FILE)
    if name != draft.slug:
        yield _at(document, ("name",), "server.workshop.name_differs", {"name": str(name)[:80], "slug": draft.slug})
    if recipe != SQL_FILE:
        yield _at(document, ("recipe",), "server.workshop.recipe_elsewhere", {"file": str(recipe)[:80]})


def _at(
    document: Document, path: tuple[str, ...], code: str, data: Mapping[str, Any], severity: str = "blocked"
) -> Problem:
    line = document.line(path)
    return Problem(YAML_FILE, line, 1, severity, code, {**data, "line": line})


def _input_problems(user: Any, draft: Draft, manifest: str) -> Iterator[Problem]:
    """Inputs that are nothing, that this person may not use, or that were withdrawn."""
    try:
        document = parse_yaml(manifest.encode("utf-8", "replace"), YAML_FILE)
    except ManifestError:
        return
    for name, spec in (attaching.declared_inputs(manifest) or {}).items():
        code = _input_code(user, spec, source_now(user, draft, name, spec))
        if code is not None:
            place = next((str(spec[key])[:200] for key in ("product", "dataset", "file") if spec.get(key)), "?")
            yield _at(document, ("inputs", name), code, {"input": name, "place": place})


def source_now(user: Any, draft: Draft, name: str, spec: Mapping[str, Any]) -> attaching.Source | None:
    """What an input of a text that may not be saved yet would be tied to."""
    rows = draft.inputs.select_related("snapshot__distribution__dataset", "upstream__product")
    return attaching.source_of(user, spec, rows.filter(name=name).first())


def _input_code(user: Any, spec: Mapping[str, Any], source: attaching.Source | None) -> str | None:
    if source is None:
        if spec.get("product") is not None:
            return "server.workshop.input_no_product"
        return "server.workshop.input_no_file" if spec.get("file") is not None else "server.workshop.input_no_snapshot"
    if attaching.may_use(user, source):
        return None
    if isinstance(source, Release):
        return "server.workshop.input_no_product"
    dataset = source.distribution.dataset
    seen = catalogue.visible_datasets(user).filter(pk=dataset.pk).exists()
    return "server.workshop.input_withdrawn" if seen else "server.workshop.input_hidden"


def _recipe_problems(user: Any, draft: Draft, manifest: str, recipe: str) -> Iterator[Problem]:
    """What the gate refuses, and columns that no input has."""
    import pyarrow as pa

    from dataferry.products.gate import check_statement
    from dataferry.products.sql_places import unknown_columns

    declared = attaching.declared_inputs(manifest)
    if declared is None:
        return
    try:
        statement = check_statement(recipe, {name: pa.schema([]) for name in declared})
    except DataferryError as error:
        yield problem_of(error, SQL_FILE)
        return
    columns: dict[str, list[str]] = {}
    for name in statement.tables:
        source = source_now(user, draft, name, declared[name])
        known = columns_of(user, source, declared[name]) if source is not None else None
        if known is None:
            return
        columns[name] = known
    yield from (problem_of(each, SQL_FILE) for each in unknown_columns(recipe, columns))


def columns_of(user: Any, source: attaching.Source, spec: Mapping[str, Any]) -> list[str] | None:
    """The columns of an input as the recipe will find them; None where that is not known before it is read."""
    if not attaching.may_use(user, source):
        return None
    if isinstance(source, Release):
        return [column["name"] for column in source.document["output"]["columns"]]
    if (spec.get("read") or {}) != attaching.reading_of(source):
        return None
    return list(source.columns.values_list("name", flat=True))
