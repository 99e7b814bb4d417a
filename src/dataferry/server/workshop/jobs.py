"""What the worker does: build a product in a private folder, then hand it to the actions."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django_tasks import task

from dataferry.messages import DataferryError, RefusedError, UnavailableError
from dataferry.server.workshop import actions

logger = logging.getLogger(__name__)


@task()
def build_product(build_id: int) -> str:
    """Build one product folder and register the release. Returns how it ended."""
    try:
        build = actions.start_build(build_id)
    except RefusedError:
        return "taken by another worker"
    try:
        return _build(build.pk, build.attempts, Path(build.source))
    except DataferryError as error:
        return _failed(build.pk, build.attempts, error)
    except Exception as error:
        # A job that dies must be told, whatever killed it.
        logger.exception("build %s of %s failed", build.pk, build.slug)
        return _failed(
            build.pk, build.attempts, UnavailableError("server.workshop.build_broke", kind=type(error).__name__)
        )


def _build(build_id: int, attempt: int, source: Path) -> str:
    # They pull in the data engine, which only the worker needs.
    from dataferry.products import BuildOptions, build
    from dataferry.tables import SnapshotStore

    work = settings.HOME / "work"
    work.mkdir(parents=True, exist_ok=True)
    told = 0.0

    def tell(step: str, share: float | None = None) -> None:
        # Every word renews the lease; a row a second is enough for the page.
        nonlocal told
        now = time.monotonic()
        if now - told >= 1 or share is None:
            told = now
            actions.report_progress(build_id, attempt, step, share)

    with tempfile.TemporaryDirectory(prefix=f"build-{build_id}-", dir=work) as folder:
        out = Path(folder) / "release"
        build(
            source, out=out, options=BuildOptions(store=SnapshotStore(str(settings.HOME / "snapshots"))), progress=tell
        )
        return actions.finish_build(build_id, attempt, out).digest


def _failed(build_id: int, attempt: int, error: DataferryError) -> str:
    try:
        actions.fail_build(build_id, attempt, error)
    except RefusedError:
        return "lease lost"
    return error.code
