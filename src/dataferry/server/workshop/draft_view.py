"""What pages of drafts show, ready for their templates: tables at hand, problems at their lines, rows as texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.messages import DataferryError
from dataferry.server import people
from dataferry.server.catalogue.words import spoken_with_provenance
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import Spoken, finding_text, number, spoken, type_word
from dataferry.server.workshop import vocabulary
from dataferry.server.workshop.models import Draft, DraftInput, Release

MANIFEST, RECIPE = "manifest", "recipe"
FILES: Mapping[str, str] = {MANIFEST: "product.yaml", RECIPE: "recipe.sql"}
LONGEST_CELL = 200


@dataclass(frozen=True)
class ColumnShown:
    """A column of an input: type and datum in words."""

    name: str
    type: str
    crs: str
    title: Spoken


@dataclass(frozen=True)
class TableShown:
    """A table of the recipe."""

    name: str
    detail: str
    columns: list[ColumnShown]

    def to_json(self) -> dict[str, Any]:
        """For the editor's list of names."""
        columns = [{"name": each.name, "type": each.type, "crs": each.crs} for each in self.columns]
        return {"name": self.name, "detail": self.detail, "columns": columns}


@dataclass(frozen=True)
class Problem:
    """One thing to put right: in which text, at which line and column (0 where it has none), and what."""

    field: str
    line: int
    column: int
    place: str
    text: str
    address: str


@dataclass(frozen=True)
class Part:
    """One page of a draft."""

    name: str
    title: str
    address: str
    count: int | None = None


def draft_title(draft: Draft) -> Spoken:
    """The draft's title, or its name where its text says none."""
    found = spoken(draft.title, page_language())
    return found if found.text else Spoken(draft.slug)


def dataset_title(value: Any, name: str) -> Spoken:
    """The title of a dataset of the catalogue, or its name."""
    found = spoken_with_provenance(value, page_language())
    return Spoken(found.text, found.tag) if found.text else Spoken(name)


def columns_of(given: DraftInput) -> list[ColumnShown]:
    """The columns of an input, from the catalogue or from the release's record."""
    if given.snapshot is not None:
        rows = given.snapshot.columns.all()
        return [ColumnShown(row.name, type_word(row.type), row.crs, dataset_title(row.title, row.name)) for row in rows]
    output = given.upstream.document["output"] if given.upstream is not None else {"columns": []}
    return [
        ColumnShown(
            each["name"],
            type_word(each["type"]),
            str(output.get("crs") or "") if each["type"] == "geometry" else "",
            spoken(each.get("title"), page_language()),
        )
        for each in output["columns"]
    ]


def rows_of(given: DraftInput) -> int:
    if given.snapshot is not None:
        return int(given.snapshot.rows)
    return int(given.upstream.document["output"]["rows"]) if given.upstream is not None else 0


def tables(inputs: Iterable[DraftInput]) -> list[TableShown]:
    """The tables that a recipe may read."""
    return [TableShown(each.name, row_words(rows_of(each)), columns_of(each)) for each in inputs]


def row_words(count: int) -> str:
    return ngettext("%(shown)s row", "%(shown)s rows", count) % {"shown": number(count)}


def names(shown: Sequence[TableShown]) -> dict[str, Any]:
    """Everything that the editor offers."""
    return {
        "tables": [each.to_json() for each in shown],
        "functions": vocabulary.functions(),
        "keywords": vocabulary.KEYWORDS,
    }


def editor_words() -> dict[str, str]:
    """What the editor says by itself, in the page's language."""
    return {
        "names": _("Names that fit here"),
        "offered": _("{count} names fit. The down arrow chooses."),
        "nothing": _("No name fits here."),
        "table": _("table"),
        "column": _("column"),
        "function": _("function"),
        "keyword": _("keyword"),
    }


def problems_of(error: Mapping[str, Any], draft: Draft) -> list[Problem]:
    """What an error of a preview or a build asks to put right: one problem, or all that it holds."""
    data = error.get("data") or {}
    found = [each for each in data.get("problems") or [] if isinstance(each, Mapping)]
    return [problem_shown(each, draft) for each in found or [error]]


def problem_shown(given: Mapping[str, Any], draft: Draft) -> Problem:
    """One finding (code, data and perhaps its own place) as a line of the list of problems."""
    data = given.get("data") or {}
    line, column = (_whole(given.get(key) or data.get(key)) for key in ("line", "column"))
    file = str(given.get("file") or data.get("file") or "")
    field = MANIFEST if file == FILES[MANIFEST] else RECIPE
    address = reverse("draft" if field == RECIPE else "draft-description", args=[draft.slug])
    place = _("%(file)s, line %(line)s") % {"file": FILES[field], "line": line} if line else FILES[field]
    anchor = f"#{field}-line-{line}" if line else ""
    return Problem(field, line, column, place, finding_text(given, page_language()), address + anchor)


def error_json(error: DataferryError) -> dict[str, Any]:
    return {"code": error.code, "data": dict(error.data)}


def _whole(value: Any) -> int:
    """A line or column of an error; errors that were kept as text are read back."""
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return 0


def parts(draft: Draft, inputs: int | None = None, builds: int | None = None) -> list[Part]:
    """The pages of a draft, in order."""
    shares = len(draft.shares.all())
    return [
        Part("recipe", _("Recipe"), reverse("draft", args=[draft.slug])),
        Part("inputs", _("Inputs"), reverse("draft-inputs", args=[draft.slug]), inputs),
        Part("description", _("Description"), reverse("draft-description", args=[draft.slug])),
        Part("builds", _("Builds"), reverse("draft-builds", args=[draft.slug]), builds),
        Part("sharing", _("Sharing"), reverse("draft-share", args=[draft.slug]), shares),
    ]


def frame(request: HttpRequest, draft: Draft, part: str) -> dict[str, Any]:
    """What every page of a draft shows around its own part."""
    user = request.user
    return {
        "section": "workshop",
        "draft": draft,
        "draft_title": draft_title(draft),
        "part": part,
        "parts": parts(draft, draft.inputs.count(), draft.builds.count()),
        "is_owner": draft.owner_id == user.pk,
        "may_change": people.can(user, "workshop.change_draft", draft),
        "may_build": people.can(user, "workshop.build_draft", draft),
        "shared_count": len(draft.shares.all()),
        "editor_words": editor_words(),
    }


def release_address(release: Release) -> str:
    return reverse("release", args=[release.product.slug, release.version])


def fingerprint(text: str) -> str:
    """A short name of a text, by which a form says what it was opened with."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
