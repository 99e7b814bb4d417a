"""The text of an edition's file becomes an edition; every problem is told with its line."""

from __future__ import annotations

from pydantic import ValidationError

from dataferry.messages import Finding
from dataferry.products.yaml_file import Document, ManifestError, Path_, parse_yaml
from dataferry.server.challenge.edition_file.consistency import inconsistencies
from dataferry.server.challenge.edition_file.edition import EditionFile
from dataferry.server.challenge.edition_file.instants import resolve_instants
from dataferry.server.challenge.edition_file.problems import EditionFileError, problems_of
from dataferry.server.challenge.edition_file.provenance import parts

FILE = "edition.yaml"


def read_edition(text: str | bytes, file: str = FILE) -> EditionFile:
    """Read the text of an edition's file.

    Args:
        text: YAML, at most 256 KiB.
        file: how it is called in messages.

    Raises:
        EditionFileError: an `InputError` with all problems in `problems`, each with `line` and `field`.
    """
    edition, problems = _read(text, file)
    blocked = [problem for problem in problems if problem.severity == "blocked"]
    if edition is None or blocked:
        raise EditionFileError(file, blocked)
    return edition


def findings_of(text: str | bytes, file: str = FILE) -> list[Finding]:
    """Everything to say about the text, by line: what forbids its use and what a person should look at."""
    try:
        problems = _read(text, file)[1]
    except EditionFileError as error:
        problems = error.problems
    return sorted(problems, key=lambda problem: int(problem.data.get("line", 0)))


def lines_of(text: str | bytes, file: str = FILE) -> dict[str, int]:
    """The line of every path of a file that can be read as YAML; empty for one that cannot."""
    try:
        document = _parse(text, file)
    except EditionFileError:
        return {}
    return {".".join(str(part) for part in path): line for path, line in document.lines.items()}


def _parse(text: str | bytes, file: str) -> Document:
    try:
        content = text if isinstance(text, bytes) else text.encode()
    except UnicodeEncodeError:
        data = {"file": file, "line": 1}
        raise EditionFileError(file, [Finding("products.yaml_not_utf8", "blocked", data)]) from None
    try:
        return parse_yaml(content, file, exact=True)
    except ManifestError as error:
        raise EditionFileError(file, [_of_editions(problem) for problem in error.problems]) from None


def _of_editions(problem: Finding) -> Finding:
    """Products speak of product.yaml in these; an edition says the same of itself."""
    if problem.code == "products.yaml_not_mapping":
        return Finding("server.challenge.edition_not_mapping", "blocked", problem.data)
    if problem.code == "products.yaml_too_much":
        return Finding("server.challenge.edition_too_much", "blocked", problem.data)
    return problem


def _read(text: str | bytes, file: str) -> tuple[EditionFile | None, list[Finding]]:
    document = _parse(text, file)
    value, problems = resolve_instants(document)
    try:
        edition = EditionFile.model_validate(value)
    except ValidationError as error:
        return None, problems + problems_of(error.errors(), document)
    return edition, problems + inconsistencies(edition, file, lambda path: document.line(_path(path, document)))


def _path(text: str, document: Document) -> Path_:
    """A dotted path in the parts under which the document knows its line. A row of `provenance` has dots in its key."""
    if text.startswith("provenance."):
        return ("provenance", text.removeprefix("provenance."))
    path: list[str | int] = []
    for part in parts(text):
        nearer: Path_ = (*path, int(part)) if part.isdigit() and (*path, int(part)) in document.lines else (*path, part)
        path = list(nearer)
    return tuple(path)
