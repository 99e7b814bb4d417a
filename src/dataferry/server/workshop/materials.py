"""The folder that a draft is built in: its texts, every input a snapshot of the store or the source of a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from dataferry.messages import LimitError, MissingError
from dataferry.products.places import place_inputs
from dataferry.server.catalogue.models import Snapshot
from dataferry.server.workshop.models import Release

MOST_UPSTREAMS = 32
MANIFEST, RECIPE = "product.yaml", "recipe.sql"

Source = Snapshot | Release


@dataclass(frozen=True)
class Materials:
    """Texts of a product and what its inputs are: table name to a snapshot, or to a release of another product."""

    name: str
    manifest: str
    recipe: str
    sources: Mapping[str, Source]


@dataclass
class _Layout:
    root: Path
    laid: dict[int, str] = field(default_factory=dict)

    def upstream(self, release: Release) -> str:
        """Write the source of a release beside the product; the path by which a sibling names it."""
        if release.pk not in self.laid:
            if len(self.laid) >= MOST_UPSTREAMS:
                raise LimitError("server.workshop.too_many_upstreams", limit=MOST_UPSTREAMS)
            name = f"{release.product.slug}-{release.version}"
            self.laid[release.pk] = name
            manifest, recipe = source_texts(release)
            places = {each["name"]: self._place(each) for each in release.document["inputs"]}
            _write(self.root / name, place_inputs(manifest, places), recipe)
        return f"../{self.laid[release.pk]}"

    def _place(self, given: Mapping[str, Any]) -> dict[str, str]:
        above = given.get("product")
        if above:
            return {"product": self.upstream(_release(above["name"], above["version"]))}
        return {"dataset": str(given.get("dataset") or given["name"]), "snapshot": str(given["snapshot"])}


def lay_out(materials: Materials, root: Path) -> Path:
    """Write a product below `root`, with the sources of the products it stands on beside it.

    Every input of product.yaml is written anew from `sources`: no path or digest of its author reaches the builder.

    Returns:
        the product's folder.

    Raises:
        MissingError: an upstream release is not there. LimitError: too many of them.
        ManifestError: product.yaml cannot be read. KeyError: it has no input of a name in `sources`.
    """
    layout = _Layout(root)
    places: dict[str, dict[str, str]] = {}
    for name, source in materials.sources.items():
        if isinstance(source, Release):
            places[name] = {"product": layout.upstream(source)}
        else:
            places[name] = {"dataset": source.distribution.dataset.slug, "snapshot": f"sha256:{source.sha256}"}
    folder = root / materials.name
    _write(folder, place_inputs(materials.manifest, places), materials.recipe)
    return folder


def source_texts(release: Release) -> tuple[str, str]:
    """product.yaml and recipe.sql that a release was built from.

    Raises:
        MissingError: `server.workshop.no_source`, its files are gone.
    """
    folder = settings.HOME / release.folder / "product"
    try:
        return (folder / MANIFEST).read_text(encoding="utf-8"), (folder / RECIPE).read_text(encoding="utf-8")
    except OSError as error:
        raise MissingError("server.workshop.no_source", name=release.product.slug, version=release.version) from error


def _release(slug: str, version: str) -> Release:
    found = Release.objects.select_related("product").filter(product__slug=slug, version=version).first()
    if found is None:
        raise MissingError("server.workshop.no_release", name=slug, version=version)
    return found


def _write(folder: Path, manifest: str, recipe: str) -> None:
    folder.mkdir()
    (folder / MANIFEST).write_text(manifest, encoding="utf-8")
    (folder / RECIPE).write_text(recipe, encoding="utf-8")
