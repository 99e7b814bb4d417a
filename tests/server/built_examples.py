"""Releases of the project's own examples, built once for a whole run of tests."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def built(name: str) -> Path:
    """The release folder of an example, as `dataferry build` leaves it. Not to be changed."""
    from dataferry.products import BuildOptions, build

    kept = Path(tempfile.mkdtemp(prefix=f"dataferry-{name}-"))
    folder = Path(shutil.copytree(EXAMPLES / name, kept / "product"))
    build(folder, kept / "release", options=BuildOptions(unsafe_local=True))
    return kept / "release"


def register(name: str, owner: Any = None) -> Any:
    """The release of an example in this test's house, owned by a person and open to everybody."""
    from dataferry.server.workshop.actions import register_release
    from dataferry.server.workshop.models import Product

    release = register_release(built(name))
    if owner is not None:
        Product.objects.filter(pk=release.product_id).update(owner=owner)
    return release
