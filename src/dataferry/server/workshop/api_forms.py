"""What the API says of products, releases, drafts and builds, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema

from dataferry.messages import current_language, say
from dataferry.server.workshop import attaching
from dataferry.server.workshop.checks import Problem
from dataferry.server.workshop.materials import source_texts
from dataferry.server.workshop.models import Build, Draft, DraftShare, Product, Release
from dataferry.server.workshop.tried import Explanation, Trial

LONGEST_TEXT = 300_000


class ProductOut(Schema):
    name: str = Field(description="Name of the product, unique on this site.")
    title: dict[str, str] = Field(description="Title by language, of the release that is shown.")
    version: str = Field(description="The newest published version, or the newest one where none is published.")
    published: bool = Field(description="Whether any release of it is open to everybody.")


class ReleaseEntry(Schema):
    name: str = Field(description="Name of the product.")
    version: str = Field(description="Version of the release.")
    digest: str = Field(description="Digest of its content: `sha256:` and 64 hexadecimal digits.")
    published: bool = Field(description="Whether it is open to everybody.")
    registered_at: datetime = Field(description="When it came into this house.")


class ReleaseOut(ReleaseEntry):
    document: dict[str, Any] = Field(description="Its release.json: output, inputs, lineage, evidence, files.")


class ProductName(Schema):
    name: str = Field(description="Name of the product.")
    version: str = Field(description="Version of its release.")


class InputOut(Schema):
    name: str = Field(description="Name of the table in the recipe.")
    dataset: str | None = Field(description="Dataset of the catalogue; null for a product or a file of this house.")
    snapshot: str = Field(description="`sha256:` and the digest of its bytes; of a product, the digest of its release.")
    bytes: int | None = Field(description="Size of the file; null for a product.")
    file_name: str = Field(description="What the file is called; empty for a product.")
    product: ProductName | None = Field(description="The release of another product that it is.")


class SourceOut(Schema):
    name: str = Field(description="Name of the product.")
    version: str = Field(description="Version of the release.")
    digest: str = Field(description="Digest that a build of this source gives again.")
    manifest: str = Field(description="The text of product.yaml.")
    recipe: str = Field(description="The text of the recipe.")
    inputs: list[InputOut] = Field(description="What its inputs are.")


class DraftEntry(Schema):
    slug: str = Field(description="Name of the product.")
    title: dict[str, str] = Field(description="Title by language, as product.yaml has it.")
    revision: int = Field(description="Grows with every save; the ETag is made of it.")
    mine: bool = Field(description="Whether the caller owns it; else it is shared with them.")
    updated_at: datetime = Field(description="When it was saved last.")


class DraftOut(DraftEntry):
    manifest: str = Field(description="The text of product.yaml.")
    recipe: str = Field(description="The text of recipe.sql.")
    inputs: list[InputOut] = Field(description="What its inputs are, as far as they are known.")


class SnapshotName(Schema):
    dataset: str = Field(max_length=80, description="Dataset of the catalogue.")
    snapshot: str = Field("", max_length=80, description="Digest of a snapshot; empty for the newest.")


class NewDraft(Schema):
    slug: str = Field(max_length=80, description="Name of the product, not taken by another.")
    manifest: str | None = Field(None, max_length=LONGEST_TEXT, description="product.yaml; without it, one is written.")
    recipe: str = Field("", max_length=LONGEST_TEXT, description="recipe.sql, beside a `manifest`.")
    title: str | None = Field(None, max_length=300, description="Title, where no `manifest` is given.")
    snapshots: list[SnapshotName] = Field([], max_length=20, description="Inputs, where no `manifest` is given.")


class Texts(Schema):
    manifest: str = Field(max_length=LONGEST_TEXT, description="The text of product.yaml.")
    recipe: str = Field(max_length=LONGEST_TEXT, description="The text of recipe.sql.")


class TriedTexts(Schema):
    manifest: str | None = Field(None, max_length=LONGEST_TEXT, description="product.yaml; the saved one when absent.")
    recipe: str | None = Field(None, max_length=LONGEST_TEXT, description="recipe.sql; the saved one when absent.")


class ProblemOut(Schema):
    file: str = Field(description="`product.yaml` or `recipe.sql`.")
    line: int = Field(description="Line in it, from 1.")
    column: int = Field(description="Column in the line, from 1.")
    severity: str = Field(description="`blocked` keeps it from being built, `attention` does not.")
    code: str = Field(description="What it is, for programs.")
    message: str = Field(description="What it is and what to do, in the caller's language.")


class TriedColumnOut(Schema):
    name: str = Field(description="Name of the column.")
    type: str = Field(description="Type that the recipe gives.")
    declared: str = Field(description="Type that product.yaml declares; empty where it does not.")
    crs: str = Field(description="Datum of a geometry.")


class SampleOut(Schema):
    name: str = Field(description="The input.")
    rows: int = Field(description="How many of its first rows were looked at.")
    total: int = Field(description="How many rows it has.")
    text: str = Field(description="The same in words.")


class TrialOut(Schema):
    ran: bool = Field(description="Whether the recipe could be run.")
    columns: list[TriedColumnOut] = Field(description="Columns of the answer.")
    rows: list[list[Any]] = Field(description="First rows of the answer, in no particular order.")
    more: bool = Field(description="Whether there were more rows.")
    samples: list[SampleOut] = Field(description="How much of each input was looked at.")
    problems: list[ProblemOut] = Field(description="What is wrong.")
    seconds: float = Field(description="How long it ran.")


class ReadTableOut(Schema):
    name: str = Field(description="The input.")
    rows: int | None = Field(description="How many rows it has; null where that is not known yet.")
    columns: list[str] = Field(description="Columns of it that the recipe uses.")


class ExplanationOut(Schema):
    tables: list[ReadTableOut] = Field(description="What the recipe reads.")
    columns: list[dict[str, Any]] = Field(description="Each column of the answer with its origins.")
    conversions: list[dict[str, Any]] = Field(description="Changes of datum.")
    functions: list[str] = Field(description="Functions it calls.")
    sql: str = Field(description="The recipe as the engine gets it.")
    problems: list[ProblemOut] = Field(description="What is wrong.")


class ShareOut(Schema):
    id: int = Field(description="Number of the share.")
    email: str = Field(description="Address of the person's account.")
    may_edit: bool = Field(description="Whether they may change the draft.")
    shared_at: datetime = Field(description="Since when.")


class NewShare(Schema):
    email: str = Field(max_length=254, description="E-mail address of a member's account.")
    may_edit: bool = Field(False, description="Whether they may change the draft too.")


class BuildOut(Schema):
    id: int = Field(description="Number of the build.")
    name: str = Field(description="Name of the product.")
    version: str = Field(description="Version that it builds.")
    revision: int | None = Field(description="Revision of the draft; null for products of this house.")
    state: str = Field(description="queued, running, done, failed or cancelled.")
    step: dict[str, Any] | None = Field(description="What is being done: code, data, message.")
    share: float | None = Field(description="How far it is, 0 to 1.")
    error: dict[str, Any] | None = Field(description="Why it failed: code, data, message.")
    digest: str | None = Field(description="Digest of the release it became.")
    requested_at: datetime = Field(description="When it was asked for.")
    finished_at: datetime | None = Field(description="When it ended.")


def product_out(product: Product) -> dict[str, Any]:
    return {
        "name": product.slug,
        "title": product.shown_title or {},  # type: ignore[attr-defined]  # annotated by `visible_products`
        "version": product.shown_version or "",  # type: ignore[attr-defined]
        "published": product.newest_id is not None,
    }


def release_entry(release: Release) -> dict[str, Any]:
    return {
        "name": release.product.slug,
        "version": release.version,
        "digest": release.digest,
        "published": hasattr(release, "publication"),
        "registered_at": release.registered_at,
    }


def release_out(release: Release) -> dict[str, Any]:
    return {**release_entry(release), "document": release.document}


def source_out(release: Release) -> dict[str, Any]:
    manifest, recipe = source_texts(release)
    inputs = [_recorded_input(each) for each in release.document["inputs"]]
    return {**release_entry(release), "manifest": manifest, "recipe": recipe, "inputs": inputs}


def _recorded_input(given: dict[str, Any]) -> dict[str, Any]:
    above = given.get("product")
    return {
        "name": given["name"],
        "dataset": given.get("dataset"),
        "snapshot": given["snapshot"],
        "bytes": None if above else given["bytes"],
        "file_name": "" if above else _plain_name(given),
        "product": {"name": above["name"], "version": above["version"]} if above else None,
    }


def _plain_name(given: dict[str, Any]) -> str:
    """The name of the file itself where the catalogue knows it; inside a release it is called by dataset and digest."""
    from dataferry.server.catalogue.models import Snapshot

    digest = str(given["snapshot"]).removeprefix("sha256:")
    found = Snapshot.objects.filter(sha256=digest).values_list("file_name", flat=True).first()
    return found or str(given.get("file") or "").rpartition("/")[2]


def draft_entry(draft: Draft, user: Any) -> dict[str, Any]:
    shown = {key: getattr(draft, key) for key in ("slug", "title", "revision", "updated_at")}
    return {**shown, "mine": draft.owner_id == user.pk}


def draft_out(draft: Draft, user: Any) -> dict[str, Any]:
    inputs = [_tied_input(name, source) for name, source in attaching.sources(draft).items()]
    return {**draft_entry(draft, user), "manifest": draft.manifest, "recipe": draft.recipe, "inputs": inputs}


def _tied_input(name: str, source: attaching.Source) -> dict[str, Any]:
    if isinstance(source, Release):
        product = {"name": source.product.slug, "version": source.version}
        nothing = {"dataset": None, "bytes": None, "file_name": ""}
        return {"name": name, "snapshot": source.digest, **nothing, "product": product}
    dataset = source.distribution.dataset.slug
    given: dict[str, Any] = {"dataset": dataset, "snapshot": f"sha256:{source.sha256}", "bytes": source.bytes}
    return {"name": name, **given, "file_name": source.file_name, "product": None}


def problem_out(problem: Problem) -> dict[str, Any]:
    return problem.to_json(current_language())


def trial_out(trial: Trial) -> dict[str, Any]:
    language = current_language()
    samples = [{"name": s.name, "rows": s.rows, "total": s.total, "text": s.text(language)} for s in trial.samples]
    columns = [{"name": c.name, "type": c.type, "declared": c.declared, "crs": c.crs} for c in trial.columns]
    return {
        "ran": trial.ran,
        "columns": columns,
        "rows": trial.rows,
        "more": trial.more,
        "samples": samples,
        "problems": [problem_out(each) for each in trial.problems],
        "seconds": trial.seconds,
    }


def explanation_out(told: Explanation) -> dict[str, Any]:
    return {
        "tables": [{"name": t.name, "rows": t.rows, "columns": list(t.columns)} for t in told.tables],
        "columns": told.columns,
        "conversions": told.conversions,
        "functions": told.functions,
        "sql": told.sql,
        "problems": [problem_out(each) for each in told.problems],
    }


def share_out(share: DraftShare) -> dict[str, Any]:
    email = share.user.email
    return {"id": share.pk, "email": email, "may_edit": share.may_edit, "shared_at": share.shared_at}


def build_out(build: Build) -> dict[str, Any]:
    shown = {key: getattr(build, key) for key in ("version", "revision", "state", "share", "requested_at")}
    return {
        **shown,
        "id": build.pk,
        "name": build.slug,
        "step": _told(build.step),
        "error": _told(build.error),
        "digest": build.release.digest if build.release is not None else None,
        "finished_at": build.finished_at,
    }


def _told(message: dict[str, Any] | None) -> dict[str, Any] | None:
    """A message as its code, its data, and its words in the caller's language."""
    if not message:
        return None
    code, data = str(message.get("code")), message.get("data") or {}
    return {"code": code, "data": data, "message": say(code, data, current_language())}
