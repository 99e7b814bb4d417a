"""What the worker does: build a product in a private folder, then hand it to the actions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User

from dataferry.messages import MissingError, RefusedError, UnavailableError
from dataferry.server import jobs


@jobs.handler("workshop.build_product", attempts=settings.BUILD_ATTEMPTS, title="server.workshop.job_build")
def build_product(running: jobs.Running) -> None:
    """Build a draft or a product folder and register the release, once however often it is tried."""
    # They pull in the data engine, which only the worker needs.
    from dataferry.products import BuildOptions, Limits, build
    from dataferry.server.catalogue.store import snapshot_store
    from dataferry.server.workshop import registering
    from dataferry.server.workshop.models import Build
    from dataferry.server.workshop.readings import read_inputs

    row = Build.objects.select_related("product", "draft").get(job=running.job)
    work = settings.HOME / "work"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"build-{row.pk}-", dir=work) as folder:
        source, store = _source(row, Path(folder) / "source"), snapshot_store()
        limits = Limits() if row.revision is not None else None
        options = BuildOptions(store=store, cancelled=running.cancelled, limits=limits)
        try:
            if row.revision is not None:
                read_inputs(source, store, running)
            build(source, out=Path(folder) / "release", options=options, progress=_teller(running))
        except UnavailableError as error:
            if error.code == "products.run_cancelled":
                raise jobs.Stopped from error
            raise
        placed = registering.place(Path(folder) / "release")
    with running.finishing() as result:
        finish_build(row, placed)
        result["release"] = f"{placed.document.name}@{placed.document.version}"


def finish_build(row: Any, placed: Any) -> None:
    """Register what was built. Inside the transaction that closes the job."""
    from dataferry.server.workshop import registering
    from dataferry.server.workshop.models import Build

    if row.revision is None:
        release = registering.record(placed, registering.house_product(placed.document.name), registering.SYSTEM)
        registering.publish(release, None, registering.SYSTEM)
    elif row.product is None:
        raise MissingError("server.workshop.no_draft", slug=row.slug)
    else:
        asked_by = row.job.asked_by
        actor = registering.SYSTEM if asked_by is None else f"person:{asked_by}"
        release = registering.record(placed, row.product, actor)
    Build.objects.filter(pk=row.pk).update(release=release)


def _source(row: Any, folder: Path) -> Path:
    """The folder to build: the example's own, or the draft's, laid out from what its asker may still use."""
    from dataferry.server.catalogue.models import Snapshot
    from dataferry.server.workshop import attaching, materials
    from dataferry.server.workshop.models import Release

    if row.revision is None:
        return Path(row.source)
    user = User.objects.filter(pk=row.job.asked_by, is_active=True).first() or AnonymousUser()
    sources: dict[str, Any] = {}
    for name, key in row.inputs.items():
        model, pk = (Release, key["release"]) if "release" in key else (Snapshot, key["snapshot"])
        source = model.objects.filter(pk=pk).first()
        if source is None or not attaching.may_use(user, source):
            raise RefusedError("server.workshop.input_hidden", input=name, place=name, line=1)
        sources[name] = source
    folder.mkdir()
    return materials.lay_out(materials.Materials(row.slug, row.manifest, row.recipe, sources), folder)


def _teller(running: jobs.Running) -> Any:
    """The words of the builder as steps of the job."""

    def tell(step: str, share: float | None = None) -> None:
        product, _, doing = step.partition(": ")
        if doing.startswith("reading "):
            running.progress("server.workshop.step_reading", share, input=doing.removeprefix("reading "))
        elif doing == "running the recipe":
            running.progress("server.workshop.step_running", share, product=product)
        elif doing == "evidence":
            running.progress("server.workshop.step_evidence", share, product=product)
        elif doing == "files":
            running.progress("server.workshop.step_files", share, product=product)
        else:
            running.progress("server.workshop.step", share, step=step)

    return tell
