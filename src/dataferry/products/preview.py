"""What can be said about a product without running its recipe."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from dataferry.products.dependencies import load_with_upstreams
from dataferry.products.gate import check_statement
from dataferry.products.maker import BuildOptions, lineage_of_inputs, prepare_inputs


def lineage_of(folder: Path | str, options: BuildOptions | None = None) -> dict[str, Any]:
    """The lineage of release.json for the product in `folder`, before any build; products it stands on are built.

    Raises:
        DataferryError: as `build`, up to the point where the recipe would run.
    """
    folder = Path(folder).resolve()
    options = options or BuildOptions()
    product = load_with_upstreams(folder, options.product_roots)[folder]
    with tempfile.TemporaryDirectory(prefix="dataferry-lineage-") as work:
        inputs = prepare_inputs(folder, Path(work), options)
        check_statement(product.sql, {item.name: item.schema for item in inputs})
        return lineage_of_inputs(product, inputs).to_json()
