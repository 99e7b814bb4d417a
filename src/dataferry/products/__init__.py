"""Data products: a folder of product.yaml and recipe.sql becomes a release with its evidence.

The names below are loaded when they are first used: the confined child that runs a recipe lives in this package too,
and must start without what only a build needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.products.builder import build
    from dataferry.products.dependencies import load_with_upstreams
    from dataferry.products.digest import table_digest
    from dataferry.products.licence import InputTerms, LicenceVerdict, judge_licences, licence_ids, terms_of
    from dataferry.products.lineage import Lineage, trace_lineage
    from dataferry.products.lineage_drawing import draw_lineage
    from dataferry.products.load import Product, load_product
    from dataferry.products.maker import BuildOptions, Made, make
    from dataferry.products.manifest import Limits, Manifest
    from dataferry.products.release import Release
    from dataferry.products.report import render_report
    from dataferry.products.scaffold import new_product
    from dataferry.products.yaml_file import ManifestError

_PLACES = {
    "BuildOptions": "maker",
    "InputTerms": "licence",
    "LicenceVerdict": "licence",
    "Limits": "manifest",
    "Lineage": "lineage",
    "Made": "maker",
    "Manifest": "manifest",
    "ManifestError": "yaml_file",
    "Product": "load",
    "Release": "release",
    "build": "builder",
    "draw_lineage": "lineage_drawing",
    "judge_licences": "licence",
    "licence_ids": "licence",
    "load_product": "load",
    "load_with_upstreams": "dependencies",
    "make": "maker",
    "new_product": "scaffold",
    "render_report": "report",
    "table_digest": "digest",
    "terms_of": "licence",
    "trace_lineage": "lineage",
}

__all__ = [
    "BuildOptions",
    "InputTerms",
    "LicenceVerdict",
    "Limits",
    "Lineage",
    "Made",
    "Manifest",
    "ManifestError",
    "Product",
    "Release",
    "build",
    "draw_lineage",
    "judge_licences",
    "licence_ids",
    "load_product",
    "load_with_upstreams",
    "make",
    "new_product",
    "render_report",
    "table_digest",
    "terms_of",
    "trace_lineage",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dataferry.products.{_PLACES[name]}"), name)
    globals()[name] = value
    return value
