"""Inputs of a draft read before it is built: by a confined child, as every file of a stranger is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dataferry.server import jobs

if TYPE_CHECKING:
    from dataferry.products.load import Product
    from dataferry.tables import SnapshotStore


def read_inputs(folder: Path, store: SnapshotStore, running: jobs.Running) -> None:
    """See that every snapshot under a laid-out product has its reading in the store, so that the builder parses none.

    Raises:
        DataferryError: a file cannot be read with the options of product.yaml; as `tables.read` raises it.
        MissingError: the store does not have a snapshot. jobs.Stopped: cancelled.
    """
    from dataferry.products import load_with_upstreams

    for product in load_with_upstreams(folder, (folder.parent,)).values():
        for name in product.manifest.inputs:
            _read(product, name, folder.parent, store, running)


def _read(product: Product, name: str, work: Path, store: SnapshotStore, running: jobs.Running) -> None:
    from dataferry.messages import MissingError
    from dataferry.products.inputs import read_options
    from dataferry.products.sandbox import read_sandboxed
    from dataferry.tables import Reading

    spec = product.manifest.inputs[name]
    if spec.snapshot is None:
        return
    sha256, options = spec.snapshot.removeprefix("sha256:"), read_options(spec)
    if sha256 not in store:
        raise MissingError("products.no_snapshot", input=name, dataset=spec.dataset, snapshot=sha256)
    if store.table(sha256, options) is not None:
        return
    running.progress("server.workshop.step_reading", 0.0, input=name)
    with tempfile.TemporaryDirectory(prefix="reading-", dir=work) as place, store.open(sha256) as path:
        read = read_sandboxed(
            path,
            options,
            output=Path(place) / "table.parquet",
            name=store.snapshot(sha256).name,
            cancelled=running.cancelled,
        )
        store.put_table(sha256, Reading(read.table, read.report), options)
