"""Files that come with the house as datasets of it: the inputs of the example products, each once, public."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from dataferry.messages import InputError
from dataferry.server import journal, people
from dataferry.server.catalogue.index import index_dataset
from dataferry.server.catalogue.metadata import checked_fields, safe_file_name
from dataferry.server.catalogue.models import Dataset, Snapshot, Upload
from dataferry.server.catalogue.read_options import checked_options
from dataferry.server.catalogue.upload_actions import keep_bytes, take_in


def register_file(
    owner: Any, path: Path, slug: str, metadata: Mapping[str, Any], options: Mapping[str, Any] | None = None
) -> Upload | None:
    """Take a file of this machine in as a public dataset of `owner`; it is read in the background.

    A file whose bytes are in a dataset of this owner already, read with the same options, changes nothing.

    Returns:
        The upload, or None where there was nothing to do.

    Raises:
        RefusedError: no member. InputError: a field or an option is not usable, or the file is empty.
    """
    people.require(owner, "catalogue.create_dataset")
    fields, declared = checked_fields(metadata, provenance="published"), checked_options(options)
    if not fields.get("title"):
        raise InputError("server.catalogue.title_missing")
    name = safe_file_name(path.name)
    with path.open("rb") as stream:
        if _is_there(owner, hashlib.file_digest(stream, "sha256").hexdigest(), declared):
            return None
        stream.seek(0)
        kept = keep_bytes(stream, name, "")
    with transaction.atomic():
        dataset, new = Dataset.objects.get_or_create(slug=_slug(slug), defaults={"owner": owner, **fields})
        if dataset.owner_id != owner.pk or dataset.withdrawn_at is not None:
            return None
        if new:
            index_dataset(dataset)
            journal.append(people.actor(owner), "catalogue.dataset_created", f"dataset:{dataset.slug}", {})
        upload = Upload(
            dataset=dataset,
            distribution_name=name,
            sha256=kept.sha256,
            bytes=kept.bytes,
            file_name=name,
            read_options=declared,
            received_by=owner.pk,
        )
        return take_in(upload, people.actor(owner), owner.pk, publish=True)


def _is_there(owner: Any, sha256: str, declared: dict[str, Any]) -> bool:
    """Whether these bytes were read so already, or are about to be, for this owner."""
    same = {"sha256": sha256, "read_options": declared}
    read = Snapshot.objects.filter(distribution__dataset__owner=owner, **same).exists()
    return read or Upload.objects.filter(dataset__owner=owner, **same).exists()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80] or "dataset"


def register_inputs(owner: Any, folder: Path) -> int:
    """The files that a product folder reads, as datasets of `owner`. Returns how many uploads were made.

    Raises:
        DataferryError: the folder is no product, or a file cannot be taken in.
    """
    from dataferry.products import load_product

    made = 0
    for name, given in load_product(folder).manifest.inputs.items():
        path = folder / (given.file or "")
        if given.file is None or not path.is_file():
            continue
        title = given.title.to_json() if given.title else {"en": path.name}
        metadata = {
            "title": title,
            "city": given.city or "",
            "publisher": given.publisher or "",
            "licence": given.licence,
            "source": given.source or "",
            "attribution": given.attribution or "",
            "synthetic": given.synthetic,
        }
        upload = register_file(owner, path, name, metadata, _declared(given))
        made += upload is not None
    return made


def _declared(given: Any) -> dict[str, Any]:
    """What product.yaml declares about a file, as options of a reading."""
    options = {key: value for key, value in given.read.model_dump(mode="json").items() if value is not None}
    return {**options, "crs": given.crs} if given.crs else options
