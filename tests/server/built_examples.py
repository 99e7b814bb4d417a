"""Releases of the project's own examples, built once for a whole run of tests."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def built(name: str, *changes: tuple[str, str]) -> Path:
    """The release folder of an example, as `dataferry build` leaves it. Not to be changed.

    Args:
        changes: texts of product.yaml and what stands in their place, such as ("version: 1.0.0", "version: 1.1.0").
    """
    from dataferry.products import BuildOptions, build

    kept = Path(tempfile.mkdtemp(prefix=f"dataferry-{name}-"))
    folder = Path(shutil.copytree(EXAMPLES / name, kept / "product"))
    manifest = folder / "product.yaml"
    text = manifest.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    manifest.write_text(text, encoding="utf-8")
    build(folder, kept / "release", options=BuildOptions(unsafe_local=True))
    return kept / "release"


def register(name: str, *changes: tuple[str, str], owner: Any = None) -> Any:
    """The release of an example in this test's house, open to everybody; `owner` is whose product it is."""
    from django.db import transaction

    from dataferry.server.workshop import registering
    from dataferry.server.workshop.models import Product

    placed = registering.place(built(name, *changes))
    with transaction.atomic():
        product, _new = Product.objects.get_or_create(slug=placed.document.name, defaults={"owner": owner})
        release = registering.record(placed, product, registering.SYSTEM)
        registering.publish(release, owner, registering.SYSTEM)
    return release
