"""Products that are inputs of products: found before anything is built, and never in a circle."""

from __future__ import annotations

from pathlib import Path

from dataferry.messages import InputError, LimitError
from dataferry.products.load import Product, inside, load_product

MAX_DEPTH = 16
MAX_PRODUCTS = 64


def load_with_upstreams(folder: Path, roots: tuple[Path, ...] = ()) -> dict[Path, Product]:
    """Load a product and every product it stands on.

    Args:
        folder: the product to build.
        roots: folders that upstream products may lie in; without any, the folder beside which the product lies.

    Returns:
        real folder to product; the first is the product itself.

    Raises:
        InputError: `products.cycle`, naming the loop.
        RefusedError: an upstream product lies outside `roots`.
        MissingError, ManifestError: as `load_product`.
    """
    folder = folder.resolve()
    allowed = roots or (folder.parent,)
    loaded: dict[Path, Product] = {}
    _load(folder, allowed, loaded, ())
    return loaded


def _load(folder: Path, roots: tuple[Path, ...], loaded: dict[Path, Product], above: tuple[Path, ...]) -> None:
    if folder in above:
        loop = [loaded[step].name for step in (*above[above.index(folder) :], folder)]
        raise InputError("products.cycle", loop=" → ".join(loop))
    if folder in loaded:
        return
    if len(above) >= MAX_DEPTH or len(loaded) >= MAX_PRODUCTS:
        raise LimitError("products.too_many_products", depth=MAX_DEPTH, products=MAX_PRODUCTS)
    product = load_product(folder)
    loaded[folder] = product
    for spec in product.manifest.inputs.values():
        if spec.product is not None:
            _load(inside(folder / spec.product, roots), roots, loaded, (*above, folder))
