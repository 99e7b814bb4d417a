"""Inputs of a draft: what its product.yaml names, tied to snapshots and releases that the person at work may see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dataferry.messages import LANGUAGES, DataferryError, InputError
from dataferry.products.outline import OutlineColumn, OutlineInput, table_name
from dataferry.products.yaml_file import parse_yaml
from dataferry.server.catalogue import queries as catalogue
from dataferry.server.catalogue.models import Dataset, Snapshot
from dataferry.server.workshop.models import Draft, DraftInput, Release
from dataferry.server.workshop.queries import visible_releases

_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_PRODUCT = re.compile(r"(?:\.\./)?([a-z0-9]+(?:-[a-z0-9]+)*)")
_TYPES = ("string", "integer", "number", "boolean", "date", "timestamp", "geometry")

Source = Snapshot | Release


def declared_inputs(manifest: str) -> dict[str, Mapping[str, Any]] | None:
    """The inputs as product.yaml has them, however wrong the rest is; None where it is no readable YAML."""
    try:
        value = parse_yaml(manifest.encode(), "product.yaml").value
    except InputError:
        return None
    inputs = value.get("inputs")
    if not isinstance(inputs, Mapping):
        return {}
    return {str(name)[:63]: spec for name, spec in inputs.items() if isinstance(spec, Mapping)}


def tie_inputs(user: Any, draft: Draft) -> None:
    """Make the rows of a draft's inputs what its product.yaml says. Inside the caller's transaction.

    An input that names a snapshot or a product is tied when `user` may see it, or when it was tied to that one before.
    """
    declared = declared_inputs(draft.manifest)
    if declared is None:
        return
    known = {each.name: each for each in draft.inputs.select_related("snapshot__distribution__dataset", "upstream")}
    for name, spec in declared.items():
        source = source_of(user, spec, known.get(name))
        _tie(draft, name, source, known.get(name))
    for name in known.keys() - declared.keys():
        known[name].delete()


def _tie(draft: Draft, name: str, source: Source | None, known: DraftInput | None) -> None:
    if source is None:
        if known is not None:
            known.delete()
        return
    tied = {
        "snapshot": source if isinstance(source, Snapshot) else None,
        "upstream": source if isinstance(source, Release) else None,
    }
    if known is None or (known.snapshot, known.upstream) != (tied["snapshot"], tied["upstream"]):
        DraftInput.objects.update_or_create(draft=draft, name=name, defaults=tied)


def source_of(user: Any, spec: Mapping[str, Any], known: DraftInput | None) -> Source | None:
    """What an input of product.yaml is, as far as the person may see it."""
    if spec.get("product") is not None:
        match = _PRODUCT.fullmatch(str(spec["product"]))
        return visible_releases(user).filter(product__slug=match[1]).first() if match else None
    if spec.get("dataset") is not None or spec.get("snapshot") is not None:
        return _named_snapshot(user, str(spec.get("dataset")), str(spec.get("snapshot")), known)
    return None


def _named_snapshot(user: Any, dataset: str, sha256: str, known: DraftInput | None) -> Snapshot | None:
    if not _SHA256.fullmatch(sha256):
        return None
    held = known.snapshot if known is not None else None
    if held is not None and (f"sha256:{held.sha256}", held.distribution.dataset.slug) == (sha256, dataset):
        return held
    try:
        return catalogue.snapshot_of(user, dataset, sha256)
    except DataferryError:
        return None


def may_use(user: Any, source: Source) -> bool:
    """Whether the person may read this: a dataset they see and that was not withdrawn, a release they see."""
    if isinstance(source, Release):
        return visible_releases(user).filter(pk=source.pk).exists()
    dataset = source.distribution.dataset
    seen = catalogue.visible_datasets(user).filter(pk=dataset.pk).exists()
    return seen and catalogue.may_download(user, dataset)


def sources(draft: Draft) -> dict[str, Source]:
    """What the inputs of a draft are, by the name of the table."""
    rows = draft.inputs.select_related("snapshot__distribution__dataset", "upstream__product")
    found = {each.name: each.snapshot or each.upstream for each in rows}
    return {name: source for name, source in found.items() if source is not None}


def outlined(snapshot: Snapshot, taken: set[str]) -> OutlineInput:
    """An input of a new draft, with everything that the catalogue knows of the dataset."""
    dataset = snapshot.distribution.dataset
    name = table_name(dataset.slug, taken)
    spec: dict[str, Any] = {
        "dataset": dataset.slug,
        "snapshot": f"sha256:{snapshot.sha256}",
        "title": texts(dataset.title) or dataset.slug,
    }
    plain = {"publisher": dataset.publisher, "source": dataset.source, "attribution": dataset.attribution}
    spec |= {key: text for key, text in plain.items() if text}
    if dataset.city:
        spec["city"] = dataset.city
    spec["licence"] = dataset.licence or "unknown"
    crs, reading = crs_of(snapshot), reading_of(snapshot)
    spec |= {"crs": crs} if crs else {}
    spec |= {"synthetic": True} if dataset.synthetic else {}
    spec |= {"read": reading} if reading else {}
    return OutlineInput(name, spec, [_column(each, snapshot.rows) for each in snapshot.columns.all()])


def texts(value: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a catalogue value, by language, without their provenance."""
    found = {language: (value.get(language) or {}).get("text") for language in LANGUAGES}
    return {language: text for language, text in found.items() if text}


def reading_of(snapshot: Snapshot) -> dict[str, Any]:
    """The options that the catalogue read these bytes with, as `read` of product.yaml writes them."""
    options = snapshot.read_options
    keys = ("encoding", "layer", "path", "geometry", "types", "missing", "day_first", "time_zone")
    return {key: options[key] for key in keys if options.get(key) not in (None, "", {}, [])}


def crs_of(snapshot: Snapshot) -> str:
    """The declared datum of a snapshot, or nothing."""
    return str(snapshot.read_options.get("crs") or snapshot.distribution.crs or "")


def _column(column: Any, rows: int) -> OutlineColumn:
    kind = "number" if column.type.startswith("decimal") else column.type if column.type in _TYPES else "string"
    unique = rows > 0 and column.distinct == rows
    return OutlineColumn(
        column.name, kind, column.nulls > 0, unique, column.crs or None, texts(column.title), column.unit
    )


def cities_of(snapshots: list[Snapshot]) -> list[str]:
    """The cities that a product of these is about: both where nothing is said."""
    named: list[Dataset] = [each.distribution.dataset for each in snapshots]
    found = [city for city in ("hong-kong", "shanghai") if any(each.city == city for each in named)]
    return found or ["hong-kong", "shanghai"]
