"""A release folder taken in: its files verified into place first, then one short transaction makes it a release."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from dataferry.messages import InputError
from dataferry.products.release_document import ReleaseDocument, read_release_json
from dataferry.server import journal
from dataferry.server.web.api import ConflictError
from dataferry.server.workshop.models import Product, Publication, Release

CHUNK = 1024 * 1024
LEFT_BEHIND = 86_400
SYSTEM = "system"


@dataclass(frozen=True)
class Placed:
    """A release whose files are in place, before its row. `folder` is below the data home."""

    document: ReleaseDocument
    value: Mapping[str, Any]
    folder: str


def register_release(folder: Path) -> Release:
    """Take a release folder of this house in, open to everybody: the same release again is the row that is there.

    Raises:
        InputError: the folder is not a release, or a file is missing or differs from its sha256.
        ConflictError: this version has other content already (a correction is a new version), or the name is taken.
    """
    placed = place(folder)
    with transaction.atomic():
        product = house_product(placed.document.name)
        release = record(placed, product, SYSTEM)
        publish(release, None, SYSTEM)
    return release


def house_product(slug: str) -> Product:
    """The product of this name that belongs to nobody.

    Raises:
        ConflictError: `server.workshop.slug_taken`.
    """
    product, _new = Product.objects.get_or_create(slug=slug)
    if product.owner_id is not None:
        raise ConflictError("server.workshop.slug_taken", slug=slug)
    return product


def place(folder: Path) -> Placed:
    """Copy the files that release.json lists to a place of their own, checking each one's sha256.

    Nobody sees them before `record`; what a killed try left goes after a day.

    Raises:
        InputError: the folder is not a release, or a file is missing or differs.
    """
    document, value = read_release_json(folder, ReleaseDocument)
    known = _registered(document)
    if known is not None:
        return Placed(document, value, known.folder)
    shelf = Path("releases") / document.name
    home = settings.HOME / shelf
    home.mkdir(parents=True, exist_ok=True)
    _tidy(home, shelf)
    staged = Path(tempfile.mkdtemp(prefix=".taking-in-", dir=home))
    try:
        for file in document.files:
            _copy_verified(folder / file.name, staged / file.name, file.sha256, folder)
        shutil.copyfile(folder / "release.json", staged / "release.json")
        staged.chmod(0o755)
        # Two tries of one build may both come this far: each has its own folder, and only one gets the row.
        mark = staged.name.rpartition("-")[2]
        name = f"{document.version}-{document.digest.removeprefix('sha256:')[:12]}-{mark}"
        staged.rename(home / name)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Placed(document, value, (shelf / name).as_posix())


def _tidy(home: Path, shelf: Path) -> None:
    """Remove folders that no release speaks of, when no try can still be at work on them."""
    yesterday = time.time() - LEFT_BEHIND
    old = [each for each in home.iterdir() if each.is_dir() and each.stat().st_mtime < yesterday]
    kept = set(Release.objects.filter(folder__startswith=f"{shelf.as_posix()}/").values_list("folder", flat=True))
    for each in old:
        if (shelf / each.name).as_posix() not in kept:
            shutil.rmtree(each, ignore_errors=True)


def _copy_verified(source: Path, target: Path, sha256: str, folder: Path) -> None:
    if not source.is_file() or not source.resolve().is_relative_to(folder.resolve()):
        raise InputError("server.workshop.file_missing", file=source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            writing.write(chunk)
    if digest.hexdigest() != sha256:
        raise InputError("server.workshop.file_differs", file=source.name, stated=sha256, found=digest.hexdigest())


def record(placed: Placed, product: Product, actor: str) -> Release:
    """The row of a release whose files are in place. Inside the caller's transaction.

    Raises:
        ConflictError: `server.workshop.version_taken`, this version of the product has other content already.
    """
    document = placed.document
    known = _registered(document)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            release = Release.objects.create(
                product=product,
                version=document.version,
                digest=document.digest,
                folder=placed.folder,
                document=placed.value,
            )
    except IntegrityError:
        known = _registered(document)
        if known is None:
            raise
        return known
    payload = {"digest": document.digest, "inputs": sorted({each.snapshot for each in document.inputs})}
    journal.append(actor, "workshop.release_registered", object_of(release), payload)
    return release


def _registered(document: ReleaseDocument) -> Release | None:
    """The row of this release, if it is there."""
    known = Release.objects.filter(product__slug=document.name, version=document.version).first()
    if known is not None and known.digest != document.digest:
        raise ConflictError(
            "server.workshop.version_taken",
            name=document.name,
            version=document.version,
            digest=known.digest,
            other=document.digest,
        )
    return known


def publish(release: Release, by: User | None, actor: str) -> Publication:
    """Open a release to everybody, once. Inside the caller's transaction; whether `by` may is the caller's to check."""
    publication, new = Publication.objects.get_or_create(release=release, defaults={"published_by": by})
    if not new:
        return publication
    product = Product.objects.select_for_update().get(pk=release.product_id)
    if product.newest_id is None or product.newest_id < release.pk:
        product.newest, product.words = release, searched_words(product.slug, release.document)
        product.save(update_fields=["newest", "words"])
    payload = {"digest": release.digest, "evidence": release.document["evidence"]}
    journal.append(actor, "workshop.release_published", object_of(release), payload)
    return publication


def searched_words(slug: str, document: Mapping[str, Any]) -> str:
    """What a search of products looks through: name, title, description and summary in all languages, folded."""
    texts = [slug]
    for key in ("title", "description", "summary"):
        texts += [text for text in (document.get(key) or {}).values() if isinstance(text, str)]
    return "\n".join(texts).casefold()


def object_of(release: Release) -> str:
    """How the journal names a release."""
    return f"release:{release.product.slug}@{release.version}"
