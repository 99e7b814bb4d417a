"""Files of served tables that are gone: which ones stand in their place, and asking for them to be made again.

A damaged file is put aside by the vault at the moment it is seen (`vault.open_sound`), so that here nothing but being
there has to be asked, at every request and for the price of a look at the folder.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from dataferry.messages import RefusedError
from dataferry.server import jobs
from dataferry.server.delivery import vault
from dataferry.server.delivery.models import Remade, ServedChange, ServedExport, ServedTable
from dataferry.server.journal import clock

Holder = ServedTable | ServedExport | ServedChange
AnyHolder = TypeVar("AnyHolder", bound=Holder)
KINDS: dict[str, type[Holder]] = {"table": ServedTable, "export": ServedExport, "change": ServedChange}
JOB = "delivery.remake"
GIVEN_UP_FOR = timedelta(hours=1)
"""When making again failed, so long every request is refused; then the next one asks for it anew."""


def files_of(holder: Holder) -> list[dict[str, Any]]:
    """{"name", "sha256", "bytes", "rows"} of each file."""
    return [holder.file] if isinstance(holder, ServedExport) else list(holder.files)


def current(holder: AnyHolder) -> AnyHolder:
    """The row, naming the files that stand in the place of its own where those are gone.

    The same input gives the same bytes, unless a library that writes them is another one by then.
    """
    if not is_whole(holder):
        latest = Remade.objects.filter(kind=_kind(holder), holder=holder.pk).order_by("-pk").first()
        if latest is not None:
            _name(holder, latest.files)
    return holder


def is_whole(holder: Holder) -> bool:
    """Whether every file is there, as long as it was."""
    return all(vault.is_there(file) for file in files_of(holder))


def made_again(holder: AnyHolder, files: list[dict[str, Any]]) -> AnyHolder:
    """The row, naming files that were made again; kept where they are not the ones that it named.

    Raises:
        RefusedError: `server.delivery.file_damaged`: they do not have the rows of the former ones.
    """
    if sum(int(file["rows"]) for file in files) != sum(int(file["rows"]) for file in files_of(holder)):
        raise RefusedError("server.delivery.file_damaged")
    if [file["sha256"] for file in files] != [file["sha256"] for file in files_of(holder)]:
        Remade.objects.create(kind=_kind(holder), holder=holder.pk, files=files, made_at=clock.now())
        _name(holder, files)
    return holder


def ask(holder: Holder) -> None:
    """Ask for the files of a row to be made again by a job, and tell whoever wants them to come again.

    Raises:
        UnavailableError: `server.delivery.being_made_again` (503, ask again).
        RefusedError: `server.delivery.file_damaged`: it was tried, and failed (403).
    """
    kind = _kind(holder)
    last = jobs.Job.objects.filter(kind=JOB, key=_key(holder)).first()
    if last is not None and last.state == jobs.Job.State.FAILED and _is_late(last):
        raise RefusedError("server.delivery.file_damaged")
    with transaction.atomic():
        payload = {"kind": kind, "holder": holder.pk}
        jobs.enqueue(JOB, subject=f"delivery.{kind}:{holder.pk}", payload=payload, asked_by=None, key=_key(holder))
    raise vault.being_made_again()


def _is_late(job: jobs.Job) -> bool:
    return job.finished_at is not None and timezone.now() - job.finished_at < GIVEN_UP_FOR


def is_being_made_again(served: ServedTable) -> bool:
    """Whether a job has been asked for a file of a table, or of a download of it."""
    names = [_key(served), *(f"export:{pk}" for pk in served.exports.values_list("pk", flat=True))]
    open_states = (jobs.Job.State.QUEUED, jobs.Job.State.RUNNING)
    return bool(jobs.Job.objects.filter(kind=JOB, key__in=names, state__in=open_states).exists())


def _kind(holder: Holder) -> str:
    return next(name for name, model in KINDS.items() if isinstance(holder, model))


def _key(holder: Holder) -> str:
    return f"{_kind(holder)}:{holder.pk}"


def _name(holder: Holder, files: list[dict[str, Any]]) -> None:
    """In memory alone: the row itself is final."""
    if isinstance(holder, ServedExport):
        holder.file = files[0]
        return
    holder.files, holder.bytes = files, sum(int(file["bytes"]) for file in files)
